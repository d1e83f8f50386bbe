"""The index of a workbook, one sheet with the place of every tensor, and tensors read back from the stored values."""

import math
import re
from array import array
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from excel_export.formulas import Grid
from excel_export.shared.cells import LAST_COLUMN, place_of
from excel_export.shared.errors import ExportError
from excel_export.workbook.package import Package
from excel_export.workbook.scan import Formula, scan_cells, shared_texts, unescaped

SHEET = "Tensors"
"""The name of the sheet with the index."""
VALUE, GRADIENT, AFTER, AFTER_TRAINING = "value", "gradient", "after one step", "after training"
HEADS = ("tensor", "what", "shape", "sheet", "first cell", "row strides", "column strides")
"""The heads of the index's columns."""
FIRST_ROW = 5
"""The row of the first entry, from 1 on."""
FIRST_COL = 2
"""The column of the keys, from 1 on."""
MOST_ELEMENTS = 10_000_000
"""The most numbers of all tensors: ten times those of the largest workbook that a program opens with patience."""
MOST_DIMENSIONS = 32
"""The most dimensions of a tensor."""
_NUMBERS = re.compile(r"\((?:([0-9]{1,12}(?:, [0-9]{1,12})*))?\)")


class Entry(NamedTuple):
    """A row of the index of tensors: Entry('fc.weight', 'value', grid) says which cells hold the weight."""

    key: str
    """The tensor's key, such as 'fc.weight'; that of a gradient begins with 'grad.'."""
    what: str
    """What the cells hold: 'value', 'gradient', 'after one step', 'after training' or 'in use' (of an input)."""
    grid: Grid
    """The cells of the tensor."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the entry in the index, one for each of HEADS.

        Example:
            >>> Entry("fc.weight", VALUE, Grid("Network", 5, 2, (2, 3), (1, 0), (0, 1))).texts
            ('fc.weight', 'value', '(2, 3)', 'Network', 'B5', '(1, 0)', '(0, 1)')
        """
        grid = self.grid
        strides = (_as_text(grid.row_strides), _as_text(grid.col_strides))
        return (self.key, self.what, _as_text(grid.shape), grid.sheet, grid.first.area, *strides)


def entry_of(key: str, what: str, shape: str, sheet: str, first: str, rows: str, cols: str) -> Entry:
    """Return the entry of the index that has these texts, as `Entry.texts` returns them.

    Raises:
        ValueError: a text has another form, or the cells are too many or lie outside of a sheet.

    Example:
        >>> entry_of("fc.weight", "value", "(2, 3)", "Network", "B5", "(1, 0)", "(0, 1)").grid.area
        'B5:D6'
    """
    grid = Grid(sheet, *place_of(first), _as_tuple(shape), _as_tuple(rows), _as_tuple(cols))
    if len(grid.shape) > MOST_DIMENSIONS or max(grid.shape, default=0) > MOST_ELEMENTS:
        raise ValueError("too large")
    if not grid.fits:  # unequal lengths are a ValueError
        raise ValueError("outside of the sheet")
    return Entry(key, what, grid)


def _as_text(numbers: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, numbers))})"


def _as_tuple(text: str) -> tuple[int, ...]:
    numbers = _NUMBERS.fullmatch(text)
    if not numbers:
        raise ValueError(text)
    return tuple(map(int, numbers[1].split(", "))) if numbers[1] else ()


MOST_TENSORS = 20_000
"""The most entries of an index."""
LONGEST_INDEX = 10_000_000
"""The most characters of an index."""
_CHUNK = 1 << 16
"""The number of cells that are looked up together."""
_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"(?: s="\d+")?(?: t="(\w+)")?>(?:<f[^>]*>[^<]*</f>)?<v>([^<]+)</v></c>')
"""A cell with a number, a truth value or the text of a formula, as `cell_xml.py` writes it. Groups: column, row, type,
content."""
NumbersOf = Callable[[Package, str, np.ndarray], np.ndarray]
"""A function from a package, the path of a sheet's part, 'xl/worksheets/sheet1.xml', and cells, in order, each as the
integer row · 16,385 + column, to an array of the numbers in them; NaN for a cell without one."""


