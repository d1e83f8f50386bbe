import numpy as np
import pytest
import torch
from PIL import Image

from mnist_adder.data.find_digit import FoundDigit
from mnist_adder.data.picture import read_picture
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.prediction import NOTHING, _prediction, predict


@pytest.mark.parametrize("head", ["regression", "onehot"])
@pytest.mark.parametrize("digit", range(10))
def test_reads_a_digit_from_a_file_and_adds(sample, tmp_path, head, digit):
    model, _ = load_checkpoint(bundled_checkpoint("slice", head))
    test = sample[1]
    answers = []
    for number, pixels in enumerate(test.pixels[test.labels == digit][:10]):
        Image.fromarray(pixels[0].numpy()).save(tmp_path / "digit.png")
        (prediction,) = predict(model, [read_picture(tmp_path / "digit.png")], number)
        assert 0 <= prediction.probability <= 1
        answers.append((prediction.digit, prediction.sum) == (digit, digit + number))
    assert sum(answers) >= 8


def test_what_is_no_digit_is_told_by_what_was_seen_before_or_by_what_it_looks_like():
    model, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    stripes = np.tile(np.array([0, 0, 255, 255], dtype=np.uint8), (28, 7))
    answer, doubted = predict(model, [FoundDigit(stripes), FoundDigit(stripes, "there are two")], 4)
    assert (answer.digit, answer.sum, answer.sure) == (None, None, False)
    assert answer.reason
    assert doubted.reason == "there are two"


def test_of_an_empty_picture_it_is_certain_that_there_is_no_digit():
    model, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    [answer] = predict(model, [FoundDigit(np.zeros((28, 28), dtype=np.uint8))], 4)
    assert (answer.digit, answer.probability, answer.sum, answer.sure) == (None, 1, None, False)
    assert answer.reason == NOTHING


@pytest.mark.parametrize(("of_four", "reason"), [(0.89, ""), (0.8, "it may be a 7")])
def test_the_judges_share_of_a_digit_is_that_among_the_digits(of_four, reason):
    """The judge gives 0.1 to no digit: of the other 0.9, it must give nearly all to what was read."""
    judgement = torch.zeros(11)
    judgement[4], judgement[7], judgement[10] = of_four, 0.9 - of_four, 0.1
    found = FoundDigit(np.full((28, 28), 255, dtype=np.uint8))
    answer = _prediction(found, judgement, torch.eye(10)[4], torch.tensor(9))
    assert (answer.digit, answer.reason) == (4, reason)
