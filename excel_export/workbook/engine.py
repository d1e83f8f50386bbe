"""The embedded spreadsheet engine with a reference workbook in it, and formulas that read something outside of their
file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from excel_export.shared.a1_notation import Place, without_texts
from excel_export.workbook.contents import Cell

if TYPE_CHECKING:
    import ironcalc

_NAMES = "WEBSERVICE|IMAGE|RTD|CALL|REGISTER\\.ID|SQL\\.REQUEST|DDE|IMPORT[A-Z]*|STOCKHISTORY|CUBE[A-Z]+"
_FUNCTIONS = re.compile(rf"(?<![\w.])(?:_xlfn\.|_xlws\.)*({_NAMES})\s*\(", re.I)
# [1]Sheet!A1, 'C:\[book.xlsx]Sheet'!A1, 'file:///C:/book.ods'#$Sheet.A1
_FILE = re.compile(r"(?<!\w)\[[^\]]+\][^!]*!|'[^']*\[[^\]]*\][^']*'!|file:/+|'#\$", re.I)
_PROGRAM = re.compile(r"\w\|")  # cmd|'/c calc'!A0


def external_reference(formula: str) -> str:
    """Return what a formula without '=' reads outside of its file; '' if it reads nothing there.

    It is the name of a function, in capitals, 'another file' or 'another program'.

    Example:
        >>> external_reference("webservice(A1)"), external_reference("[1]Sheet1!A1+1"), external_reference("A1+1")
        ('WEBSERVICE', 'another file', '')
    """
    text = without_texts(formula)
    function = _FUNCTIONS.search(text)
    if function:
        return function[1].upper()
    if _FILE.search(text):
        return "another file"
    return "another program" if _PROGRAM.search(re.sub(r"'[^']*'!", "", text)) else ""


UNKNOWN = ("#NAME?", "#ERROR!", "#N/IMPL!")
"""The engine's values for a function or a notation that it doesn't know."""


class Engine:
    """A workbook in a spreadsheet engine: Engine('net.xlsx'). A cell is a triple of sheet, row and column from 1 on.

    put(('Sheet1', 3, 2), Cell(0.5)) sets B3, `evaluate` computes the formulas, and `number` reads a result.
    """

    def __init__(self, workbook: str) -> None:
        import ironcalc

        self._model: ironcalc.Model = ironcalc.load_from_xlsx(workbook, "en", "UTC", "en")
        self._sheets = {sheet["name"]: k for k, sheet in enumerate(self._model.get_worksheets_properties())}
        self._not_parsed: set[Place] = set()

    @property
    def sheets(self) -> Collection[str]:
        """The names of the sheets: 'Sheet1', 'Sheet2'."""
        return self._sheets.keys()

    def put(self, at: Place, content: Cell) -> None:
        """Set a cell, ('Sheet1', 3, 2) for B3, to a content, Cell(formula='B2*B3'); a missing sheet is added.

        A formula that reads something outside of its file, such as a web address, becomes the text 'not evaluated'; one
        that the engine cannot parse becomes 'not a formula'.
        """
        sheet, row, col = at
        if sheet not in self._sheets:
            self._model.add_sheet(sheet)
            self._sheets[sheet] = len(self._sheets)
        place = self._sheets[sheet], row, col
        self._not_parsed.discard(at)
        if content.formula and not external_reference(content.formula):
            try:
                if content.is_array:
                    self._model.set_user_array_formula(*place, 1, 1, f"={content.formula}")
                else:
                    self._model.update_cell_with_formula(*place, f"={content.formula}")
            except Exception:
                self._model.update_cell_with_text(*place, "not a formula")
                self._not_parsed.add(at)
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
        """Compute all formulas again, after `put` and before `number`."""
        self._model.evaluate()

    def number(self, at: Place) -> float | None:
        """Return the finite number in a cell, ('Sheet1', 3, 2) for B3; None if it holds anything else."""
        value = self._value(at)
        return value if isinstance(value, float) and math.isfinite(value) else None

    def is_empty(self, at: Place) -> bool:
        """Return whether a cell, ('Sheet1', 3, 2), shows nothing: it has no content, or an empty text."""
        return self._value(at) in (None, "")

    def is_unknown(self, at: Place) -> bool:
        """Return whether the engine can't parse a cell's formula, or does not know a name in it: =FOO(1), #NAME?."""
        return at in self._not_parsed or self._value(at) in UNKNOWN

    def _value(self, at: Place) -> object:
        sheet, row, col = at
        return self._model.get_cell_value(self._sheets[sheet], row, col)
