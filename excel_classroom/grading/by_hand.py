"""Marks by hand: a table of the uncertain answers, which keeps the points and remarks that a teacher writes into it.

It is read before it is written: the columns "your points" and "your remark" survive grading again. A line that a
teacher adds counts, too. The column "blank" holds a blank's number, or "question 1", or "all" for the whole file. A
file that was not graded has a line of its own, under the student who handed it in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from excel_classroom.grading.answers import readings
from excel_classroom.grading.grades import Grade
from excel_classroom.grading.marks import Marks
from excel_classroom.practice.class_list import read_rows
from excel_classroom.practice.key import Key, Student
from excel_classroom.practice.private import write_private
from excel_classroom.results.handed_in import HandedIn
from excel_classroom.results.tables import Layout, safe
from excel_export.shared.errors import ExportError

HEADS = ("student", "file", "blank", "what stands there", "why to look at it", "points now", "of", "your points",
         "your remark")  # fmt: skip
"""The titles of the table's columns."""
READ_HEADS = ("student", "blank", "your points", "your remark")
"""The titles of the columns that are read; a column "file" is read, too, if there is one."""
WHOLE = "all"
"""Stands under "blank" in a line for a whole file."""
QUESTION = "question {}"
"""Stands under "blank" in a line for an answer in words, with the question's number from 1 on."""
EXCUSED = "excused"
"""Stands in the place of points for a whole file: the sheet does not count for this student."""
ON_TIME = "on time"
"""Stands in the place of points for a whole file: it loses nothing for being late."""
WORDS = (EXCUSED, ON_TIME)
"""The words that may stand in the place of points for a whole file."""
EVERYBODY = "everybody"
"""Stands in the place of a student in a line that changes a blank's points for all; 0 withdraws the blank."""
FOR_ALL = "\0 everybody"
"""The variant that stands for everybody. It cannot be typed, since a student may be called Everybody."""


@dataclass(frozen=True)
class ByHand:
    """A teacher's points and remark for a student's blank, or for a whole file: ByHand(1.5, 'see the sign')."""

    points: float | None = None
    """The points; None if the teacher gave none."""
    remark: str = ""
    """The remark; '' for none."""
    word: str = ""
    """For a whole file, a word in place of points, one of `WORDS`: 'excused' or 'on time'; '' for none."""


NOTHING = ByHand()
"""No points and no remark."""

MarkPlace = tuple[str, str, str]
"""The place of a mark by hand: the student's variant, the text under "blank", and for a whole file its name,
else ''."""
HandMarks = Mapping[MarkPlace, ByHand]
"""The marks by hand of an exercise, by their places. Of two for a whole file, that with the file's name counts."""


def code(student: Student) -> str:
    """Return a name that does not tell who a student is, the same in each run: 'student 3fa96c'."""
    return f"student {student.fingerprint[:6]}"


def written_name(student: Student, *, anonymous: bool) -> str:
    """Return the student's name in the table, 'Ada'; the `code` if `anonymous`, or for a student called Everybody."""
    return safe(code(student) if anonymous or _plain(student.variant) == EVERYBODY else student.variant)


