"""The pages of a class whose practice workbooks were graded: the students', and the teacher's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from excel_classroom.grading.answers import FORMULA, NUMBER
from excel_classroom.grading.by_hand import HEADS, code
from excel_classroom.grading.feedback import SIGNS, WORDS, explained
from excel_classroom.grading.grades import Grade
from excel_classroom.grading.marks import Mark
from excel_classroom.practice.key import Key
from excel_classroom.results.pages import COLOURS, page
from excel_classroom.similarity.pairs import SHOWN, Pair, Work, pairs

LABEL, WIDTH, LETTERS = 280, 380, 37
"""In pixels, of the names of ideas and of their bars; and as many letters as fit before a bar."""
MOST_IDEAS = 40


def exercise_name(key: Key) -> str:
    """What an exercise is called: its source, without the folders that it lies in."""
    return Path(key.source).name


def student_page(grade: Grade, key: Key, copy: str = "") -> bytes:
    """The page for one file; `copy` is the name of the annotated copy, or says why there is none."""
    questions, marks = [question.text for question in key.questions], grade.marks
    in_words = zip(questions, marks.words, marks.words_points, strict=False) if marks else ()
    return page(
        "student", title=grade.student or grade.file.name, exercise=exercise_name(key), grade=grade, copy=copy,
        in_words=in_words, signs=SIGNS, words=WORDS, explained=explained,
    )  # fmt: skip


def class_page(
    grades: Sequence[Grade], key: Key, absent: Sequence[str], links: Mapping[str, str], waiting: int = 0
) -> bytes:
    """The page for the class: how it went, which idea failed how often, and which files need a look.

    Args:
        grades: of all files.
        key: of the exercise.
        absent: the students without a file.
        links: further pages for the teacher, each with what stands there.
        waiting: how much waits for a look: answers, and files that could not be graded.
    """
    counted = [grade for grade in grades if grade.counts]
    marks = [mark for grade in counted if grade.marks for mark in grade.marks.marks]
    mistakes = Counter((mark.mistake, mark.blank.idea) for mark in marks if mark.mistake)
    name = exercise_name(key)
    return page(
        "class_of_marks", title=f"{name}: the class", exercise=name, percents=[grade.percent for grade in counted],
        refused=sum(grade.marks is None for grade in grades), absent=absent, waiting=waiting, links=links,
        ideas=_ideas(marks), words=WORDS, mistakes=mistakes.most_common(MOST_IDEAS),
        grades=sorted(grades, key=lambda grade: (grade.student.casefold(), grade.file.name)),
    )  # fmt: skip


@dataclass(frozen=True)
class Idea:
    """How often an idea was right, wrong or empty."""

    name: str
    count: Counter[str]
    """By state, how many blanks."""

    @property
    def good(self) -> float:
        """The share that was right, perhaps given earlier numbers."""
        return sum(n for state, n in self.count.items() if state.startswith("right")) / self.count.total()

    @property
    def short(self) -> str:
        """Its name, such as 'linear, backward to weight', in no more letters than there is room for."""
        operator, _, direction = self.name.partition(", ")
        room = LETTERS - len(direction) - 2
        is_short = len(self.name) <= LETTERS or not direction
        return self.name if is_short else f"{operator[: room - 1]}…, {direction}"

    @property
    def bars(self) -> Iterator[tuple[str, float, float, int]]:
        """The state, the place, the width and the number of each part of its bar."""
        x = float(LABEL)
        for state in COLOURS:
            width = WIDTH * self.count[state] / self.count.total()
            if width:
                yield state, x, width, self.count[state]
            x += width


def _ideas(marks: Sequence[Mark]) -> list[Idea]:
    """The ideas, the one that failed most often first."""
    by_idea: dict[str, Counter[str]] = {}
    for mark in marks:
        by_idea.setdefault(mark.blank.idea, Counter())[mark.state] += 1
    ideas = [Idea(name, count) for name, count in by_idea.items()]
    return sorted(ideas, key=lambda idea: (idea.good, idea.name))[:MOST_IDEAS]


def marking_page(rows: Sequence[Sequence[str]], exercise: str, file: str) -> bytes:
    """The page on which a teacher marks by hand. What it saves is the file of marks by hand, which the next run reads.

    Args:
        rows: those of the file of marks by hand, below their titles.
        exercise: what it is called.
        file: the name under which it is saved.
    """
    return page(
        "marking", title=f"{exercise}: mark by hand", exercise=exercise, rows=rows, file=file,
        titles=dict.fromkeys(HEADS, ""), script="marking.js",
    )  # fmt: skip


def similar_page(grades: Sequence[Grade], key: Key) -> bytes:
    """The page with the pairs of files that are worth a look."""
    works = [_work(grade) for grade in grades if grade.marks and grade.file.student]
    expected: dict[Hashable, str] = {_place(k): blank.formula for k, blank in enumerate(key.blanks)}
    found: list[Pair] = pairs(works, expected)
    name = exercise_name(key)
    return page("similar", title=f"{name}: pairs worth a look", exercise=name, pairs=found, shown_at_most=SHOWN)


def _place(k: int) -> str:
    return f"blank {k + 1}"


def _work(grade: Grade) -> Work:
    marks, file = grade.marks, grade.file
    assert marks
    assert file.student
    by_kind: dict[str, dict[Hashable, Mark]] = {FORMULA: {}, NUMBER: {}}
    for k, mark in enumerate(marks.marks):
        by_kind.setdefault(mark.kind, {})[_place(k)] = mark
    typed = by_kind[NUMBER]
    return Work(
        file.student.variant,
        formulas={place: mark.formula for place, mark in by_kind[FORMULA].items()},
        numbers={place: mark.text for place, mark in typed.items()},
        elsewhere=marks.elsewhere,
        slips={place: mark.mistake for place, mark in typed.items() if mark.mistake},
        words={f"question {k + 1}": words for k, words in enumerate(marks.words)},
        saved_by=file.who_saved,
        saved_at=file.saved_at,
    )


def words_page(grades: Sequence[Grade], key: Key, *, anonymous: bool) -> bytes:
    """The page with the answers in words, question by question."""
    counted = [(grade.file.student, grade.marks) for grade in grades]
    questions = []
    for k, question in enumerate(key.questions):
        answers = [
            (code(student) if anonymous else student.variant, marks.words[k], marks.marks[question.blank].state)
            for student, marks in counted
            if student and marks and k < len(marks.words) and marks.words[k].strip()
        ]
        answers.sort(key=lambda answer: answer[0].casefold())
        questions.append((question.text, question.blank + 1, answers, len(counted) - len(answers)))
    name = exercise_name(key)
    return page("words", title=f"{name}: in their own words", exercise=name, questions=questions)
