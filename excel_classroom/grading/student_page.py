"""What a student gets back: each blank, what stood in it, what is right, and how a mistake came about."""

from __future__ import annotations

from collections.abc import Sequence

from excel_classroom.grading.marks import Mark, Marks
from excel_classroom.grading.markup import COLOURS, SIGNS, WORDS, number, page, table, text
from excel_classroom.grading.mistakes import ADVICE
from excel_classroom.grading.table import Grade, late_words, score_words
from excel_classroom.practice.rubric import EMPTY, RIGHT


def student_page(grade: Grade, exercise: str, questions: Sequence[str] = (), copy: str = "") -> bytes:
    """The page for one file; `copy` is the name of the annotated copy, or says why there is none."""
    who = grade.student or grade.file.name
    head = f"<h1>{text(who)}</h1>\n<p class='quiet'>{text(exercise)} · {text(grade.file.name)}</p>\n"
    marks = grade.marks
    if not marks:
        reason = "This file could not be graded. Your teacher has a line that says why."
        return page(who, f"{head}<p class='score'>not graded</p>\n<p>{reason}</p>\n")
    # Whose files are alike, and what is uncertain, is for the teacher: other pages say it.
    notes = [f"In the workbook: <a href='{text(copy)}'>{text(copy)}</a>"] if copy.endswith(".xlsx") else []
    notes += [f"Note: {text(copy)}."] if copy and not notes else []
    if marks.whole is not None:
        notes.append("Your teacher gave the points.")
    if marks.lost:
        notes.append(late_words(marks.lost))
    score = score_words(marks.points, marks.of)
    heads = {"No.": "number", "what is asked": "", "your answer": "", "result": "", "right is": "number",
             "points": "number"}  # fmt: skip
    answers = table(heads, [_row(k, mark) for k, mark in enumerate(marks.marks, 1)], "answers") if marks.marks else ""
    body = "".join(f"<p>{note}</p>\n" for note in notes) + f"{answers}\n"
    return page(who, f"{head}<p class='score'>{score}</p>\n{body}{_words(marks, questions)}")


def _words(marks: Marks, questions: Sequence[str]) -> str:
    rows = []
    for question, answer, points in zip(questions, marks.words, marks.words_points, strict=False):
        worth = "" if points is None else f"<p class='quiet'>{points:g} of {marks.words_of:g} points</p>"
        said = text(answer) if answer.strip() else "<span class='quiet'>nothing</span>"
        rows.append(f"<h3>{text(question)}</h3>\n<p>{said}</p>\n{worth}")
    return f"<h2>In your own words</h2>\n{''.join(rows)}" if rows else ""


def _row(k: int, mark: Mark) -> Sequence[str]:
    blank = mark.blank
    answer = f"<code>{text(mark.text)}</code>" if mark.text else "<span class='quiet'>nothing</span>"
    if mark.kind == "formula":
        answer += f"<br>gives {number(mark.number)}"
    elif mark.kind == "text":
        answer += "<br>a text, no number"
    wanted = f"{text(blank.wanted)}<br><span class='quiet'>{text(blank.sheet)}!{text(blank.cell)}</span>"
    return str(k), wanted, answer, _result(mark), number(mark.right), f"{mark.points:g} / {mark.of:g}"


def _result(mark: Mark) -> str:
    sign = f"<span class='sign' style='color:{COLOURS[mark.state]}'>{SIGNS[mark.state]}</span> {WORDS[mark.state]}"
    words = [f"{mark.mistake}. {ADVICE[mark.mistake]}"] if mark.mistake else []
    if mark.state not in (RIGHT, EMPTY) and mark.given is not None and number(mark.given) != number(mark.right):
        words.append(f"From your numbers: {number(mark.given)}")
    words += [f"{note[:1].upper()}{note[1:]}." for note in mark.notes]
    if mark.missed_by:
        words.append(mark.missed_by)
    if mark.by_hand:
        words.append("Your teacher gave the points.")
    if mark.holds is False and mark.is_good:
        words.append("The formula is right for these inputs only: with others it gives something else.")
    if not mark.is_good:
        words.append(f"The formula: <code>={text(mark.blank.formula)}</code>")
    return "<br>".join([sign, *words])
