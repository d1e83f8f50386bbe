"""Practice workbooks as students fill them in: typed by openpyxl, computed by an engine that sees no stored value."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Key, Options
from excel_classroom.practice.source import ExerciseNetwork
from excel_export.graph.graph import Graph
from tests.support.altered import rewritten
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
    book.save(path)
    # openpyxl says of empty cells that they hold numbers, which ironcalc takes for zeros. Programs with a window don't.
    return rewritten(path, path, lambda name, data: _EMPTY.sub(b"/>", data))


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
    numbers = answers_of(exercise.blanks, exercise.graph)
    return {(blank.sheet, blank.cell): number for blank, number in zip(exercise.blanks, numbers, strict=True)}


def answers_of(blanks: Sequence[Blank], graph: Graph) -> list[float]:
    """PyTorch's numbers for some blanks."""
    tensors, found = graph.tensors, []
    for blank in blanks:
        step = 0.1 * tensors[f"grad.{blank.tensor}"][blank.index] if blank.direction == "update" else 0.0
        found.append(float(tensors[blank.tensor][blank.index] - step))
    return found
