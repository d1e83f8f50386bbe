"""The student's own workbook with a frame in colour and a note at each blank, and nothing else changed.

The parts of the file are patched as text: a library that reads and writes workbooks would lose what it doesn't know,
such as form controls. This runs in the process that is locked in (`worker.py`).
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from excel_export.grading.a1_notation import place
from excel_export.grading.comments import Parts, add_comments
from excel_export.grading.external_references import external_reference
from excel_export.shared.errors import ExportError
from excel_export.xlsx.package import Package

LARGEST = 64 << 20
_CELL = r'<c\b(?=[^>]*\br="{cell}")[^>]*?(?:/>|>)'
_FORMULA = re.compile(rb"<f\b[^>]*>([^<]*)</f>")
_STYLE = re.compile(r'\bs="(\d+)"')
_XF = re.compile(r"<xf\b[^>]*?(?:/>|>.*?</xf>)", re.DOTALL)
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
    if any(_has_external_references(parts[name]) for name in sheets.values() if name in parts):
        return "its formulas reach out of the file"
    if not styles or styles not in parts:
        return "it has no styles"
    try:
        _frame(parts, styles, sheets, notes)
        for name in dict.fromkeys(note.sheet for note in notes):
            here = [(place(note.cell), note.text) for note in notes if note.sheet == name]
            add_comments(parts, sheets[name], here)
    except (KeyError, UnicodeDecodeError, ValueError) as error:
        return f"it is written in an unusual way ({type(error).__name__})"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return ""


def _has_external_references(sheet: bytes) -> bool:
    return any(
        external_reference(html.unescape(formula.decode(errors="replace"))) for formula in _FORMULA.findall(sheet)
    )


def _frame(parts: Parts, styles: str, sheets: Mapping[str, str], notes: Sequence[Note]) -> None:
    """Give each blank a thick frame in its colour; all else of its style stays."""
    xml = parts[styles].decode()
    borders, xfs = _Table(xml, "borders"), _Table(xml, "cellXfs")
    formats = _XF.findall(xfs.inner)
    framed: dict[tuple[int, str], int] = {}
    by_colour: dict[str, int] = {}
    for note in notes:
        part = sheets[note.sheet]
        sheet = parts[part].decode()
        found = re.search(_CELL.format(cell=re.escape(note.cell)), sheet)
        if not found:
            raise KeyError(note.cell)
        style = _STYLE.search(found[0])
        number = int(style[1]) if style else 0
        if note.colour not in by_colour:
            by_colour[note.colour] = borders.add(_border(note.colour))
        if (number, note.colour) not in framed:
            framed[number, note.colour] = xfs.add(_with_border(formats[number], by_colour[note.colour]))
        new = framed[number, note.colour]
        cell = _STYLE.sub(f's="{new}"', found[0], count=1) if style else found[0].replace("<c", f'<c s="{new}"', 1)
        parts[part] = (sheet[: found.start()] + cell + sheet[found.end() :]).encode()
    # From the last to the first, so that places stay.
    for table in sorted((borders, xfs), key=lambda table: -table.start):
        xml = table.put_into(xml)
    parts[styles] = xml.encode()


class _Table:
    """A list in the styles, such as <borders count="2">…</borders>."""

    def __init__(self, xml: str, tag: str) -> None:
        found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", xml, re.DOTALL)
        if not found:
            raise KeyError(tag)
        self.tag, self.inner = tag, found[1]
        self.start, self.end = found.span()
        kind = {"borders": r"<border\b", "cellXfs": r"<xf\b"}[tag]
        self._count = len(re.findall(kind, self.inner))
        self._more: list[str] = []

    def add(self, item: str) -> int:
        """Add an item and return its number."""
        self._more.append(item)
        return self._count + len(self._more) - 1

    def put_into(self, xml: str) -> str:
        """Return the styles with the longer list."""
        count = self._count + len(self._more)
        longer = f'<{self.tag} count="{count}">{self.inner}{"".join(self._more)}</{self.tag}>'
        return xml[: self.start] + longer + xml[self.end :]


def _border(colour: str) -> str:
    sides = "".join(
        f'<{side} style="thick"><color rgb="FF{colour}"/></{side}>' for side in ("left", "right", "top", "bottom")
    )
    return f"<border>{sides}<diagonal/></border>"


def _with_border(xf: str, border: int) -> str:
    head, close, rest = xf.partition(">") if not xf.endswith("/>") or "><" in xf else (xf[:-2], "/>", "")
    head = re.sub(r'\s(?:borderId|applyBorder)="[^"]*"', "", head)
    return f'{head} borderId="{border}" applyBorder="1"{close}{rest}'
