"""A workbook open in an engine: type into cells, let it recalculate, look at cells. For tests with many edits."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from openpyxl.utils.cell import coordinate_from_string, coordinate_to_tuple, get_column_letter

from tests.support.engines import require_engine, strip_values

Place = tuple[str, str]
SPARE_COLUMN = 16_384
"""The last column, which no sheet of ours uses."""
_ERROR = re.compile(r"#[A-Z0/]+[!?]?")


class Live:
    """The workbook without its stored values, in ironcalc, which evaluates it anew after each edit."""

    def __init__(self, path: Path, folder: Path) -> None:
        require_engine("ironcalc")
        import ironcalc

        stripped = strip_values(path, folder / f"{path.stem}.live.xlsx")
        self._open = ironcalc.load_from_xlsx(str(stripped), "en", "UTC", "en")
        self._is_stale = True
        self._spare: dict[str, int] = {}
        self._sheets = {sheet["name"]: k for k, sheet in enumerate(self._open.get_worksheets_properties())}
        listed = [(item["name"], _place(item["formula"])) for item in self._open.get_defined_name_list()]
        self.names = {name: place for name, place in listed if place}

    @property
    def _model(self):
        """The workbook, evaluated since the last edit."""
        if self._is_stale:
            self._open.evaluate()
            self._is_stale = False
        return self._open

    def type(self, changes: dict[str | Place, float | str], *, over_formulas: bool = False) -> None:
        """Set cells, by defined name or by sheet and cell, and recalculate; over formulas only where told so."""
        for target, value in changes.items():
            sheet, cell = self.names[target] if isinstance(target, str) else target
            at = (self._sheets[sheet], *coordinate_to_tuple(cell))
            assert over_formulas or self._open.get_cell_formula(*at) is None, f"{sheet}!{cell} holds a formula"
            (self._open.update_cell_with_text if isinstance(value, str) else self._open.update_cell_with_number)(
                *at, value
            )
        self._is_stale = True

    def value(self, target: str | Place):
        """The value of a cell, by defined name or by sheet and cell."""
        sheet, cell = self.names[target] if isinstance(target, str) else target
        return self._model.get_cell_value(self._sheets[sheet], *coordinate_to_tuple(cell))

    def column(self, sheet: str, first: str, count: int) -> list:
        """The values of the cells from `first` on downwards."""
        letters, row = coordinate_from_string(first)
        return [self.value((sheet, f"{letters}{row + k}")) for k in range(count)]

    def add(self, sheet: str, formulas: list[str]) -> list[Place]:
        """Let formulas stand on a sheet, where nobody looks; return their places."""
        last = get_column_letter(SPARE_COLUMN)
        first = self._spare.get(sheet, 1)
        for row, formula in enumerate(formulas, start=first):
            self._open.set_user_input(self._sheets[sheet], row, SPARE_COLUMN, formula)
        self._spare[sheet], self._is_stale = first + len(formulas), True
        return [(sheet, f"{last}{row}") for row in range(first, first + len(formulas))]

    @cached_property
    def _cells(self) -> dict[int, list[tuple[int, int]]]:
        """Of each sheet, the cells that hold something."""
        found: dict[int, list[tuple[int, int]]] = {index: [] for index in self._sheets.values()}
        for sheet, row, col in self._open.get_all_cells():
            found[sheet].append((row, col))
        return found

    @property
    def sheets(self) -> list[str]:
        """The names of all sheets."""
        return list(self._sheets)

    def errors(self, sheet: str) -> dict[str, str]:
        """The cells of a sheet that show an error."""
        index, model, found = self._sheets[sheet], self._model, {}
        for row, col in self._cells[index]:
            value = model.get_cell_value(index, row, col)
            if isinstance(value, str) and _ERROR.fullmatch(value) and model.get_cell_formula(index, row, col):
                found[f"R{row}C{col}"] = value
        return found


def _place(target: str) -> Place | None:
    """The sheet and the cell that a name stands for; None for a formula or an area."""
    found = re.fullmatch(r"=?(?:'([^']+)'|(\w+))!\$?([A-Z]+)\$?(\d+)", target)
    return (found[1] or found[2], found[3] + found[4]) if found else None
