"""Practice workbooks as students fill them in: typed by openpyxl, computed by an engine that sees no stored value."""

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl

from excel_export.graph.graph import Graph
from excel_export.practice.exercise import Exercise
from tests.support.engines import Recalculated, recalculate

_EMPTY = re.compile(rb' t="n"(?:/>|></c>)')


def fill_in(workbook: bytes, contents: Mapping[tuple[str, str], float | str], path: Path) -> Path:
    """Write a copy in which cells hold numbers, texts, or formulas that begin with '='."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    for (sheet, cell), content in contents.items():
        book[sheet][cell] = content
    package = io.BytesIO()
    book.save(package)
    # openpyxl says of empty cells that they hold numbers, which ironcalc takes for zeros. Programs with a window don't.
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.namelist():
            new.writestr(part, _EMPTY.sub(b"/>", old.read(part)))
    return path


def marks(path: Path, engine: str, count: int) -> tuple[list[str], str]:
    """What the workbook says of each blank, and its score."""
    computed: Recalculated = recalculate(path, engine, path.parent / engine)
    states = [row[0] for row in computed.values("Marks", f"I6:I{5 + count}")]
    return states, computed.value("Practice", "B4")


def own_formulas(exercise: Exercise) -> dict[tuple[str, str], str]:
    """The formula of each blank, as the best of all students would type it."""
    return {(blank.sheet, blank.cell): f"={blank.formula}" for blank in exercise.blanks}


def answers(exercise: Exercise, graph: Graph) -> dict[tuple[str, str], float]:
    """PyTorch's number for each blank, by its place."""
    found = {}
    for blank in exercise.blanks:
        if blank.direction == "update":
            numbers = graph.tensors[blank.tensor] - 0.1 * graph.tensors[f"grad.{blank.tensor}"]
        else:
            numbers = graph.tensors[blank.tensor]
        found[blank.sheet, blank.cell] = float(numbers[blank.index])
    return found
