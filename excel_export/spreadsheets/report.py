"""What a check leaves behind: of each file a copy with a note and a colour at each claim, and a table for the class.

A copy holds values and texts only, as those of the grader: nothing in it is followed or run.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import PatternFill

from excel_export.grading.annotated_copy import EARLIEST, only_listed, put_note, put_value, title_of
from excel_export.grading.markup import GENERATOR
from excel_export.shared.files import write_atomically

COLOURS = {"right": "C5E8CB", "wrong": "F4B6AE", "constant": "FFF2CC", "undefined": "D9D9D9", "unknown": "D9D9D9"}
LEARNING = "F6C5A0"
COLUMNS = ("file", "right", "wrong", "constant", "undefined", "unknown", "learning", "slips",
           "same formulas as", "error")  # fmt: skip


def write_annotated(target: Path, found: Mapping[str, Any]) -> None:
    """Write the copy of one file.

    Args:
        target: where to.
        found: what `check_file` returns when it is asked for the content.

    Raises:
        UserError: it can't be written.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    notes = _notes(found)
    for name, cells in found["content"].items():
        sheet = book.create_sheet(title_of(name, book))
        for row, col, value, _ in cells:
            put_value(sheet, row, col, value)
        for (own, cell), (colour, text) in notes.items():
            if own == name:
                place = sheet[cell]
                place.fill = PatternFill("solid", fgColor=f"FF{colour}")
                put_note(sheet, place.row, place.column, text)
    if not book.worksheets:
        book.create_sheet("empty")
    book.properties.creator, book.properties.created = GENERATOR, EARLIEST
    package = io.BytesIO()
    book.save(package)
    write_atomically(target, only_listed(package))


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
    for finding in found["learning"]:
        add(finding["cell"], LEARNING, finding["words"])
    return notes


def class_table(files: Sequence[str], found: Sequence[Mapping[str, Any]]) -> str:
    """A table of comma-separated values: a row for each file."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    formulas = [_formulas(each) for each in found]
    for name, each, own_formulas in zip(files, found, formulas, strict=True):
        same = [
            other for other, theirs in zip(files, formulas, strict=True) if other != name and theirs == own_formulas
        ]
        verdicts = Counter(claim["verdict"] for claim in each["claims"])
        own = [claim["slip"] for claim in each["claims"] if "slip" in claim]
        slips = sorted({slip["words"] for slip in own if not slip["like"]})
        texts = [_safe(name), *(verdicts[kind] for kind in COLUMNS[1:6]), len(each["learning"]), _safe(" ".join(slips)),
                 _safe(", ".join(same) if own_formulas else ""), _safe(each.get("error", ""))]  # fmt: skip
        writer.writerow(texts)
    return lines.getvalue()


def _formulas(found: Mapping[str, Any]) -> frozenset[tuple[Any, ...]]:
    """Where which formula stands: two files with the same ones are copies of each other, whatever their numbers are."""
    cells = [cell for sheet in found.get("content", {}).values() for cell in sheet]
    return frozenset((row, col, formula) for row, col, _, formula in cells if formula)


def frequencies(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """In how many files each kind of slip is, the most frequent first."""
    kinds: Counter[str] = Counter()
    for each in found:
        kinds.update({claim["slip"]["kind"] for claim in each["claims"] if "slip" in claim})
        kinds.update({f"learning: {finding['kind']}" for finding in each["learning"]})
    return sorted(kinds.items(), key=lambda item: (-item[1], item[0]))


def _safe(text: str) -> str:
    """A text that a spreadsheet program takes for no formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
