"""Read a workbook from a stranger, within bounds: the contents of its cells, its defined names, tables and properties.

This runs in processes that are locked in: it imports neither PyTorch nor openpyxl at the start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from excel_export.shared.a1_notation import Place, copies_of, place
from excel_export.shared.errors import ExportError
from excel_export.workbook.package import Package
from excel_export.workbook.scan import Formula, scan_cells, shared_texts, unescaped

MOST_CELLS = 2_000_000
"""The most cells of a submission: as many as an exported workbook may have."""
LONGEST_TEXT = 40_000
"""The most characters of a defined name's formula; a cell holds 32,767."""
MOST_NAMES = 10_000
"""The most defined names that are read."""
Shared = dict[str, tuple[Callable[[int, int], str], tuple[int, int]]]


class Cell(NamedTuple):
    """The content of a cell: Cell(6.0, 'B2*B3') for =B2*B3, Cell(0.5) for a number, Cell('a') for a text."""

    value: float | str | bool | None = None
    """The value; None for an empty cell, or a formula without a stored value."""
    formula: str = ""
    """The formula without '='; '' if the cell holds none."""
    is_array: bool = False
    """True for an array formula."""
    spill: tuple[int, int, int, int] | None = None
    """The cells of an array formula, (3, 2, 5, 2) for B3:B5; None for any other content."""
    is_error: bool = False
    """True if the value is an error value, such as '#N/A'."""


class Table(NamedTuple):
    """A table of a workbook: Table('Sheet1', (1, 5), (1, 2), ('x', 'y'), headers=1, totals=0) is A1:B5."""

    sheet: str
    """The name of its sheet."""
    rows: tuple[int, int]
    """The first and the last row, from 1 on, with headers and totals."""
    cols: tuple[int, int]
    """The first and the last column, from 1 on."""
    columns: tuple[str, ...]
    """The names of its columns, from left to right."""
    headers: int
    """The number of rows with the columns' names, mostly 1; 0 for none."""
    totals: int
    """The number of rows with totals at the end; 0 for none."""


@dataclass
class Submission:
    """The contents of a workbook that was handed in: sheets={'Sheet1': {(3, 2): Cell(0.5)}} has 0.5 in B3."""

    sheets: dict[str, dict[tuple[int, int], Cell]] = field(default_factory=dict)
    """The cells with a content, by the sheet's name, and by row and column from 1 on."""
    names: dict[str, str] = field(default_factory=dict)
    """The cells or the formula of each defined name, as the file has it, such as "'Sheet1'!$B$3"."""
    properties: dict[str, str] = field(default_factory=dict)
    """The document's properties, {'creator': 'Ada', 'created': '2024-05-01T10:00:00Z'}, and custom ones."""
    macros: bool = False
    """True if the workbook has macros."""
    tables: dict[str, Table] = field(default_factory=dict)
    """The tables, by their names in lower case: {'table1': Table('Sheet1', …)}."""


def read_submission(path: Path, only: Collection[str] | None = None, most: int = MOST_CELLS) -> Submission:
    """Return the contents of a workbook: its cells' formulas and stored values, defined names, tables and properties.

    Example::

        read_submission(Path("net.xlsx")).sheets["Sheet1"][3, 2]  # Cell(0.5), if B3 holds 0.5

    Args:
        path: the file.
        only: the names of the sheets whose cells and tables are read; None for all.
        most: the largest number of cells with a content on these sheets.

    Raises:
        ExportError: the file is missing, is no workbook, is damaged, or holds more cells.
    """
    submission = Submission()
    with Package(path) as package:
        _read_properties(package, submission)
        submission.names = _read_names(package)
        types = [kind for kind, _ in package.related(package.workbook).values()]
        submission.macros = any(kind.endswith("/vbaProject") for kind in types)
        wanted = {name: part for name, part in package.sheets.items() if only is None or name in only}
        waiting: dict[Place, int] = {}
        for name, part in wanted.items():
            if part and "worksheets/" in part:
                _read_sheet(package, path, name, part, submission, waiting, most)
                _read_tables(package, name, part, submission)
        if waiting:
            texts = shared_texts(package, {*waiting.values()})
            for (name, *at), serial in waiting.items():
                cells, own = submission.sheets[name], (at[0], at[1])
                cells[own] = cells[own]._replace(value=unescaped(texts.get(serial, "")))
    return submission


