import itertools

import numpy as np
import pytest
import torch

from mnist_adder.data.batches import epoch_batches, spread_batches


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


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
    batches = list(epoch_batches(numbered, batch_size, generator()))
    assert sorted(positions(batches)) == list(range(1000))
    sizes = [len(batch.digit) for batch in batches]
    assert sum(sizes) == 1000
    assert set(sizes[:-1]) <= {batch_size}
    assert all(batch.number.shape == batch.digit.shape for batch in batches)


def test_the_order_is_shuffled_anew_in_each_epoch_and_fixed_by_the_seed(numbered):
    chance = generator()
    first, second = (positions(epoch_batches(numbered, 100, chance)) for _ in range(2))
    assert first != second
    assert first != sorted(first)
    again = generator()
    assert [positions(epoch_batches(numbered, 100, again)) for _ in range(2)] == [first, second]


def test_without_shuffling_the_order_is_kept(numbered):
    assert positions(epoch_batches(numbered, 64, generator(), shuffle=False)) == list(range(1000))


def test_numbers_are_uniform_whole_and_fresh_in_each_epoch(sample):
    train, _ = sample
    chance = generator()
    first, second = (torch.cat([batch.number for batch in epoch_batches(train, 512, chance)]) for _ in range(2))
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
    batch = next(epoch_batches(train, len(train), generator()))
    correlation = torch.corrcoef(torch.stack((batch.number, batch.digit.float())))[0, 1]
    assert abs(float(correlation)) < 5 / len(train) ** 0.5


def test_images_stay_bytes_on_the_device_and_come_out_normalised(sample):
    train, _ = sample
    assert train.pixels.dtype == torch.uint8
    assert train.pixels.shape == (4000, 1, 28, 28)
    batch = next(epoch_batches(train, len(train), generator()))
    assert float(batch.image.mean()) == pytest.approx(0, abs=0.02)
    assert float(batch.image.std()) == pytest.approx(1, abs=0.02)


def test_augmentation_changes_every_image_a_little_and_never_the_data(sample):
    train, _ = sample
    before = train.pixels.clone()
    plain = next(epoch_batches(train, 200, generator()))
    augmented = next(epoch_batches(train, 200, generator(), augment=1))
    assert torch.equal(train.pixels, before)
    assert torch.equal(plain.digit, augmented.digit)
    change = (plain.image - augmented.image).square().mean(dim=(1, 2, 3))
    assert change.min() > 0
    assert augmented.image.min() >= plain.image.min() - 1e-5
    assert float(augmented.image.mean()) == pytest.approx(float(plain.image.mean()), abs=0.05)


def test_weaker_augmentation_changes_less(sample):
    train, _ = sample
    plain, weak, strong = (
        next(epoch_batches(train, 200, generator(), augment=strength)).image for strength in (0, 0.3, 1)
    )
    assert 0 < (weak - plain).square().mean() < 0.5 * (strong - plain).square().mean()


@pytest.mark.parametrize(("count", "batch_size"), [(1, 1), (10, 3), (250, 64), (1000, 1000), (5000, 300)])
def test_images_spread_over_the_whole_are_spread_in_each_batch_too(numbered, count, batch_size):
    batches = [places(image).tolist() for image in spread_batches(numbered, count, batch_size)]
    shown = min(count, 1000)
    assert sorted(itertools.chain(*batches)) == [i * 1000 // shown for i in range(shown)]
    assert max(map(len, batches)) <= batch_size
    assert max(map(len, batches)) - min(map(len, batches)) <= 1
    for batch in batches:
        gaps = np.diff(batch).tolist()
        assert not gaps or max(gaps) - min(gaps) <= 1


def test_on_a_gpu_several_batches_are_made_at_once_and_are_the_same(few):
    one_by_one, by_four = (
        epoch_batches(few[0], 50, torch.Generator().manual_seed(5), augment=1, count=470, at_once=at_once)
        for at_once in (None, 4)
    )
    for one, other in zip(one_by_one, by_four, strict=True):
        assert torch.equal(one.number, other.number)
        assert torch.equal(one.digit, other.digit)
        assert torch.allclose(one.image, other.image, atol=1e-5)
