import numpy as np
import pytest

from mnist_adder.data.dataset import DigitDataset
from mnist_adder.report.all_answers import answer_all, confusion, digit_by_number, worst_mistakes
from mnist_adder.report.plot import LIGHT
from mnist_adder.report.ten_by_ten import digit_by_number_plot
from tests.support.reports import texts


def test_the_tables_count_as_one_would_by_hand(answers):
    counted, right, images = {}, {}, {}
    for i in range(len(answers)):
        digit, read = int(answers.digit[i]), int(answers.read[i])
        counted[digit, read] = counted.get((digit, read), 0) + 1
        images[digit] = images.get(digit, 0) + 1
        for number in range(10):
            right[digit, number] = right.get((digit, number), 0) + int(answers.sum_right[i, number])
    by_read, by_number = confusion(answers), digit_by_number(answers)
    for digit, other in np.ndindex(10, 10):
        assert by_read[digit, other] == counted.get((digit, other), 0)
        assert by_number[digit, other] == pytest.approx(right[digit, other] / images[digit])


def test_the_worst_mistakes_come_first(answers):
    worst = worst_mistakes(answers, 5)
    wrong = [i for i in range(len(answers)) if answers.read[i] != answers.digit[i]]
    assert worst == sorted(wrong, key=lambda i: -answers.loss[i])[:5]
    assert worst_mistakes(answers, 10**6) == sorted(wrong, key=lambda i: -answers.loss[i])


def test_a_digit_without_an_image_has_no_share(mistaken_network, sample):
    some = sample[1].labels != 3
    answers = answer_all(mistaken_network, DigitDataset(sample[1].pixels[some].numpy(), sample[1].labels[some].numpy()))
    table = digit_by_number(answers)
    assert np.isnan(table[3]).all()
    assert not np.isnan(np.delete(table, 3, axis=0)).any()
    assert texts(digit_by_number_plot(table).figure(LIGHT))[30:40] == [""] * 10
    digit_by_number_plot(np.full((10, 10), np.nan)).figure(LIGHT)