def _read_sheet(
    package: Package, path: Path, name: str, part: str, submission: Submission, waiting: dict[Place, int], most: int
) -> None:
    cells: dict[tuple[int, int], Cell] = {}
    submission.sheets[name] = cells
    shared: Shared = {}
    room = most - sum(map(len, submission.sheets.values()))

    def take(row: int, col: int, kind: str, content: str, formula: Formula | None) -> None:
        if len(cells) >= room:
            raise ExportError(f"{path}: holds more than {most:,} cells: too many to read")
        written = _own_formula(formula, shared, (row, col)) if formula else ""
        of_array = formula is not None and formula.attributes.get("t") == "array"
        spill = _area(formula.attributes.get("ref", ""), (row, col)) if formula and of_array else None
        cells[row, col] = Cell(_value(kind, content), written, spill is not None, spill, kind == "e")
        if kind == "s" and content.strip().isdigit():
            waiting[name, row, col] = int(content)

    scan_cells(package, part, take, formulas=True)


def _area(ref: str, at: tuple[int, int]) -> tuple[int, int, int, int]:
    first, _, last = ref.partition(":")
    try:
        return (*place(first), *place(last or first))
    except ValueError:
        return (*at, *at)


def _own_formula(formula: Formula, shared: Shared, at: tuple[int, int]) -> str:
    """Return a cell's formula without its '=', also if it shares that of another cell.

    `shared` has the shared formulas of the cells before it, by their number, each with its first cell; it is added to.
    """
    text = formula.text.strip().removeprefix("=")
    if formula.attributes.get("t") != "shared":
        return text
    group = formula.attributes.get("si", "")
    if text:
        shared[group] = copies_of(text), at
        return text
    if group not in shared:
        return ""
    copy, origin = shared[group]
    return copy(at[0] - origin[0], at[1] - origin[1])


def _value(kind: str, text: str) -> float | str | bool | None:
    if kind == "n":
        try:
            return float(text)
        except ValueError:
            return None
    if kind == "s":
        return None
    return text.strip() == "1" if kind == "b" else unescaped(text)


def _read_names(package: Package) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal name
        name = attributes.get("name", "") if tag == "definedName" else ""

    def end(tag: str) -> None:
        nonlocal name
        name = ""  # what follows is the space between two names

    def text(content: str) -> None:
        if name and len(found) < MOST_NAMES:
            found[name] = (found.get(name, "") + content.strip())[:LONGEST_TEXT]

    package.parse(package.workbook, start, end, text)
    return found


def _read_tables(package: Package, sheet: str, part: str, submission: Submission) -> None:
    try:
        related = package.related(part)
    except ExportError:
        return  # a sheet without relations has no tables
    for target in (target for kind, target in related.values() if kind.endswith("/table")):
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
        submission.tables[name.lower()] = Table(sheet, (r0, r1), (c0, c1), tuple(columns), headers, totals)


def _read_properties(package: Package, submission: Submission) -> None:
    own = key = ""

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal own, key
        if tag == "property":
            own = attributes.get("name", "")
        elif tag not in ("coreProperties", "Properties"):
            key = own or tag

    def text(content: str) -> None:
        if key and content.strip() and len(submission.properties) < 100:
            submission.properties[key] = (submission.properties.get(key, "") + content.strip())[:500]

    def end(tag: str) -> None:
        nonlocal own, key
        key = ""
        if tag == "property":
            own = ""

    for kind in ("core-properties", "custom-properties"):
        part = package.related_by_type("", kind)
        if part:
            package.parse(part, start, end, text)
