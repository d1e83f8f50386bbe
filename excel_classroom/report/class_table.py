"""class.csv: a row for each file."""

from __future__ import annotations

from collections.abc import Sequence

from excel_classroom.grading.table import Layout, percent, safe
from excel_classroom.report.checked_file import VERDICTS, CheckedFile
from excel_classroom.report.copies import Alike
from excel_classroom.report.published import published

COLUMNS = ("file", "student", "id", "points", "of", "percent", *VERDICTS, "learning", "forward", "slips",
           "same formulas as", "left out", "error", "remarks")  # fmt: skip


def class_table(checked: Sequence[CheckedFile], groups: Sequence[Alike], layout: Layout) -> bytes:
    """The table."""
    same = {
        each.name: ", ".join(other.name for other in group.files if other is not each)
        for group in groups
        if group.same_formulas
        for each in group.files
    }
    rows: list[Sequence[str]] = [COLUMNS]
    for each in checked:
        student, points, found = each.file.student, each.points, each.found
        scores = (points.points, points.of, percent(points.points, points.of)) if each.counts else ()
        who = each.who if each.who != each.name else ""
        texts = [" ".join(fault.slip["words"] for fault in each.faults), same.get(each.name, ""),
                 "; ".join(f"{left['cell']}: {left['why']}" for left in found.get("left out", [])),
                 each.problem, "; ".join(remarks(each))]  # fmt: skip
        counts = [*(each.verdicts[kind] for kind in VERDICTS), len(found["learning"]), len(found.get("forward", []))]
        rows.append([
            safe(each.name), safe(who), safe(student.id) if student else "",
            *([layout.number(score) for score in scores] or ["", "", ""]), *map(str, counts), *map(safe, texts),
        ])  # fmt: skip
    return layout.table(rows)


def remarks(checked: CheckedFile) -> list[str]:
    """What a teacher should know of a file beside its points."""
    own = [*checked.file.remarks, *published(checked)]
    if checked.instead:
        own.append(f"another file of this student counts: {checked.instead}")
    if checked.points.late:
        own.append(f"late: {100 * checked.points.late:g} % of the points are lost")
    return own
