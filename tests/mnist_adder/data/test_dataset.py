import numpy as np
import pytest
import torch

from mnist_adder.data.dataset import DigitDataset


def positions(dataset: DigitDataset) -> list[int]:
    """Give the positions that the images of `numbered` hold."""
    high, low = dataset.pixels[:, 0, 0, :2].long().unbind(dim=1)
    found = 256 * high + low
    assert torch.equal(found % 10, dataset.labels), "a label has come apart from its image"
    return found.tolist()


@pytest.mark.parametrize("count", [1, 7, 999])
def test_images_held_out_are_spread_over_the_whole(numbered, count):
    rest, held = numbered.hold_out(count)
    assert (len(rest), len(held)) == (1000 - count, count)
    places = positions(held)
    assert sorted(places + positions(rest)) == list(range(1000))
    gaps = np.diff([*places, 1000])
    assert gaps.max() - gaps.min() <= 1


def test_some_images_are_spread_over_the_whole_set(few):
    images = few[1]
    some = images.some(50)
    assert (some.pixels == images.pixels[::4]).all()
    assert (some.labels == images.labels[::4]).all()
    assert len(images.some(10_000)) == len(images) == 200
