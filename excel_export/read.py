"""Read tensors back from a workbook's stored values."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from xml.etree.ElementTree import ParseError

import numpy as np
from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from excel_export.errors import ExportError
from excel_export.grid import Grid
from excel_export.sheets import tensors


def read_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Read every tensor of a workbook we wrote, also after a spreadsheet program saved it again.

    Returns:
        float64 arrays in PyTorch's shapes: 'loss'; each parameter, input and intermediate value by its
        name; and each gradient by 'grad.' + that name. An element without a stored number is NaN.

    Raises:
        ExportError: the file is missing, is no workbook, or is not one of ours.
    """
    return {key: array for (key, _), array in read_all(path, (tensors.VALUE, tensors.GRADIENT)).items()}


def read_all(path: str | Path, only: Collection[str] = ()) -> dict[tuple[str, str], np.ndarray]:
    """Read every indexed tensor by its key and what it is, such as 'after one step'; or `only` what is some of these.

    Raises:
        ExportError: as `read_tensors`.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise ExportError(f"{path}: no such file") from None
    except (OSError, KeyError, ValueError, ParseError, zipfile.BadZipFile, InvalidFileException) as error:
        raise ExportError(f"{path}: not a workbook that can be read ({type(error).__name__})") from error
    try:
        if tensors.NAME not in book.sheetnames:
            raise ExportError(f"{path}: not a workbook that excel_export wrote: it has no sheet '{tensors.NAME}'")
        entries = [entry for entry in _entries(book[tensors.NAME], path) if not only or entry.what in only]
        sheets = {name: _numbers(book[name]) for name in {grid.sheet for _, _, grid in entries}}
    finally:
        book.close()
    return {(key, what): _cells(sheets[grid.sheet], grid) for key, what, grid in entries}


def _entries(sheet: ReadOnlyWorksheet, path: str | Path) -> list[tensors.Entry]:
    entries = []
    for row in sheet.iter_rows(min_row=tensors.FIRST_ROW, min_col=2, max_col=1 + len(tensors.HEADS), values_only=True):
        if row[0] is None:
            continue
        try:
            key, what, shape, name, first, rows, cols = map(str, row)
            letters, number = coordinate_from_string(first)
            place = (number, column_index_from_string(letters), _tuple(shape), _tuple(rows), _tuple(cols))
        except (ValueError, CellCoordinatesException) as error:
            raise ExportError(f"{path}: the index on sheet '{tensors.NAME}' is damaged at '{row[0]}'") from error
        entries.append(tensors.Entry(key, what, Grid(name, *place)))
    return entries


def _tuple(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", text))


def _numbers(sheet: ReadOnlyWorksheet) -> np.ndarray:
    """Return the sheet's numbers as an array indexed by row and column from 0; NaN elsewhere."""
    rows = [
        [float(item) if isinstance(item, (int, float)) else np.nan for item in row]
        for row in sheet.iter_rows(values_only=True)
    ]
    numbers = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
    for number, row in zip(numbers, rows, strict=True):
        number[: len(row)] = row
    return numbers


def _cells(numbers: np.ndarray, grid: Grid) -> np.ndarray:
    missing = (
        max(grid.row + grid.height - 1 - numbers.shape[0], 0),
        max(grid.col + grid.width - 1 - numbers.shape[1], 0),
    )
    if any(missing):
        numbers = np.pad(numbers, [(0, missing[0]), (0, missing[1])], constant_values=np.nan)
    return np.asarray(numbers[grid.rows - 1, grid.cols - 1])
