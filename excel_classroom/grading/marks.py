"""The marks of one file: the judgement of each blank, and the known mistake if there is one.

A blank is judged as it stands in the student's sheet, and once more alone, with the right formulas in all others. The
better judgement counts: so the content of another blank never lowers the points of a blank.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from excel_classroom.grading.answers import FORMULA, NOTHING, NUMBER, Answer
from excel_classroom.grading.attribution import TAKEN
from excel_classroom.grading.guessed import OFTEN, blanks_in_words, guesses_in
from excel_classroom.grading.papers import Paper
from excel_classroom.practice import judgement
from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.mistakes import BlankWithNumbers, known_mistakes, nearest_mistake
from excel_classroom.practice.rubric import EMPTY, GIVEN, MISTAKE, RIGHT, RIGID, TYPED, UNCERTAIN, WRONG, Rubric
from excel_export.shared.sandbox import NotGraded
from excel_export.workbook.contents import Cell

MOST_SHOWN = 3
"""The number of cells, or of like remarks, that are listed before '…'."""
STATES = {
    judgement.RIGHT: RIGHT, judgement.RIGHT_GIVEN: GIVEN, judgement.WRONG: WRONG, judgement.IS_EMPTY: EMPTY,
}  # fmt: skip
"""The rubric's name of each state of `judgement`."""
ORDER = (RIGHT, GIVEN, UNCERTAIN, MISTAKE, WRONG, EMPTY)
"""The states, the best first."""
GIVEN_NOTE = "right, from earlier numbers of your own"
FOLLOWS = "the formula is right: its number follows from a slip before it"
REFERENCE = "the formula only takes over the number of another cell"
BY_CHANCE = "with your numbers it gives what is right all the same; with others it does not"
ONLY_HERE = (
    "right for these inputs only: with others it gives something else. Take numbers from cells, do not type them"
)
DIFFERS = 1e-6
"""The relative difference from which on two programs disagree about a formula."""


@dataclass(frozen=True)
class Mark:
    """The mark of one blank: state 'known mistake', mistake 'the wrong sign', right 6.0, 0.5 points of 1.0."""

    blank: Blank
    """The blank, an empty cell of the exercise."""
    answer: Answer
    """What the student put there."""
    state: str
    """'right', 'right given earlier', 'known mistake', 'wrong', 'empty' or 'uncertain'."""
    right: float
    """The right number."""
    expected: float | None
    """The right number that follows from the student's earlier numbers; None if there is none."""
    mistake: str
    """The known mistake that was recognised, 'the wrong sign'; '' for none."""
    points: float
    """The points that the answer earns: 0.5."""
    of: float
    """The points that can be earned: 1.0."""
    notes: tuple[str, ...] = ()
    """Sentences for the student; () for none."""
    doubts: tuple[str, ...] = ()
    """Reasons for a teacher to look at the answer, which is then uncertain or typed oddly; () for none."""
    by_hand: bool = False
    """True if a teacher gave the points."""
    near: str = ""
    """A sentence about the tolerance, 'A number must be right to …'; '' for none."""

    @property
    def missed_by(self) -> str:
        """The sentence about the tolerance, 'A number must be right to …', for a wrong typed number; else ''."""
        return self.near if self.answer.kind == NUMBER and not self.is_good else ""

    @property
    def is_good(self) -> bool:
        """True if the state is 'right' or 'right given earlier': right from the student's earlier numbers."""
        return self.state in (RIGHT, GIVEN)


@dataclass(frozen=True)
class Marks:
    """The marks of one file, in the order of its blanks: Marks((mark1, mark2)).points is 11.0, `of` 12.0."""

    marks: tuple[Mark, ...]
    """The mark of each blank."""
    remarks: tuple[str, ...] = ()
    """Remarks for the teacher; () for none."""
    elsewhere: tuple[tuple[str, int, int], ...] = ()
    """The student's formulas outside of the exercise that the answers read: formula, row, column."""
    words: tuple[str, ...] = ()
    """The answers to questions in words, as texts."""
    words_points: tuple[float | None, ...] = ()
    """A teacher's points for each answer in words; None if there are none yet."""
    words_of: float = 0.0
    """The points that each answer in words can earn."""
    lost: float = 0.0
    """The share of the points that is lost by being late, from 0 to 1."""
    whole: float | None = None
    """A teacher's points for the whole file; None if there are none."""
    most: float | None = None
    """The points that can be earned with a file whose blanks were not marked; else None."""
    excused: bool = False
    """True if a teacher excused the student: the sheet does not count."""

    @property
    def points(self) -> float:
        """The points of the file: 11.0, without those lost by being late; or a teacher's points for the whole file."""
        if self.whole is not None:
            return self.whole
        earned = sum(mark.points for mark in self.marks) + sum(filter(None, self.words_points))
        return round(earned * (1 - self.lost), 6)

    @property
    def of(self) -> float:
        """The points that can be earned, answers in words included: 12.0."""
        if self.most is not None:
            return self.most
        return sum(mark.of for mark in self.marks) + self.words_of * len(self.words)


