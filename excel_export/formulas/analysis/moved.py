"""A formula with some cells replaced by others, as on a sheet that shows copies of them."""

from __future__ import annotations

from collections.abc import Mapping

from excel_export.formulas.arrays import SumProduct
from excel_export.formulas.expression import Expression
from excel_export.formulas.reference import Reference, Referred

Places = Mapping[Reference, Reference]
"""The replacement of each cell; cells that are not listed stay as they are."""


def moved(formula: Expression, places: Places, *, area: Reference | None = None) -> Expression:
    """Return one formula with cells replaced.

    SUM(A1:A2) becomes SUM(G7:G8) if A1 and A2 are replaced by G7 and G8; it stays if they go to G7 and G9.

    Args:
        formula: a single formula.
        places: the new cell of each cell that is replaced, {A1: G7}.
        area: a range that may have blank cells between the new ones, G7:G9. It replaces each range whose new cells are
            all that it has: SUM(A1:A2) becomes SUM(G7:G9). None to replace all ranges cell by cell.

    Example:
        >>> a1, b1, copy = (Reference("Sheet1", row, col) for row, col in ((1, 1), (1, 2), (7, 7)))
        >>> moved(a1 * b1, {a1: copy}).text("Sheet1")
        'G7*B1'
    """
    if isinstance(formula, Referred):
        found = _rectangle(formula.reference, places, area)
        return formula if found is None else Referred(found)
    if isinstance(formula, SumProduct):
        first, second = (_rectangle(each, places, None) or each for each in formula.token)
        # A spreadsheet multiplies no column by a row, number by number: then both stay where they are.
        return SumProduct((first, second)) if (first.height, first.width) == (second.height, second.width) else formula
    try:
        return formula.of_parts(lambda part: moved(part, places, area=area))
    except NotImplementedError:
        return formula


def _rectangle(cells: Reference, places: Places, area: Reference | None) -> Reference | None:
    found = [places.get(cell) for cell in cells.plain.each()]
    there = [cell for cell in found if cell]
    if len(there) != len(found):
        return None
    if area is not None and len(there) > 1 and {*there} == {*places.values()} & {*area.each()}:
        return area
    first, last = there[0], there[-1]
    if first.sheet != last.sheet or last.row < first.row or last.col < first.col:
        return None
    area = first.to(last)
    same = [(each.row, each.col) for each in area.plain.each()] == [(each.row, each.col) for each in there]
    return area if same else None
