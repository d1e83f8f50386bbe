"""What a learning platform imports of a check: its own table with the grades, and a zip of files for the students."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from excel_classroom.grading.marks import Marks
from excel_classroom.grading.platforms import write_feedback, write_grades
from excel_classroom.grading.table import Grade
from excel_classroom.practice.class_list import ClassList
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.folder import Report


def write_for_platform(
    kind: str, listed: ClassList, checked: Sequence[CheckedFile], assignment: str, report: Report
) -> list[Path]:
    """Write the platform's own table with the grades in it, and a zip of pages and copies; return where.

    Raises:
        ExportError: the table is none of this platform's.
        UserError: they can't be written.
    """
    grades = []
    for each in checked:
        marks = None if each.problem else Marks((), whole=each.points.points, most=each.points.of)
        grades.append(Grade(each.file, marks, each.instead))
    table, bundle = report.folder / f"class {kind}.csv", report.folder / f"class {kind} feedback.zip"
    write_grades(table, kind, listed, grades, assignment, report.layout)
    own = {
        each.name: [report.folder / name for name in (each.page, each.copy) if name] for each in checked if each.counts
    }
    return [table, *([bundle] if write_feedback(bundle, kind, listed, grades, own) else [])]
