"""From a module to a workbook: trace → place → emit → write → recalculate."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from excel_export.canvas import Canvas
from excel_export.emit import emit
from excel_export.errors import ExportError
from excel_export.graph import Graph
from excel_export.grid import quoted
from excel_export.names import LOSS, input_names
from excel_export.place import Placement, place
from excel_export.read import read_tensors
from excel_export.recalculate import RecalculationError, store_values
from excel_export.report import Report, compare
from excel_export.sheets.check import check_sheet
from excel_export.sheets.network import network_sheet
from excel_export.sheets.pytorch import pytorch_sheet
from excel_export.sheets.start import Story, start_sheet
from excel_export.sheets.tensors import Entry, tensors_sheet
from excel_export.sheets.update import update_sheet
from excel_export.trace import Inputs, trace
from excel_export.write import write


def export(
    module: nn.Module,
    inputs: Inputs,
    path: str | Path,
    *,
    story: Story | None = None,
    learning_rate: float = 0.1,
) -> Report:
    """Write a module's forward and backward pass as a workbook of live formulas.

    Args:
        module: `module(*inputs)` returns a scalar loss; every operator it uses has a file under
            `excel_export/ops/`. It is not changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        path: the .xlsx file to write; it is replaced only once the new one is complete.
        story: the words on the start sheet.
        learning_rate: of the one step of gradient descent that the workbook shows.

    Returns:
        The stored values, computed by a spreadsheet engine, held against PyTorch's.

    Raises:
        UnsupportedOperator: an operator that has no file.
        ExportError: the module cannot be traced or is too large for a workbook, or the file cannot be
            written.
    """
    path = Path(path)
    graph = trace(module, inputs)
    canvases, names = compose(graph, story or Story(type(module).__name__), learning_rate)
    with _replacing(path) as temporary:
        write(canvases, names, temporary, canvases[0].name if story is None else story.title)
        try:
            formulas = store_values(temporary)
        except RecalculationError as error:
            raise ExportError(str(error).replace(str(temporary), str(path))) from error
    return compare(path, read_tensors(path), graph.tensors, formulas)


def compose(graph: Graph, story: Story, learning_rate: float) -> tuple[list[Canvas], dict[str, str]]:
    """Draw all sheets of a graph's workbook; return them in order, and the defined names.

    Raises:
        ExportError: the graph does not fit into a workbook.
    """
    inputs = input_names(graph)
    placement = place(graph, inputs)
    contents = emit(graph, placement)
    start, start_names = start_sheet(story, graph, placement, learning_rate)
    update, after = update_sheet(graph, placement)
    reference, comparisons = pytorch_sheet(graph, placement)
    check, check_names = check_sheet(comparisons)
    entries = [*_entries(graph, placement), *(Entry(v.name, "after one step", grid) for v, grid in after.items())]
    canvases = [
        start,
        network_sheet(placement, contents, story.title),
        update,
        check,
        reference,
        tensors_sheet(entries),
    ]
    singles = {name: placement.tensors[value].value for value, name in inputs.items()}
    singles[LOSS] = placement.tensors[graph.loss].value
    cells = {name: f"{quoted(grid.sheet)}!${_absolute(grid.area)}" for name, grid in singles.items()}
    return canvases, cells | start_names | check_names


def _absolute(cell: str) -> str:
    letters = cell.rstrip("0123456789")
    return f"{letters}${cell[len(letters) :]}"


def _entries(graph: Graph, placement: Placement) -> Iterator[Entry]:
    named = [(value.name, value) for value in graph.values if value.kind != "constant"]
    for name, value in [*named, *graph.aliases.items()]:
        placed = placement.tensors[value]
        yield Entry(name, "value", placed.value)
        if placed.grad is not None:
            yield Entry(f"grad.{name}", "gradient", placed.grad)
    yield Entry(LOSS, "value", placement.tensors[graph.loss].value)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path` that takes its place on success and vanishes on failure."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise ExportError(f"{path}: cannot write there ({error.strerror})") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if path.is_dir():
            raise ExportError(f"{path}: is a folder: name a file")
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise ExportError(f"{path}: cannot write ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)
