"""A sheet written as a text: a range, and what stands in it.

C12:E12 =$B$4*C10+B13         a formula, filled down and to the right
C10:E10 0.5|-1.2|0.8          numbers or texts, row by row
C10:C19 0.5                   the same number in all
A9:B12 {=MMULT(A2:C5,F2:G4)}  an array formula
"""

from __future__ import annotations

from openpyxl.formula.translate import Translator
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import get_column_letter

from tests.support.sheets_by_hand import Content


def sheet(text: str) -> dict[str, Content]:
    """The cells of a text."""
    cells: dict[str, Content] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        area, _, content = line.partition(" ")
        first_col, first_row, last_col, last_row = range_boundaries(area)
        places = [
            f"{get_column_letter(col)}{row}"
            for row in range(first_row, last_row + 1)
            for col in range(first_col, last_col + 1)
        ]
        if content.startswith("{="):
            cells[places[0]] = (area, content[1:-1])
        elif content.startswith("="):
            fill = Translator(content, origin=places[0])
            cells |= {place: fill.translate_formula(place) for place in places}
        else:
            items = [item.strip() for item in content.split("|")]
            items = items * len(places) if len(items) == 1 else items
            cells |= {place: _value(item) for place, item in zip(places, items, strict=True) if item}
    return cells


def _value(text: str) -> Content:
    try:
        return float(text)
    except ValueError:
        return text
