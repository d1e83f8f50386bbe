"""Read what a student handed in, within bounds: the contents of its cells, its defined names, who saved it when.

This runs in the process that is locked in (`worker.py`), so it imports neither PyTorch nor openpyxl at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from excel_export.shared.a1_notation import place
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from excel_export.xlsx.package import Package

MOST_CELLS, LONGEST_TEXT, LONGEST_TEXTS, MOST_NAMES = 2_000_000, 40_000, 20_000_000, 10_000


class Cell(NamedTuple):
    """What stands in a cell: a formula without its '=', and its stored value; or a number, a text, a truth value."""

    value: float | str | bool | None
    formula: str = ""
    is_array: bool = False


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


def read_submission(path: Path, only: str | None = None) -> Submission:
    """Read a submission; with `only`, the cells of that sheet alone.

    Raises:
        ExportError: it is no workbook, is damaged, or holds more than a workbook of ours ever does.
    """
    found = Submission()
    with Package(path) as package:
        _read_properties(package, found)
        _read_names(package, found)
        types = [kind for kind, _ in package.related(package.workbook).values()]
        found.macros = any(kind.endswith("/vbaProject") for kind in types)
        wanted = {name: part for name, part in package.sheets.items() if only is None or name == only}
        waiting: list[tuple[str, tuple[int, int], float]] = []
        count = 0
        for name, part in wanted.items():
            if part and "worksheets/" in part:
                found.sheets[name] = cells = _cells(package, path, part)
                count += len(cells)
                if count > MOST_CELLS:
                    raise ExportError(f"{path}: holds more than {MOST_CELLS:,} cells: too many to read")
                for at, cell in cells.items():
                    if isinstance(cell.value, _Serial):
                        waiting.append((name, at, cell.value))
        if waiting:
            texts = _shared_texts(package, path)
            for name, at, serial in waiting:
                text = texts[int(serial)] if serial < len(texts) else ""
                found.sheets[name][at] = found.sheets[name][at]._replace(value=text)
    return found


class _Serial(float):
    """The serial number of a shared text."""


def _cells(package: Package, path: Path, part: str) -> dict[tuple[int, int], Cell]:
    """Read the cells of a sheet that have a content."""
    cells: dict[tuple[int, int], Cell] = {}
    shared: dict[str, tuple[str, tuple[int, int]]] = {}
    row = col = 0
    kind, reading, value, formula, length = "n", "", "", "", 0
    of_formula: Mapping[str, str] = {}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal row, col, kind, reading, value, formula, of_formula, length
        if tag == "c":
            kind, value, formula, of_formula, length = attributes.get("t", "n"), "", "", {}, 0
            at = attributes.get("r")
            row, col = place(at) if at else (row, col + 1)
        elif tag == "row":
            number = attributes.get("r")
            row, col = int(number) if number else row + 1, 0
        elif tag == "f":
            reading, of_formula = "f", {"t": "normal", **attributes}
        elif tag in ("v", "t"):
            reading = "v"
        elif tag == "rPh":
            reading = "-"

    def text(content: str) -> None:
        nonlocal value, formula, length
        length += len(content)
        if length > LONGEST_TEXT and reading:
            raise ExportError(f"{path}: not a workbook that can be read: a cell holds more text than it can")
        if reading == "v":
            value += content
        elif reading == "f":
            formula += content

    def end(tag: str) -> None:
        nonlocal reading
        if tag in ("f", "v", "t", "rPh"):
            reading = ""
        elif tag == "c" and (value or of_formula):
            if len(cells) >= MOST_CELLS:
                raise ExportError(f"{path}: holds more than {MOST_CELLS:,} cells: too many to read")
            written = _own_formula(formula.strip(), of_formula, shared, (row, col)) if of_formula else ""
            cells[row, col] = Cell(_value(kind, value), written.removeprefix("="), of_formula.get("t") == "array")

    package.parse(part, start, end, text)
    return cells


def _own_formula(
    formula: str, attributes: Mapping[str, str], shared: dict[str, tuple[str, tuple[int, int]]], at: tuple[int, int]
) -> str:
    """Return a cell's formula, also where it shares that of another cell."""
    if attributes.get("t") != "shared":
        return formula
    group = attributes.get("si", "")
    if formula:
        shared[group] = formula, at
        return formula
    if group not in shared:
        return ""
    from openpyxl.formula.translate import Translator

    first, origin = shared[group]
    return str(Translator(f"={first}", name_of(*origin)).translate_formula(name_of(*at)))


def _value(kind: str, text: str) -> float | str | bool | None:
    if kind == "n":
        try:
            return float(text)
        except ValueError:
            return None
    if kind == "s":
        return _Serial(text) if text.strip().isdigit() else None
    return text.strip() == "1" if kind == "b" else text


def _shared_texts(package: Package, path: Path) -> list[str]:
    part = package.related_by_type(package.workbook, "sharedStrings")
    texts: list[str] = []
    pieces: list[str] = []
    reading, length = "", 0

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal reading
        reading = {"t": reading or "t", "rPh": "-"}.get(tag, reading)

    def end(tag: str) -> None:
        nonlocal reading
        if tag == "rPh" or (tag == "t" and reading == "t"):
            reading = ""
        elif tag == "si":
            texts.append("".join(pieces))
            pieces.clear()

    def text(content: str) -> None:
        nonlocal length
        if reading == "t":
            length += len(content)
            if length > LONGEST_TEXTS:
                raise ExportError(f"{path}: not a workbook that can be read: it holds too much text")
            pieces.append(content)

    if part:
        package.parse(part, start, end, text)
    return texts


def _read_names(package: Package, found: Submission) -> None:
    name = ""

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal name
        name = attributes.get("name", "") if tag == "definedName" else ""

    def end(tag: str) -> None:
        nonlocal name
        name = ""  # what follows is the space between two names

    def text(content: str) -> None:
        if name and len(found.names) < MOST_NAMES:
            found.names[name] = (found.names.get(name, "") + content.strip())[:LONGEST_TEXT]

    package.parse(package.workbook, start, end, text)


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
