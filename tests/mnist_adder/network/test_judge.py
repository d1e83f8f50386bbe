"""What is no digit, drawn by `benchmarks/signs.py` with a font that the judge has not learned from."""

import copy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_adder.data.find_digit import FoundDigit
from mnist_adder.data.mnist_like import mnist_like
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.judge import NO_DIGIT, judge_pictures
from mnist_adder.network.prediction import predict

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from signs import CAPITALS, SMALL, blot, glyphs, scribble, shape

sys.path.pop(0)
FONTS = Path(__file__).parents[2] / "support" / "fonts"


@pytest.fixture(scope="module")
def network():
    return load_checkpoint(bundled_checkpoint("full", "regression"))[0]


def letters(characters: str) -> list[np.ndarray]:
    return [ink for font in sorted(FONTS.glob("*.ttf")) for ink in glyphs(font, characters).values()]


def drawn(draw_one, count: int = 60) -> list[np.ndarray]:
    draw = np.random.default_rng(7)
    return [draw_one(draw) for _ in range(count)]


@pytest.mark.parametrize(
    ("pictures", "sure"),
    [
        (lambda: letters(CAPITALS), 1),
        (lambda: letters(SMALL), 2),
        (lambda: drawn(scribble), 1),
        (lambda: drawn(shape), 1),
        (lambda: drawn(blot), 1),
    ],
    ids=["capitals", "small letters", "scribbles", "shapes", "blots"],
)
def test_of_hardly_any_that_is_no_digit_it_is_sure(network, pictures, sure):
    answers = predict(network, [FoundDigit(mnist_like(ink > 100)) for ink in pictures()], 7)
    assert sum(answer.sure for answer in answers) <= sure
    none = [answer for answer in answers if answer.digit is None]
    assert len(none) > 0.7 * len(answers)
    assert {(answer.sum, answer.sure, answer.reason) for answer in none} == {
        (None, False, "it doesn't look like a digit")
    }


def test_digits_are_digits(network, sample):
    answers = predict(network, [FoundDigit(pixels[0].numpy()) for pixels in sample[1].pixels], 1)
    assert sum(answer.digit is None for answer in answers) <= 10  # of a thousand
    assert sum(answer.sure for answer in answers) > 950
    for answer, label in zip(answers, sample[1].labels, strict=True):
        assert answer.digit == label or not answer.sure
        assert answer.sure == (answer.reason == "")
        assert (answer.digit is None) == (answer.sum is None)


def test_an_empty_picture_is_no_digit(network):
    (answer,) = predict(network, [FoundDigit(np.zeros((28, 28), np.uint8))], 1)
    assert (answer.digit, answer.sum, answer.sure) == (None, None, False)
    assert answer.reason == "nothing stands out from the paper"


def test_where_the_judge_reads_another_digit_it_is_not_sure(network, sample):
    three = [FoundDigit(sample[1].pixels[sample[1].labels == 3][0, 0].numpy())]
    assert predict(network, three, 1)[0].sure
    mistaken = copy.deepcopy(network)
    with torch.no_grad():  # what is a 3 it reads as a 5
        for value in mistaken.conv6.parameters():
            value[[3, 5]] = value[[5, 3]]
    (answer,) = predict(mistaken, three, 1)
    assert (answer.digit, answer.sum, answer.sure, answer.reason) == (5, 6, False, "it may be a 3")


def test_its_probabilities_add_up_to_one(sample):
    found = judge_pictures(sample[1].pixels[:50, 0])
    assert found.shape == (50, NO_DIGIT + 1)
    assert torch.allclose(found.sum(dim=1), torch.ones(50))