def read_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Return every tensor of a workbook that `export` wrote: {'loss': array(9.0), …}.

    The file may have been edited and saved by a spreadsheet program.

    Returns:
        float64 arrays in PyTorch's shapes: 'loss'; each parameter, input and intermediate value by its
        name; and each gradient by 'grad.' + that name. An input has the name of the argument, with a number where
        'loss', a parameter or a gradient has this name, too. An element without a stored number is NaN.

    Raises:
        ExportError: the file is missing, is no workbook, or was not written by `export`.
    """
    return {key: array for (key, _), array in read_all(path, (VALUE, GRADIENT)).items()}


def read_written(path: str | Path) -> dict[str, np.ndarray]:
    """Return what `read_tensors` does, {'loss': array(9.0), …}, faster, for a file that no other program has saved."""
    return {key: array for (key, _), array in read_all(path, (VALUE, GRADIENT), _numbers_as_written).items()}


def read_all(
    path: str | Path, only: Collection[str] = (), numbers_of: NumbersOf | None = None
) -> dict[tuple[str, str], np.ndarray]:
    """Return every tensor of the index, by key and `Entry.what`: {('fc.weight', 'after one step'): array}.

    Args:
        path: the workbook.
        only: the values of `Entry.what` to read, ['value', 'gradient']; empty for all.
        numbers_of: a `NumbersOf`, which reads the numbers of a sheet's cells faster, as `read_written` does for a file
            that `export` wrote; None for any file.

    Raises:
        ExportError: the file is missing, is no workbook, or was not written by `export`.
    """
    with Package(Path(path)) as package:
        entries = [entry for entry in _index(package, path) if not only or entry.what in only]
        if sum(math.prod(entry.grid.shape) for entry in entries) > MOST_ELEMENTS:
            raise ExportError(f"{path}: its tensors hold more than {MOST_ELEMENTS:,} numbers: too many to read")
        found: dict[int, np.ndarray] = {}
        for sheet in {entry.grid.sheet for entry in entries}:
            here = [(k, entry.grid) for k, entry in enumerate(entries) if entry.grid.sheet == sheet]
            wanted = np.unique(np.concatenate([_places(grid).ravel() for _, grid in here]))
            numbers = (numbers_of or _numbers)(package, package.sheets[sheet], wanted)
            found |= {k: np.asarray(numbers[np.searchsorted(wanted, _places(grid))]) for k, grid in here}
    return {(entry.key, entry.what): found[k] for k, entry in enumerate(entries)}


def read_index(path: str | Path) -> list[Entry]:
    """Return the cells of every tensor of a workbook: [Entry('x', 'value', grid), …].

    Raises:
        ExportError: the file is missing, is no workbook, or was not written by `export`.
    """
    with Package(Path(path)) as package:
        return _index(package, path)


def _index(package: Package, path: str | Path) -> list[Entry]:
    if SHEET not in package.sheets:
        raise ExportError(f"{path}: not a workbook that excel_export wrote: it has no sheet '{SHEET}'")
    entries: dict[tuple[str, str], Entry] = {}
    for texts in _index_rows(package, path):
        try:
            entry = entry_of(*texts)
        except (TypeError, ValueError) as error:
            raise _damaged(path, texts[0], "") from error
        if entry.grid.sheet not in package.sheets:
            raise _damaged(path, entry.key, f": there is no sheet {entry.grid.sheet[:100]!r}")
        if entries.setdefault((entry.key, entry.what), entry) != entry:
            raise _damaged(path, entry.key, ", which it lists twice")
    if not entries:
        raise ExportError(f"{path}: the index on sheet '{SHEET}' lists no tensor")
    return list(entries.values())


def _damaged(path: str | Path, key: str, reason: str) -> ExportError:
    return ExportError(f"{path}: the index on sheet '{SHEET}' is damaged at {key[:100]!r}{reason}")


def _index_rows(package: Package, path: str | Path) -> list[list[str]]:
    rows: dict[int, dict[int, str]] = {}
    shared: dict[tuple[int, int], int] = {}
    length = 0

    def take(row: int, col: int, kind: str, text: str, formula: Formula | None) -> None:
        nonlocal length
        if row < FIRST_ROW or not FIRST_COL <= col < FIRST_COL + len(HEADS):
            return
        rows.setdefault(row, {})[col] = unescaped(text)
        if kind == "s":
            shared[row, col] = int(text)
        length += len(text)
        if len(rows) > MOST_TENSORS or length > LONGEST_INDEX:
            raise ExportError(f"{path}: the index on sheet '{SHEET}' is too large to read")

    scan_cells(package, package.sheets[SHEET], take)
    if shared:
        texts = shared_texts(package, {*shared.values()}, LONGEST_INDEX)
        for (row, col), serial in shared.items():
            rows[row][col] = unescaped(texts.get(serial, ""))
    columns = range(FIRST_COL, FIRST_COL + len(HEADS))
    return [[rows[row].get(col, "") for col in columns] for row in sorted(rows) if rows[row].get(FIRST_COL)]


def _numbers(package: Package, part: str, cells: np.ndarray) -> np.ndarray:
    """Return the numbers of a sheet in some cells, numbered as in `_places` and sorted; NaN for a cell without one."""
    numbers = np.full(len(cells), np.nan)
    places, values = array("q"), array("d")

    def store() -> None:
        found = np.array(places)
        at = np.minimum(np.searchsorted(cells, found), len(cells) - 1)
        known = cells[at] == found
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

    if len(cells):
        scan_cells(package, part, take)
        store()
    return numbers


def _numbers_as_written(package: Package, part: str, wanted_cells: np.ndarray) -> np.ndarray:
    numbers, columns = np.full(len(wanted_cells), np.nan), dict[bytes, int]()
    rest = b""
    for piece in package.whole(part):
        text, end, rest = (rest + piece).rpartition(b"</row>")
        cells = [cell for cell in _CELL.findall(text + end) if cell[2] in (b"", b"b")]
        if not cells:
            continue
        columns |= {
            letters: place_of(f"{letters.decode()}1")[1] for letters in {cell[0] for cell in cells} - {*columns}
        }
        places = np.array([int(row) * (LAST_COLUMN + 1) + columns[letters] for letters, row, _, _ in cells])
        at = np.minimum(np.searchsorted(wanted_cells, places), len(wanted_cells) - 1)
        known = wanted_cells[at] == places
        numbers[at[known]] = np.array([float(cell[3]) for cell in cells])[known]
    return numbers


def _places(grid: Grid) -> np.ndarray:
    return np.asarray(grid.rows * (LAST_COLUMN + 1) + grid.cols)
