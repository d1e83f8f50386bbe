"""The annotated copy of a file: what is said at each blank."""

from __future__ import annotations

from pathlib import Path

from excel_export.grading.marks import Mark
from excel_export.grading.markup import COLOURS, number
from excel_export.grading.rubric import EMPTY, GIVEN, RIGHT
from excel_export.grading.sandbox import NotGraded, ask
from excel_export.grading.student_page import ADVICE
from excel_export.grading.table import Grade
from excel_export.shared.errors import UserError
from excel_export.shared.files import replacing, why


def annotated(grade: Grade, target: Path) -> str:
    """Write the student's workbook with a frame and a note at each blank; return its name, or why there is none.

    Raises:
        UserError: the file cannot be written.
    """
    if not grade.marks:
        return ""
    notes = [
        (mark.blank.sheet, mark.blank.cell, COLOURS[mark.state].lstrip("#").upper(), _said(k, mark))
        for k, mark in enumerate(grade.marks.marks, 1)
    ]
    try:
        with replacing(target) as file:
            reason = ask("annotate", grade.file.path, notes=notes, target=file.name)["none"]
            if reason:
                raise NotGraded(reason)
    except NotGraded as error:
        return f"no annotated copy: {error}"
    except OSError as error:
        raise UserError(f"can't write {target}: {why(error)}") from None
    return target.name


def _said(k: int, mark: Mark) -> str:
    lines = [f"Blank {k}: {mark.state}, {mark.points:g} of {mark.of:g}"]
    if mark.mistake:
        lines.append(f"{mark.mistake}. {ADVICE[mark.mistake]}")
    if mark.state not in (RIGHT, EMPTY, GIVEN) and mark.given is not None:
        lines.append(f"From your numbers: {number(mark.given)}")
    if mark.state != RIGHT:
        lines.append(f"Right is {number(mark.right)}, by ={mark.blank.formula}")
    if mark.holds is False:
        lines.append("With other inputs, your formula gives something else.")
    return "\n".join(lines)
