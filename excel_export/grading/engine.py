"""The embedded spreadsheet engine, with the workbook that was handed out in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from excel_export.grading.external_references import external_reference
from excel_export.grading.submission import Cell

if TYPE_CHECKING:
    import ironcalc


class Engine:
    """The workbook that was handed out, in the embedded engine."""

    def __init__(self, handout: str) -> None:
        import ironcalc

        self._model: ironcalc.Model = ironcalc.load_from_xlsx(handout, "en", "UTC", "en")
        self._sheets = {sheet["name"]: k for k, sheet in enumerate(self._model.get_worksheets_properties())}

    def put(self, at: tuple[str, int, int], content: Cell) -> None:
        """Set a cell as a student did. What reaches out of the file is no formula here."""
        sheet, row, col = at
        if sheet not in self._sheets:
            self._model.add_sheet(sheet)
            self._sheets[sheet] = len(self._sheets)
        place = self._sheets[sheet], row, col
        if content.formula and not external_reference(content.formula):
            formula = "=" + content.formula.replace("_xlfn.", "").replace("_xlws.", "")
            try:
                if content.is_array:
                    self._model.set_user_array_formula(*place, 1, 1, formula)
                else:
                    self._model.update_cell_with_formula(*place, formula)
            except Exception:
                self._model.update_cell_with_text(*place, "not a formula")
        elif content.formula:
            self._model.update_cell_with_text(*place, "not evaluated")
        elif content.value is None or content.value == "":
            self._model.clear_cell_contents(*place)
        elif isinstance(content.value, bool):
            self._model.update_cell_with_bool(*place, content.value)
        elif isinstance(content.value, float):
            self._model.update_cell_with_number(*place, content.value)
        else:
            self._model.update_cell_with_text(*place, content.value)

    def evaluate(self) -> None:
        """Compute all cells."""
        self._model.evaluate()

    def number(self, at: tuple[str, int, int]) -> float | None:
        """The number in a cell; None where there is none."""
        sheet, row, col = at
        value = self._model.get_cell_value(self._sheets[sheet], row, col)
        return value if isinstance(value, float) and math.isfinite(value) else None

    def is_empty(self, at: tuple[str, int, int]) -> bool:
        """Whether a cell shows nothing, as the marks in the workbook see it."""
        sheet, row, col = at
        return self._model.get_cell_value(self._sheets[sheet], row, col) in (None, "")
