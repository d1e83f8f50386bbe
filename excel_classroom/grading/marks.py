"""The marks of one file: for each blank, whether it is right, and if not, why.

A blank is judged as it stands in the student's sheet, and once more alone, with the right formulas in all others. The
better judgement counts: so what another blank holds never lowers what a blank earns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from excel_classroom.grading.answers import FORMULA, NOTHING, NUMBER
from excel_classroom.grading.guessed import OFTEN, blanks_in_words, guesses_in
from excel_classroom.grading.locked_in import ask_for_grades
from excel_classroom.grading.mistakes import StudentsBlank, nearest_mistake
from excel_classroom.grading.papers import Paper
from excel_classroom.grading.vjp import Numbers
from excel_classroom.practice import judgement
from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.rubric import EMPTY, GIVEN, MISTAKE, RIGHT, RIGID, TYPED, UNCERTAIN, WRONG, Rubric
from excel_export.shared.sandbox import SECONDS, NotGraded

MOST_SHOWN = 3
STATES = {
    judgement.RIGHT: RIGHT, judgement.RIGHT_GIVEN: GIVEN, judgement.WRONG: WRONG, judgement.IS_EMPTY: EMPTY,
}  # fmt: skip
ORDER = (RIGHT, GIVEN, UNCERTAIN, MISTAKE, WRONG, EMPTY)
GIVEN_NOTE, FOLLOWS, REFERENCE = (
    "right, from earlier numbers of your own",
    "the formula is right: its number follows from a slip before it",
    "the formula only takes over the number of another cell",
)
DIFFERS = 1e-6
"""Relative: two programs that compute a formula agree better."""


@dataclass(frozen=True)
class Mark:
    """What one blank got."""

    blank: Blank
    state: str
    """'right', 'right given earlier', 'known mistake', 'wrong', 'empty' or 'uncertain'."""
    kind: str
    """What stands in the cell: 'number', 'formula', 'text' or 'empty'."""
    text: str
    """What stands there, as it was typed."""
    formula: str
    """The formula, with defined names written out; '' where there is none."""
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
    notes: tuple[str, ...] = ()
    """What the student should know of it."""
    doubts: tuple[str, ...] = ()
    """Why a teacher should look at it."""
    by_hand: bool = False
    """Whether a teacher gave the points."""
    near: str = ""
    """How near a number must be, in words."""

    @property
    def missed_by(self) -> str:
        """Of a number that was typed and is not right, how near it must be."""
        return self.near if self.kind == NUMBER and not self.is_good else ""

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong with it, given what stands further up."""
        return self.state in (RIGHT, GIVEN)


@dataclass(frozen=True)
class Marks:
    """What one file got, and what a teacher should know about it."""

    marks: tuple[Mark, ...]
    remarks: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, int, int], ...] = ()
    """The formulas outside of the exercise that the answers read, with their rows and columns."""
    words: tuple[str, ...] = ()
    """The answers in words."""
    words_points: tuple[float | None, ...] = ()
    """What a teacher gave for them."""
    words_of: float = 0.0
    """What each of them is worth."""
    lost: float = 0.0
    """The share that is lost by being late."""
    whole: float | None = None
    """All points, where a teacher gave them for the whole file."""
    most: float | None = None
    """The most that one can have, of a file whose blanks were not marked."""

    @property
    def points(self) -> float:
        """All points together."""
        if self.whole is not None:
            return self.whole
        earned = sum(mark.points for mark in self.marks) + sum(filter(None, self.words_points))
        return round(earned * (1 - self.lost), 6)

    @property
    def of(self) -> float:
        """The most that one can have."""
        if self.most is not None:
            return self.most
        return sum(mark.of for mark in self.marks) + self.words_of * len(self.words)


def mark(paper: Paper, path: Path, rubric: Rubric, seconds: int = SECONDS) -> Marks:
    """Mark one file.

    Raises:
        NotGraded: it can't be read or computed, or its cells or sheets are not where they were.
    """
    return judged(paper, ask_for_grades(path, seconds, paper.job(rubric)), rubric)


