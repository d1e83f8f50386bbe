"""Read tensors back from a workbook's stored values."""

import math
from array import array
from collections.abc import Collection
from pathlib import Path

import numpy as np

from excel_export.formulas import Grid
from excel_export.shared.cells import LAST_COLUMN
from excel_export.shared.errors import ExportError
from excel_export.workbook import index
from excel_export.workbook.package import Package
from excel_export.workbook.scan import Formula, scan_cells, shared_texts, unescaped

MOST_TENSORS = 20_000
LONGEST_INDEX = 10_000_000
"""In characters."""
_CHUNK = 1 << 16


def read_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Read every tensor of a workbook we wrote, also after a spreadsheet program saved it again.

    Returns:
        float64 arrays in PyTorch's shapes: 'loss'; each parameter, input and intermediate value by its
        name; and each gradient by 'grad.' + that name. An input has the name of the argument, with a number where
        'loss', a parameter or a gradient has this name, too. An element without a stored number is NaN.

    Raises:
        ExportError: the file is missing, is no workbook, or is not one of ours.
    """
    return {key: array for (key, _), array in read_all(path, (index.VALUE, index.GRADIENT)).items()}


def read_all(path: str | Path, only: Collection[str] = ()) -> dict[tuple[str, str], np.ndarray]:
    """Read every indexed tensor by its key and what it is, such as 'after one step'; or `only` what is some of these.

    Raises:
        ExportError: as `read_tensors`.
    """
    with Package(Path(path)) as package:
        entries = [entry for entry in _index(package, path) if not only or entry.what in only]
        if sum(math.prod(entry.grid.shape) for entry in entries) > index.MOST_ELEMENTS:
            raise ExportError(f"{path}: its tensors hold more than {index.MOST_ELEMENTS:,} numbers: too many to read")
        found: dict[int, np.ndarray] = {}
        for sheet in {entry.grid.sheet for entry in entries}:
            here = [(k, entry.grid) for k, entry in enumerate(entries) if entry.grid.sheet == sheet]
            wanted = np.unique(np.concatenate([_places(grid).ravel() for _, grid in here]))
            numbers = _numbers(package, package.sheets[sheet], wanted)
            found |= {k: np.asarray(numbers[np.searchsorted(wanted, _places(grid))]) for k, grid in here}
    return {(entry.key, entry.what): found[k] for k, entry in enumerate(entries)}


def read_index(path: str | Path) -> list[index.Entry]:
    """Read where every tensor of a workbook lies.

    Raises:
        ExportError: as `read_tensors`.
    """
    with Package(Path(path)) as package:
        return _index(package, path)


def _index(package: Package, path: str | Path) -> list[index.Entry]:
    if index.SHEET not in package.sheets:
        raise ExportError(f"{path}: not a workbook that excel_export wrote: it has no sheet '{index.SHEET}'")
    entries: dict[tuple[str, str], index.Entry] = {}
    for texts in _index_rows(package, path):
        try:
            entry = index.entry_of(*texts)
        except (TypeError, ValueError) as error:
            raise _damaged(path, texts[0], "") from error
        if entry.grid.sheet not in package.sheets:
            raise _damaged(path, entry.key, f": there is no sheet {entry.grid.sheet[:100]!r}")
        if entries.setdefault((entry.key, entry.what), entry) != entry:
            raise _damaged(path, entry.key, ", which it lists twice")
    if not entries:
        raise ExportError(f"{path}: the index on sheet '{index.SHEET}' lists no tensor")
    return list(entries.values())


def _damaged(path: str | Path, key: str, reason: str) -> ExportError:
    return ExportError(f"{path}: the index on sheet '{index.SHEET}' is damaged at {key[:100]!r}{reason}")


def _index_rows(package: Package, path: str | Path) -> list[list[str]]:
    """Return the texts of each row of the index that has a key."""
    rows: dict[int, dict[int, str]] = {}
    shared: dict[tuple[int, int], int] = {}
    length = 0

    def take(row: int, col: int, kind: str, text: str, formula: Formula | None) -> None:
        nonlocal length
        if row < index.FIRST_ROW or not index.FIRST_COL <= col < index.FIRST_COL + len(index.HEADS):
            return
        rows.setdefault(row, {})[col] = unescaped(text)
        if kind == "s":
            shared[row, col] = int(text)
        length += len(text)
        if len(rows) > MOST_TENSORS or length > LONGEST_INDEX:
            raise ExportError(f"{path}: the index on sheet '{index.SHEET}' is too large to read")

    scan_cells(package, package.sheets[index.SHEET], take)
    if shared:
        texts = shared_texts(package, {*shared.values()}, LONGEST_INDEX)
        for (row, col), serial in shared.items():
            rows[row][col] = unescaped(texts.get(serial, ""))
    columns = range(index.FIRST_COL, index.FIRST_COL + len(index.HEADS))
    return [[rows[row].get(col, "") for col in columns] for row in sorted(rows) if rows[row].get(index.FIRST_COL)]


def _numbers(package: Package, part: str, wanted: np.ndarray) -> np.ndarray:
    """Return the sheet's numbers in the places `wanted`, which are sorted; NaN where there is none."""
    numbers = np.full(len(wanted), np.nan)
    places, values = array("q"), array("d")

    def store() -> None:
        found = np.array(places)
        at = np.minimum(np.searchsorted(wanted, found), len(wanted) - 1)
        known = wanted[at] == found
        numbers[at[known]] = np.array(values)[known]
        del places[:], values[:]

    def take(row: int, col: int, kind: str, text: str, formula: Formula | None) -> None:
        if kind in ("n", "b"):
            try:
                value = float(text)
            except ValueError:
                return
            places.append(row * (LAST_COLUMN + 1) + col)
            values.append(value if math.isfinite(value) else math.nan)
            if len(places) == _CHUNK:
                store()

    if len(wanted):
        scan_cells(package, part, take)
        store()
    return numbers


def _places(grid: Grid) -> np.ndarray:
    """Number the cells of a grid, in the tensor's shape."""
    return np.asarray(grid.rows * (LAST_COLUMN + 1) + grid.cols)
