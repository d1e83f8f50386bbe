"""How cells look by the conditional formats that read other cells, as an engine decides: from the file."""

from __future__ import annotations

from openpyxl.formatting.rule import Rule
from openpyxl.formula.translate import Translator
from openpyxl.worksheet.worksheet import Worksheet

from excel_export.workbook.styles import PAPER
from tests.support.live import Live, Place


class ConditionalFormats:
    """The formats of some cells of a sheet; of those that hold, the first counts, as in LibreOffice."""

    def __init__(self, sheet: Worksheet, live: Live, cells: list[Place]) -> None:
        self._live = live
        self._rules: dict[Place, list[tuple[Rule, Place]]] = {place: [] for place in cells}
        for formats in sheet.conditional_formatting:
            areas = formats.sqref.ranges
            first = min((area.min_row, area.min_col) for area in areas)
            rules = [rule for rule in formats.rules if rule.type == "expression"]
            conditions = [Translator(f"={rule.formula[0]}", sheet.cell(*first).coordinate) for rule in rules]
            for place in cells:
                at = sheet[place[1]]
                if any(a.min_row <= at.row <= a.max_row and a.min_col <= at.column <= a.max_col for a in areas):
                    moved = [condition.translate_formula(at.coordinate) for condition in conditions]
                    # A rule finds its number by the place of the cell, which the engine computes elsewhere.
                    moved = [said.replace("ROW()", str(at.row)).replace("COLUMN()", str(at.column)) for said in moved]
                    self._rules[place] += zip(rules, live.add(sheet.title, moved), strict=True)

    def of(self, place: Place) -> Rule | None:
        """The format that a cell has now."""
        return next((rule for rule, said in self._rules[place] if self._live.value(said) is True), None)

    def fill(self, place: Place) -> str:
        """The colour behind a cell, '' for its own."""
        rule = self.of(place)
        return rule.dxf.fill.bgColor.rgb[-6:] if rule and rule.dxf.fill else ""

    def ink(self, place: Place) -> str:
        """The colour of its text, '' for its own."""
        rule = self.of(place)
        return rule.dxf.font.color.rgb[-6:] if rule and rule.dxf.font and rule.dxf.font.color else ""

    def is_framed(self, place: Place) -> bool:
        """Whether it has a line around it."""
        rule = self.of(place)
        return bool(rule and rule.dxf.border and rule.dxf.border.left and rule.dxf.border.left.style)

    def has_no_border(self, place: Place) -> bool:
        """Whether its own border is white now, as the paper."""
        rule = self.of(place)
        border = rule.dxf.border if rule else None
        sides = [border.left, border.right, border.top, border.bottom] if border else []
        colors = [side.color.rgb for side in sides if side and side.color]
        return bool(colors) and all(color.endswith(PAPER) for color in colors)