def judged(paper: Paper, answer: Mapping[str, Any], rubric: Rubric) -> Marks:
    """Judge what was computed of one file.

    Raises:
        NotGraded: its cells or sheets are not where they were.
    """
    if answer["lost"]:
        raise NotGraded(f"the sheet {_quoted(answer['lost'])} is missing or has another name")
    if answer["moved"]:
        where = "; ".join([*answer["shifted"], f"such as {', '.join(answer['changed'][:MOST_SHOWN])}"])
        raise NotGraded(f"cells of the sheet {_quoted(answer['moved'])} were moved or deleted: {where}")
    own, found = paper.tensors(answer["watch"]), answer["blanks"]
    # What the student's program computed from changed cells, or from texts, is no sign of anything.
    comparable = not answer["changed"] and not any(each["kind"] == NUMBER and each["notes"] for each in found)
    marks: list[Mark] = []
    guesses = guesses_in(paper, found)
    for k in range(len(found)):
        marks.append(_JudgedBlank(paper, rubric, k, found, marks, comparable, k in guesses.places).best(own))
    words, elsewhere = tuple(answer["words"]), tuple(map(tuple, answer["elsewhere"]))
    remarks = (*guesses.remarks, *_remarks(answer, marks))
    return Marks(tuple(marks), remarks, elsewhere, words, (None,) * len(words), rubric.question)


class _JudgedBlank:
    """One blank, and what stands in the others."""

    def __init__(
        self, paper: Paper, rubric: Rubric, k: int, found: Sequence[Mapping[str, Any]], before: Sequence[Mark],
        comparable: bool, is_guess: bool,
    ) -> None:  # fmt: skip
        self._comparable, self._is_guess = comparable, is_guess
        self._paper, self._rubric, self._found, self._others, self._before = paper, rubric, found[k], found, before
        self._blank, self._right = paper.blanks[k], paper.right[k]

    def best(self, own: Numbers) -> Mark:
        """The judgement that earns most; of equals, the better one."""
        marks = [*self._in_the_sheet(own), *self._alone()]
        best = max(marks, key=lambda each: (each.points, -ORDER.index(each.state)))
        if self._is_unknown and best.state in (WRONG, MISTAKE, EMPTY):
            best = replace(best, state=UNCERTAIN, mistake="")
        if best.state == RIGHT and (best.number is None or not self._is_near(best.number)):
            best = replace(best, notes=(*best.notes, FOLLOWS))
        return replace(best, doubts=tuple(self._doubts(best)))

    def _in_the_sheet(self, own: Numbers) -> Iterator[Mark]:
        found, number, given = self._found, self._found["value"], self._found["given"]
        yield self._mark(self._state(number, given), number, given, own)
        stored = found["stored"]
        if self._is_unknown and stored is not None and self._state(stored, given) in (RIGHT, GIVEN):
            # Until a teacher looks at it, what the student's own program computed counts.
            mark = self._mark(self._state(stored, given), stored, given, own)
            yield replace(mark, state=UNCERTAIN)

    def _alone(self) -> Iterator[Mark]:
        number = self._found["alone"] if self._found["kind"] == FORMULA else self._found["value"]
        if number is not None:
            yield self._mark(self._state(number, None), number, self._right, self._paper.graph.tensors)

    def _state(self, number: float | None, given: float | None) -> str:
        if self._found["copied"] or self._found["reference"]:
            return WRONG
        is_empty = self._found["kind"] == NOTHING or (number is None and self._found["shows nothing"])
        empty_before = sum(self._others[k]["kind"] == NOTHING for k in self._blank.reads)
        typed, expected = (math.nan if each is None else each for each in (number, given))
        judged = judgement.state(
            typed, self._right, self._margin(self._right), expected, self._margin(expected), is_empty, empty_before,
            self._plain_before,
        )  # fmt: skip
        return STATES[judged]

    def _margin(self, answer: float) -> float:
        return float(judgement.margin(answer, self._blank.direction, self._rubric.tolerance))

    def _is_near(self, number: float) -> bool:
        return judgement.is_right(number, self._right, self._blank.direction, self._rubric.tolerance)

    @property
    def _plain_before(self) -> int:
        """How many blanks that it depends on hold a plain number that is wrong."""
        wrong = [k for k in self._blank.reads if k < len(self._before) and not self._before[k].is_good]
        return sum(bool(judgement.is_plain(self._others[k]["value"] or 0.0)) for k in wrong)

    def _mark(self, state: str, number: float | None, given: float | None, numbers: Numbers) -> Mark:
        found, blank, mistake, notes = self._found, self._blank, "", list(self._found["notes"])
        if state == WRONG and number is not None and not found["copied"]:
            asked = StudentsBlank(
                self._paper.graph, self._paper.value(blank), blank.index, numbers, self._paper.learning_rate
            )
            expected = self._right if given is None else given
            mistake = nearest_mistake(blank, asked, number, expected, self._rubric.tolerance)
            earns = mistake and not self._is_guess and not found["reference"]
            state = MISTAKE if earns else WRONG
        if state == GIVEN and self._is_guess:
            state = WRONG
        if found["reference"]:
            notes.append(REFERENCE)
        holds = None if found["holds"] is None else bool(found["holds"])
        how = TYPED if found["kind"] == NUMBER else RIGID if holds is False else ""
        if state == GIVEN:
            notes.append(GIVEN_NOTE)
        return Mark(
            blank, state, found["kind"], found["text"], found["formula"], found["value"], self._right, given, mistake,
            holds, self._rubric.earned(blank, state, how), self._rubric.of(blank), tuple(notes),
            near=judgement.in_words(blank.direction, self._rubric.tolerance),
        )  # fmt: skip

    @property
    def _is_unknown(self) -> bool:
        """Whether our engine and the student's program do not agree what it gives, or ours can't tell."""
        found = self._found
        if found["kind"] != FORMULA or found["copied"] or found["external"]:
            return False
        stored, value = found["stored"], found["value"]
        if found["unknown"] or stored is None or not self._comparable:
            return bool(found["unknown"])
        return value is None or abs(stored - value) > DIFFERS * max(abs(stored), abs(value), judgement.ZERO)

    def _doubts(self, best: Mark) -> list[str]:
        found: Mapping[str, Any] = self._found
        doubts: list[str] = []
        if self._is_unknown and not (best.state == RIGHT and best.holds):
            doubts.append(
                "our engine can't compute this formula"
                if found["unknown"]
                else f"our engine computes {_shown(found['value'])}, the file says {_shown(found['stored'])}"
            )
        if found["outside"]:
            more = " …" if len(found["outside"]) > MOST_SHOWN else ""
            doubts.append(f"reads cells outside of the exercise: {', '.join(found['outside'][:MOST_SHOWN])}{more}")
        doubts += [f"reads the answers on the sheet '{sheet}'" for sheet in found["copied"]]
        doubts += [f"asks for {what}, and is not evaluated" for what in found["external"]]
        return doubts + [note for note in found["notes"] if note.startswith(("the date", "reads too much"))]


