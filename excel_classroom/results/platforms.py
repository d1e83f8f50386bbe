"""The files that learning platforms import: grades in the table that they exported, and a zip of files for the
students.

Moodle: the grading worksheet of the assignment (its columns Identifier, Grade and Last modified (grade) are needed),
and "Upload multiple feedback files in a zip". Canvas: the gradebook's export, and "Upload submissions". Both find the
student of a file by the numbers in its name, or in its folder's, as they gave them in the download.
"""

import io
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path, PurePath

from excel_classroom.practice.class_list import ClassList
from excel_classroom.practice.key import Student
from excel_classroom.practice.private import write_private
from excel_classroom.results.handed_in import CANVAS, MOODLE, Result
from excel_classroom.results.tables import Layout, safe
from excel_export.shared.errors import ExportError

TITLES: dict[str, list[str]] = tomllib.loads((files(__package__) / "platforms.toml").read_text("utf-8"))
"""The titles of the platforms' columns in lower case."""
POSSIBLE = "points possible"
"""Stands in the place of a student in Canvas' line of the points that can be earned."""


def write_grades(
    path: Path, kind: str, listed: ClassList, results: Sequence[Result], assignment: str, layout: Layout
) -> None:
    """Write a platform's own table, as it exported it, with the grades filled in: 'Ada,s17,11.0'.

    Points are scaled to the maximum in the table, if it has one: 5.5 for 11 of 12 and a maximum of 6.

    Args:
        path: the new table.
        kind: 'moodle' or 'canvas'.
        listed: the table as the platform exported it.
        results: the grades.
        assignment: for Canvas, the title of the column; it is added if there is none.
        layout: the table's layout; Moodle's separator is always a comma.

    Raises:
        ExportError: the table is not one of this platform.
        UserError: the file cannot be written.
    """
    if kind == "moodle":
        layout = replace(layout, separator=",")  # its importer, importgradeslib.php, parses no others
        rows = _for_moodle(listed, results, layout)
    else:
        rows = _for_canvas(listed, results, assignment, layout)
    write_private(path, layout.table([[title.strip() for title in rows[0]], *rows[1:]]))


def _for_moodle(listed: ClassList, results: Sequence[Result], layout: Layout) -> list[list[str]]:
    titles = _titles(listed)
    first = {
        what: next((titles.index(each) for each in known if each in titles), None) for what, known in TITLES.items()
    }
    grade, most, comment = first["grade"], first["maximum"], first["comments"]
    if grade is None:
        raise ExportError("no grading worksheet of Moodle: in the assignment, choose 'Download grading worksheet'")
    rows = _rows(listed)
    for row, person in zip(rows, listed.who, strict=True):
        if found := _of(person, results):
            row[grade] = _scaled(found, row[most] if most is not None else "", layout)
            if comment is not None:
                row[comment] = safe(found.comment)
    return [[*listed.heading], *rows]


def _for_canvas(listed: ClassList, results: Sequence[Result], assignment: str, layout: Layout) -> list[list[str]]:
    titles, wanted = _titles(listed), assignment.casefold()
    if "id" not in titles or not {"student", "lastname"} & {*titles}:
        raise ExportError("no gradebook of Canvas: in Grades, choose 'Export', and pass that file on with --class")
    kept = [k for k, title in enumerate(titles) if title in TITLES["who"]]
    # Canvas puts the number of an assignment behind its title.
    own = (k for k, title in enumerate(titles) if title == wanted or title.startswith(f"{wanted} ("))
    column = next(own, None)
    table = [[*(listed.heading[k] for k in kept), assignment if column is None else listed.heading[column]]]
    first, most = titles.index("student") if "student" in titles else 0, ""
    for row, person in zip(_rows(listed), listed.who, strict=True):
        who = [row[k] for k in kept]
        if row[first].strip().casefold() == POSSIBLE:
            most = row[column] if column is not None else ""
            table.append([*who, most])
        if person:
            found = _of(person, results)
            table.append([*who, _scaled(found, most, layout) if found else ""])
    return table


def _titles(listed: ClassList) -> list[str]:
    return [title.strip().casefold() for title in listed.heading]


def _rows(listed: ClassList) -> list[list[str]]:
    count = len(listed.heading)
    return [[*row, *[""] * (count - len(row))][:count] for row in listed.rows]


def _of(person: Student | None, results: Sequence[Result]) -> Result | None:
    for result in results:
        student = result.file.student
        if person and student and result.counts:
            mine = student.platform and student.platform == person.platform
            if mine or person.is_same(student):
                return result
    return None


def _scaled(result: Result, most: str, layout: Layout) -> str:
    points, of = result.score or (0.0, 0.0)
    try:
        full = float(most.replace(",", "."))
    except ValueError:
        full = of
    return layout.number(round(points * full / of, 2) if of else 0)


def write_for_platform(
    kind: str, results_table: Path, listed: ClassList, results: Sequence[Result], assignment: str, layout: Layout,
    pages: Mapping[str, Sequence[Path]],
) -> tuple[Path, Path, int]:  # fmt: skip
    """Write 'grades moodle.csv' beside grades.csv, and 'grades moodle feedback.zip' with the files for students.

    Args:
        kind: 'moodle' or 'canvas', which is also the word in the names of both files.
        results_table: the table of results, grades.csv.
        listed: the platform's own table, as it exported it.
        results: the grades.
        assignment: for Canvas, the title of the column.
        layout: the separator and the decimal sign of the table.
        pages: the files for the student, by the name of the file that was handed in.

    Returns:
        The table, the zip, and the number of files in it: those whose student the platform can find. With 0, no zip is
        written.

    Raises:
        ExportError: the list of the class is not a table of this platform.
        UserError: a file cannot be written.
    """
    table, bundle = (results_table.with_name(f"{results_table.stem} {kind}{end}") for end in (".csv", " feedback.zip"))
    write_grades(table, kind, listed, results, assignment, layout)
    content, count = io.BytesIO(), 0
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for result in (each for each in results if each.counts):
            name = _feedback_name(kind, listed, result)
            for own in pages.get(result.file.name, ()) if name else ():
                package.writestr(zipfile.ZipInfo(f"{name}{own.suffix}"), own.read_bytes(), zipfile.ZIP_DEFLATED)
                count += 1
    if count:
        write_private(bundle, content.getvalue())
    return table, bundle, count


def _feedback_name(kind: str, listed: ClassList, result: Result) -> str:
    """Return the name of a file for a student, without its suffix; '' if the platform could not find the student."""
    name = result.file.name
    if kind == "canvas":
        return next((PurePath(part).stem for part in reversed(PurePath(name).parts) if CANVAS.match(part)), "")
    if match := MOODLE.match(name):
        return f"{match['who']}_{match['number']}_assignsubmission_file/feedback"
    person = next((each for each in listed.people if each.platform and _of(each, [result])), None)
    who = person.name.replace("_", " ").replace("/", " ") if person else ""
    return f"{who}_{person.platform}_assignsubmission_file/feedback" if person else ""
