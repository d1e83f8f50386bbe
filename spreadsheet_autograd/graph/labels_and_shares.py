"""Tells which typed numbers look like labels, counts or shares, from the row and the column in which they stand."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph

LABEL, COUNT, SIGN, SHARE, LINE = "label", "count", "sign", "share", "line"


class Meaning(NamedTuple):
    """The kind of a typed number, and the numbers that it may be replaced by: Meaning('label', (0.0, 1.0))."""

    kind: str
    """'label' (0 or 1), 'sign' (-1, 0 or 1), 'count' (another whole number), or 'share' (one of numbers side by side
    whose sum is 1, or of a list of different whole numbers). 'line' is for `LabelsAndShares` itself: all typed numbers
    in a row or column, with their cells, if they are not all labels."""
    numbers: Sequence[float]
    """The numbers from which another choice takes one: (0.0, 1.0) for a label."""
    cells: Sequence[Place] = ()
    """The cells of the shares, or of the list, one for each number: a sample shuffles the numbers. () for
    other kinds."""


class LabelsAndShares:
    """The kinds of typed numbers, judged by the others in their row and column; `meaning` returns that of a cell.

    0 and 1 are labels, 0.2 and 0.8 side by side are shares of 1. `sampled` are the cells whose numbers are drawn: only
    their numbers count.
    """

    def __init__(self, graph: SpreadsheetGraph, sampled: Collection[Place]) -> None:
        self._graph, self._sampled = graph, sampled
        self._meanings: dict[Place, Meaning | None] = {}
        self._runs: dict[tuple[Place, bool], Meaning] = {}
        self._lines: dict[tuple[Place, bool], Meaning] = {}

    def meaning(self, at: Place, number: float) -> Meaning | None:
        """Return the kind of a typed number, Meaning('count', [3.0, 5.0]); None for any other number, such as 0.37.

        `number` is the number in the cell `at` in the file. A 3 beside a 5 is a count; 0.2 in B2 above 0.8 in B3 is
        Meaning('share', [0.2, 0.8], [B2, B3]).
        """
        if at not in self._meanings:
            self._meanings[at] = self._meaning_of(at, number)
        return self._meanings[at]

    def _meaning_of(self, at: Place, number: float) -> Meaning | None:
        line = max((self._line(at, down=down) for down in (True, False)), key=lambda line: len(line.cells))
        numbers = sorted({*line.numbers})
        are_several = len(numbers) > 2 and numbers[0] in (0, 1) and all(x == int(x) for x in numbers)
        if are_several and len(numbers) == len(line.cells):  # a list, such as the keys of a look-up
            return line._replace(kind=SHARE)
        runs = [self._run(at, number, down=down) for down in (False, True)]
        for run in runs:
            if run.kind == SHARE:
                return run
        if number != int(number):
            return None
        if numbers[0] == -1.0 and len(numbers) > 1 and {*numbers} <= {-1.0, 0.0, 1.0}:
            return Meaning(SIGN, numbers)
        if are_several:  # such as numbers of classes
            return Meaning(COUNT, numbers)
        if number in (0, 1):
            return Meaning(LABEL, (0.0, 1.0))
        return Meaning(COUNT, max((run.numbers for run in runs), key=len))

    def _run(self, at: Place, reference: float, *, down: bool) -> Meaning:
        if (at, down) in self._runs:
            return self._runs[at, down]
        of_labels = self._is_line_of_labels(at, down=not down)

        def belongs(cell: Place) -> bool:
            value = self._typed(cell)
            # A feature that happens to be 0 beside labels is no label: its own line has other numbers.
            return (
                value is not None
                and (value in (0, 1)) == (reference in (0, 1))
                and self._is_line_of_labels(cell, down=not down) == of_labels
            )

        cells = _beside(at, belongs, down=down)
        numbers = [number for cell in cells if (number := self._typed(cell)) is not None]
        are_shares = len(cells) > 1 and abs(sum(numbers) - 1) < 1e-12 and min(numbers) >= 0
        whole = [x for x in numbers if x == int(x)]
        run = Meaning(SHARE, numbers, cells) if are_shares else Meaning(COUNT, whole)
        self._runs.update(dict.fromkeys(((cell, down) for cell in cells), run))
        return run

    def _typed(self, cell: Place) -> float | None:
        value = self._graph.constant(cell)
        return value if cell in self._sampled and isinstance(value, float) else None

    def _is_line_of_labels(self, at: Place, *, down: bool) -> bool:
        return self._line(at, down=down).kind == LABEL

    def _line(self, at: Place, *, down: bool) -> Meaning:
        if (at, down) not in self._lines:
            cells = _beside(at, lambda cell: self._typed(cell) is not None, down=down)
            values = tuple(number for cell in cells if (number := self._typed(cell)) is not None)
            line = Meaning(LABEL if {*values} <= {0.0, 1.0} else LINE, values, tuple(cells))
            self._lines.update(dict.fromkeys(((cell, down) for cell in cells), line))
        return self._lines[at, down]


def _beside(at: Place, belongs: Callable[[Place], bool], *, down: bool) -> list[Place]:
    sheet, row, col = at
    by = (1, 0) if down else (0, 1)
    while belongs((sheet, row - by[0], col - by[1])):
        row, col = row - by[0], col - by[1]
    line = []
    while belongs((sheet, row, col)):
        line.append((sheet, row, col))
        row, col = row + by[0], col + by[1]
    return line