def _remarks(answer: Mapping[str, Any], marks: Sequence[Mark]) -> Iterator[str]:
    if answer["shifted"]:
        yield f"put back before grading: {'; '.join(answer['shifted'])}"
    if answer["changed"]:
        more = " …" if len(answer["changed"]) > MOST_SHOWN else ""
        yield f"cells were changed that are no blanks: {', '.join(answer['changed'][:MOST_SHOWN])}{more}"
    said: dict[str, dict[str, list[int]]] = {}
    for k, each in enumerate(marks, 1):
        notes = [note for note in each.notes if note not in (FOLLOWS, GIVEN_NOTE, *each.doubts)]
        for text in (*each.doubts, *notes):
            said.setdefault(re.split(r"[\d:']", text)[0], {}).setdefault(text, []).append(k)
    for texts in said.values():
        if len(texts) > MOST_SHOWN:
            # Of what somebody does everywhere, one line says enough: the student's own page has the rest.
            places = blanks_in_words(sorted({k for where in texts.values() for k in where}))
            yield f"{places}, such as: {next(iter(texts))}"
        else:
            yield from (f"{blanks_in_words(where)}: {text}" for text, where in texts.items())
    numbers = [each for each in marks if each.kind == NUMBER]
    guessed = sum(not each.is_good for each in numbers)
    if guessed >= OFTEN and guessed > len(numbers) / 2:
        yield f"{guessed} of {len(numbers)} numbers that were typed are not right: guesses, or those of another file"
    typed = sum(each.holds is False for each in marks)
    if typed:
        yield f"{typed} formula{'s' * (typed > 1)} would be wrong with other inputs"


def _shown(number: float | None) -> str:
    return "no number" if number is None else f"{number:.6g}"


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
