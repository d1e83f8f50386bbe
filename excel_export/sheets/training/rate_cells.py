"""Learning rates as cells that a learner sets."""

from __future__ import annotations

from excel_export.compiler.unroll.unrolled import LARGEST_RATE
from excel_export.formulas.functions import IF, ISNUMBER, MAX, MIN
from excel_export.formulas.reference import Name, Reference
from excel_export.shared.errors import ExportError
from excel_export.sheets.allowed import refused_number, said
from excel_export.sheets.names import chosen
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import refused_rule

LIMITS = f"a number from 0 to {LARGEST_RATE:,}"


def refuse_odd(rate: float) -> None:
    """Refuse what is no learning rate.

    Raises:
        ExportError: it is negative, too large or NaN.
    """
    if not 0 <= rate <= LARGEST_RATE:
        raise ExportError(f"a learning rate is {LIMITS}, not {rate:g}")


def draw(
    canvas: Canvas, cell: Reference, rate: float, helpers: Reference, limits: tuple[float, float] = (0, LARGEST_RATE)
) -> tuple[Reference, Reference]:
    """Draw the cell of a learning rate, or of another number.

    Args:
        canvas: the sheet.
        cell: where a learner types it.
        rate: what stands there at first.
        helpers: the first of two cells out of sight.
        limits: from where to where it may go.

    Returns:
        the cell that is 1 where what stands there is not allowed, and the cell with the rate that is used: the nearest
        one that is allowed, or the first where there is no number.
    """
    flag, used = helpers.at(0), helpers.at(0, 1)
    canvas.put(cell.row, cell.col, rate, "rate_edit")
    canvas.allow_numbers(cell, *limits, "A number", f"{asked(limits)}, please.")
    canvas.put(flag.row, flag.col, refused_number(cell, *limits), "chart_data")
    lowest, highest = limits
    canvas.put(used.row, used.col, IF(ISNUMBER(cell), MAX(lowest, MIN(cell, highest)), rate), "chart_data")
    canvas.format(cell, refused_rule(flag))
    return flag, used


def draw_setting(
    canvas: Canvas,
    row: int,
    label: str,
    name: Name,
    value: float,
    limits: tuple[float, float],
    words: str,
    far_col: int,
) -> dict[Name, Reference]:
    """Draw a row with a number that a learner sets: its label, its cell, and what it does.

    Returns:
        the cells of what is typed and of what is used, by their defined names.
    """
    cell = canvas.at(row, 4)
    canvas.say(row, 2, label, "label")
    flag, used = draw(canvas, cell, value, canvas.at(row, far_col), limits)
    canvas.put(row, 5, said(flag, words, asked(limits), used), "hint")
    canvas.heights[row] = 22
    return {chosen(name): cell, name: used}


def asked(limits: tuple[float, float]) -> str:
    """Say what is allowed."""
    return "A number from {} to {}".format(*(f"{end:,}" if end >= 1000 else f"{end:g}" for end in limits))
