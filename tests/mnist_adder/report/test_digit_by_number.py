import numpy as np

from mnist_adder.report.all_answers import digit_by_number
from mnist_adder.report.plot import DARK, LIGHT
from mnist_adder.report.ten_by_ten import digit_by_number_plot
from tests.support.reports import texts


def test_the_table_of_sums_shows_shares(answers):
    table = digit_by_number(answers)
    shown = texts(digit_by_number_plot(table).figure(LIGHT))
    assert [f"{float(text.strip('<> ')):.0f}" for text in shown] == [
        f"{100 * share:.0f}" for share in table.round(3).flat
    ]


def test_without_a_mistake_every_cell_is_100():
    assert set(texts(digit_by_number_plot(np.ones((10, 10))).figure(DARK))) == {"100"}
