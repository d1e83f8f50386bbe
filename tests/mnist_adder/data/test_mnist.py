import builtins
import struct

import numpy as np
import pytest

from excel_export.shared.errors import UserError
from mnist_adder.data.load import load_digits
from mnist_adder.data.mnist import FILES


@pytest.fixture
def idx_dir(tmp_path):
    """A directory laid out as torchvision does it, with 6 training and 4 test images."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for (images, labels), count in zip(FILES.values(), (6, 4), strict=True):
        pixels = np.arange(count, dtype=np.uint8).repeat(784)
        (raw / images).write_bytes(struct.pack(">IIII", 0x803, count, 28, 28) + pixels.tobytes())
        (raw / labels).write_bytes(struct.pack(">II", 0x801, count) + bytes(range(count)))
    return tmp_path


def test_raw_files_that_are_there_are_used_as_they_are(idx_dir, monkeypatch):
    real_import = builtins.__import__

    def no_torchvision(name, *rest):
        assert not name.startswith("torchvision"), "nothing needs to be downloaded"
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_torchvision)
    train, test = load_digits("mnist", idx_dir)
    assert train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert test.pixels[:, 0, 27, 27].tolist() == [0, 1, 2, 3]


def test_files_that_are_missing_are_downloaded(idx_dir, monkeypatch):
    labels = idx_dir / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    content = labels.read_bytes()
    labels.unlink()

    def download(root, download):
        assert (root, download) == (str(idx_dir), True)
        labels.write_bytes(content)

    monkeypatch.setattr("torchvision.datasets.MNIST", download)
    assert len(load_digits("mnist", idx_dir)[1]) == 4


@pytest.mark.parametrize("failure", [RuntimeError("no\nnetwork"), PermissionError("not yours")])
def test_a_failed_download_is_one_line_that_names_the_sample(tmp_path, monkeypatch, failure):
    def download(root, download):
        raise failure

    monkeypatch.setattr("torchvision.datasets.MNIST", download)
    with pytest.raises(UserError, match=r"couldn't be downloaded: .*--data sample") as refusal:
        load_digits("mnist", tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("train-images-idx3-ubyte", struct.pack(">IIII", 0x803, 6, 4, 4) + bytes(96), "images of 4x4 pixels"),
        ("train-images-idx3-ubyte", struct.pack(">IIII", 0x803, 0, 28, 28), "holds no images"),
        ("train-labels-idx1-ubyte", struct.pack(">II", 0x801, 5) + bytes(5), "5 labels for 6 images"),
        ("t10k-labels-idx1-ubyte", struct.pack(">II", 0x801, 4) + bytes([0, 1, 2, 10]), "label 10"),
        ("t10k-labels-idx1-ubyte", struct.pack(">II", 0x801, 4) + bytes(3), "holds 11 bytes"),
    ],
)
def test_damaged_files_are_refused_by_name(idx_dir, name, content, complaint):
    (idx_dir / "MNIST" / "raw" / name).write_bytes(content)
    with pytest.raises(UserError, match=complaint) as refusal:
        load_digits("mnist", idx_dir)
    assert name in str(refusal.value)