def read_by_hand(path: Path, key: Key) -> dict[MarkPlace, ByHand]:
    """Return a teacher's marks from a table: {('Ada', '3', ''): ByHand(1.5)}; {} if there is no such file.

    The columns are those of `READ_HEADS`: "student", "blank", "your points", "your remark"; "file" may be missing. A
    mark's key is the student's variant, or FOR_ALL for 'everybody'; the blank, '3', 'question 1' or 'all' for the whole
    file; and in a line with 'all' the file's name, '' if none is given, in other lines ''.

    Raises:
        ExportError: the file is damaged, or has a line for a student or a blank that does not exist.
    """
    if not path.exists():
        return {}
    heads, *rows = read_rows(path) or [[]]
    titles = [cell.strip() for cell in heads]
    if not {*READ_HEADS} <= {*titles}:
        raise ExportError(f"{path}: not the file of marks by hand: its titles are {', '.join(HEADS)}")
    names = {
        _plain(name): student.variant
        for student in key.students
        for name in (student.variant, safe(student.variant), code(student))
    } | {EVERYBODY: FOR_ALL}
    hand_marks, known = {}, {*_places(key)}
    for line, row in enumerate(rows, 2):
        cells = dict(zip(titles, (cell.strip() for cell in row), strict=False))
        who, blank, points, remark = (cells.get(title, "") for title in READ_HEADS)
        if not points and not remark:
            continue
        word = _plain(points) if _plain(points) in WORDS and _plain(blank) == WHOLE else ""
        number, variant = readings(points), names.get(_plain(who))
        is_no_worth = variant == FOR_ALL and not (_plain(blank).isdigit() and number and number[0] >= 0)
        if variant is None or _plain(blank) not in known or (points and not number and not word) or is_no_worth:
            raise ExportError(
                f"{path}, line {line}: '{who}', blank '{blank}', '{points}' points: there is no such thing"
            )
        where = mark_place(variant, _plain(blank), cells.get("file", ""))
        hand_marks[where] = ByHand(number[0] if number else None, remark, word)
    return hand_marks


def beside(table: Path) -> Path:
    """Return the path of the marks by hand that belong to a table of grades.

    Example:
        >>> beside(Path("grades.csv")).name
        'grades by hand.csv'
    """
    return table.with_name(f"{table.stem} by hand.csv")


def worths(hand_marks: HandMarks, key: Key) -> dict[tuple[str, str], float]:
    """Return the points of each blank that a teacher changed for everybody, by (sheet, cell): {('Network', 'C7'): 0.0}.

    That is for {(FOR_ALL, '3', ''): ByHand(0.0)}, which withdraws blank 3, in C7. Blanks that keep the rubric's points
    are missing.
    """
    asked = ((blank, hand_marks.get((FOR_ALL, str(k), ""), NOTHING)) for k, blank in enumerate(key.blanks, 1))
    return {(blank.sheet, blank.cell): own.points for blank, own in asked if own.points is not None}


def mark_place(variant: str, blank: str, file: str = "") -> MarkPlace:
    """Return the key of a mark by hand: the student's variant, the blank, and the file for a mark of the whole file.

    Example:
        >>> mark_place("Ada", "3", "ada.xlsx"), mark_place("Ada", "all", "ada.xlsx")
        (('Ada', '3', ''), ('Ada', 'all', 'ada.xlsx'))
    """
    return variant, blank, re.sub(r"^'", "", file) if blank == WHOLE else ""


def _whole(file: HandedIn) -> list[MarkPlace]:
    if not file.student:
        return []
    return [mark_place(file.student.variant, WHOLE, safe(file.name)), mark_place(file.student.variant, WHOLE)]


def _for_the_whole(file: HandedIn, hand_marks: HandMarks) -> ByHand:
    return next((hand_marks[where] for where in _whole(file) if where in hand_marks), NOTHING)


def has_hand_points(file: HandedIn, hand_marks: HandMarks) -> bool:
    """Return whether `hand_marks` has points under the file's own name: {('Ada', 'all', 'ada.xlsx'): ByHand(8.0)}.

    Points for the student without a file's name, ('Ada', 'all', ''), don't count.
    """
    return any(hand_marks.get(where, NOTHING).points is not None for where in _whole(file)[:1])


def is_on_time(file: HandedIn, hand_marks: HandMarks) -> bool:
    """Return whether a teacher gave the student more time: True for {('Ada', 'all', ''): ByHand(word='on time')}.

    A mark under the file's own name, ('Ada', 'all', 'ada.xlsx'), counts instead if there is one.
    """
    return _for_the_whole(file, hand_marks).word == ON_TIME


