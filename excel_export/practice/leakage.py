"""Whether an exam shows its own answers: a number that belongs into a blank must stand nowhere else in the file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence

import numpy as np

from excel_export.practice.candidates import Candidate
from excel_export.practice.dependency_graph import DependencyGraph
from excel_export.sheets.book import Book

SAME = 1e-6
"""Numbers that differ by less, relative to their size, have six digits in common."""
SHORT = 4
"""A number with so few decimals, as 0.5 or −1, says nothing where it stands by chance."""
_NUMBER = re.compile(rb"<v>(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)</v>")


def revealed(workbook: bytes, chosen: Sequence[Candidate]) -> list[Candidate]:
    """Return the blanks of a workbook whose answer stands in it."""
    numbers = [np.zeros(1)]
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        for part in parts.namelist():
            if part.startswith("xl/worksheets/"):
                numbers.append(np.asarray([float(text) for text in _NUMBER.findall(parts.read(part))]))
    known = np.concatenate(numbers)
    return [each for each in chosen if _stands_in(each.answer, known)]


def not_copied(book: Book, dependents: DependencyGraph) -> Callable[[Candidate], bool]:
    """Return whether a cell's answer may be asked for: not what merely passes on a number that stands before it."""
    tensors, data = book.placement.tensors, {}
    for value, placed in tensors.items():
        data[placed.value] = value.data
        if placed.has_grad and value.gradient is not None:
            data[placed.grad] = value.gradient
    given = [value.data.ravel() for value in tensors if value.kind in ("input", "parameter", "constant")]
    known: dict[int, np.ndarray] = {}

    def may_be_asked(cell: Candidate) -> bool:
        if id(cell.source) not in known:
            above = dependents.precedent_grids(cell.source.grid) if cell.source.direction != "update" else set()
            found = [data[grid].ravel() for grid in above if grid in data and grid != cell.source.grid]
            known[id(cell.source)] = np.concatenate([*found, *given, np.zeros(1)])
        return not _stands_in(cell.answer, known[id(cell.source)])

    return may_be_asked


def _stands_in(answer: float, numbers: np.ndarray) -> bool:
    if answer == round(answer, SHORT):
        return False
    return bool((np.abs(np.abs(numbers) - abs(answer)) <= SAME * abs(answer)).any())
