"""What of a workbook Excel would show as #### or cut off, from the file and an engine's values alone.

A number that is wider than its column less five pixels is #### (ECMA-376 part 1, 18.3.1.13: two pixels of padding on
either side and one for the grid). A text runs over empty neighbours, and is cut at the next one that is not; in a
merge and in a wrapped cell it has that room alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from excel_export.workbook.calibri import DEFAULT_WIDTH, PADDING, column_pixels, line_count, line_pixels, text_width
from tests.support.live import Live
from tests.support.number_format import general, shown
from tests.support.sheets import load_sheet

SMALLEST_SHRUNK = 0.55
"""A number that Excel writes smaller to fit keeps this share of its size at least."""
_Holds = Callable[[float], bool]


@dataclass(frozen=True)
class Misfit:
    """A cell whose content is wider or higher than its room, in pixels."""

    sheet: str
    cell: str
    text: str
    needs: float
    has: float
    kind: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell} {self.kind} {self.text[:60]!r} needs {self.needs:.0f}, has {self.has:.0f}"


class Fit:
    """A workbook, open in an engine; `live` takes edits. With names, only these sheets are looked at."""

    def __init__(self, path: Path, folder: Path, *names: str) -> None:
        self.live = Live(path, folder)
        sheets = [load_sheet(path, name) for name in names] if names else [*load_workbook(path)]
        self.sheets = {sheet.title: _Sheet(sheet, self.live) for sheet in sheets if sheet.sheet_state == "visible"}
        self.live.type({})

    def misfits(self, *names: str) -> list[Misfit]:
        """Return what does not fit on these sheets, or on all that are looked at and have a tab."""
        return [found for name in names or self.sheets for found in self.sheets[name].misfits()]

    def numbers_below(self, points: float, name: str) -> list[str]:
        """The numbers of a sheet that Excel writes smaller than so many points, to make them fit."""
        sizes = self.sheets[name].sizes()
        return [f"{cell.coordinate} {text!r} {size:.1f}" for cell, text, size in sizes if size < points]


class _Sheet:
    def __init__(self, sheet: Worksheet, live: Live) -> None:
        self._sheet, self._live = sheet, live
        self._name = sheet.title
        self._rules = [
            (cells, rule)
            for cells, rules in sheet.conditional_formatting._cf_rules.items()
            for rule in rules
            if rule.dxf is not None and rule.dxf.numFmt is not None
        ]
        self._formats = self._place_conditions()

    @cached_property
    def _columns(self) -> dict[int, tuple[float, bool]]:
        """Of each column: its pixels, and whether nobody sees it."""
        found = {}
        for each in self._sheet.column_dimensions.values():
            found |= dict.fromkeys(range(each.min, each.max + 1), (each.width, bool(each.hidden)))
        return found

    def _pixels(self, col: int) -> float:
        width, hidden = self._columns.get(col, (None, False))
        return 0 if hidden else column_pixels(DEFAULT_WIDTH if width is None else width)

    def _hidden(self, col: int) -> bool:
        return self._columns.get(col, (None, False))[1]

    def _height(self, row: int) -> float:
        height = self._sheet.row_dimensions[row].height if row in self._sheet.row_dimensions else None
        return (height or self._sheet.sheet_format.defaultRowHeight or 15) * 96 / 72

    @cached_property
    def _merged(self) -> dict[str, tuple[int, int, int, int]]:
        return {
            f"{get_column_letter(area.min_col)}{area.min_row}": area.bounds for area in self._sheet.merged_cells.ranges
        }

    def _place_conditions(self) -> dict[str, list[tuple[_Holds, str]]]:
        """Of each cell: the formats that it may have, the first of which counts, each with its condition."""
        found: dict[str, list[tuple[int, object, object]]] = {}
        formulas: list[str] = []
        for cells, rule in self._rules:
            first = min(cells.sqref.ranges, key=lambda area: (area.min_row, area.min_col))
            origin = f"{get_column_letter(first.min_col)}{first.min_row}"
            moved = Translator(f"={rule.formula[0]}", origin) if rule.type == "expression" else None
            for area in cells.sqref.ranges:
                for row, col in product(range(area.min_row, area.max_row + 1), range(area.min_col, area.max_col + 1)):
                    cell = f"{get_column_letter(col)}{row}"
                    condition = None
                    if moved:
                        condition = len(formulas)
                        formulas.append(moved.translate_formula(cell))
                    found.setdefault(cell, []).append((rule.priority, condition, rule))
        places = self._live.add(self._name, formulas)

        def holds(condition, rule) -> _Holds:
            if condition is not None:
                return lambda value: bool(self._live.value(places[condition]))
            ends = [float(each) for each in rule.formula]
            return {
                "between": lambda value: ends[0] <= value <= ends[1],
                "notBetween": lambda value: not ends[0] <= value <= ends[1],
                "lessThan": lambda value: value < ends[0],
            }[rule.operator]

        return {
            cell: [
                (holds(condition, rule), rule.dxf.numFmt.formatCode)
                for _, condition, rule in sorted(each, key=lambda item: item[0])
            ]
            for cell, each in found.items()
        }

    def _format(self, cell: Cell, value: float) -> str:
        return next(
            (code for holds, code in self._formats.get(cell.coordinate, ()) if holds(value)), cell.number_format
        )

    def misfits(self) -> Iterator[Misfit]:
        """Yield what does not fit."""
        for cell in self._shown:
            value = self._live.value((self._name, cell.coordinate))
            if value is None or value == "" or isinstance(value, bool):
                continue
            found = self._number(cell, value) if isinstance(value, (int, float)) else self._text(cell, str(value))
            if found:
                yield found

    @cached_property
    def _shown(self) -> list[Cell]:
        """The cells that hold something and can be seen."""
        # iter_rows would make the cells that the file leaves out, a hundred times as many.
        return [
            cell
            for cell in self._sheet._cells.values()
            if not (isinstance(cell, MergedCell) or cell.value is None or self._hidden(cell.column))
            and not self._sheet.row_dimensions[cell.row].hidden
        ]

    @property
    def coloured(self) -> list[str]:
        """The cells whose format shows no digits: a map's squares."""
        return [cell.coordinate for cell in self._shown if cell.number_format == ";;;"]

    def _room(self, cell: Cell) -> tuple[float, float]:
        left, top, right, bottom = self._merged.get(cell.coordinate, (cell.column, cell.row) * 2)
        width = sum(self._pixels(col) for col in range(left, right + 1))
        return width, sum(self._height(row) for row in range(top, bottom + 1))

    def sizes(self) -> Iterator[tuple[Cell, str, float]]:
        """Yield each number that is seen, with its text and the points that it has when it fits."""
        for cell in self._shown:
            value = self._live.value((self._name, cell.coordinate))
            text = "" if value is None or isinstance(value, bool | str) else self._written(cell, value)[1]
            if text:
                room = self._room(cell)[0] - PADDING
                needs = text_width(text, cell.font.size, bool(cell.font.bold))
                shrinks = bool(cell.alignment.shrink_to_fit) and needs > room
                yield cell, text, cell.font.size * room / needs if shrinks else cell.font.size

    def _written(self, cell: Cell, value: float) -> tuple[str, str]:
        """The format of a number, and its text."""
        code = self._format(cell, value)
        return code, general(value) if code == "General" else shown(value, code)

    def _number(self, cell: Cell, value: float) -> Misfit | None:
        code, text = self._written(cell, value)
        if not text:  # the number is there for its colour
            return None
        width, height = self._room(cell)
        size = cell.font.size
        needs = text_width(text, size, bool(cell.font.bold)) + PADDING
        if code == "General":  # as few decimals as there is room for
            needs = min(needs, text_width(_shortest(value), size, bool(cell.font.bold)) + PADDING)
        if cell.alignment.shrink_to_fit:
            needs = (needs - PADDING) * SMALLEST_SHRUNK + PADDING
        if needs > width:
            return Misfit(self._name, cell.coordinate, text, needs, width, "number")
        return self._too_high(cell, text, 1, height)

    def _text(self, cell: Cell, text: str) -> Misfit | None:
        width, height = self._room(cell)
        bold, size = bool(cell.font.bold), cell.font.size
        if cell.alignment.wrap_text:
            lines = line_count(text, size, width, bold)
            longest = max(text_width(word, size, bold) for word in text.split())
            if longest > width - PADDING + 1:
                return Misfit(self._name, cell.coordinate, text, longest + PADDING, width, "word")
            return self._too_high(cell, text, lines, height)
        needs = text_width(text.replace("\n", " "), size, bold) + PADDING - 1
        if cell.alignment.shrink_to_fit:
            needs *= SMALLEST_SHRUNK
        if cell.coordinate not in self._merged:
            width += self._free_beside(cell, needs - width)
        if needs > width:
            return Misfit(self._name, cell.coordinate, text, needs, width, "text")
        return self._too_high(cell, text, 1, height)

    def _free_beside(self, cell: Cell, wanted: float) -> float:
        """The pixels of empty neighbours, where the text runs over them."""
        align = cell.alignment.horizontal or "left"
        free = dict.fromkeys((-1, 1), 0.0)
        for side in free:
            if (side == -1 and align == "left") or (side == 1 and align == "right"):
                continue
            col = cell.column + side
            while col > 0 and free[side] < wanted and not self._hidden(col) and self._is_free(cell.row, col):
                free[side] += self._pixels(col)
                col += side
        return 2 * min(free.values()) if align == "center" else sum(free.values())

    def _is_free(self, row: int, col: int) -> bool:
        cell = self._sheet._cells.get((row, col))
        return cell is None or (not isinstance(cell, MergedCell) and cell.value is None)

    def _too_high(self, cell: Cell, text: str, lines: int, height: float) -> Misfit | None:
        if self._sheet.row_dimensions[cell.row].height is None and cell.coordinate not in self._merged:
            return None  # Excel fits such a row to what it holds
        needs = lines * line_pixels(cell.font.size)
        # Excel draws a line that lacks a pixel or two above and below, where there is nothing of most letters.
        if needs > height + 3:
            return Misfit(self._name, cell.coordinate, text, needs, height, "height")
        return None


def _shortest(value: float) -> str:
    whole = str(round(value))
    power = f"{value:.0E}"
    return min(whole, power, key=len)
