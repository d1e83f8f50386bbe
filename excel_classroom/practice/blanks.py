"""What a learner is asked for: cells of the workbook that are left empty, and questions in words about them."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args

Direction = Literal["forward", "backward", "update"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ONE_PRODUCT = 1
"""The level of a cell with one product, or a function of one number."""
SUM_OF_PRODUCTS = 2
"""The level of a cell with a sum of products."""
LEVELS = (ONE_PRODUCT, SUM_OF_PRODUCTS)
ANSWER_NAME = "practice_answer_{}"
"""The defined name of the cell of an answer in words."""
WORDS: dict[str, Any] = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
"""What a practice workbook says to who fills it in."""
_ASKED_FIRST = ("backward", "update", "forward")
_GATES = ("relu", "relu6", "leaky relu", "threshold", "max pool", "clamp")


@dataclass(frozen=True)
class Blank:
    """One empty cell, and what belongs into it."""

    tensor: str
    """Its key as in `read_tensors`: 'relu', 'grad.fc1.weight'. Of an update, the parameter's: 'fc1.weight'."""
    index: tuple[int, ...]
    """Which element of the tensor."""
    sheet: str
    cell: str
    """Where, on its sheet: 'C7'."""
    direction: Direction
    level: int
    """1: one product, or a function of one number. 2: a sum of products."""
    idea: str
    """What one must understand for it: 'relu, backward'."""
    wanted: str
    """What is asked for, in words: 'gradient of fc1.weight [0, 2]'."""
    formula: str
    """The cell's own formula, without '=', as it stands on its sheet."""
    reads: tuple[int, ...] = ()
    """Which of the other blanks, counted from 0, its number may depend on."""
    mistakes: tuple[str, ...] = ()
    """The known mistakes that numbers can tell from the right answer."""
    untold: tuple[str, ...] = ()
    """The known mistakes that no numbers tell from it."""


@dataclass(frozen=True)
class QuestionInWords:
    """What is asked of a blank, counted from 0, in words: a number that is explained is worth more than a formula."""

    blank: int
    text: str


def questions_about(blanks: Sequence[Blank], count: int) -> tuple[QuestionInWords, ...]:
    """Ask about some of the blanks, first about gradients, and about no idea twice."""
    order = sorted(range(len(blanks)), key=lambda k: (_ASKED_FIRST.index(blanks[k].direction), -blanks[k].level, k))
    firsts = {blanks[k].idea: k for k in reversed(order)}
    chosen = [k for k in order if firsts[blanks[k].idea] == k][:count]
    return tuple(QuestionInWords(k, f"Blank {k + 1}, {blanks[k].wanted}: {_asked(blanks[k])}") for k in sorted(chosen))


def _asked(blank: Blank) -> str:
    kind: str = blank.direction
    if kind == "backward" and blank.idea.startswith("several paths"):
        kind = "paths"
    elif kind == "backward" and blank.idea.startswith(_GATES):
        kind = "gate"
    return str(WORDS["asked"][kind])
