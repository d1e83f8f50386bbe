"""Two pages for the teacher: pairs of files that are worth a look, and the answers in words, question by question."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from excel_classroom.grading.answers import FORMULA, NUMBER
from excel_classroom.grading.by_hand import code
from excel_classroom.grading.marks import Marks
from excel_classroom.grading.markup import page, table, text
from excel_classroom.grading.table import Grade
from excel_classroom.practice.key import Key
from excel_classroom.similarity.pairs import SHOWN, Pair, Work, pairs

SIMILAR, WORDS = "similar.html", "words.html"
NO_VERDICT = "What two files share is listed where hardly any other has it. It is no proof: people learn together."


def alike(grades: Sequence[Grade], key: Key) -> list[Pair]:
    """The pairs of students whose files are worth a look."""
    works = [_work(grade) for grade in grades if grade.marks and grade.file.student]
    expected: dict[Hashable, str] = {_place(k): blank.formula for k, blank in enumerate(key.blanks)}
    return pairs(works, expected)


def _place(k: int) -> str:
    return f"blank {k + 1}"


def _work(grade: Grade) -> Work:
    marks, file = grade.marks, grade.file
    assert isinstance(marks, Marks)
    assert file.student
    formulas: dict[Hashable, str] = {}
    numbers: dict[Hashable, str] = {}
    slips: dict[Hashable, str] = {}
    for k, mark in enumerate(marks.marks):
        if mark.kind == FORMULA:
            formulas[_place(k)] = mark.formula
        elif mark.kind == NUMBER:
            numbers[_place(k)] = mark.text
            if mark.mistake:
                slips[_place(k)] = mark.mistake
    words: dict[Hashable, str] = {f"question {k + 1}": words for k, words in enumerate(marks.words)}
    return Work(
        file.student.variant, formulas, numbers, marks.elsewhere, slips, words, saved_by=file.who_saved,
        saved_at=file.saved_at,
    )  # fmt: skip


def similar_page(found: Sequence[Pair], exercise: str) -> bytes:
    """The page with the pairs."""
    rows = []
    for pair in found:
        shared = "<br>".join(text(each) for each in pair.shared[:SHOWN])
        more = len(pair.shared) - SHOWN
        shared += f"<br>and {more} more" if more > 0 else ""
        rows.append((text(pair.one.who), text(pair.other.who), f"{pair.bits:.0f}", shared))
    heads = {"one": "", "other": "", "bits": "number", "what hardly any other file has": ""}
    listed = table(heads, rows) if rows else "<p>There are none.</p>"
    return page(
        f"{exercise}: pairs worth a look",
        f"<h1>Pairs worth a look</h1>\n<p class='quiet'>{text(exercise)}</p>\n<p>{NO_VERDICT}</p>\n{listed}",
    )


def words_page(grades: Sequence[Grade], key: Key, exercise: str, *, anonymous: bool) -> bytes:
    """The page with the answers in words, question by question."""
    parts = [f"<h1>In their own words</h1>\n<p class='quiet'>{text(exercise)}</p>"]
    counted = [grade for grade in grades if grade.counts and grade.marks and grade.file.student]
    for k, question in enumerate(key.questions):
        rows = []
        for grade in counted:
            assert grade.marks
            assert grade.file.student
            answer = grade.marks.words[k] if k < len(grade.marks.words) else ""
            if answer.strip():
                who = code(grade.file.student) if anonymous else grade.file.student.variant
                state = grade.marks.marks[question.blank].state
                rows.append((who.casefold(), [text(who), text(answer), text(state)]))
        heads = {"who": "", "answer": "", f"blank {question.blank + 1} is": ""}
        said = table(heads, [row for _, row in sorted(rows)])
        silent = f"<p class='quiet'>{len(counted) - len(rows)} said nothing.</p>"
        parts.append(f"<h2>{text(question.text)}</h2>\n{said}\n{silent}")
    return page(f"{exercise}: in their own words", "\n".join(parts))
