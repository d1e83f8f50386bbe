"""The network again, on sheets of its own: with other parameters, with inputs that follow formulas; or another network.

With the parameters after the step, and after ten times the step, these are the sheets After.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from torch import nn

from excel_export.book import names
from excel_export.book.book import Book, elsewhere
from excel_export.book.network_sheet import network_sheet
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.place.emit import Contents
from excel_export.compiler.place.panels import Zone
from excel_export.compiler.place.placement import Placement
from excel_export.compiler.reference.arguments import Inputs
from excel_export.formulas import Expression, Grid, Name, Operand, PlacedTensor
from excel_export.graph.graph import Graph
from excel_export.graph.subgraphs import forward_only, loss_is_learned
from excel_export.sheets import update
from excel_export.sheets.network.too_large import too_large
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import AFTER, Entry
from excel_export.workbook.styles import BACKWARD, FORWARD

Tensors = Mapping[str, PlacedTensor]
"""The cells of each tensor, by its recorded name: {'fc.weight': tensor}."""


@dataclass(frozen=True)
class ForwardPass:
    """A forward pass drawn once more: its sheets, and the cells of its results by their recorded names, 'fc1'."""

    canvases: list[Canvas]
    """The sheets."""
    results: dict[str, Grid]
    """The cells of each result, by its recorded name."""
    helpers: Mapping[str, Mapping[str, Grid]]
    """The cells of each result's helpers (intermediate results): {'softmax': {'max': grid}}."""
    loss: Grid
    """The cell of the loss."""


def updated_forward(
    book: Book, parameters: Mapping[str, Grid], name: str, title: str, headings: Mapping[Zone, str]
) -> ForwardPass:
    """Draw all of the forward pass with parameters in other cells, and return its sheets and the cells of its results.

    Args:
        book: the workbook.
        parameters: the cells of the changed parameters, {'fc.weight': grid}; others keep their cells.
        name: the name of the sheet, 'After'; if there are several, the end of their names.
        title: the title of the sheet: 'After one step'.
        headings: the headings of the two parts of a sheet: {'forward': 'FORWARD AGAIN', 'parameters': 'PARAMETERS'}.
    """
    again, tensors = forward_only(book.graph), book.placement.tensors
    given = {
        value: elsewhere(value, parameters.get(value.name, tensors[value].value))
        for value in book.graph.values
        if value.kind != "intermediate"
    }
    return _forward_pass(again, *book.place_again(again, name, given), title, headings)


def changed_forward(
    book: Book, changed: Mapping[str, Expression], name: str, headings: Mapping[Zone, str]
) -> ForwardPass:
    """Draw the forward pass with changed parameters; a value that depends on no parameter is not computed again.

    `changed` has formulas by the name of each learning parameter, such as w − rate · g; `name` is the sheet's name and
    title, 'After ten times'; `headings` as {'forward': 'FORWARD AGAIN', 'parameters': 'PARAMETERS'}.
    """
    template = book.pass_template
    placement = book.place_only(template.graph, name, template.fixed)
    contents = template.contents(placement, changed)
    for block in (block for sheet in placement.sheets for block in sheet.blocks if block.role == "parameter"):
        block.role = "value"  # a copy, not the learner's to change
    return _forward_pass(template.graph, placement, contents, name, headings)


def _forward_pass(
    graph: Graph, placement: Placement, contents: Contents, title: str, headings: Mapping[Zone, str]
) -> ForwardPass:
    canvases = [network_sheet(sheet, contents, title, FORWARD, headings) for sheet in placement.sheets]
    made = {value.name: placement.tensors[value] for value in graph.of_kind("intermediate")}
    results = {name: tensor.value for name, tensor in made.items()}
    helpers = {name: tensor.helpers for name, tensor in made.items()}
    return ForwardPass(canvases, results, helpers, placement.tensors[graph.loss].value)


def forward_again(
    book: Book, parameters: Mapping[str, Grid], drive: Callable[[Tensors], Mapping[str, Operand]], name: str, title: str
) -> tuple[list[Canvas], Tensors]:
    """Draw the forward pass once more, with inputs that follow formulas.

    Args:
        book: the workbook.
        parameters: the cells of parameters as after a training, {'fc.weight': grid}; others are the network's own.
        drive: gets the tensors of this pass by name, and returns {'x': a cell or formulas, in reading order} for the
            inputs that follow formulas. These may read the pass, as long as no cell reads itself in the end.
        name: the name of the sheet; if there are several, the end of their names.
        title: the title of the sheet.

    Returns:
        The sheets, and the tensors of this pass by name: {'fc.weight': tensor}.
    """
    graph = forward_only(book.graph)
    given = {
        value: elsewhere(value, replace(grid, absolute=True))
        for value in graph.values
        if value.kind in ("parameter", "constant")
        for grid in [parameters.get(value.name, book.placement.tensors[value].value)]
    }
    placement, contents = book.place_again(graph, name, given)
    contents |= {placement.tensors[value].value: value.data for value in graph.of_kind("input")}
    return _driven(graph, placement, contents, drive, title, FORWARD)


def draw_another(
    book: Book, module: nn.Module, inputs: Inputs, drive: Mapping[str, Operand], name: str, title: str
) -> tuple[list[Canvas], Tensors]:
    """Draw another network, forward and backward, on sheets of its own.

    Args:
        book: the workbook.
        module: the module, whose result is a scalar loss.
        inputs: its arguments, in order, (x, target), or by name, {'x': x}.
        drive: formulas that inputs follow, in reading order, {'x': B3:B5}; other inputs keep their numbers.
        name: the name of the sheet; if there are several, the end of their names.
        title: the title of the sheet.

    Returns:
        The sheets, and the network's tensors by name: {'fc.weight': tensor}.
    """
    graph, _ = confirmed_trace(module, inputs)
    return _driven(graph, *book.place_again(graph, name, {}), lambda _: drive, title, BACKWARD)


