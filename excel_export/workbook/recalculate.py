"""Store a value beside every formula of a workbook: without, previewers, Protected View and pandas show blanks.

A spreadsheet engine computes the workbook, which is then written again with the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BufferedWriter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np

from excel_export.formulas import Grid, Reference
from excel_export.shared.cells import name_of
from excel_export.workbook.cell_xml import Value
from excel_export.workbook.sheet_xml import SheetPart
from excel_export.workbook.write import BareWorkbook

if TYPE_CHECKING:
    import ironcalc

EXCEL_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
"""The error values that Excel knows."""
SHOWN_FAILURES = 5
"""The most cells that an error message names."""
LONGEST_SHOWN = 100
"""The most characters of a formula in an error message."""


class RecalculationError(Exception):
    """The engine could not compute a workbook: "1 formulas have no value: 'Sheet1'!B3 =1/0 gives #DIV/0!".

    `sheets` has the names of the sheets with a formula that has no value; it is empty for other reasons.
    """

    def __init__(self, words: str, sheets: Collection[str] = ()) -> None:
        super().__init__(words)
        self.sheets = frozenset(sheets)


@dataclass(frozen=True)
class Rounding:
    """The precision of a sheet's stored values: Rounding(6, {(3, 2)}) for 6 significant digits, except in B3."""

    digits: int
    """The number of significant digits."""
    exact: Collection[tuple[int, int]] = ()
    """The cells, as row and column from 1 on, whose values keep all digits."""


@dataclass(frozen=True)
class Computed:
    """A workbook held by an engine: `type` numbers into cells, `recalculate`, and read the results by `numbers`."""

    formulas: int
    """The number of formulas."""
    model: Any
    """The engine's model of the workbook, with the methods of IronCalc's."""
    sheets: Mapping[str, int]
    """The index of each sheet in the file, from 0 on, by its name."""

    def numbers(self, grid: Grid) -> np.ndarray:
        """Return the numbers in the cells of a grid, float64 in its shape; NaN for a cell that holds no number."""
        sheet, places = self.sheets[grid.sheet], zip(grid.rows.flat, grid.cols.flat, strict=True)
        found = [self.model.get_cell_value(sheet, int(row), int(col)) for row, col in places]
        numbers = [float(each) if isinstance(each, (int, float)) else math.nan for each in found]
        return np.asarray(numbers, dtype=np.float64).reshape(grid.shape)

    def holds(self, text: str, area: Reference) -> bool:
        """Return whether a cell of a rectangle, B3:D5, holds exactly this text, 'differs'."""
        sheet, get = self.sheets[area.sheet], self.model.get_cell_value
        return any(get(sheet, cell.row, cell.col) == text for cell in area.plain.each())

    def type(self, grid: Grid, numbers: np.ndarray) -> None:
        """Write numbers, an array in the grid's shape, into the cells of a grid, B3:B5. Only IronCalc can do so."""
        for row, col, number in zip(grid.rows.flat, grid.cols.flat, numbers.flat, strict=True):
            self.model.update_cell_with_number(self.sheets[grid.sheet], int(row), int(col), float(number))

    def recalculate(self) -> None:
        """Compute all formulas again, which is needed after `type`, before `numbers`."""
        self.model.evaluate()