def marks_of(paper: Paper, answer: Mapping[str, Any], rubric: Rubric) -> Marks:
    """Return the marks of one file: Marks((Mark of blank 1, Mark of blank 2, …), remarks, …), in the key's order.

    Args:
        paper: the student's exercise.
        answer: the result of `grading_process.grade` for the file, {'blanks': […], …}.
        rubric: the points.

    Raises:
        NotGraded: a sheet is missing, its cells were moved, or its numbers are another student's.
    """
    if "whose" in answer:
        raise NotGraded(f"{TAKEN}: the numbers in it are those that {answer['whose']} was given")
    if answer["lost"]:
        raise NotGraded(f"the sheet {_quoted(answer['lost'])} is missing or has another name")
    if answer["moved"]:
        where = "; ".join([*answer["shifted"], f"such as {', '.join(answer['changed'][:MOST_SHOWN])}"])
        raise NotGraded(f"cells of the sheet {_quoted(answer['moved'])} were moved or deleted: {where}")
    answers = [Answer(**each | {"cell": Cell(*each["cell"])}) for each in answer["blanks"]]
    guesses, words = guesses_in(paper, answers), tuple(answer["words"])
    # What the student's program computed from changed cells, or from texts, is no sign of anything.
    texts = any(each.kind == NUMBER and each.notes for each in answers)
    is_comparable = not answer["changed"] and not texts
    judge = _Judge(paper, rubric, answers, guesses.places, paper.tensors(answer["watch"]), is_comparable)
    marks = judge.all_marks()
    remarks = (*guesses.remarks, *_remarks(answer, marks))
    elsewhere = tuple(map(tuple, answer["elsewhere"]))
    return Marks(tuple(marks), remarks, elsewhere, words, (None,) * len(words), rubric.question)


