"""Marks by hand: a file that lists what is uncertain, and keeps what a teacher writes into it.

It is read before it is written: what stands under "your points" and "your remark" survives grading again. A line that a
teacher adds counts, too. In the column "blank" stands a blank's number, or "question 1", or "all" for the whole file.
A file that was not graded has a line of its own, for who handed it in.
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
ASKED = ("student", "blank", "your points", "your remark")
"""The columns that are read, and, where it is there, that of the file."""
WHOLE, QUESTION = "all", "question {}"
EXCUSED, ON_TIME = WORDS = "excused", "on time"
"""Stand in the place of points for a whole file: the sheet counts neither way; or it loses nothing for being late."""
EVERYBODY = "everybody"
"""Stands in the place of a student where a blank is worth other points: 0 withdraws it."""
FOR_ALL = "\0 everybody"
"""No student's text is so: it cannot be typed. A student may be called Everybody."""


@dataclass(frozen=True)
class ByHand:
    """What a teacher gave, and said, for one blank of one student."""

    points: float | None = None
    remark: str = ""
    word: str = ""
    """One of `WORDS` for a whole file, or nothing."""


NOTHING = ByHand()

Where = tuple[str, str, str]
"""The student's text, which no other has; what stands under "blank"; and of a whole file, its name, or nothing."""
Given = Mapping[Where, ByHand]


def code(student: Student) -> str:
    """A name for a student that tells nobody who it is."""
    return f"student {student.fingerprint[:6]}"


def written_name(student: Student, *, anonymous: bool) -> str:
    """What a student is called in the file; who is called Everybody is not taken for all."""
    return safe(code(student) if anonymous or _plain(student.variant) == EVERYBODY else student.variant)


def read_by_hand(path: Path, key: Key) -> dict[Where, ByHand]:
    """Read what a teacher gave.

    Raises:
        ExportError: the file is damaged, or names a student or a blank that there is not.
    """
    if not path.exists():
        return {}
    heads, *rows = read_rows(path) or [[]]
    titles = [cell.strip() for cell in heads]
    if not {*ASKED} <= {*titles}:
        raise ExportError(f"{path}: not the file of marks by hand: its titles are {', '.join(HEADS)}")
    names = {
        _plain(name): student.variant
        for student in key.students
        for name in (student.variant, safe(student.variant), code(student))
    } | {EVERYBODY: FOR_ALL}
    given, known = {}, {*_places(key)}
    for line, row in enumerate(rows, 2):
        cells = dict(zip(titles, (cell.strip() for cell in row), strict=False))
        who, blank, points, remark = (cells.get(title, "") for title in ASKED)
        if not points and not remark:
            continue
        word = _plain(points) if _plain(points) in WORDS and _plain(blank) == WHOLE else ""
        number, variant = readings(points), names.get(_plain(who))
        is_no_worth = variant == FOR_ALL and not (_plain(blank).isdigit() and number and number[0] >= 0)
        if variant is None or _plain(blank) not in known or (points and not number and not word) or is_no_worth:
            raise ExportError(
                f"{path}, line {line}: '{who}', blank '{blank}', '{points}' points: there is no such thing"
            )
        where = where_given(variant, _plain(blank), cells.get("file", ""))
        given[where] = ByHand(number[0] if number else None, remark, word)
    return given


def beside(table: Path) -> Path:
    """The file of marks by hand that goes with a table of grades."""
    return table.with_name(f"{table.stem} by hand.csv")


def worths(given: Given, key: Key) -> dict[tuple[str, str], float]:
    """What a teacher wants blanks to be worth, by their sheets and cells."""
    asked = ((blank, given.get((FOR_ALL, str(k), ""), NOTHING)) for k, blank in enumerate(key.blanks, 1))
    return {(blank.sheet, blank.cell): own.points for blank, own in asked if own.points is not None}


