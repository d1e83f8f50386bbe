"""Read anybody's workbook, within bounds: the contents of its cells, its defined names, its tables, who saved it when.

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

MOST_CELLS, LONGEST_TEXT, MOST_NAMES = 2_000_000, 40_000, 10_000
Shared = dict[str, tuple[Callable[[int, int], str], tuple[int, int]]]


class Cell(NamedTuple):
    """What stands in a cell: a formula without its '=', and its stored value; or a number, a text, a truth value."""

    value: float | str | bool | None = None
    formula: str = ""
    is_array: bool = False
    spill: tuple[int, int, int, int] | None = None
    """Of an array formula: its first row and column, and its last ones."""
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
class Submission:
    """A workbook as it was handed in."""

    sheets: dict[str, dict[tuple[int, int], Cell]] = field(default_factory=dict)
    """By sheet and by row and column."""
    names: dict[str, str] = field(default_factory=dict)
    """What each defined name stands for."""
    properties: dict[str, str] = field(default_factory=dict)
    """Of docProps: 'creator', 'lastModifiedBy', 'created', 'modified', and properties of its own."""
    macros: bool = False
    tables: dict[str, Table] = field(default_factory=dict)
    """By their names in small letters."""


def read_submission(path: Path, only: Collection[str] | None = None, most: int = MOST_CELLS) -> Submission:
    """Read a submission; with `only`, the cells of these sheets alone.

    Raises:
        ExportError: it is no workbook, is damaged, or holds more than so many cells.
    """
    found = Submission()
    with Package(path) as package:
        _read_properties(package, found)
        found.names = _read_names(package)
        types = [kind for kind, _ in package.related(package.workbook).values()]
        found.macros = any(kind.endswith("/vbaProject") for kind in types)
        wanted = {name: part for name, part in package.sheets.items() if only is None or name in only}
        waiting: dict[Place, int] = {}
        for name, part in wanted.items():
            if part and "worksheets/" in part:
                _read_sheet(package, path, name, part, found, waiting, most)
                _read_tables(package, name, part, found)
        if waiting:
            texts = shared_texts(package, {*waiting.values()})
            for (name, *at), serial in waiting.items():
                cells, own = found.sheets[name], (at[0], at[1])
                cells[own] = cells[own]._replace(value=unescaped(texts.get(serial, "")))
    return found


def _read_sheet(
    package: Package, path: Path, name: str, part: str, found: Submission, waiting: dict[Place, int], most: int
) -> None:
    """Read the cells of a sheet that have a content; `waiting` gets the serial numbers of shared texts."""
    cells: dict[tuple[int, int], Cell] = {}
    found.sheets[name] = cells
    shared: Shared = {}
    room = most - sum(map(len, found.sheets.values()))

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
    """The rows and columns of an array formula; those of its own cell where the file doesn't say."""
    first, _, last = ref.partition(":")
    try:
        return (*place(first), *place(last or first))
    except ValueError:
        return (*at, *at)


def _own_formula(formula: Formula, shared: Shared, at: tuple[int, int]) -> str:
    """Return a cell's formula without its '=', also where it shares that of another cell.

    `shared` has what the cells before it share, by its number, with the first one's row and column; it is added to.
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
    """What each defined name of a workbook stands for."""
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


def _read_tables(package: Package, sheet: str, part: str, found: Submission) -> None:
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
        found.tables[name.lower()] = Table(sheet, (r0, r1), (c0, c1), tuple(columns), headers, totals)


def _read_properties(package: Package, found: Submission) -> None:
    own = key = ""

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal own, key
        if tag == "property":
            own = attributes.get("name", "")
        elif tag not in ("coreProperties", "Properties"):
            key = own or tag

    def text(content: str) -> None:
        if key and content.strip() and len(found.properties) < 100:
            found.properties[key] = (found.properties.get(key, "") + content.strip())[:500]

    def end(tag: str) -> None:
        nonlocal own, key
        key = ""
        if tag == "property":
            own = ""

    for kind in ("core-properties", "custom-properties"):
        part = package.related_by_type("", kind)
        if part:
            package.parse(part, start, end, text)
