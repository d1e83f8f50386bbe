"""What learning platforms import: grades in a table as they exported it, and a zip of files for the students.

Moodle: the grading worksheet of the assignment (its columns Identifier, Grade and Last modified (grade) are asked for),
and "Upload multiple feedback files in a zip". Canvas: the gradebook's export, and "Upload submissions". Both find the
student of a file by the numbers in its name, or in its folder's, as they gave them in the download.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from excel_classroom.grading.names_of_platforms import CANVAS, MOODLE
from excel_classroom.grading.table import Grade, Layout, safe
from excel_classroom.practice.class_list import ClassList, Person
from excel_export.shared.errors import ExportError
from excel_export.shared.files import write_atomically

FORMATS = ("moodle", "canvas")
GRADE = ("grade", "bewertung", "note", "calificación")
MAXIMUM = ("maximum grade", "höchstbewertung", "note maximale", "calificación máxima")
COMMENTS = ("feedback comments", "feedback als kommentar", "feedback par commentaires",
            "comentarios de retroalimentación")  # fmt: skip
WHO = ("student", "lastname", "firstname", "id", "sis user id", "sis login id", "integration id", "root account",
       "section")  # fmt: skip
POSSIBLE = "points possible"
EARLIEST = (1980, 1, 1, 0, 0, 0)


def write_grades(
    path: Path, kind: str, listed: ClassList, grades: Sequence[Grade], assignment: str, layout: Layout
) -> None:
    """Write the platform's own table with the grades in it.

    Args:
        path: where to.
        kind: 'moodle' or 'canvas'.
        listed: the table, as the platform exported it.
        grades: of all files.
        assignment: in Canvas, the title of the column, or of a new one.
        layout: the separator, but for Moodle, which reads commas only, and the decimal sign.

    Raises:
        ExportError: the table is none of this platform's.
        UserError: the file cannot be written.
    """
    # Moodle's importer, importgradeslib.php, parses commas only.
    written = replace(layout, separator=",") if kind == "moodle" else layout
    write_atomically(path, written.table(_filled(kind, listed, grades, assignment, written)))


def _filled(
    kind: str, listed: ClassList, grades: Sequence[Grade], assignment: str, layout: Layout
) -> list[Sequence[str]]:
    heading = [title.strip() for title in listed.heading]
    titles = [title.casefold() for title in heading]
    rows = [[*row, *[""] * (len(heading) - len(row))][: len(heading)] for row in listed.rows]
    if kind == "moodle":
        grade, most, comment = (_column(titles, known) for known in (GRADE, MAXIMUM, COMMENTS))
        if grade is None:
            raise ExportError("no grading worksheet of Moodle: in the assignment, choose 'Download grading worksheet'")
        for row, person in zip(rows, listed.who, strict=True):
            found = _of(person, grades)
            if found and found.marks:
                row[grade] = _scaled(found, row[most] if most is not None else "", layout)
                if comment is not None:
                    row[comment] = safe(_comment(found))
        return [heading, *rows]
    if "id" not in titles or not {"student", "lastname"} & {*titles}:
        raise ExportError("no gradebook of Canvas: in Grades, choose 'Export', and pass that file on with --class")
    kept = [k for k, title in enumerate(titles) if title in WHO]
    column = _assignment(titles, assignment)
    table = [[*(heading[k] for k in kept), assignment if column is None else heading[column]]]
    most_possible = ""
    for row, person in zip(rows, listed.who, strict=True):
        if row[titles.index("student") if "student" in titles else 0].strip().casefold() == POSSIBLE:
            most_possible = row[column] if column is not None else ""
            table.append([*(row[k] for k in kept), most_possible])
        found = _of(person, grades)
        if person:
            table.append([*(row[k] for k in kept), _scaled(found, most_possible, layout) if found else ""])
    return list(table)


def _column(titles: Sequence[str], known: Sequence[str]) -> int | None:
    return next((titles.index(title) for title in known if title in titles), None)


def _assignment(titles: Sequence[str], assignment: str) -> int | None:
    """The column of an assignment: Canvas puts its number behind its title."""
    wanted = assignment.casefold()
    return next((k for k, title in enumerate(titles) if title == wanted or title.startswith(f"{wanted} (")), None)


def _of(person: Person | None, grades: Sequence[Grade]) -> Grade | None:
    """The grade of a row of the table."""
    for grade in grades:
        student = grade.file.student
        if person and student and grade.counts:
            mine = student.platform and student.platform == person.platform
            if mine or Person(student.name, student.id, student.email).is_same(person):
                return grade
    return None


def _scaled(grade: Grade, most: str, layout: Layout) -> str:
    marks = grade.marks
    if not marks:
        return ""
    try:
        full = float(most.replace(",", "."))
    except ValueError:
        full = marks.of
    return layout.number(round(marks.points * full / marks.of, 2) if marks.of else 0)


def _comment(grade: Grade) -> str:
    marks = grade.marks
    if not marks:
        return ""
    wrong = [f"{k} ({mark.mistake or mark.state})" for k, mark in enumerate(marks.marks, 1) if not mark.is_good]
    return f"{marks.points:g} of {marks.of:g} points. " + (f"Look at blanks {', '.join(wrong)}." if wrong else "")


def write_feedback(
    path: Path, kind: str, listed: ClassList, grades: Sequence[Grade], pages: Mapping[str, Sequence[Path]]
) -> int:
    """Write the zip of files for the students; return how many files have a name that the platform knows.

    Args:
        path: where to. Where there is no such file, nothing is written.
        kind: 'moodle' or 'canvas'.
        listed: the table, as the platform exported it.
        grades: of all files.
        pages: by the name of what was handed in, the files that the student gets.

    Raises:
        UserError: the file cannot be written.
    """
    package, count = io.BytesIO(), 0
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as bundle:
        for grade in grades:
            for own in pages.get(grade.file.name, ()) if grade.counts else ():
                for name in _feedback_name(kind, listed, grade, own):
                    bundle.writestr(zipfile.ZipInfo(name, EARLIEST), own.read_bytes(), zipfile.ZIP_DEFLATED)
                    count += 1
    if count:
        write_atomically(path, package.getvalue())
    return count


def _feedback_name(kind: str, listed: ClassList, grade: Grade, own: Path) -> Iterator[str]:
    name = grade.file.name
    if kind == "moodle":
        match = MOODLE.match(name)
        if match:
            yield f"{match['who']}_{match['number']}_assignsubmission_file/feedback{own.suffix}"
            return
        person = next((each for each in listed.people if each.platform and _of(each, [grade])), None)
        if person:
            who = person.name.replace("_", " ").replace("/", " ")
            yield f"{who}_{person.platform}_assignsubmission_file/feedback{own.suffix}"
    else:
        named = next((part for part in reversed(PurePath(name).parts) if CANVAS.match(part)), None)
        if named:
            yield f"{PurePath(named).stem}{own.suffix}"
