import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from excel_export.shared.errors import UserError
from mnist_adder.data.mnist import FILES, NAMES, load_digits


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


@pytest.mark.usefixtures("offline")
def test_raw_files_that_are_there_are_used_as_they_are(idx_dir):
    train, test = load_digits("mnist", idx_dir)
    assert train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert test.pixels[:, 0, 27, 27].tolist() == [0, 1, 2, 3]


@pytest.fixture
def downloads(idx_dir, tmp_path_factory, monkeypatch):
    """Lets torchvision download the files of `idx_dir`; gives the folders that it was asked to download to."""
    source = tmp_path_factory.mktemp("source") / "MNIST"
    shutil.copytree(idx_dir / "MNIST", source)
    asked = []

    def download(root, download):
        assert download
        asked.append(Path(root))
        shutil.copytree(source, Path(root) / "MNIST")

    monkeypatch.setattr("torchvision.datasets.MNIST", download)
    return asked


@pytest.mark.parametrize("inside", [".", "MNIST", "MNIST/raw"])
def test_the_folder_may_be_any_of_the_three(idx_dir, downloads, inside):
    train, _ = load_digits("mnist", idx_dir / inside)
    assert train.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert downloads == []


@pytest.mark.parametrize("inside", [".", "MNIST", "MNIST/raw"])
def test_a_file_that_is_missing_is_downloaded_and_the_others_stay(idx_dir, downloads, inside):
    raw = idx_dir / "MNIST" / "raw"
    (raw / "t10k-labels-idx1-ubyte").unlink()
    (raw / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, 6) + bytes([9] * 6))
    train, test = load_digits("mnist", idx_dir / inside)
    assert (train.labels.tolist(), len(test)) == ([9] * 6, 4)
    assert sorted(file.name for file in raw.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("there", [True, False])
def test_to_a_new_or_an_empty_folder_all_is_downloaded(tmp_path_factory, downloads, there):
    data_dir = tmp_path_factory.mktemp("new") / "deep" / "data"
    if there:
        data_dir.mkdir(parents=True)
        (data_dir / ".gitignore").touch()
    assert len(load_digits("mnist", data_dir)[0]) == 6
    assert sorted(file.name for file in (data_dir / "MNIST" / "raw").iterdir()) == sorted(NAMES)
    assert downloads[0] not in (data_dir, data_dir / "MNIST"), "a download that is stopped would leave a part of a file"


def test_a_folder_of_other_things_is_not_written_to(tmp_path_factory, downloads):
    photos = tmp_path_factory.mktemp("photos")
    (photos / "holiday.jpg").touch()
    with pytest.raises(UserError, match=r"holds other things: no train-images-idx3-ubyte.*--data-dir"):
        load_digits("mnist", photos)
    assert [file.name for file in photos.iterdir()] == ["holiday.jpg"]
    assert downloads == []


@pytest.mark.usefixtures("offline")
def test_a_download_that_fails_names_what_is_missing(idx_dir):
    (idx_dir / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match=r"lacks t10k-labels-idx1-ubyte in the folder .*raw"):
        load_digits("mnist", idx_dir)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("folder", ["data", "a file/data"])
def test_a_failed_download_is_one_line_that_names_the_sample(tmp_path, folder):
    (tmp_path / "a file").touch()
    with pytest.raises(UserError, match=r"couldn't be downloaded: .*--data sample") as refusal:
        load_digits("mnist", tmp_path / folder)
    assert "\n" not in str(refusal.value)
    assert [file.name for file in tmp_path.iterdir()] == ["a file"]


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
