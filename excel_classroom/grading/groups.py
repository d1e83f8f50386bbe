"""The answers of a class in groups: what several students answered alike is looked at once, and marked once.

Formulas are alike where they are the same but for spaces and case. Numbers are each of their own student, so those are
alike that come of the same known mistake; others are alike where the same was typed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from excel_classroom.grading.answers import FORMULA
from excel_classroom.grading.by_hand import FOR_ALL, NOTHING, QUESTION, WHOLE, ByHand, Given, where_given, written_name
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
class Answered:
    """What one student answered."""

    who: str
    file: str
    text: str
    right: str
    """The right number for this student, or nothing."""
    points: float
    alike: tuple[str, ...]
    """What the answers of a group have in common."""
    says: tuple[str, ...]
    """The mistake that was probably made, and why to look at it."""
    given: ByHand
    """What a teacher gave."""


@dataclass(frozen=True)
class Asked:
    """A blank, a question in words, or whole files, with the answers of the class in groups, the largest first."""

    place: str
    """As in the file of marks by hand: '3', 'question 1' or 'all'."""
    title: str
    formula: str
    """The right formula, or nothing."""
    of: float
    given: ByHand
    """What a teacher wants it to be worth, for everybody."""
    right: int
    """How many answers are right, and need no look."""
    groups: tuple[tuple[Answered, ...], ...]


def groups_of(grades: Sequence[Grade], key: Key, rubric: Rubric, given: Given, *, anonymous: bool) -> list[Asked]:
    """Put the answers of a class in groups: of each blank what is not right or is doubtful, and all words."""
    counted = [grade for grade in grades if grade.counts and grade.marks and grade.marks.marks and grade.file.student]
    found = []
    for k, blank in enumerate(key.blanks):
        place, marks = str(k + 1), [(grade, grade.marks.marks[k]) for grade in counted if grade.marks]
        looked = [(grade, mark) for grade, mark in marks if mark.doubts or not mark.is_good]
        answers = [_answered(grade, mark, place, given, anonymous) for grade, mark in looked]
        title = f"Blank {place}: {blank.wanted} ({blank.sheet}!{blank.cell})"
        worth = given.get((FOR_ALL, place, ""), NOTHING)
        found.append(
            Asked(
                place, title, f"={blank.formula}", rubric.of(blank), worth, len(marks) - len(looked), _groups(answers)
            )
        )
    for k, question in enumerate(key.questions):
        place = QUESTION.format(k + 1)
        own = [(grade, grade.marks.words[k]) for grade in counted if grade.marks and k < len(grade.marks.words)]
        words = [_in_words(grade, text, place, question.blank, given, anonymous) for grade, text in own if text.strip()]
        found.append(
            Asked(place, f"In their own words: {question.text}", "", rubric.question, NOTHING, 0, _groups(words))
        )
    files = [*_files(grades, given, anonymous)]
    if files:
        found.append(Asked(WHOLE, "Files that could not be graded", "", 0.0, NOTHING, 0, _groups(files)))
    return found


def _groups(answers: Sequence[Answered]) -> tuple[tuple[Answered, ...], ...]:
    found = sorted(grouped(answers, lambda each: each.alike).values(), key=lambda own: (-len(own), own[0].alike))
    return tuple(tuple(sorted(own, key=lambda each: each.who.casefold())) for own in found)


def _file(grade: Grade, anonymous: bool) -> str:
    return "" if anonymous else safe(grade.file.name)


def _answered(grade: Grade, mark: Mark, place: str, given: Given, anonymous: bool) -> Answered:
    student, answer = grade.file.student, mark.answer
    assert student
    if mark.state == EMPTY:
        alike: tuple[str, ...] = (EMPTY,)
    elif answer.kind == FORMULA:
        alike = FORMULA, canonical(answer.text.removeprefix("="))
    else:
        alike = mark.state, mark.mistake or answer.text
    says = [mark.state] if not mark.mistake else [f"{mark.mistake}. {ADVICE[mark.mistake]}"]
    own = given.get(where_given(student.variant, place), NOTHING)
    says += [*mark.doubts, *(note for note in mark.notes if note not in mark.doubts and note != own.remark)]
    name, file = written_name(student, anonymous=anonymous), _file(grade, anonymous)
    return Answered(name, file, answer.text, number(mark.right), mark.points, alike, tuple(says), own)


def _in_words(grade: Grade, text: str, place: str, blank: int, given: Given, anonymous: bool) -> Answered:
    student, marks = grade.file.student, grade.marks
    assert student
    assert marks
    own, state = given.get(where_given(student.variant, place), NOTHING), marks.marks[blank].state
    alike = (" ".join(text.casefold().split()),)
    name, file = written_name(student, anonymous=anonymous), _file(grade, anonymous)
    return Answered(name, file, text, "", own.points or 0.0, alike, (f"blank {blank + 1} is {state}",), own)


def _files(grades: Sequence[Grade], given: Given, anonymous: bool) -> Iterator[Answered]:
    """The files that could not be graded, each under who handed it in."""
    for grade in grades:
        student, name = grade.file.student, safe(grade.file.name)
        if student and grade.file.problem:
            own = given.get(where_given(student.variant, WHOLE, name), NOTHING)
            points, problem = grade.marks.points if grade.marks else 0.0, (grade.file.problem,)
            who = written_name(student, anonymous=anonymous)
            yield Answered(who, name, grade.file.name, "", points, problem, problem, own)
