"""Sheets of backpropagation as many people write them, each with slips planted in it; texts as of `sheet_text`.

None is made from another one's template. A slip is what stands in some cells instead; FORWARD says where the slip is in
the forward pass, LEARNING where it is in an update. Every advice is followed by a test, and must leave nothing wrong.
"""

from __future__ import annotations

from typing import NamedTuple

FORWARD, LEARNING = "forward", "learning"


class Sheet(NamedTuple):
    """A right sheet, and what may go wrong in it."""

    cells: dict[str, str]
    claims: int
    """How many gradients there are at least."""
    slips: tuple[tuple[dict[str, str], str] | tuple[dict[str, str], str, str], ...] = ()
    """Other contents of cells, and of which kind that slip is: '' in a gradient. And where it may as well be mended."""
