"""The answers of a class in groups: like answers of several students are looked at and marked once.

Formulas are alike if they differ in spaces and case only. Since each student has other numbers, numbers are alike if
they come of the same known mistake, or else if the same was typed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from excel_classroom.grading.answers import FORMULA
from excel_classroom.grading.by_hand import (
    FOR_ALL,
    NOTHING,
    QUESTION,
    WHOLE,
    ByHand,
    HandMarks,
    mark_place,
    written_name,
)
from excel_classroom.grading.grades import Grade
from excel_classroom.grading.marks import Mark
from excel_classroom.practice.key import Key
from excel_classroom.practice.mistakes import ADVICE
from excel_classroom.practice.rubric import EMPTY, Rubric
from excel_classroom.results.pages import number
from excel_classroom.results.tables import safe
from excel_classroom.similarity.normal_form import canonical
from excel_export.shared.grouped import grouped


@dataclass(frozen=True)
class StudentAnswer:
    """One student's answer to a blank, as the marking page shows it: who='Ada', text='=B2*B3', right='0.5'."""

    who: str
    """The student's name, or a code."""
    file: str
    """The name of the file; '' if students are anonymous."""
    text: str
    """The content of the blank, '=B2*B3', or the answer in words."""
    right: str
    """The right number for this student; '' for an answer in words."""
    points: float
    """The points that it earns: 0.5."""
    alike: tuple[str, ...]
    """Texts that are equal for answers of one group, which are marked together."""
    says: tuple[str, ...]
    """The mistake that was probably made, 'the wrong sign', and reasons to look at the answer; () for none."""
    by_hand: ByHand
    """The teacher's mark so far."""


@dataclass(frozen=True)
class MarkingItem:
    """What a teacher may mark, a blank, a question or refused files, with its answers in groups, the largest first."""

    place: str
    """The text under "blank" in the table of marks by hand: '3', 'question 1' or 'all'."""
    title: str
    """The heading on the page: 'Blank 3: …'."""
    formula: str
    """The right formula; '' for a question or a file."""
    of: float
    """The points that can be earned."""
    by_hand: ByHand
    """The points that a teacher gave the blank for everybody."""
    right: int
    """The number of answers that are right and need no look."""
    groups: tuple[tuple[StudentAnswer, ...], ...]
    """The answers; those of a group are alike."""


def groups_of(
    grades: Sequence[Grade], key: Key, rubric: Rubric, hand_marks: HandMarks, *, anonymous: bool
) -> list[MarkingItem]:
    """Return what a teacher may mark by hand, a `MarkingItem` for each blank, then each question, then refused files.

    Their `place` is '1', '2', …, 'question 1', … and 'all', which is left out if no file was refused. A blank has only
    its wrong and doubtful answers, a question all that are not empty.

    Args:
        grades: the grades of the exercise.
        key: its key.
        rubric: the points.
        hand_marks: the teacher's marks so far.
        anonymous: True to show codes in place of names.
    """
    counted = [grade for grade in grades if grade.counts and grade.marks and grade.marks.marks and grade.file.student]
    found = []
    for k, blank in enumerate(key.blanks):
        place, marks = str(k + 1), [(grade, grade.marks.marks[k]) for grade in counted if grade.marks]
        looked = [(grade, mark) for grade, mark in marks if mark.doubts or not mark.is_good]
        answers = [_answered(grade, mark, place, hand_marks, anonymous) for grade, mark in looked]
        title = f"Blank {place}: {blank.wanted} ({blank.sheet}!{blank.cell})"
        worth = hand_marks.get((FOR_ALL, place, ""), NOTHING)
        found.append(
            MarkingItem(
                place, title, f"={blank.formula}", rubric.of(blank), worth, len(marks) - len(looked), _groups(answers)
            )
        )
    for k, question in enumerate(key.questions):
        place = QUESTION.format(k + 1)
        own = [(grade, grade.marks.words[k]) for grade in counted if grade.marks and k < len(grade.marks.words)]
        words = [
            _in_words(grade, text, place, question.blank, hand_marks, anonymous) for grade, text in own if text.strip()
        ]
        found.append(
            MarkingItem(place, f"In their own words: {question.text}", "", rubric.question, NOTHING, 0, _groups(words))
        )
    files = [*_files(grades, hand_marks, anonymous)]
    if files:
        found.append(MarkingItem(WHOLE, "Files that could not be graded", "", 0.0, NOTHING, 0, _groups(files)))
    return found


def _groups(answers: Sequence[StudentAnswer]) -> tuple[tuple[StudentAnswer, ...], ...]:
    found = sorted(grouped(answers, lambda each: each.alike).values(), key=lambda own: (-len(own), own[0].alike))
    return tuple(tuple(sorted(own, key=lambda each: each.who.casefold())) for own in found)


def _file(grade: Grade, anonymous: bool) -> str:
    return "" if anonymous else safe(grade.file.name)


def _answered(grade: Grade, mark: Mark, place: str, hand_marks: HandMarks, anonymous: bool) -> StudentAnswer:
    student, answer = grade.file.student, mark.answer
    assert student
    if mark.state == EMPTY:
        alike: tuple[str, ...] = (EMPTY,)
    elif answer.kind == FORMULA:
        alike = FORMULA, canonical(answer.text.removeprefix("="))
    else:
        alike = mark.state, mark.mistake or answer.text
    says = [mark.state] if not mark.mistake else [f"{mark.mistake}. {ADVICE[mark.mistake]}"]
    own = hand_marks.get(mark_place(student.variant, place), NOTHING)
    says += [*mark.doubts, *(note for note in mark.notes if note not in mark.doubts and note != own.remark)]
    name, file = written_name(student, anonymous=anonymous), _file(grade, anonymous)
    return StudentAnswer(name, file, answer.text, number(mark.right), mark.points, alike, tuple(says), own)


def _in_words(grade: Grade, text: str, place: str, blank: int, hand_marks: HandMarks, anonymous: bool) -> StudentAnswer:
    student, marks = grade.file.student, grade.marks
    assert student
    assert marks
    own, state = hand_marks.get(mark_place(student.variant, place), NOTHING), marks.marks[blank].state
    alike = (" ".join(text.casefold().split()),)
    name, file = written_name(student, anonymous=anonymous), _file(grade, anonymous)
    return StudentAnswer(name, file, text, "", own.points or 0.0, alike, (f"blank {blank + 1} is {state}",), own)


def _files(grades: Sequence[Grade], hand_marks: HandMarks, anonymous: bool) -> Iterator[StudentAnswer]:
    for grade in grades:
        student, name = grade.file.student, safe(grade.file.name)
        if student and grade.file.problem:
            own = hand_marks.get(mark_place(student.variant, WHOLE, name), NOTHING)
            points, problem = grade.marks.points if grade.marks else 0.0, (grade.file.problem,)
            who = written_name(student, anonymous=anonymous)
            yield StudentAnswer(who, name, grade.file.name, "", points, problem, problem, own)
