"""Central differences at their borders."""

from __future__ import annotations

import pytest

from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.slopes import central_difference, central_differences


@pytest.mark.parametrize("own", [0.0, 0.3, -2.0, 1e6, -1e6])
def test_a_difference_is_the_derivative_also_of_large_and_small_numbers(own):
    assert central_difference(lambda x: x**2, own) == pytest.approx(2 * own, rel=1e-8, abs=1e-10)
    assert central_difference(lambda x: 3.0 - x, own) == pytest.approx(-1, rel=1e-6)


def test_numbers_on_both_sides_are_needed():
    """=SQRT(A1) at 0 is an error below it, =1/A1 is so at 0 itself, which isn't asked."""
    error = CellError("#NUM!")
    assert central_difference(lambda x: error if x < 0 else x**0.5, 0.0) is None
    assert central_difference(lambda x: error if x > 0 else x, 0.0) is None
    assert central_difference(lambda x: "text", 1.0) is None
    assert central_difference(lambda x: error if x == 0 else x, 0.0) == pytest.approx(1.0)


def test_of_several_values_those_without_a_number_are_left_out():
    found = central_differences(lambda x: {"twice": 2 * x, "text": "a", "none": None, "cube": x**3}, 2.0)
    assert found == {"twice": pytest.approx(2), "cube": pytest.approx(12)}
