"""Of each file a copy with a note and a colour at each claim.

A copy holds values and texts only, as those of the grader: nothing in it is followed or run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from excel_classroom.grading.annotated_copy import empty_book, put_note, put_value, title_of, write_book
from excel_export.shared.a1_notation import place as place_of
from excel_export.shared.cells import name_of

COLOURS = {"right": "C5E8CB", "wrong": "F4B6AE", "constant": "FFF2CC", "undefined": "D9D9D9", "unknown": "D9D9D9"}
FINDING = "F6C5A0"
AUTHOR = "excel-export check"
ABOVE, LEFT = 4, 6
"""What is in view above the first cell that isn't right, and left of it."""


def write_annotated(target: Path, found: Mapping[str, Any]) -> None:
    """Write the copy of one file.

    Args:
        target: where to.
        found: what `check_file` returns when it is asked for the content.

    Raises:
        UserError: it can't be written.
    """
    book = empty_book()
    notes = _notes(found)
    for name, cells in found["content"].items():
        sheet = book.create_sheet(title_of(name, book))
        for row, col, value, _ in cells:
            put_value(sheet, row, col, value)
        own = [(cell, *note) for (where, cell), note in notes.items() if where == name]
        for cell, colour, text in own:
            place = sheet[cell]
            place.fill = PatternFill("solid", fgColor=f"FF{colour}")
            put_note(sheet, place.row, place.column, text, AUTHOR)
        _open_at(sheet, [(cell, colour) for cell, colour, _ in own])
    if not book.worksheets:
        book.create_sheet("empty")
    write_book(target, book, AUTHOR)


def _open_at(sheet: Worksheet, noted: Sequence[tuple[str, str]]) -> None:
    """Let a sheet open at the first cell that isn't right, or else at the first that has a note."""
    cells = [cell for cell, colour in noted if colour != COLOURS["right"]] or [cell for cell, _ in noted]
    if cells:
        row, col = place_of(cells[0])
        view = sheet.sheet_view
        view.topLeftCell = name_of(max(1, row - ABOVE), max(1, col - LEFT))
        view.selection[0].activeCell = view.selection[0].sqref = cells[0]


def _notes(found: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """By sheet and cell, the colour and the text."""
    notes: dict[tuple[str, str], tuple[str, str]] = {}

    def add(address: str, colour: str, text: str) -> None:
        sheet, _, cell = address.rpartition("!")
        before = notes.get((sheet, cell))
        notes[sheet, cell] = (colour, f"{before[1]}\n{text}" if before else text)

    for claim in found["claims"]:
        lines = [f"{claim['verdict']}, as the derivative by {claim['of']}"]
        if claim["verdict"] == "wrong":
            lines.append(f"The derivative is {claim['derivative']!r}.")
        if "slip" in claim:
            lines += [claim["slip"]["words"], f"Your formula: {claim['slip']['formula']}"]
        if "remark" in claim:
            lines.append(claim["remark"])
        add(claim["cell"], COLOURS[claim["verdict"]], "\n".join(lines))
    for finding in [*found["learning"], *found.get("forward", [])]:
        add(finding["cell"], FINDING, finding["words"])
    return notes
