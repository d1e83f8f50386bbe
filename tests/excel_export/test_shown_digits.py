"""The calculator that works out a line from the digits that it shows, as a person does."""

import pytest

from tests.support.shown_digits import Unreadable, differences, work_out


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("(8.03 − 8) · (8.03 − 8)", 0.0009), ("−ln(0.5)", 0.6931472), ("2 · (−3) + [4 more: −1.5] + 1 + [2 × 0]", -6.5),
        ("e^(−1) / 2^2", 0.0919699), ("|−3| + max(0, −15.2)", 3), ("if 3 = 4 then 1 else 0.5", 0.5),
        ("sum of (1, 2) / 4", 0.75), ("mean of (1, 2, 6)", 3), ("1.5E-9 · 2", 3e-9), ("√(16) − tanh(0)", 4),
    ],
)  # fmt: skip
def test_the_calculator_reads_a_line_as_people_do(line, value):
    assert work_out(line).value == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("chain", "holds"),
    [
        ("(8.03 − 8) · (8.03 − 8)  =  0.000695", False),
        ("(8.02636 − 8) · (8.02636 − 8)  =  0.02636 · 0.02636  =  0.0006946", True),
        ("(8.02636 − 8) · (8.02636 − 8)  =  0.026 · 0.026  =  0.0006946", False),
        ("5.5 + (−5.495)  =  0.01", True),
        ("5.5 + (−5.4)  =  0", False),
        ("the place of the largest of −0.8 … 8.8 … −1.6  =  3", True),
        ("the place of the largest of −0.8 … −8.8 … −1.6  =  3", False),
    ],
)
def test_a_line_that_does_not_add_up_is_found(chain, holds):
    assert (not list(differences(chain))) == holds


@pytest.mark.parametrize("line", ["2 ∘ 3", "softmax(2)", "(1 + 2", "1 2", ""])
def test_what_nobody_could_work_out_is_refused(line):
    with pytest.raises(Unreadable):
        work_out(line)
