"""Learning rates as cells that a learner sets."""

from __future__ import annotations

from excel_export.compiler.unroll import LARGEST_RATE
from excel_export.formulas.reference import Reference
from excel_export.shared.errors import ExportError
from excel_export.xlsx.canvas import Canvas

LIMITS = f"a number from 0 to {LARGEST_RATE:,}"


def refuse_odd(rate: float) -> None:
    """Refuse what is no learning rate.

    Raises:
        ExportError: it is negative, too large or NaN.
    """
    if not 0 <= rate <= LARGEST_RATE:
        raise ExportError(f"a learning rate is {LIMITS}, not {rate:g}")


def allow(canvas: Canvas, cells: Reference) -> None:
    """Let cells hold learning rates alone."""
    canvas.allow_numbers(cells, 0, LARGEST_RATE, "A learning rate", f"{LIMITS[0].upper()}{LIMITS[1:]}, please.")
