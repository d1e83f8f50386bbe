"""Work of ours among what was handed in: the published solution of the assignment, and workbooks of this program."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

from excel_classroom.similarity.normal_form import relative
from excel_export.lessons.one_row_a_step_sheet import copied_down
from excel_export.workbook.write import PROGRAM

LEAST_SHARE = 0.5
"""Who writes the same equations in another order, or in other columns, has hardly any of its formulas."""


@cache
def _solution() -> frozenset[str]:
    return frozenset(relative(*each) for each in copied_down())


def published(formulas: Collection[str], creator: str) -> Iterator[str]:
    """Say what in a file is ours.

    Args:
        formulas: its formulas, each as it is the same in other cells.
        creator: the program that made it, as the file says.
    """
    shared = len(_solution().intersection(formulas))
    if shared >= LEAST_SHARE * len(_solution()):
        yield f"has {shared} of the {len(_solution())} formulas of the published solution, lesson 2, one row a step"
    if creator == PROGRAM:
        yield "made from a workbook that this program wrote"
