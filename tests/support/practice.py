"""Practice workbooks as students fill them in: typed by openpyxl, computed by an engine that sees no stored value."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Key, Options
from excel_classroom.practice.source import ExerciseNetwork
from excel_export.graph.graph import Graph
from tests.support.engines import Recalculated, recalculate

_EMPTY = re.compile(rb' t="n"(?:/>|></c>)')


@dataclass(frozen=True)
class Made:
    """A practice workbook, its solution, and what they were made of."""

    key: Key
    network: ExerciseNetwork
    """With the numbers of the variant."""
    workbook: bytes
    solution: bytes

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """What is asked for."""
        return self.key.blanks

    @property
    def graph(self) -> Graph:
        """The network with the numbers of the variant."""
        return self.network.graph


def make(network: ExerciseNetwork, options: Options, secret: str = "", variant: str = "") -> Made:
    """Make the practice workbook of a variant of a network, alone."""
    handout = handout_of(network, Key(secret, "net.py:net", options), [variant], many=False)
    draw, made = handout.make(variant)
    own = network.draw(secret, variant, draw)
    assert own
    return Made(handout.key, own, made.workbook, made.solution)


def drawn(network: ExerciseNetwork, secret: str, variant: str) -> ExerciseNetwork:
    """The network with the first numbers of a variant that can be used."""
    return next(network.draws(secret, variant))[1]


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


def own_formulas(exercise: Made) -> dict[tuple[str, str], str]:
    """The formula of each blank, as the best of all students would type it."""
    return {(blank.sheet, blank.cell): f"={blank.formula}" for blank in exercise.blanks}


def answers(exercise: Made) -> dict[tuple[str, str], float]:
    """PyTorch's number for each blank, by its place."""
    found, graph = {}, exercise.graph
    for blank in exercise.blanks:
        if blank.direction == "update":
            numbers = graph.tensors[blank.tensor] - 0.1 * graph.tensors[f"grad.{blank.tensor}"]
        else:
            numbers = graph.tensors[blank.tensor]
        found[blank.sheet, blank.cell] = float(numbers[blank.index])
    return found
