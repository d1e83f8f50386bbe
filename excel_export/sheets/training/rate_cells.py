"""Learning rates as cells that a learner sets."""

from __future__ import annotations

from excel_export.compiler.unroll import LARGEST_RATE, bounded
from excel_export.formulas.expression import Expression
from excel_export.formulas.functions import IF, ISNUMBER
from excel_export.formulas.reference import Reference
from excel_export.shared.errors import ExportError
from excel_export.sheets.allowed import refused_number
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import refused_rule

LIMITS = f"a number from 0 to {LARGEST_RATE:,}"
ALERT = f"{LIMITS[0].upper()}{LIMITS[1:]}"


def refuse_odd(rate: float) -> None:
    """Refuse what is no learning rate.

    Raises:
        ExportError: it is negative, too large or NaN.
    """
    if not 0 <= rate <= LARGEST_RATE:
        raise ExportError(f"a learning rate is {LIMITS}, not {rate:g}")


def draw(canvas: Canvas, cell: Reference, rate: float, helpers: Reference) -> tuple[Reference, Reference]:
    """Draw the cell of a learning rate.

    Args:
        canvas: the sheet.
        cell: where a learner types it.
        rate: what stands there at first.
        helpers: the first of two cells out of sight.

    Returns:
        the cell that is 1 where what stands there is not allowed, and the cell with the rate that is used: the nearest
        one that is allowed, or the first where there is no number.
    """
    flag, used = helpers.at(0), helpers.at(0, 1)
    canvas.put(cell.row, cell.col, rate, "rate_edit")
    canvas.allow_numbers(cell, 0, LARGEST_RATE, "A learning rate", f"{ALERT}, please.")
    canvas.put(flag.row, flag.col, refused_number(cell, 0, LARGEST_RATE), "chart_data")
    canvas.put(used.row, used.col, _used(cell, rate), "chart_data")
    canvas.format(cell, refused_rule(flag))
    return flag, used


def _used(cell: Reference, rate: float) -> Expression:
    return IF(ISNUMBER(cell), bounded(cell), rate)
