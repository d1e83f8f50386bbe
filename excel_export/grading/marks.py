"""The marks of one file: for each blank, whether it is right, and if not, why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from excel_export.grading.mistakes import Asked, nearest_mistake
from excel_export.grading.paper import Paper
from excel_export.grading.rubric import EMPTY, GIVEN, MISTAKE, RIGHT, RIGID, TYPED, WRONG, Rubric
from excel_export.grading.sandbox import SECONDS, NotGraded, ask
from excel_export.grading.vjp import Numbers
from excel_export.practice import judgement
from excel_export.practice.blanks import Blank

SHOWN_CELLS = 3
STATES = {
    judgement.RIGHT: RIGHT, judgement.RIGHT_GIVEN: GIVEN, judgement.WRONG: WRONG, judgement.IS_EMPTY: EMPTY,
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """What one blank got."""

    blank: Blank
    state: str
    """'right', 'right given earlier', 'known mistake', 'wrong' or 'empty'."""
    kind: str
    """What stands in the cell: 'number', 'formula', 'text' or 'empty'."""
    text: str
    """What stands there, as it was typed."""
    number: float | None
    """The number that it gives."""
    right: float
    """The right number."""
    given: float | None
    """The right number, given what the student has further up."""
    mistake: str
    """The mistake that was recognised, or nothing."""
    holds: bool | None
    """Whether a formula is right with other inputs, too; None where there is no formula."""
    points: float
    of: float

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong with it, given what stands further up."""
        return self.state in (RIGHT, GIVEN)


@dataclass(frozen=True)
class Marks:
    """What one file got, and what a teacher should know about it."""

    marks: tuple[Mark, ...]
    remarks: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """All points together."""
        return sum(mark.points for mark in self.marks)

    @property
    def of(self) -> float:
        """The most that one can have."""
        return sum(mark.of for mark in self.marks)


def mark(paper: Paper, path: Path, rubric: Rubric, seconds: int = SECONDS) -> Marks:
    """Mark one file.

    Raises:
        NotGraded: it can't be read or computed, or its cells or sheets are not where they were.
    """
    answer = ask("grade", path, seconds, **paper.job)
    if answer["lost"]:
        raise NotGraded(f"the sheet {_quoted(answer['lost'])} is missing or has another name")
    if answer["moved"]:
        raise NotGraded(f"cells of the sheet {_quoted(answer['moved'])} were moved or deleted")
    remarks = []
    if answer["changed"]:
        more = " …" if len(answer["changed"]) > SHOWN_CELLS else ""
        remarks.append(f"cells were changed that are no blanks: {', '.join(answer['changed'][:SHOWN_CELLS])}{more}")
    if answer["reaches out"]:
        remarks.append(f"not evaluated: {'; '.join(answer['reaches out'][:SHOWN_CELLS])}")
    if answer["copied"]:
        remarks.append(f"reads the answers: {'; '.join(answer['copied'][:SHOWN_CELLS])}")
    numbers, blanks = paper.tensors(answer["watch"]), answer["blanks"]
    empty = {k for k, found in enumerate(blanks) if found["kind"] == "empty"}
    marks = [_mark(paper, k, found, numbers, empty, rubric) for k, found in enumerate(blanks)]
    typed = sum(each.holds is False for each in marks)
    if typed:
        remarks.append(f"{typed} formula{'s' * (typed > 1)} would be wrong with other inputs")
    return Marks(tuple(marks), tuple(remarks))


def _mark(paper: Paper, k: int, found: Mapping[str, Any], numbers: Numbers, empty: set[int], rubric: Rubric) -> Mark:
    blank, right = paper.student.blanks[k], paper.right[k]
    kind, number, given, holds = (found[name] for name in ("kind", "value", "given", "holds"))
    judged = STATES[judgement.state(*_as_judged(blank, kind, number, right, given, empty))]
    mistake = ""
    if judged == WRONG and number is not None:
        asked = Asked(paper.graph, paper.value(blank), blank.index, numbers, paper.learning_rate)
        mistake = nearest_mistake(blank, asked, number, right if given is None else given)
        judged = MISTAKE if mistake else WRONG
    how = TYPED if kind == "number" else RIGID if holds is False else ""
    return Mark(
        blank, judged, str(kind), str(found["text"]), number, right, given, mistake,
        None if holds is None else bool(holds), rubric.earned(blank, judged, how), rubric.of(blank),
    )  # fmt: skip


def _as_judged(
    blank: Blank, kind: str, number: float | None, right: float, given: float | None, empty: set[int]
) -> Iterator[float]:
    """What the judgement is made of, as numbers."""
    yield math.nan if number is None else number
    for answer in (right, math.nan if given is None else given):
        yield answer
        yield judgement.margin(answer, blank.direction)
    yield kind == "empty"
    yield len(empty.intersection(blank.reads))


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
