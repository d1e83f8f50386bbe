"""The second hint: a cell's equation with the numbers that stand in the sheet now."""

from __future__ import annotations

from excel_export.formulas.expression import Expression
from excel_export.formulas.reference import Reference
from excel_export.practice.candidates import Candidate
from excel_export.sheets.parts.substitution import substituted

DECIMALS = 4


def with_numbers(cell: Candidate, number_format: Reference) -> Expression:
    """Return a formula that spells out a cell's formula, but not what comes out.

    Args:
        cell: the cell.
        number_format: the cell that holds the format of its numbers.
    """
    source = cell.source
    return substituted(source.formulas, source.grid, cell.index, DECIMALS, number_format, result=False, masked=True)
