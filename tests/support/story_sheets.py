"""The sheets of the story as the file has them: formulas, numbers, columns, rows and links; by no code of ours."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lxml import etree
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from tests.support.engines import sheet_parts

STEP = re.compile(r"([1-9]\d*) (\S.*)")
"""The name of a sheet of the story."""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_SHEET = re.compile(r"'((?:[^']|'')+)'!")
_CELL = r"\$?[A-Z]{1,3}\$?[0-9]+"
_AREA = re.compile(rf"(?<![\w.!$])({_CELL})(?::({_CELL}))?(?![\w(])")
_ELSEWHERE = re.compile(rf"'(?:[^']|'')+'!{_CELL}(?::{_CELL})?")
_FUNCTION = re.compile(r"([A-Z][A-Z0-9.]*)\(")


@dataclass(frozen=True)
class Link:
    """A link of a sheet: the cells that one can click on, and the sheet that it leads to."""

    cells: tuple[int, int, int, int]
    """The first column, the first row, the last column and the last row."""
    text: str
    leads_to: str


@dataclass
class StorySheet:
    """A sheet, read from its XML."""

    name: str
    xml: etree._Element = field(repr=False)
    is_bold: list[bool] = field(repr=False)
    fills: list[str] = field(repr=False)
    texts: list[str] = field(repr=False)

    @cached_property
    def formulas(self) -> dict[str, str]:
        """The formula of each cell that has one."""
        found = {}
        for cell in self._cells:
            formula = cell.find("{*}f")
            if formula is not None:
                assert formula.get("t") in (None, "normal"), f"{self.name}!{cell.get('r')}: {formula.get('t')}"
                found[cell.get("r")] = formula.text or ""
        return found

    @cached_property
    def stored(self) -> dict[str, float | str]:
        """The value that is stored in each cell, if there is one."""
        return {cell.get("r"): value for cell in self._cells if (value := self._value(cell)) is not None}

    @property
    def number_formulas(self) -> dict[str, str]:
        """The formulas whose result is a number."""
        return {cell: formula for cell, formula in self.formulas.items() if isinstance(self.stored.get(cell), float)}

    @property
    def said(self) -> list[str]:
        """The texts of the sheet, those of formulas, too."""
        return [value for value in self.stored.values() if isinstance(value, str)]

    @cached_property
    def worked(self) -> dict[str, str]:
        """The bold sentences in which a product, a quotient or a sum is written out."""
        bold = {cell.get("r") for cell in self._cells if self.is_bold[int(cell.get("s", 0))]}
        return {
            cell: value for cell, value in self.stored.items()
            if cell in bold and cell in self.formulas and isinstance(value, str) and len(value) > 3
        }  # fmt: skip

    @cached_property
    def checks(self) -> list[tuple[str, str, str]]:
        """Of each cell with a ✓ or ≠: itself, the result, and the network's own number."""
        found = []
        for cell, formula in self.formulas.items():
            match = re.fullmatch(rf'IF\(ABS\(({_CELL})-({_CELL})\)<=.*,"✓","≠"\)', formula)
            if match:
                found.append((cell, match[1].replace("$", ""), match[2].replace("$", "")))
        return found

    @cached_property
    def choices(self) -> dict[str, tuple[float, float]]:
        """The yellow cells in which a whole number may be chosen: the smallest and the largest."""
        return {
            each.get("sqref"): (float(each.findtext("{*}formula1")), float(each.findtext("{*}formula2")))
            for each in self.xml.iter("{*}dataValidation")
            if each.get("type") == "whole"
        }

    @cached_property
    def links(self) -> list[Link]:
        """The links, from left to right."""
        found = []
        for each in self.xml.iter("{*}hyperlink"):
            place = re.fullmatch(rf"'((?:[^']|'')+)'!{_CELL}", each.get("location"))
            assert place, each.attrib
            found.append(Link(range_boundaries(each.get("ref")), each.get("display"), place[1].replace("''", "'")))
        return sorted(found, key=lambda link: link.cells)

    @cached_property
    def merged(self) -> list[tuple[int, int, int, int]]:
        """The cells that are merged, in the order of `Link.cells`."""
        return [range_boundaries(each.get("ref")) for each in self.xml.iter("{*}mergeCell")]

    @property
    def colour(self) -> str:
        """The colour of the tab."""
        return self.xml.find("{*}sheetPr/{*}tabColor").get("rgb")

    @cached_property
    def hidden(self) -> list[str]:
        """Columns and rows that nobody sees."""
        columns = [f"column {each.get('min')}" for each in self.xml.iter("{*}col") if _is_hidden(each)]
        return columns + [f"row {each.get('r')}" for each in self.xml.iter("{*}row") if _is_hidden(each)]

    @cached_property
    def edges(self) -> tuple[dict[int, int], dict[int, float]]:
        """The pixels at which each column, and each row, ends."""
        widths = {}
        for each in self.xml.iter("{*}col"):
            widths |= dict.fromkeys(
                range(int(each.get("min")), int(each.get("max")) + 1), round(float(each.get("width")) * 7)
            )
        heights = {int(each.get("r")): float(each.get("ht", 15)) * 96 / 72 for each in self.xml.iter("{*}row")}
        last_col, last_row = self._last
        across, down = {}, {}
        x, y = 0, 0.0
        for col in range(1, last_col + 1):
            across[col] = x = x + widths.get(col, 64)
        for row in range(1, last_row + 1):
            down[row] = y = y + heights.get(row, 20)
        return across, down

    @cached_property
    def _last(self) -> tuple[int, int]:
        """The last column and the last row with a cell."""
        places = [coordinate_to_tuple(cell.get("r")) for cell in self._cells]
        return max(col for _, col in places), max(row for row, _ in places)

    def pixels(self, cells: tuple[int, int, int, int]) -> tuple[int, float, int, float]:
        """Where some cells lie: left, top, right and bottom."""
        across, down = self.edges
        left, top, right, bottom = cells
        return across.get(left - 1, 0), down.get(top - 1, 0), across[right], down[bottom]

    @cached_property
    def _cells(self) -> list[etree._Element]:
        return [*self.xml.iter("{*}c")]

    def _value(self, cell: etree._Element) -> float | str | None:
        kind, text = cell.get("t", "n"), cell.findtext("{*}v")
        if kind == "inlineStr":
            return "".join(each.text or "" for each in cell.iter("{*}t"))
        if not text:
            return None
        return float(text) if kind == "n" else self.texts[int(text)] if kind == "s" else text


