"""The student's own workbook with a frame in colour and a note at each blank, and nothing else changed.

The parts of the file are changed as trees: a library that reads and writes workbooks would lose what it doesn't know,
such as form controls. This runs in the process that is locked in (`worker.py`).
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from excel_export.grading.comments import Parts, add_comments
from excel_export.grading.places import place, reaches_out
from excel_export.grading.trees import MAIN, Element, child, main, parsed, written
from excel_export.shared.errors import ExportError
from excel_export.xlsx.package import Package

LARGEST = 64 << 20
# In these, macros, links to other files and programs lie.
_LEFT_OUT = re.compile(r"vbaProject|externalLink|oleObject|embeddings|connections|queryTable|activeX", re.I)


class Note(NamedTuple):
    """What is said at a blank."""

    sheet: str
    cell: str
    colour: str
    """As RRGGBB."""
    text: str


def annotate(path: Path, notes: Sequence[Note], target: Path) -> str:
    """Write the annotated copy; return '' or why there is none.

    Raises:
        ExportError: the file is damaged, or too large.
    """
    with Package(path) as package:  # reads it within bounds
        sheets, workbook = dict(package.sheets), package.workbook
        styles = package.related_by_type(workbook, "styles")
    with zipfile.ZipFile(path) as old:
        if any(_LEFT_OUT.search(name) for name in old.namelist()):
            return "it holds macros, other objects, or links to other files"
        if sum(entry.file_size for entry in old.infolist()) > LARGEST:
            raise ExportError(f"{path}: too large to be annotated")
        parts: Parts = {name: old.read(name) for name in old.namelist()}
    if not styles or styles not in parts:
        return "it has no styles"
    try:
        if any(_reaches_out(parts[name]) for name in sheets.values() if name in parts):
            return "its formulas reach out of the file"
        _frame(parts, styles, sheets, notes)
        for name in dict.fromkeys(note.sheet for note in notes):
            here = [(place(note.cell), note.text) for note in notes if note.sheet == name]
            add_comments(parts, sheets[name], here)
    except (KeyError, IndexError, ValueError) as error:
        return f"it is written in an unusual way ({type(error).__name__})"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return ""


def _reaches_out(sheet: bytes) -> bool:
    return any(reaches_out("".join(formula.itertext())) for formula in parsed(sheet).iter(main("f")))


def _frame(parts: Parts, styles: str, sheets: Mapping[str, str], notes: Sequence[Note]) -> None:
    """Give each blank a thick frame in its colour; all else of its style stays."""
    looks = parsed(parts[styles])
    borders, xfs = child(looks, "borders"), child(looks, "cellXfs")
    framed: dict[tuple[int, str], int] = {}
    by_colour: dict[str, int] = {}
    for name in dict.fromkeys(note.sheet for note in notes):
        sheet = parsed(parts[sheets[name]])
        cells = {cell.get("r"): cell for cell in sheet.iter(main("c"))}
        for note in (note for note in notes if note.sheet == name):
            cell = cells[note.cell]
            look = int(cell.get("s", "0")), note.colour
            if note.colour not in by_colour:
                by_colour[note.colour] = _add(borders, _border(note.colour))
            if look not in framed:
                xf = copy.deepcopy(xfs[look[0]])
                xf.set("borderId", str(by_colour[note.colour]))
                xf.set("applyBorder", "1")
                framed[look] = _add(xfs, xf)
            cell.set("s", str(framed[look]))
        parts[sheets[name]] = written(sheet)
    parts[styles] = written(looks)


def _add(items: Element, item: Element) -> int:
    """Add to a list in the styles, such as <borders count="2">; return the item's number."""
    items.append(item)
    items.set("count", str(len(items)))
    return len(items) - 1


def _border(colour: str) -> Element:
    sides = "".join(
        f'<{side} style="thick"><color rgb="FF{colour}"/></{side}>' for side in ("left", "right", "top", "bottom")
    )
    return parsed(f'<border xmlns="{MAIN}">{sides}<diagonal/></border>'.encode())
