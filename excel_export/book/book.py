"""A workbook in the making, from which its sheets are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

from torch import nn

from excel_export.book.input_cell import Control
from excel_export.book.pass_template import TITLE, PassTemplate
from excel_export.book.sheet import Drawn, SheetSpec, Story
from excel_export.compiler.place.emit import Contents, emit
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Grid, PlacedTensor, Reference, as_expression
from excel_export.graph.graph import Call, Graph, Value
from excel_export.graph.subgraphs import forward_from_parameters
from excel_export.optim import LearningRule
from excel_export.shared.errors import ExportError
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import Entry
from excel_export.workbook.recalculate import Rounding

T = TypeVar("T")
OF_OTHERS = ("History", "Practice", "Marks", "Answers")
"""Names that no sheet here may have: Excel reserves the first; practice workbooks and lessons have the others."""


@dataclass
class Book:
    """A workbook in the making: a graph, the cells of its tensors, the author's settings, and the sheets drawn so far.

    `start_book(graph, 0.1)` makes one, and `book.draw(spec)` draws a sheet.
    """

    graph: Graph
    """The recorded computation."""
    placement: Placement
    """The cells of each tensor: placement.tensors[x].value is the grid of x."""
    learning_rate: float
    """The rate of the one step: 0.1."""
    rule: LearningRule
    """The learning rule of the one step at first: LearningRule('Adam'); a learner may choose another one."""
    sheets: Sequence[SheetSpec[Any]]
    """The sheets to draw, in this order; the workbook lacks those that have nothing to show."""
    story: Story = field(default_factory=lambda: Story(""))
    """The author's title, texts and further sheets."""
    module: nn.Module | None = None
    """The user's module; None if there is only a graph."""
    options: Sequence[object] = ()
    """Objects that set up single sheets, one of a class: [Training(examples, steps=20)] for the sheet Training."""
    edits: int = 0
    """The number of edits after which the finished workbook will be compared with the module."""
    drawn: Drawn[None] = field(default_factory=Drawn)
    """The sheets drawn so far, with their defined names and the rows of the index of tensors."""
    driven: Contents = field(default_factory=dict)
    """What the inputs hold that a learner does not type, {grid: formulas}; {} if all are typed."""
    _results: dict[str, Any] = field(default_factory=dict)
    _computed: dict[Callable[[Book], Any], Any] = field(default_factory=dict)

    def draw(self, sheet: SheetSpec[T]) -> T | None:
        """Call `sheet.draw(self)` and add the `Drawn` that it returns to `drawn`; then draw the sheets in its `then`.

        Returns:
            The `result` of the Drawn: an Updated for the sheet Update. None if it is None, or if there is no Drawn.

        Raises:
            ExportError: the sheet does not fit, or gives formulas to an input that does not exist.
        """
        drawn = sheet.draw(self)
        if drawn is None:
            return None
        self.drawn.take(drawn, sheet)
        self._results[sheet.name] = drawn.result
        # Inputs may follow formulas, one for each element in reading order, instead of holding numbers.
        for name, formulas in drawn.inputs.items():
            tensor = self.tensor(name)
            if tensor is None:
                known = ", ".join(value.name for value in self.graph.of_kind("input"))
                raise ExportError(f"there is no input '{name}' to drive; there are: {known}")
            self.driven[tensor.value] = as_expression(formulas).reshape(*tensor.shape)
        for each in drawn.then:
            self.draw(each)
        return drawn.result

    def draw_all(self) -> Book:
        """Draw all `sheets` in their order, each after those whose results it reads, and return the book itself.

        Raises:
            ExportError: a sheet does not fit, or gives formulas to an input that does not exist.
        """
        for sheet in self.sheets:
            self.draw(sheet)
        return self

    def result(self, sheet: SheetSpec[T]) -> T | None:
        """Return what `draw` returned for a sheet: an Updated for the sheet Update; None if it is not drawn yet."""
        found: T | None = self._results.get(sheet.name)
        return found

    def option(self, kind: type[T]) -> T | None:
        """Return the first of `options` that is an instance of the class `kind`, a Training for Training; else None."""
        return next((option for option in self.options if isinstance(option, kind)), None)

    def has_sheet(self, name: str) -> bool:
        """Return whether a sheet of this name, 'Start', is among `sheets`; it may still have nothing to show."""
        return any(sheet.name == name for sheet in self.sheets)

    def sheet_of(self, call: Call | None, direction: str) -> Reference | None:
        """Return cell A1 of the sheet that tells of a call, Reference('Story 2', 1, 1), for a link; None if none does.

        `direction` is the pass, 'forward' or 'backward'. With None as the call it says of what the sheet tells:
        'inputs', 'loss' or 'update'.
        """
        found = (sheet.explains(self, call, direction) for sheet in self.sheets if sheet.explains)
        return next((cell for cell in found if cell), None)

    @cached_property
    def contents(self) -> Contents:
        """What the network's cells hold: {grid of x: array([1.0, 2.0]), grid of y: formulas such as MAX(B5,0)}."""
        written = emit(self.graph, self.placement)
        typed = {self.placement.tensors[value].typed: value.data for value in self.graph.of_kind("input")}
        return written | typed | self.driven

    @property
    def driven_inputs(self) -> frozenset[Value]:
        """The inputs whose cells are among `driven`, so that a learner does not type them: {digit}."""
        tensors = self.placement.tensors
        return frozenset(value for value in self.graph.of_kind("input") if tensors[value].typed in self.driven)

    @property
    def canvases(self) -> list[Canvas]:
        """The sheets drawn so far, the hidden ones last: [Start, Network, Tensors]."""
        return sorted(self.drawn.canvases, key=lambda canvas: canvas.hidden)

    @property
    def names(self) -> Mapping[str, Reference]:
        """The cells of each defined name so far: {'loss': Reference('Network', 40, 2), …}."""
        return self.drawn.names

    @property
    def entries(self) -> Sequence[Entry]:
        """The rows of the index so far: [Entry('fc.weight', 'value', grid), …]."""
        return self.drawn.entries

    @property
    def controls(self) -> Sequence[Control]:
        """The yellow cells that a learner sets on the start sheet: [Control('Digit', 3, …)]; empty without any."""
        return self.drawn.controls

    @property
    def rounding(self) -> dict[str, Rounding]:
        """The significant digits of stored values, by the sheet's name, {'After': Rounding(6, {(3, 2)})}.

        Sheets that keep all digits are left out. The cells of the tensors in the index keep all: here B3.
        """
        exact: dict[str, set[tuple[int, int]]] = {canvas.name: set() for canvas in self.canvases if canvas.digits}
        for _, _, grid in self.entries:
            if grid.sheet in exact:
                exact[grid.sheet].update(zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), strict=True))
        return {canvas.name: Rounding(canvas.digits, exact[canvas.name]) for canvas in self.canvases if canvas.digits}

    @property
    def first_sheets(self) -> tuple[str, ...]:
        """The name of the first of `canvases`, in a tuple: ('Start',)."""
        return (self.canvases[0].name,)

    def tensor(self, name: str) -> PlacedTensor | None:
        """Return the tensor, with its cells, that has a recorded name, 'fc.weight'; None if none has this name."""
        value = next((value for key, value in self.graph.named if key == name), None)
        return None if value is None else self.placement.tensors[value]

    def place_again(self, graph: Graph, title: str, given: Mapping[Value, PlacedTensor]) -> tuple[Placement, Contents]:
        """Place another pass through the network on further sheets, which are not drawn yet.

        Args:
            graph: the pass, such as the forward pass with other parameters.
            title: the name of its sheet, such as 'After'; of several sheets the end of each name, 'fc1 After'.
            given: the tensors that lie on sheets already: {x: PlacedTensor('x', x.data, grid)}.

        Returns:
            The cells of its tensors, and what they hold: {grid: an array of numbers, or formulas}.
        """
        placement = self.place_only(graph, title, given)
        return placement, emit(graph, placement)

    def place_only(self, graph: Graph, title: str, given: Mapping[Value, PlacedTensor]) -> Placement:
        """Place a pass on further sheets, named `title`, and return its cells: placement.tensors[y].value for y.

        `given` are tensors that lie on sheets already: {x: PlacedTensor('x', x.data, grid)}.
        """
        taken = [*reserved_names(self.sheets), *(canvas.name for canvas in self.canvases)]
        return place(graph, title=title, taken=taken, given=given)

    @cached_property
    def pass_template(self) -> PassTemplate:
        """The formulas of all values that depend on a parameter, to be copied for passes with other parameters.

        In w · x² that is the product, but not x².
        """
        again, tensors = forward_from_parameters(self.graph), self.placement.tensors
        given = {value: elsewhere(value, tensors[value].value) for value in again.values if value in tensors}
        return PassTemplate.of(again, given, *self.place_again(again, TITLE, given))


def once(function: Callable[[Book], T]) -> Callable[[Book], T]:
    """Return `function` so that it computes its result once for each book, and then returns the same object again."""

    @wraps(function)
    def result(book: Book) -> T:
        if function not in book._computed:
            book._computed[function] = function(book)
        found: T = book._computed[function]
        return found

    return result


def elsewhere(value: Value, grid: Grid) -> PlacedTensor:
    """Return PlacedTensor(value.name, value.data, grid): the value in cells of another sheet, without a gradient."""
    return PlacedTensor(value.name, value.data, grid)


def reserved_names(sheets: Sequence[SheetSpec[Any]]) -> list[str]:
    """Return the names that no other sheet may have: ['History', 'Practice', 'Marks', 'Answers', 'Start', …].

    The first four are always taken, since Excel and lessons have such sheets; the others are those of `sheets`.
    """
    return [*OF_OTHERS, *(name for sheet in sheets for name in (sheet.name, *sheet.also))]