def story_of(path: Path) -> list[StorySheet]:
    """Read the sheets of the story, in the order of their tabs."""
    with zipfile.ZipFile(path) as package:
        parts = sheet_parts(package)
        styles = _parsed(package.read("xl/styles.xml"))
        fonts = [each.find("{*}b") is not None for each in styles.find("{*}fonts")]
        colours = [_colour(each) for each in styles.find("{*}fills")]
        formats = styles.find("{*}cellXfs")
        bold = [fonts[int(each.get("fontId"))] for each in formats]
        fills = [colours[int(each.get("fillId"))] for each in formats]
        texts = []
        if "xl/sharedStrings.xml" in package.namelist():
            items = _parsed(package.read("xl/sharedStrings.xml")).iter("{*}si")
            texts = ["".join(each.text or "" for each in item.iter("{*}t")) for item in items]
        names = [name for name in parts if STEP.fullmatch(name)]
        return [StorySheet(name, _parsed(package.read(parts[name])), bold, fills, texts) for name in names]


def hidden_sheets(path: Path) -> set[str]:
    """The names of the sheets that have no tab."""
    with zipfile.ZipFile(path) as package:
        sheets = _parsed(package.read("xl/workbook.xml")).iter("{*}sheet")
        return {each.get("name") for each in sheets if each.get("state") in ("hidden", "veryHidden")}


def defined_names(path: Path) -> dict[str, str]:
    """What each defined name stands for."""
    with zipfile.ZipFile(path) as package:
        return {each.get("name"): each.text for each in _parsed(package.read("xl/workbook.xml")).iter("{*}definedName")}


def functions_in(formula: str) -> list[str]:
    """The functions that a formula calls."""
    return _FUNCTION.findall(_TEXT.sub("", formula))


def sheets_in(formula: str) -> set[str]:
    """The sheets that a formula reads by their names."""
    return {name.replace("''", "'") for name in _SHEET.findall(_TEXT.sub("", formula))}


def own_areas(formula: str) -> Iterator[tuple[int, int, int, int]]:
    """The cells of its own sheet that a formula reads."""
    for first, last in _AREA.findall(_ELSEWHERE.sub("", _TEXT.sub("", formula))):
        yield range_boundaries(f"{first}:{last or first}".replace("$", ""))


def names_in(formula: str) -> set[str]:
    """The defined names that a formula reads."""
    plain = _ELSEWHERE.sub("", _TEXT.sub("", formula))
    return {
        each
        for each in re.findall(r"(?<![\w.$])[A-Za-z_][\w.]*(?![\w.($])", plain)
        if not re.fullmatch(r"[A-Z]{1,3}\d+", each)
    } - {"TRUE", "FALSE"}


def references_in(formula: str) -> set[str]:
    """The numbers of other sheets that a formula reads: cells, areas and defined names."""
    return {found[0].replace("$", "") for found in _ELSEWHERE.finditer(_TEXT.sub("", formula))} | names_in(formula)


def is_reference(formula: str) -> bool:
    """Whether a formula is a cell of another sheet, or a defined name, and nothing else."""
    return bool(re.fullmatch(rf"'(?:[^']|'')+'!{_CELL}|[A-Za-z_][\w.]*", formula))


def is_one_index(formula: str) -> bool:
    """Whether a formula is one INDEX of an area by cells that hold a row and a column; a label counts from 0."""
    area = rf"(?:'(?:[^']|'')+'!)?{_CELL}:{_CELL}|[A-Za-z_][\w.]*"
    place = rf"(?:(?:'(?:[^']|'')+'!)?{_CELL}|[A-Za-z_][\w.]*)(?:\+1)?|1"
    return bool(re.fullmatch(rf"INDEX\((?:{area})(?:,(?:{place})){{1,2}}\)", formula))


def cell(row: int, col: int) -> str:
    """The name of a cell."""
    return f"{get_column_letter(col)}{row}"


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") in ("1", "true")


def _colour(fill: etree._Element) -> str:
    found = fill.find("{*}patternFill/{*}fgColor")
    return "" if found is None else found.get("rgb", "")


def _parsed(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(huge_tree=True))
