"""The spreadsheet functions, as formulas write them."""

import pytest

from excel_export.formulas.functions import COUNTIF, INDEX, MATCH
from excel_export.formulas.reference import Reference

ONE, TWO = Reference("Here", 3, 2), Reference("Here", 3, 2, height=2)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (INDEX(ONE, ONE), "INDEX(B3:B3,B3)"),
        (INDEX(ONE.fixed, 1, 1), "INDEX($B$3:$B$3,1,1)"),
        (MATCH("a", ONE, 0), 'MATCH("a",B3:B3,0)'),
        (COUNTIF(ONE, ONE), "COUNTIF(B3:B3,B3)"),
        (INDEX(TWO, 1), "INDEX(B3:B4,1)"),
    ],
)
def test_a_range_of_one_cell_is_written_as_a_range(formula, text):
    """For ironcalc has no element of a lone cell."""
    assert formula.text("Here") == text
