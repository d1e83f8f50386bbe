"""A workbook in the making: what its sheets are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from torch import nn

from excel_export.compiler.place.emit import Contents, emit
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.place.placement import Placement
from excel_export.formulas import Grid, Name, PlacedTensor, Reference, as_expression
from excel_export.graph.graph import Call, Graph, Value
from excel_export.graph.subgraphs import forward_from_parameters
from excel_export.optim import PLAIN, LearningRule
from excel_export.shared.errors import ExportError
from excel_export.sheets.inputs.input_cell import Control
from excel_export.sheets.names import LOSS, input_names
from excel_export.sheets.network.pass_template import TITLE, PassTemplate
from excel_export.sheets.sheet import Drawn, SheetSpec, Story, own_sheets
from excel_export.views.elements import Element, Elements
from excel_export.views.plan import Plan
from excel_export.views.story import StoryStep
from excel_export.views.thread import Bead, thread_of
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import GRADIENT, VALUE, Entry
from excel_export.workbook.recalculate import Rounding

if TYPE_CHECKING:
    from excel_export.sheets.training.learning_rates import LearningRates
    from excel_export.sheets.training.training_options import Training

T = TypeVar("T")
AHEAD, BACK = ("forward", "branch", "losses"), ("backward", "dead end", "switches", "weight")
"""The kinds of steps of the story on the way there, and on the way back."""
OF_OTHERS = ("History", "Practice", "Marks", "Answers")
"""The name of a sheet that Excel keeps for itself, and those of practice workbooks and lessons."""


@dataclass
class Book:
    """What is given: the graph in its place, what the author wants, and what the sheets before have given."""

    graph: Graph
    placement: Placement
    learning_rate: float
    rule: LearningRule
    sheets: Sequence[SheetSpec[Any]]
    """All that are drawn, where a workbook has them, in this order."""
    story: Story = field(default_factory=lambda: Story(""))
    module: nn.Module | None = None
    training: Training | None = None
    rates: LearningRates | None = None
    edits: int = 0
    """How many edits of the finished workbook will be held against the module."""
    drawn: Drawn[None] = field(default_factory=Drawn)
    """What the sheets before have given, together."""
    driven: Contents = field(default_factory=dict)
    """The inputs that follow formulas, or stay as they are."""
    _results: dict[str, Any] = field(default_factory=dict)

    def draw(self, sheet: SheetSpec[T]) -> T | None:
        """Draw a sheet and take what that gives; return its result.

        Raises:
            ExportError: there is no room for it, or it drives an input that is not there.
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

    def result(self, sheet: SheetSpec[T]) -> T | None:
        """What drawing a sheet has given for others; None where the workbook has none, or not yet."""
        found: T | None = self._results.get(sheet.name)
        return found

    @cached_property
    def plan(self) -> Plan | None:
        """The steps of a network that is one picture."""
        return Plan(self.graph, self.placement) if self.placement.is_one_picture else None

    @cached_property
    def elements(self) -> Elements:
        """What each cell of the network holds, and what it is made of."""
        return Elements(self.graph, self.placement, self.contents)

    @cached_property
    def asked(self) -> list[Element]:
        """The numbers that the story is to show."""
        cells = self.story.asked(self) if self.story.asked else ()
        return [element for cell in cells if (element := self.elements.at(cell))]

    @cached_property
    def thread(self) -> list[Bead]:
        """The weight that the story follows, and the numbers through which it acts on the loss."""
        return thread_of(self.elements, self.asked)

    @cached_property
    def story_steps(self) -> list[StoryStep]:
        """The steps of the story."""
        from excel_export.sheets.steps.asked import steps_of

        return steps_of(self)

    @cached_property
    def story_names(self) -> list[str]:
        """The names of their sheets."""
        from excel_export.sheets.steps.story_sheets import name_steps

        return name_steps(self.elements, self.story_steps)

    def sheet_of(self, call: Call | None, direction: str) -> Reference | None:
        """The sheet of the story that shows a call, forward or backward; None where none does.

        Without a call it is that of the 'inputs', of the 'loss', or of the 'update'.
        """
        kinds = {"forward": AHEAD, "loss": ("losses",)}.get(direction, (direction, *BACK))
        for step, name in zip(self.story_steps, self.story_names, strict=True):
            if (
                step.what in kinds
                and (step.call is call or call in step.calls)
                and (call or not step.call or direction == "loss")
            ):
                return Reference(name, 1, 1)
        return None

    @cached_property
    def contents(self) -> Contents:
        """What stands in the cells of the network's own sheets."""
        written = emit(self.graph, self.placement)
        typed = {self.placement.tensors[value].typed: value.data for value in self.graph.of_kind("input")}
        return written | typed | self.driven

    @property
    def driven_inputs(self) -> frozenset[Value]:
        """The inputs that follow formulas."""
        tensors = self.placement.tensors
        return frozenset(value for value in self.graph.of_kind("input") if tensors[value].typed in self.driven)

    @property
    def canvases(self) -> list[Canvas]:
        """The sheets drawn so far, the hidden ones behind all others."""
        return sorted(self.drawn.canvases, key=lambda canvas: canvas.hidden)

    @property
    def names(self) -> Mapping[str, Reference]:
        """The defined names given so far, each with the cells it stands for."""
        return self.drawn.names

    @property
    def entries(self) -> Sequence[Entry]:
        """Where tensors lie, as far as sheets have been drawn."""
        return self.drawn.entries

    @property
    def controls(self) -> Sequence[Control]:
        """What a learner sets on the start sheet."""
        return self.drawn.controls

    @property
    def rounding(self) -> dict[str, Rounding]:
        """How the values of some sheets are stored: what stands in the index is exact."""
        exact: dict[str, set[tuple[int, int]]] = {canvas.name: set() for canvas in self.canvases if canvas.digits}
        for _, _, grid in self.entries:
            if grid.sheet in exact:
                exact[grid.sheet].update(zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), strict=True))
        return {canvas.name: Rounding(canvas.digits, exact[canvas.name]) for canvas in self.canvases if canvas.digits}

    @property
    def first_sheets(self) -> tuple[str, ...]:
        """Where a reader begins."""
        return (self.canvases[0].name,)

    def tensor(self, name: str) -> PlacedTensor | None:
        """Where an input, a parameter or a result lies, by its recorded name; None where there is none."""
        value = next((value for key, value in self.graph.named if key == name), None)
        return None if value is None else self.placement.tensors[value]

    def place_again(self, graph: Graph, title: str, given: Mapping[Value, PlacedTensor]) -> tuple[Placement, Contents]:
        """Place another pass through the network on sheets of its own, and write its formulas.

        `given` are the tensors that lie somewhere else, as `elsewhere` gives them.
        """
        placement = self.place_only(graph, title, given)
        return placement, emit(graph, placement)

    def place_only(self, graph: Graph, title: str, given: Mapping[Value, PlacedTensor]) -> Placement:
        """Place another pass through the network on sheets of its own."""
        taken = [*_reserved(self.sheets), *(canvas.name for canvas in self.canvases)]
        return place(graph, title=title, taken=taken, given=given)

    @cached_property
    def pass_template(self) -> PassTemplate:
        """The forward pass from the first parameter on; what no parameter touches is not computed again."""
        again, tensors = forward_from_parameters(self.graph), self.placement.tensors
        given = {value: elsewhere(value, tensors[value].value) for value in again.values if value in tensors}
        return PassTemplate.of(again, given, *self.place_again(again, TITLE, given))