@dataclass
class _Judge:
    paper: Paper
    rubric: Rubric
    answers: Sequence[Answer]
    guessed: Collection[int]
    own: Mapping[str, np.ndarray]
    """The student's tensors by their keys; NaN where a cell shows no number."""
    is_comparable: bool
    """True if the numbers that the student's program stored can be compared with the engine's."""
    marks: list[Mark] = field(default_factory=list)

    def all_marks(self) -> list[Mark]:
        for k, answer in enumerate(self.answers):
            best = max(self._tried(k, answer), key=lambda each: (each.points, -ORDER.index(each.state)))
            if self._is_unknown(answer) and best.state in (WRONG, MISTAKE, EMPTY):
                best = replace(best, state=UNCERTAIN, mistake="")
            number = math.nan if answer.number is None else answer.number
            near = judgement.is_right(number, best.right, best.blank.direction, self.rubric.tolerance)
            if best.state == RIGHT and not near:
                best = replace(best, notes=(*best.notes, FOLLOWS))
            best = self._held_against_other_inputs(k, best)
            self.marks.append(replace(best, doubts=tuple(self._doubts(answer, best))))
        return self.marks

    def _held_against_other_inputs(self, k: int, best: Mark) -> Mark:
        answer = self.answers[k]
        is_fixed = len({*answer.elsewhere, answer.number}) == 1
        if answer.holds is not False or best.state not in (RIGHT, GIVEN, MISTAKE, WRONG) or is_fixed:
            return best  # one number, whatever the inputs are: it was typed
        mistake = "" if answer.is_reference or answer.copied else self._mistake_elsewhere(k)
        if mistake:
            note = (BY_CHANCE,) if best.is_good else ()
            points = self.rubric.earned(best.blank, MISTAKE)
            return replace(best, state=MISTAKE, mistake=mistake, points=points, notes=(*best.notes, *note))
        if best.is_good:
            points = self.rubric.earned(best.blank, best.state, RIGID)
            return replace(best, points=points, notes=(*best.notes, ONLY_HERE))
        return best

    def _mistake_elsewhere(self, k: int) -> str:
        """Return the known mistake that gives a formula's numbers with each set of other inputs; '' if none does."""
        key, within, blank = self.paper.key, self.rubric.tolerance, self.paper.key.blanks[k]
        fitting: dict[tuple[str, int], float] | None = None
        for graph, number in zip(self.paper.papers.hidden, self.answers[k].elsewhere, strict=True):
            off, right = math.nan if number is None else number, key.right_numbers(graph)[k]
            if judgement.is_right(off, right, blank.direction, within):
                continue  # here it gives what is right, as the mistake may, too
            value = dict(graph.named)[self.paper.value(blank).name]
            asked = BlankWithNumbers(graph, value, blank.index, graph.tensors, key.options.learning_rate)
            made = {(each.name, each.which): each.number for each in known_mistakes(blank.direction, asked, right)}
            near = {
                which: abs(given - off)
                for which, given in made.items()
                if judgement.is_right(off, given, blank.direction, within)
            }
            if fitting is not None:
                near = {which: far + near[which] for which, far in fitting.items() if which in near}
            fitting = near
        return min(fitting, key=fitting.__getitem__)[0] if fitting else ""

    def _tried(self, k: int, answer: Answer) -> Iterator[Mark]:
        number, expected, stored = answer.number, answer.given, answer.stored
        yield self._mark(k, self._state(k, number, expected), number, expected, self.own)
        if self._is_unknown(answer) and stored is not None:
            # Until a teacher looks at it, what the student's own program computed counts.
            state = self._state(k, stored, expected)
            if state in (RIGHT, GIVEN):
                yield replace(self._mark(k, state, stored, expected, self.own), state=UNCERTAIN)
        if answer.kind == FORMULA:
            number = answer.alone
        if number is not None:
            yield self._mark(k, self._state(k, number, None), number, self.paper.right[k], self.paper.graph.tensors)

    def _state(self, k: int, number: float | None, own_expected: float | None) -> str:
        answer, blank, right = self.answers[k], self.paper.key.blanks[k], self.paper.right[k]
        if answer.copied or answer.is_reference:
            return WRONG
        is_empty = answer.kind == NOTHING or (number is None and answer.shows_nothing)
        empty_before = sum(self.answers[j].kind == NOTHING for j in blank.reads)
        # How many blanks that it depends on hold a plain number that is wrong.
        wrong = [j for j in blank.reads if j < len(self.marks) and not self.marks[j].is_good]
        plain_before = sum(bool(judgement.is_plain(self.answers[j].number or 0.0)) for j in wrong)
        typed, expected = (math.nan if each is None else each for each in (number, own_expected))
        margins = [judgement.margin(each, blank.direction, self.rubric.tolerance) for each in (right, expected)]
        return STATES[
            judgement.state(typed, right, margins[0], expected, margins[1], is_empty, empty_before, plain_before)
        ]

    def _mark(
        self, k: int, state: str, number: float | None, expected: float | None, numbers: Mapping[str, Any]
    ) -> Mark:
        answer, blank, right = self.answers[k], self.paper.key.blanks[k], self.paper.right[k]
        mistake, notes, is_guess, within = "", [*answer.notes], k in self.guessed, self.rubric.tolerance
        if state == WRONG and number is not None and not answer.copied:
            graph, rate = self.paper.graph, self.paper.key.options.learning_rate
            asked = BlankWithNumbers(graph, self.paper.value(blank), blank.index, numbers, rate)
            mistake = nearest_mistake(blank, asked, number, right if expected is None else expected, within)
            state = MISTAKE if mistake and not is_guess and not answer.is_reference else WRONG
        if state == GIVEN and is_guess:
            state = WRONG
        if answer.is_reference:
            notes.append(REFERENCE)
        if state == GIVEN:
            notes.append(GIVEN_NOTE)
        how = TYPED if answer.kind == NUMBER else ""
        return Mark(
            blank, answer, state, right, expected, mistake, self.rubric.earned(blank, state, how),
            self.rubric.of(blank), tuple(notes), near=judgement.in_words(blank.direction, within),
        )  # fmt: skip

    def _is_unknown(self, answer: Answer) -> bool:
        if answer.kind != FORMULA or answer.copied or answer.external:
            return False
        stored, number = answer.stored, answer.number
        if answer.is_unknown or stored is None or not self.is_comparable:
            return answer.is_unknown
        return number is None or abs(stored - number) > DIFFERS * max(abs(stored), abs(number), judgement.ZERO)

    def _doubts(self, answer: Answer, best: Mark) -> Iterator[str]:
        if self._is_unknown(answer) and not (best.state == RIGHT and answer.holds):
            said = f"our engine computes {_shown(answer.number)}, the file says {_shown(answer.stored)}"
            yield "our engine can't compute this formula" if answer.is_unknown else said
        if answer.outside:
            yield f"reads cells outside of the exercise: {_some(answer.outside)}"
        yield from (f"reads the answers on the sheet '{sheet}'" for sheet in answer.copied)
        yield from (f"asks for {what}, and is not evaluated" for what in answer.external)
        yield from (note for note in answer.notes if note.startswith(("the date", "reads too much")))


def _remarks(answer: Mapping[str, Any], marks: Sequence[Mark]) -> Iterator[str]:
    if answer["shifted"]:
        yield f"put back before grading: {'; '.join(answer['shifted'])}"
    if answer["changed"]:
        yield f"cells were changed that are no blanks: {_some(answer['changed'])}"
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
    numbers = [each for each in marks if each.answer.kind == NUMBER]
    guessed = sum(not each.is_good for each in numbers)
    if guessed >= OFTEN and guessed > len(numbers) / 2:
        yield f"{guessed} of {len(numbers)} numbers that were typed are not right: guesses, or those of another file"
    typed = sum(each.answer.holds is False for each in marks)
    if typed:
        yield f"{typed} formula{'s' * (typed > 1)} would be wrong with other inputs"


def _some(cells: Sequence[str]) -> str:
    return ", ".join(cells[:MOST_SHOWN]) + " …" * (len(cells) > MOST_SHOWN)


def _shown(number: float | None) -> str:
    return "no number" if number is None else f"{number:.6g}"


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
