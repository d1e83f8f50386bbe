"""Questions to be answered in words: a number that is explained is worth more than a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_classroom.practice.blanks import Blank

LONGEST = 2_000
"""Of an answer, in characters."""
_GATES = ("relu", "relu6", "leaky relu", "threshold", "max pool", "clamp")
_ORDER = ("backward", "update", "forward")
NAME = "practice_answer_{}"
"""The defined name of the cell of an answer."""


@dataclass(frozen=True)
class QuestionInWords:
    """What is asked of a blank, in words."""

    blank: int
    """Which, counted from 0."""
    text: str


def questions_about(blanks: Sequence[Blank], count: int) -> tuple[QuestionInWords, ...]:
    """Ask about some of the blanks, first about gradients, and about no idea twice."""
    order = sorted(range(len(blanks)), key=lambda k: (_ORDER.index(blanks[k].direction), -blanks[k].level, k))
    chosen: list[int] = []
    for k in order:
        if blanks[k].idea not in {blanks[other].idea for other in chosen} and len(chosen) < count:
            chosen.append(k)
    return tuple(QuestionInWords(k, f"Blank {k + 1}, {blanks[k].wanted}: {_asked(blanks[k])}") for k in sorted(chosen))


def _asked(blank: Blank) -> str:
    if blank.direction == "update":
        return "in which direction does the step move it, and why? What would ten times the learning rate do?"
    if blank.direction == "forward":
        return "which of the numbers that go into it would change it most, if you made each a little larger? Why?"
    if blank.idea.startswith("several paths"):
        return "on which paths does it reach the loss, and why are these added?"
    if blank.idea.startswith(_GATES):
        return "which factor lets the gradient through or stops it, and where do you see that?"
    return "of which factors is it made, and which of them makes this gradient zero when it is zero?"