def where_given(variant: str, blank: str, file: str = "") -> Where:
    """Where something is given: for a blank, whichever file counts; for a whole file, that one."""
    return variant, blank, re.sub(r"^'", "", file) if blank == WHOLE else ""


def _whole(file: HandedIn) -> list[Where]:
    """Where something may be given for a whole file: by its name, or by the student's alone."""
    if not file.student:
        return []
    return [where_given(file.student.variant, WHOLE, safe(file.name)), where_given(file.student.variant, WHOLE)]


def _for_the_whole(file: HandedIn, given: Given) -> ByHand:
    return next((given[where] for where in _whole(file) if where in given), NOTHING)


def is_given(file: HandedIn, given: Given) -> bool:
    """Whether a teacher gave points for this very file."""
    return any(given.get(where, NOTHING).points is not None for where in _whole(file)[:1])


def is_on_time(file: HandedIn, given: Given) -> bool:
    """Whether a teacher gave this student more time."""
    return _for_the_whole(file, given).word == ON_TIME


def with_marks_by_hand(marks: Marks, file: HandedIn, given: Given) -> Marks:
    """What a file got, with what a teacher gave for it."""
    variant = file.student.variant if file.student else ""
    found = list(marks.marks)
    for k, mark in enumerate(found):
        if own := given.get(where_given(variant, str(k + 1))):
            notes = (*mark.notes, *filter(None, [own.remark]))
            points = mark.points if own.points is None else own.points
            found[k] = replace(mark, points=points, notes=notes, by_hand=own.points is not None)
    words = (given.get(where_given(variant, QUESTION.format(k + 1)), NOTHING).points for k in range(len(marks.words)))
    whole = _for_the_whole(file, given)
    remarks = (*marks.remarks, *filter(None, [whole.word, whole.remark]))
    return replace(marks, marks=tuple(found), words_points=tuple(words), whole=whole.points, remarks=remarks,
                   excused=whole.word == EXCUSED)  # fmt: skip


def marks_by_hand_alone(file: HandedIn, given: Given, most: float) -> Marks | None:
    """The marks of what was not graded, but to which a teacher gave points."""
    own = _for_the_whole(file, given)
    if own.word == EXCUSED:
        return Marks((), (EXCUSED, *filter(None, [own.remark])), excused=True)
    if own.points is None:
        return None
    return Marks((), ("points by hand", *filter(None, [own.remark])), whole=own.points, most=most)


def write_by_hand(
    path: Path, grades: Sequence[Grade], key: Key, given: Given, layout: Layout, *, anonymous: bool
) -> int:
    """Write what is to be looked at, with what a teacher gave; return how many lines wait for a look.

    Raises:
        UserError: the file cannot be written.
    """
    lines: dict[Where, list[str]] = {}
    for grade in grades:
        student, name = grade.file.student, safe(grade.file.name)
        if student and grade.counts and grade.marks and grade.marks.marks:
            doubtful = _doubtful(grade.marks, layout)
            lines |= {where_given(student.variant, blank): [name, *line] for blank, *line in doubtful}
        elif student and grade.file.problem:
            where, alone = _whole(grade.file)
            where = alone if where not in given and alone in given else where
            lines[where] = [name, name, safe(grade.file.problem), "", ""]
    for where in given:
        lines.setdefault(where, [where[2], "", "", "", ""])
    if not lines:
        return 0
    names = {each.variant: written_name(each, anonymous=anonymous) for each in key.students} | {FOR_ALL: EVERYBODY}
    places = {place: k for k, place in enumerate(_places(key))}
    order = sorted(lines, key=lambda where: (places[where[1]], names[where[0]].casefold(), where[2]))
    rows = []
    for where in order:
        own, (file, *line) = given.get(where, NOTHING), lines[where]
        points = own.word or layout.number(own.points)
        rows.append([names[where[0]], file, where[1], *line, points, safe(own.remark)])
    write_private(path, layout.table([HEADS, *rows]))
    return sum(where not in given for where in order)


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
