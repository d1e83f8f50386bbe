"""The blanks of a practice workbook: cells that are left empty for a learner to fill in, and questions in words about
them.
"""

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
"""The defined name of the cell of an answer in words, with the question's number from 1 on in place of {}."""
WORDS: dict[str, Any] = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
"""The texts of a practice workbook for the learner, by their keys in words.toml."""
_ASKED_FIRST = ("backward", "update", "forward")
_GATES = ("relu", "relu6", "leaky relu", "threshold", "max pool", "clamp")


@dataclass(frozen=True)
class Blank:
    """An empty cell of an exercise, as in its key file: cell 'J8' of 'Network', with its formula '$J$26*x'."""

    tensor: str
    """The key of its tensor, as in `read_tensors`: 'relu', 'grad.fc1.weight'. Of an update, the parameter's:
    'fc1.weight'."""
    index: tuple[int, ...]
    """The index of its element in the tensor, from 0 on: (0, 2); () for a tensor without dimensions."""
    sheet: str
    """The name of its sheet: 'Network'."""
    cell: str
    """Its cell on that sheet: 'C7'."""
    direction: Direction
    """The part of the training step to which it belongs: 'forward', 'backward' or 'update'."""
    level: int
    """1: one product, or a function of one number. 2: a sum of products."""
    idea: str
    """The idea that it asks for: 'relu, backward'."""
    wanted: str
    """Its name for the learner: 'gradient of fc1.weight [0, 2]'."""
    formula: str
    """The cell's own formula, without '=', as it stands on its sheet."""
    reads: tuple[int, ...] = ()
    """The numbers, from 0 on, of the other blanks on which its answer depends."""
    mistakes: tuple[str, ...] = ()
    """The known mistakes whose numbers differ from the right answer."""
    untold: tuple[str, ...] = ()
    """The known mistakes that give the right answer with all numbers that were tried."""


@dataclass(frozen=True)
class QuestionInWords:
    """A question in words about a blank: (0, 'Blank 1, w·x: which of the numbers …'). Fields are keys of a key file."""

    blank: int
    """The number of the blank, from 0 on."""
    text: str
    """The text of the question, with the blank's number from 1 on."""


def questions_about(blanks: Sequence[Blank], count: int) -> tuple[QuestionInWords, ...]:
    """Return up to `count` questions in words about blanks, in the blanks' order; () for a count of 0.

    Gradients are chosen first, then updates, then the forward pass, and of each those of level 2 before level 1; no two
    questions are about blanks with the same `idea`.
    """
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