def with_values(
    workbook: BareWorkbook,
    file: BufferedWriter,
    *,
    allow_errors: bool = False,
    rounding: Mapping[str, Rounding] = MappingProxyType({}),
    engine: Callable[[str], Any] | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Computed:
    """Write a workbook with its formulas' values, computed by an engine; return the workbook in the engine.

    Args:
        workbook: the workbook without values.
        file: an open file with a path. First the workbook is written there without values, for the engine to read.
        allow_errors: True if a formula may give an error value that Excel knows, such as `#N/A`.
        rounding: the precision of the stored values, {'After': Rounding(6)}; other sheets keep all digits.
        engine: a function from the file's path to a model with the methods of IronCalc's; None for IronCalc.
        progress: called with the fraction of the values that is stored, from 0 to 1, after each sheet.

    Raises:
        RecalculationError: the engine is missing, or can't load or evaluate the workbook, or a formula can't be
            parsed or gives an error value.
        OSError: the file can't be written.
    """
    model = _evaluate(workbook, file, engine)
    index = {sheet.name: k for k, sheet in enumerate(workbook.sheets)}
    total = sum(sheet.rows.formulas for sheet in workbook.sheets)
    stored, failures, failing = 0, list[str](), set[str]()
    progress(0)

    def filled(sheet: SheetPart) -> Iterator[bytes]:
        nonlocal stored
        values = _Values(model, index[sheet.name], rounding.get(sheet.name))
        yield from sheet.rows.filled(values)
        for (row, col), error in values.errors:
            if not allow_errors or error not in EXCEL_ERRORS:
                formula = sheet.rows.formula(row, col)
                formula = formula if len(formula) <= LONGEST_SHOWN + 1 else f"{formula[: LONGEST_SHOWN - 2]}..."
                failing.add(sheet.name)
                failures.append(f"'{sheet.name}'!{name_of(row, col)} {formula} gives {error}")
        stored += sheet.rows.formulas
        progress(stored / total if total else 1)

    workbook.save(file, filled)
    if failures:
        shown = failures[:SHOWN_FAILURES] + ["…"] * (len(failures) > SHOWN_FAILURES)
        raise RecalculationError(f"{len(failures)} formulas have no value: {'; '.join(shown)}", failing)
    return Computed(total, model, index)


def _ironcalc(path: str, workbook: BareWorkbook) -> ironcalc.Model:
    """Compute a workbook whose file has the formulas alone: IronCalc takes the other cells faster one by one."""
    import ironcalc

    model = ironcalc.load_from_xlsx(path, "en", "UTC", "en")
    for k, sheet in enumerate(workbook.sheets):
        sheet.rows.visit_constants(partial(model.update_cell_with_number, k), partial(model.update_cell_with_text, k))
    model.evaluate()
    return model


def _evaluate(workbook: BareWorkbook, file: BufferedWriter, engine: Callable[[str], Any] | None) -> Any:
    # Not packed, and without what changes no value: so the engine loads it faster.
    rows = (lambda sheet: [sheet.rows.bare]) if engine else (lambda sheet: sheet.rows.formulas_alone())
    workbook.save(file, rows, formats=False, packed=False)
    file.flush()
    try:
        model = engine(file.name) if engine else _ironcalc(file.name, workbook)
    except (KeyboardInterrupt, SystemExit):
        raise
    except ImportError as error:
        raise RecalculationError("stored values need the engine: pip install ironcalc") from error
    except BaseException as error:  # a panic inside the engine is not an Exception
        raise RecalculationError(f"the engine can't compute this workbook: {error}") from error
    file.seek(0)
    file.truncate()
    return model


class _Values:
    """The values of a sheet's formulas as the file stores them; `errors` collects the cells with an error value."""

    def __init__(self, model: Any, sheet: int, rounding: Rounding | None) -> None:
        self._value_of, self._type_of, self._sheet = model.get_cell_value, model.get_cell_type, sheet
        self._digits, self._exact = (rounding.digits, rounding.exact) if rounding else (0, ())
        self.errors: list[tuple[tuple[int, int], str]] = []

    def __call__(self, row: int, col: int) -> Value:
        value = self._value_of(self._sheet, row, col)
        if type(value) is float and math.isfinite(value):
            rounded = self._digits and (row, col) not in self._exact
            return b"", b"%.*g" % (self._digits, value) if rounded else b"%r" % value
        if isinstance(value, bool):
            return b"b", b"%d" % value
        if isinstance(value, str) and str(self._type_of(self._sheet, row, col)) == "CellType.Text":
            return b"str", escape(value).encode()
        error = value if isinstance(value, str) else "#NUM!"
        self.errors.append(((row, col), error))
        return b"e", escape(error).encode()