def start_book(
    graph: Graph,
    learning_rate: float,
    rule: LearningRule = PLAIN,
    sheets: Sequence[SheetSpec[Any]] | None = None,
    **given: Any,
) -> Book:
    """Place a graph, and name its inputs and its loss; an ExportError where it does not fit into a workbook.

    `sheets` are those that may be drawn; None are the exporter's own. `given` are the other fields of a `Book`.
    """
    sheets = own_sheets() if sheets is None else sheets
    named = input_names(graph)
    placement = place(graph, taken=_reserved(sheets), names=named)
    book = Book(graph, placement, learning_rate, rule, sheets, **given)
    book.driven |= {
        placement.tensors[value].value: as_expression(value.data)
        for value in graph.size_inputs
        if value in placement.tensors
    }
    for value, name in named.items():
        book.drawn.name(Name(name), placement.tensors[value].value.first)
    book.drawn.name(LOSS, placement.tensors[graph.loss].value.first)
    for key, value in graph.named:
        placed = placement.tensors[value]
        book.drawn.entries.append(Entry(key, VALUE, placed.value))
        if placed.has_grad:
            book.drawn.entries.append(Entry(f"grad.{key}", GRADIENT, placed.grad))
    book.drawn.entries.append(Entry(LOSS.text, VALUE, placement.tensors[graph.loss].value))
    return book


def elsewhere(value: Value, grid: Grid) -> PlacedTensor:
    """Return a value that lies in `grid`, on another sheet; it has no gradient there."""
    return PlacedTensor(value.name, value.data, grid)


def _reserved(sheets: Sequence[SheetSpec[Any]]) -> list[str]:
    return [*OF_OTHERS, *(name for sheet in sheets for name in (sheet.name, *sheet.also))]
