import re

import numpy as np
import pytest

from mnist_adder.report.all_answers import confusion
from mnist_adder.report.plot import DARK, LIGHT
from mnist_adder.report.ten_by_ten import _readable_on, confusion_plot
from tests.support.reports import texts


def test_the_confusion_shows_each_count_and_colours_only_mistakes(answers):
    table = confusion(answers)
    figure = confusion_plot(table).figure(LIGHT)
    shown = texts(figure)
    for place, (row, column) in enumerate(np.ndindex(10, 10)):
        assert shown[place] == (str(table[row, column]) if table[row, column] or row == column else "")
    colours = figure.axes[0].images[0].get_array()
    mistakes = table * (1 - np.eye(10, dtype=int))
    assert colours.mask.tolist() == (mistakes == 0).tolist()
    assert figure.axes[0].images[0].get_clim() == (0, mistakes.max())
    squares = [each.get_center().tolist() for each in figure.axes[0].patches]
    assert np.allclose(squares, [(digit, digit) for digit in range(10)])  # what is right has a square without a colour
    most = re.search(r"(\d) read as (\d), (\d+) times", confusion_plot(table).alt)
    assert table[int(most[1]), int(most[2])] == int(most[3]) == mistakes.max()


def test_without_a_mistake_it_says_so():
    plot = confusion_plot(np.diag([7] * 10))
    assert "no mistake" in plot.caption
    plot.figure(DARK)


@pytest.mark.parametrize(
    ("color", "text"),
    [((1, 1, 1), "#000000"), ((0.5, 0.5, 0.5), "#000000"), ((0.4, 0.4, 0.4), "#ffffff"), ((0, 0, 0), "#ffffff")],
)
def test_a_number_is_black_on_light_colours_and_white_on_dark_ones(color, text):
    assert _readable_on(color) == text
