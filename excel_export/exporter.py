"""From a module to a workbook: trace → place → emit → write → recalculate."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from excel_export.canvas import Canvas
from excel_export.emit import emit
from excel_export.errors import ExportError
from excel_export.graph import Graph, Value, forward_only, part
from excel_export.grid import Grid, quoted
from excel_export.names import LOSS, LOSS_AFTER, input_names
from excel_export.place import PlacedTensor, Placement, place
from excel_export.read import read_tensors
from excel_export.recalculate import RecalculationError, store_values
from excel_export.report import Report, compare
from excel_export.sheets import again, check, network, pytorch, start, tensors, update
from excel_export.sheets.start import Story
from excel_export.styles import BACKWARD
from excel_export.trace import Inputs, trace
from excel_export.write import write

STAGES = ("trace", "write formulas", "compute values", "compare with PyTorch")


def export(
    module: nn.Module,
    inputs: Inputs,
    path: str | Path,
    *,
    story: Story | None = None,
    learning_rate: float = 0.1,
    start: str | None = None,
    stop: str | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> Report:
    """Write a module's forward and backward pass as a workbook of live formulas.

    Args:
        module: `module(*inputs)` returns a scalar loss; every operator it uses has a file under
            `excel_export/ops/`. It is not changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        path: the .xlsx file to write; it is replaced only once the new one is complete.
        story: the words on the start sheet.
        learning_rate: of the one step of gradient descent that the workbook shows.
        start: the first layer to make live, by module path ('conv6') or traced name; what comes before
            is computed and pasted. None is the beginning.
        stop: the last layer to make live; the gradient that arrives behind it is computed and pasted.
            None is the end.
        progress: told the name of each of the `STAGES` as it begins.

    Returns:
        The stored values, computed by a spreadsheet engine, held against PyTorch's.

    Raises:
        UnsupportedOperator: an operator that has no file.
        ExportError: the module cannot be traced or is too large for a workbook, there is no such layer,
            or the file cannot be written.
    """
    path = Path(path)
    progress("trace")
    graph = trace(module, inputs)
    if start or stop:
        graph = part(graph, start, stop)
    with _replacing(path) as temporary:
        progress("write formulas")
        book = compose(graph, story or Story(type(module).__name__), learning_rate)
        write(book.canvases, book.names, temporary, book.title)
        del book
        progress("compute values")
        try:
            formulas = store_values(temporary)
        except RecalculationError as error:
            raise ExportError(str(error).replace(str(temporary), str(path))) from error
    progress("compare with PyTorch")
    return compare(path, read_tensors(path), graph.tensors, formulas)


@dataclass(frozen=True)
class Book:
    """A workbook in memory: its title, its sheets in order, and its defined names."""

    title: str
    canvases: list[Canvas]
    names: dict[str, str]


def compose(graph: Graph, story: Story, learning_rate: float) -> Book:
    """Draw all sheets of a graph's workbook.

    Raises:
        ExportError: the graph does not fit into a workbook.
    """
    named = input_names(graph)
    own = [start.NAME, update.NAME, again.NAME, check.NAME, pytorch.NAME, tensors.NAME]
    placement = place(graph, taken=own, names=named)
    contents = emit(graph, placement)
    layers = [network.network_sheet(sheet, contents, story.title, BACKWARD) for sheet in placement.sheets]

    update_canvas, after = update.update_sheet(graph, placement)
    second = forward_only(graph)
    taken = [*own, *(sheet.name for sheet in placement.sheets)]
    replaced = place(second, title=again.NAME, taken=taken, given=_after_the_step(graph, placement, after))
    repeated = again.again_sheets(replaced, emit(second, replaced))
    # Where the loss is pasted, a step changes nothing that could be seen.
    loss_after = replaced.tensors[second.loss].value if graph.loss.kind == "intermediate" else None

    pytorch_canvas, comparisons = pytorch.pytorch_sheet(graph, placement)
    check_canvas, check_names = check.check_sheet(graph, placement, comparisons)
    index = tensors.tensors_sheet([*_entries(graph, placement), *_entries_after(second, replaced, after)])

    directory = [
        *((canvas.name, network.WHAT) for canvas in layers),
        (update.NAME, update.WHAT),
        *((canvas.name, again.WHAT) for canvas in repeated),
        (check.NAME, check.WHAT),
        (pytorch.NAME, pytorch.WHAT),
        (tensors.NAME, tensors.WHAT),
    ]
    first, names = start.start_sheet(story, graph, placement, loss_after, learning_rate, directory)
    cells = {name: placement.tensors[value].value for value, name in named.items()}
    cells |= {LOSS: placement.tensors[graph.loss].value}
    if loss_after:
        cells[LOSS_AFTER] = loss_after
    canvases = [first, *layers, update_canvas, *repeated, check_canvas, pytorch_canvas, index]
    return Book(story.title, canvases, {name: _absolute(grid) for name, grid in cells.items()} | names | check_names)


def _after_the_step(graph: Graph, placement: Placement, after: dict[Value, Grid]) -> dict[Value, PlacedTensor]:
    """Return what the second forward pass is given: the inputs again, and the updated parameters."""
    given = {}
    for value in graph.values:
        if value.kind != "intermediate":
            grid = after.get(value, placement.tensors[value].value).seen_from_elsewhere()
            given[value] = PlacedTensor(value.name, value.shape, value.is_float, grid, None)
    return given


def _entries(graph: Graph, placement: Placement) -> Iterator[tensors.Entry]:
    named = [(value.name, value) for value in graph.values if value.kind != "constant"]
    for name, value in [*named, *graph.aliases.items()]:
        placed = placement.tensors[value]
        yield tensors.Entry(name, tensors.VALUE, placed.value)
        if placed.grad is not None:
            yield tensors.Entry(f"grad.{name}", tensors.GRADIENT, placed.grad)
    yield tensors.Entry(LOSS, tensors.VALUE, placement.tensors[graph.loss].value)


def _entries_after(second: Graph, replaced: Placement, after: dict[Value, Grid]) -> Iterator[tensors.Entry]:
    for value, grid in after.items():
        yield tensors.Entry(value.name, tensors.AFTER, grid)
    for value in second.of_kind("intermediate"):
        yield tensors.Entry(value.name, tensors.AFTER, replaced.tensors[value].value)
    yield tensors.Entry(LOSS, tensors.AFTER, replaced.tensors[second.loss].value)


def _absolute(grid: Grid) -> str:
    letters = grid.area.rstrip("0123456789")
    return f"{quoted(grid.sheet)}!${letters}${grid.row}"


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
