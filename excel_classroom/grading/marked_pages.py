"""The pages after grading: a page and notes for each student, and the teacher's pages about the class."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from excel_classroom.grading.answers import FORMULA, NUMBER
from excel_classroom.grading.attribution import TAKEN
from excel_classroom.grading.by_hand import EVERYBODY, HEADS
from excel_classroom.grading.grades import Grade, missing
from excel_classroom.grading.groups import MarkingItem, StudentAnswer
from excel_classroom.grading.marks import Mark
from excel_classroom.practice.key import Key
from excel_classroom.practice.mistakes import ADVICE
from excel_classroom.practice.rubric import EMPTY, GIVEN, RIGHT
from excel_classroom.results.annotated_copy import Content, Note
from excel_classroom.results.pages import STATES, number, page
from excel_classroom.results.tables import safe
from excel_classroom.similarity.normal_form import canonical, constants, relative
from excel_classroom.similarity.pairs import ALONE, pairs
from excel_export.shared.cells import name_of
from excel_export.shared.grouped import grouped
from excel_export.workbook.canvas import Canvas

MOST_NOTES = 200
"""The number of notes at formulas outside of the exercise, on one sheet."""
LETTERS = 37
"""In characters: the room for the name of an idea before its bar."""
MOST_IDEAS = 40
"""The number of ideas, and of mistakes, that the page of the class shows."""
MOST_SHARED = 6
"""The number of things in common that the page of pairs shows at first."""
DIGITS = 6
"""The digits from which on two numbers are seldom the same by chance."""
LEAST_WORDS = 25
"""In characters: two texts of that length are seldom the same by chance."""
MOST_ONE_PERSON = 3
"""The number of files saved in one name up to which it is a person's; else it is a lab computer's."""


def exercise_name(key: Key) -> str:
    """Return the name of an exercise: its source without folders, such as 'net.py:tiny'."""
    return Path(key.source).name


def student_page(grade: Grade, key: Key, copy: str = "") -> bytes:
    """Return the bytes of the HTML page for one file: points, each blank's mark, and advice for each mistake.

    `copy` is the name of the annotated copy, 'Ada.xlsx', or a sentence on why there is none; '' to say nothing of it.
    """
    return page(
        "student", title=f"{exercise_name(key)}: {grade.student or grade.file.name}", exercise=exercise_name(key),
        grade=grade, copy=copy,
        questions=key.questions, advice=ADVICE,
    )  # fmt: skip


def notes_of(content: Content, canvases: Sequence[Canvas], marks: Sequence[Mark]) -> dict[tuple[str, str], Note]:
    """Return an annotated copy's notes, {('Network', 'C7'): Note('wrong: …', fill='F4B6AE')}, by sheet and cell.

    There is one at each blank, and at each of the student's own formulas.

    Args:
        content: the cells of the student's file, {'N1': [[7, 3, 0.5, 'B2*B3']]}, as `grade` returns them under 'copy'.
        canvases: the sheets as they were handed out.
        marks: the marks of the blanks.
    """
    known = {canvas.name: {(row, col) for row, line in canvas.cells.items() for col in line} for canvas in canvases}
    notes: dict[tuple[str, str], Note] = {}
    for sheet, cells in content.items():
        given = known.get(sheet, ())
        own = [(row, col, formula) for row, col, _, formula in cells if formula and (row, col) not in given]
        notes |= {(sheet, name_of(row, col)): Note(f"={formula}") for row, col, formula in own[:MOST_NOTES]}
    for k, mark in enumerate(marks, 1):
        frame = STATES["marks"][mark.state]["colour"].lstrip("#").upper()
        notes[mark.blank.sheet, mark.blank.cell] = Note("\n".join(_noted(k, mark)), frame, value=mark.answer.number)
    return notes


def _noted(k: int, mark: Mark) -> Iterator[str]:
    yield f"Blank {k}: {mark.state}, {mark.points:g} of {mark.of:g}"
    if mark.answer.kind == FORMULA:
        yield f"Your formula: {mark.answer.text}"
    if mark.mistake:
        yield f"{mark.mistake}. {ADVICE[mark.mistake]}"
    if mark.state not in (RIGHT, EMPTY, GIVEN) and mark.expected is not None:
        yield f"From your numbers: {number(mark.expected)}"
    if mark.state != RIGHT:
        yield f"Right is {number(mark.right)}, by ={mark.blank.formula}"
    if mark.missed_by:
        yield mark.missed_by
    yield from mark.notes


def _page_of(key: Key, template: str, title: str, **values: Any) -> bytes:
    name = exercise_name(key)
    return page(template, title=f"{name}: {title}", exercise=name, **values)


def class_page(grades: Sequence[Grade], key: Key, waiting: int = 0) -> bytes:
    """Return the bytes of class.html: the points of a class, ideas that most failed, missing students, and all grades.

    `waiting` is the number of answers and files that wait for a mark by hand; 0 for none.
    """
    counted = [grade for grade in grades if grade.counts]
    marks = [mark for grade in counted if grade.marks for mark in grade.marks.marks]
    mistakes = Counter((mark.mistake, mark.blank.idea) for mark in marks if mark.mistake)
    return _page_of(
        key, "class_of_marks", "the class", percents=[grade.percent for grade in counted],
        refused=sum(grade.marks is None for grade in grades), waiting=waiting,
        absent=[student.name for student in missing((grade.file for grade in grades), key)],
        ideas=_ideas(marks), short=short_idea, mistakes=mistakes.most_common(MOST_IDEAS),
        grades=sorted(grades, key=lambda grade: (grade.student.casefold(), grade.file.name)),
    )  # fmt: skip


def _ideas(marks: Sequence[Mark]) -> list[tuple[float, str, Counter[str]]]:
    states = grouped(marks, lambda mark: mark.blank.idea)
    counts = ((name, Counter(mark.state for mark in own)) for name, own in states.items())
    return sorted(((n[RIGHT] + n[GIVEN]) / n.total(), name, n) for name, n in counts)[:MOST_IDEAS]


def short_idea(idea: str) -> str:
    """Return an idea's name in at most 37 letters, its direction whole: 'scaled dot product attenti…, backward'."""
    operator, _, direction = idea.partition(", ")
    is_short = len(idea) <= LETTERS or not direction
    return idea if is_short else f"{operator[: LETTERS - len(direction) - 3]}…, {direction}"


