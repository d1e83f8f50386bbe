"""The second hint: a cell's equation with the numbers that stand in the sheet now."""

from __future__ import annotations

from collections.abc import Mapping

from excel_export.formulas.analysis.pretty import pretty_printed
from excel_export.formulas.expression import Expression, joined
from excel_export.formulas.functions import IF, ROUND, TEXT
from excel_export.formulas.reference import Reference
from excel_export.practice.candidates import Candidate
from excel_export.shared.infinity import NEVER
from excel_export.sheets.parts.substitution import MOST_PIECES, substituted

DECIMALS = 4


def with_numbers(cell: Candidate, formats: Mapping[int, Reference]) -> Expression:
    """Return a formula that spells out a cell's formula, but not what comes out.

    Args:
        cell: the cell.
        formats: the cells that hold the number formats, by their decimals.
    """
    source = cell.source
    pieces = pretty_printed(source.formulas, cell.index)
    slots = [piece for piece in pieces if not isinstance(piece, str)]
    is_whole = len(slots) == 1 and not isinstance(slots[0].content, Reference)
    if len(pieces) > MOST_PIECES or is_whole:
        # A sum of many products: people would see its value, which is the answer.
        return substituted(source.formulas, source.grid, cell.index, DECIMALS, formats, result=False, masked=True)
    return joined(*(piece if isinstance(piece, str) else _number(piece.content, formats) for piece in pieces))


def _number(cell: Reference | Expression, formats: Mapping[int, Reference]) -> Expression:
    # Rounded first: TEXT alone rounds 0.3149 twice in ironcalc, to 0.32.
    return IF(cell <= NEVER, "−∞", TEXT(ROUND(cell, DECIMALS), formats[DECIMALS]))
