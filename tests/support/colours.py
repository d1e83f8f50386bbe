"""How well the text of a workbook's cells can be told from the ground, whatever numbers they hold: computed from the
file.

The contrast is WCAG's: from 1:1, which nobody can read, to 21:1, black on white. At least 4.5:1 is what it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.formatting.rule import Rule
from openpyxl.styles.colors import Color
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

ENOUGH = 4.5
STEPS = 8
"""At how many places between two of its colours a scale is looked at."""
UNSEEN = ";;;"
"""The format of a number that is there for its colour."""
WHITE, BLACK = "FFFFFF", "000000"


@dataclass(frozen=True)
class Faint:
    """A cell whose text cannot be read well on one of its grounds."""

    sheet: str
    cell: str
    text: str
    ground: str
    contrast: float


def faint_cells(path: Path) -> list[Faint]:
    """Every visible cell with a fill, a colour scale or another conditional format that is not clear enough."""
    return [found for sheet in load_workbook(path) if sheet.sheet_state == "visible" for found in _of_sheet(sheet)]


@cache
def contrast(text: str, ground: str) -> float:
    """The contrast of two colours, each as RRGGBB."""
    dark, light = sorted((_luminance(text), _luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _of_sheet(sheet: Worksheet) -> Iterator[Faint]:
    hidden = {
        letter
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden
        for letter in range(dimension.min, dimension.max + 1)
    }
    areas = [(area, list(formats.rules)) for formats in sheet.conditional_formatting for area in formats.sqref.ranges]
    for line in sheet.iter_rows():
        here = [(area, rules) for area, rules in areas if area.min_row <= line[0].row <= area.max_row]
        for cell in line:
            if cell.value is not None and cell.column not in hidden and cell.number_format != UNSEEN:
                rules = [rule for area, rules in here if _holds(area, cell) for rule in rules]
                yield from _of_cell(sheet.title, cell, rules)


def _holds(area: CellRange, cell: Cell) -> bool:
    return area.min_col <= cell.column <= area.max_col and area.min_row <= cell.row <= area.max_row


def _of_cell(sheet: str, cell: Cell, rules: list[Rule]) -> Iterator[Faint]:
    own_text = _rgb(cell.font.color) or BLACK
    own_ground = _rgb(cell.fill.fgColor) if cell.fill.fill_type == "solid" else None
    if own_ground is None and not rules:
        return
    scales = [rule.colorScale for rule in rules if rule.colorScale]
    grounds = [ground for scale in scales for ground in _along(tuple(_rgb(color) for color in scale.color))]
    grounds = grounds or [own_ground or WHITE]
    pairs = {(own_text, ground) for ground in grounds}
    for rule in rules:
        if rule.dxf:
            text = _rgb(rule.dxf.font.color) if rule.dxf.font else None
            ground = _rgb(rule.dxf.fill.bgColor) if rule.dxf.fill else None
            # What has its ground's colour is hidden on purpose.
            if text and text == ground:
                continue
            pairs |= {(text or own_text, each) for each in ([ground] if ground else grounds)}
    faintest = min(pairs, key=lambda pair: contrast(*pair))
    if contrast(*faintest) < ENOUGH:
        yield Faint(sheet, cell.coordinate, *faintest, round(contrast(*faintest), 2))


@cache
def _along(colors: tuple[str, ...]) -> list[str]:
    """The colours of a scale, from its first to its last."""
    return [_between(low, high, k / STEPS) for low, high in pairwise(colors) for k in range(STEPS + 1)]


def _between(low: str, high: str, part: float) -> str:
    ends = ([int(color[k : k + 2], 16) for k in (0, 2, 4)] for color in (low, high))
    return "".join(f"{round(a + part * (b - a)):02X}" for a, b in zip(*ends, strict=True))


def _rgb(color: Color | None) -> str | None:
    if color is None or color.type != "rgb":
        return None
    return str(color.rgb)[-6:]