def marking_page(items: Sequence[MarkingItem], key: Key, file: str) -> bytes:
    """Return the bytes of marking.html, a page on which a teacher marks by hand, group by group, in a browser.

    `items` are as `groups_of` returns them. The page saves its table under the name `file`, 'grades by hand.csv', which
    the next run reads.
    """
    # What was typed into the page of one handout is not that of another.
    handout = key.students[0].fingerprint if key.students else ""
    return _page_of(key, "marking", "mark by hand", items=items, file=file, heads=HEADS, everybody=EVERYBODY,
                    handout=handout, members=_members, script="marking.js")  # fmt: skip


def _typed(points: float | None) -> str:
    return "" if points is None else f"{points:g}"


def _members(group: Sequence[StudentAnswer]) -> str:
    points = (each.by_hand.word or _typed(each.by_hand.points) for each in group)
    return json.dumps([
        [each.who, each.file, safe(each.text), own, each.by_hand.remark]
        for each, own in zip(group, points, strict=True)
    ])  # fmt: skip


def similar_page(grades: Sequence[Grade], key: Key) -> bytes:
    """Return the bytes of similar.html: files with another student's numbers, and pairs that share rare answers.

    Only files that count are compared; a pair is no proof.
    """
    taken = [grade for grade in grades if grade.file.problem.startswith(TAKEN)]
    counted = [grade for grade in grades if grade.counts and grade.file.student]
    people = Counter(grade.file.who_saved for grade in counted)
    answers = {grade.file.student.variant: dict(_answers(grade, people)) for grade in counted if grade.file.student}
    return _page_of(key, "similar", "pairs worth a look", taken=taken, pairs=pairs(answers), shown_at_most=MOST_SHARED)


def _answers(grade: Grade, people: Counter[str]) -> Iterator[tuple[str, float]]:
    """Yield facts about a file that others may share, with weights; `people` counts files saved in each name."""
    assert grade.marks
    for k, mark in enumerate(grade.marks.marks, 1):
        plain, suggested = canonical(mark.answer.cell.formula), mark.blank.formula
        typed = plain if mark.answer.kind == FORMULA else mark.answer.text.lstrip("+-") * (mark.answer.kind == NUMBER)
        decimals = {*constants(typed, DIGITS)} - {*constants(suggested, DIGITS)}
        yield from ((f"the number {each}", ALONE) for each in decimals)
        if mark.answer.kind == FORMULA and plain != canonical(suggested) and not decimals:
            yield f"blank {k}: ={plain}", 1.0
        if mark.mistake:
            yield f"blank {k}: the same slip, {mark.mistake}", 0.7
    for formula, row, col in grade.marks.elsewhere:
        yield f"a formula outside of the exercise: ={relative(formula, row, col)}", 1.5
    for k, words in enumerate(grade.marks.words, 1):
        if len(plain := " ".join(words.casefold().split())) >= LEAST_WORDS:
            yield f"question {k}: the same words, “{plain}”", ALONE
    if grade.file.who_saved and people[grade.file.who_saved] <= MOST_ONE_PERSON:
        yield f"both saved by '{grade.file.who_saved}'", ALONE
        yield f"both saved {grade.file.saved_at}", ALONE
