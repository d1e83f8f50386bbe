"""Read anybody's workbook, within bounds: every cell with its formula, the defined names, the tables.

It runs in the process that is locked in, before anything else sees the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from excel_export.shared.a1_notation import Place, place
from excel_export.shared.errors import ExportError
from excel_export.workbook.contents import LONGEST_TEXT, Shared, own_formula, read_names
from excel_export.workbook.package import Package
from excel_export.workbook.scan import Formula, scan_cells, shared_texts, unescaped

MOST_CELLS = 500_000
Value = float | str | bool | None


class Content(NamedTuple):
    """What stands in a cell."""

    value: Value = None
    """The number, text or truth value; of a formula, what the program stored that saved the file."""
    formula: str = ""
    """Without its '='."""
    spill: tuple[int, int, int, int] | None = None
    """Of an array formula: its first and last row and column."""
    is_error: bool = False


class Table(NamedTuple):
    """A table of a workbook."""

    sheet: str
    rows: tuple[int, int]
    cols: tuple[int, int]
    columns: tuple[str, ...]
    headers: int
    totals: int


@dataclass
class Contents:
    """A workbook as it was saved."""

    path: Path
    cells: dict[Place, Content] = field(default_factory=dict)
    sheets: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What each defined name stands for, by its name in small letters."""
    tables: dict[str, Table] = field(default_factory=dict)


def read_contents(path: Path) -> Contents:
    """Read a workbook.

    Raises:
        ExportError: it is no workbook, is damaged, or is too large.
    """
    found = Contents(path)
    with Package(path) as package:
        found.names = {name.lower(): meaning for name, meaning in read_names(package).items()}
        waiting: dict[Place, int] = {}
        for name, part in package.sheets.items():
            if part and "worksheets/" in part:
                found.sheets.append(name)
                _read_sheet(package, name, part, found, waiting)
                _read_tables(package, name, part, found)
        if waiting:
            texts = shared_texts(package, {*waiting.values()})
            for at, serial in waiting.items():
                found.cells[at] = found.cells[at]._replace(value=unescaped(texts.get(serial, ""))[:LONGEST_TEXT])
    return found


def _read_sheet(package: Package, sheet: str, part: str, found: Contents, waiting: dict[Place, int]) -> None:
    shared: Shared = {}

    def take(row: int, col: int, kind: str, text: str, formula: Formula | None) -> None:
        if len(found.cells) >= MOST_CELLS:
            raise ExportError(f"{found.path}: holds more than {MOST_CELLS:,} cells: too many to check")
        at = (sheet, row, col)
        own = own_formula(formula, shared, (row, col)) if formula else ""
        spill = None
        if formula and formula.attributes.get("t") == "array" and own:
            first, _, last = formula.attributes.get("ref", "").partition(":")
            try:
                one, other = place(first), place(last or first)
                spill = (*one, *other)
            except ValueError:
                spill = (row, col, row, col)
        if kind == "s" and text.strip().isdigit():
            waiting[at] = int(text)
        found.cells[at] = Content(_value(kind, text), own, spill, kind == "e")

    scan_cells(package, part, take, formulas=True)


def _value(kind: str, text: str) -> Value:
    if kind == "n":
        try:
            return float(text) if text.strip() else None
        except ValueError:
            return None
    if kind == "b":
        return text.strip() == "1"
    return unescaped(text)[:LONGEST_TEXT]


def _read_tables(package: Package, sheet: str, part: str, found: Contents) -> None:
    try:
        related = package.related(part)
    except ExportError:
        return  # a sheet without relations has no tables
    for kind, target in related.values():
        if not kind.endswith("/table"):
            continue
        head: dict[str, str] = {}
        columns: list[str] = []

        def start(tag: str, attributes: Mapping[str, str], head: dict[str, str] = head,
                  columns: list[str] = columns) -> None:  # fmt: skip
            if tag == "table":
                head.update(attributes)
            elif tag == "tableColumn":
                columns.append(unescaped(attributes.get("name", "")))

        package.parse(target, start, lambda tag: None, lambda text: None)
        first, _, last = head.get("ref", "").partition(":")
        try:
            (r0, c0), (r1, c1) = place(first), place(last or first)
            headers, totals = int(head.get("headerRowCount", "1")), int(head.get("totalsRowCount", "0"))
        except ValueError:
            continue
        name = head.get("displayName") or head.get("name", "")
        found.tables[name.lower()] = Table(sheet, (r0, r1), (c0, c1), tuple(columns), headers, totals)
