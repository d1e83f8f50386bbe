"""The spreadsheet functions, as formulas write them."""

import numpy as np
import pytest

from excel_export.formulas import COUNTIF, INDEX, LARGE, MATCH, RANK, SMALL, SUMIF, Reference

ONE, TWO, OTHER = Reference("Here", 3, 2), Reference("Here", 3, 2, height=2), Reference("Here", 5, 2)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (INDEX(ONE, OTHER), "B3"),
        (INDEX(ONE.fixed, 1, 1), "$B$3"),
        (MATCH("a", ONE, 0), 'IF("a"=B3,1,NA())'),
        (MATCH(OTHER, ONE, 1), "IF(B3<=B5,1,NA())"),
        (COUNTIF(ONE, OTHER), "IF(B3=B5,1,0)"),
        (SUMIF(ONE, 7, OTHER), "IF(B3=7,B5,0)"),
        (LARGE(ONE, 1) + SMALL(ONE, 1), "B3+B3"),
        (RANK(ONE, ONE, 1), "1"),
        (INDEX(TWO, 1), "INDEX(B3:B4,1)"),
        (COUNTIF(TWO, 1), "COUNTIF(B3:B4,1)"),
    ],
)
def test_a_range_of_one_cell_is_written_as_the_cell(formula, text):
    """For Gnumeric has no element of B3:B3, and ironcalc none of B3."""
    assert formula.text("Here") == text


def test_a_single_cell_is_found_for_each_of_many_places():
    assert INDEX(ONE, np.arange(3)).texts("Here").tolist() == ["B3"] * 3