def with_marks_by_hand(marks: Marks, file: HandedIn, hand_marks: HandMarks) -> Marks:
    """Return new marks of a file with a teacher's points in place of the program's, and the remarks added to the notes.

    With {('Ada', '3', ''): ByHand(1.5, 'see the sign')}, Ada's third blank has 1.5 points.
    """
    variant = file.student.variant if file.student else ""
    found = list(marks.marks)
    for k, mark in enumerate(found):
        if own := hand_marks.get(mark_place(variant, str(k + 1))):
            notes = (*mark.notes, *filter(None, [own.remark]))
            points = mark.points if own.points is None else own.points
            found[k] = replace(mark, points=points, notes=notes, by_hand=own.points is not None)
    words = (
        hand_marks.get(mark_place(variant, QUESTION.format(k + 1)), NOTHING).points for k in range(len(marks.words))
    )
    whole = _for_the_whole(file, hand_marks)
    remarks = (*marks.remarks, *filter(None, [whole.word, whole.remark]))
    return replace(marks, marks=tuple(found), words_points=tuple(words), whole=whole.points, remarks=remarks,
                   excused=whole.word == EXCUSED)  # fmt: skip


def marks_by_hand_alone(file: HandedIn, hand_marks: HandMarks, most: float) -> Marks | None:
    """Return the marks of an ungraded file from a teacher's points for all of it, or 'excused'; else None.

    Their `points` are the teacher's, ByHand(8.0), and `of` is `most`, the number of points that can be earned.
    """
    own = _for_the_whole(file, hand_marks)
    if own.word == EXCUSED:
        return Marks((), (EXCUSED, *filter(None, [own.remark])), excused=True)
    if own.points is None:
        return None
    return Marks((), ("points by hand", *filter(None, [own.remark])), whole=own.points, most=most)


def write_by_hand(
    path: Path, grades: Sequence[Grade], key: Key, hand_marks: HandMarks, layout: Layout, *, anonymous: bool
) -> int:
    """Write 'grades by hand.csv': the uncertain answers, with marks so far; return the number without a mark.

    Args:
        path: the file.
        grades: the grades of the exercise.
        key: its key.
        hand_marks: the teacher's marks so far.
        layout: the separators of the table.
        anonymous: True to write a `code` in place of each name.

    Raises:
        UserError: the file cannot be written.
    """
    lines: dict[MarkPlace, list[str]] = {}
    for grade in grades:
        student, name = grade.file.student, safe(grade.file.name)
        if student and grade.counts and grade.marks and grade.marks.marks:
            doubtful = _doubtful(grade.marks, layout)
            lines |= {mark_place(student.variant, blank): [name, *line] for blank, *line in doubtful}
        elif student and grade.file.problem:
            where, alone = _whole(grade.file)
            where = alone if where not in hand_marks and alone in hand_marks else where
            lines[where] = [name, name, safe(grade.file.problem), "", ""]
    for where in hand_marks:
        lines.setdefault(where, [where[2], "", "", "", ""])
    if not lines:
        return 0
    names = {each.variant: written_name(each, anonymous=anonymous) for each in key.students} | {FOR_ALL: EVERYBODY}
    places = {place: k for k, place in enumerate(_places(key))}
    order = sorted(lines, key=lambda where: (places[where[1]], names[where[0]].casefold(), where[2]))
    rows = []
    for where in order:
        own, (file, *line) = hand_marks.get(where, NOTHING), lines[where]
        points = own.word or layout.number(own.points)
        rows.append([names[where[0]], file, where[1], *line, points, safe(own.remark)])
    write_private(path, layout.table([HEADS, *rows]))
    return sum(where not in hand_marks for where in order)


def _doubtful(marks: Marks, layout: Layout) -> Iterator[tuple[str, str, str, str, str]]:
    for k, mark in enumerate(marks.marks, 1):
        if mark.doubts:
            now = (layout.number(mark.points), layout.number(mark.of))
            yield str(k), safe(mark.answer.text), safe("; ".join(mark.doubts)), *now
    for k, (text, points) in enumerate(zip(marks.words, marks.words_points, strict=True), 1):
        if text.strip():
            now = (layout.number(points or 0), layout.number(marks.words_of))
            yield QUESTION.format(k), safe(text), "an answer in words", *now


def _places(key: Key) -> list[str]:
    questions = [QUESTION.format(k + 1) for k in range(len(key.questions))]
    return [*questions, *(str(k + 1) for k in range(len(key.blanks))), WHOLE]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"^'", "", text).casefold().split())