def _driven(
    graph: Graph, placement: Placement, contents: Contents, drive: Callable[[Tensors], Mapping[str, Operand]],
    title: str, tab: str,
) -> tuple[list[Canvas], Tensors]:  # fmt: skip
    tensors = {key: placement.tensors[value] for key, value in graph.named}
    formulas = drive(tensors)
    for value in graph.of_kind("input"):
        if value.name in formulas:
            contents[placement.tensors[value].value] = formulas[value.name].cells.reshape(*value.shape)
    return [network_sheet(sheet, contents, title, tab) for sheet in placement.sheets], tensors


NAME, NAME_OF_TEN_TIMES, NAME_OF_TOO_LARGE = "After", "After ten times", "After too large"
RATE_ROW = 2
MOST_NUMBERS = 10_000
"""The most numbers of a network with further passes: for a larger one they would cost more than they show."""
MOST_CALLS = 100
"""The most calls of a network with further passes."""
DIGITS = 6
"""The digits of stored values on the sheets After: as many as anybody looks at."""


def draw(book: Book) -> Drawn[ForwardPass] | None:
    """Draw the forward pass with the parameters after the step, whose loss gets the defined name loss_after.

    None if the module changes its own state in a call, such as a counter: its next call begins with other numbers.
    """
    if book.graph.state:
        return None
    updated = book.result(update.SHEET)
    after = updated.after if updated else {}
    found = updated_forward(
        book, {value.name: replace(grid, absolute=True) for value, grid in after.items()}, NAME, "After one step",
        {"forward": "FORWARD AGAIN  →   the same inputs, with every parameter one step further",
         "parameters": "PARAMETERS AFTER THE STEP   as the convolutions read them; the step is on the Update sheet"},
    )  # fmt: skip
    drawn = Drawn(*found.canvases, result=found)
    drawn.entries = [Entry(name, AFTER, grid) for name, grid in (*found.results.items(), ("loss", found.loss))]
    # Where the loss is pasted, a step changes nothing that could be seen.
    if book.graph.loss.kind == "intermediate":
        drawn.name(names.LOSS_AFTER, found.loss.first)
    return drawn


@dataclass(frozen=True)
class Farther:
    """A forward pass after a longer step: Farther(10, forward) at ten times the learning rate."""

    times: int
    """The factor of the learning rate."""
    forward: ForwardPass
    """The sheets of the pass, and the cells of its results."""


def draw_ten_times(book: Book) -> Drawn[Farther] | None:
    """Draw the sheet 'After ten times': the pass with parameters after a step at ten times the learning rate.

    None if `is_small(book)` is False; else the drawn sheet, whose `result` is Farther(10, …).
    """
    return _farther(book, NAME_OF_TEN_TIMES, 10, names.TEN_TIMES_RATE)


def draw_too_large(book: Book) -> Drawn[Farther] | None:
    """Draw the pass after a step so long that the loss grows, at `too_large(book)`, such as 30, times the rate.

    None if that is None, or `is_small(book)` is False; else the drawn sheet, whose `result` is Farther(30, …).
    """
    times = too_large(book) if is_small(book) else None
    return _farther(book, NAME_OF_TOO_LARGE, times, names.TOO_LARGE_RATE) if times else None


def is_small(book: Book) -> bool:
    """Return whether a network has a learned loss, at most 100 calls, 10,000 numbers and 30,000 cells.

    The numbers are those of inputs, parameters, constants and results, without gradients. False if its module changes
    its own state in a call, such as a counter.
    """
    graph, updated = book.graph, book.result(update.SHEET)
    is_large = len(graph.calls) > MOST_CALLS or sum(value.data.size for value in graph.values) > MOST_NUMBERS
    learns = bool(book.placement.is_one_picture and updated and updated.directions) and loss_is_learned(graph)
    return learns and not (is_large or graph.state)


def _farther(book: Book, name: str, times: int, rate: Name) -> Drawn[Farther] | None:
    updated = book.result(update.SHEET)
    if not (updated and is_small(book)):
        return None
    changed = {
        value.name: book.placement.tensors[value].value.relative - rate * direction.relative
        for value, direction in updated.directions.items()
    }
    found = changed_forward(
        book, changed, name,
        {"forward": f"FORWARD AGAIN  →   with every parameter {times:,} times as far",
         "parameters": f"PARAMETERS   after the same step at {times:,} times the learning rate"},
    )  # fmt: skip
    for canvas in found.canvases:
        canvas.digits = DIGITS
    first, drawn = found.canvases[0], Drawn(*found.canvases, result=Farther(times, found))
    first.put(RATE_ROW, 2, "rate", "note")
    first.put(RATE_ROW, 3, times * names.RATE_IN_USE, "value")
    drawn.name(rate, first.at(RATE_ROW, 3))
    return drawn


SHEET = SheetSpec(NAME, "the forward pass after the step", draw, order=50, hidden=True)
TEN_TIMES = SheetSpec(NAME_OF_TEN_TIMES, "the forward pass after a tenfold step", draw_ten_times, order=51, hidden=True)
TOO_LARGE = SheetSpec(
    NAME_OF_TOO_LARGE, "the forward pass after too large a step", draw_too_large, order=52, hidden=True
)
