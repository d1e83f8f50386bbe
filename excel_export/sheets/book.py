"""A workbook in the making: what its sheets are drawn from, and what they add to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from excel_export.compiler.learning_rule import PLAIN, LearningRule
from excel_export.compiler.place.emit import Contents, emit
from excel_export.compiler.place.picture import place
from excel_export.compiler.place.placement import Placement
from excel_export.formulas.expression import OperandLike, as_expression
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Name, Reference
from excel_export.formulas.tensor import PlacedTensor
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError
from excel_export.sheets.names import LOSS, input_names
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.index import GRADIENT, VALUE, Entry
from excel_export.xlsx.recalculate import Rounding

RESERVED = (
    "Start", "Lens", "Lens recipes", "Lens factors", "Softmax", "Steps", "Update", "After", "Inputs in use",
    "Explain", "Nudge", "Check", "Through time", "PyTorch", "Tensors",
    "Examples", "Held-out examples", "Held-out steps", "Training", "Training steps", "Rate examples", "Learning rates",
    "Rate steps", "Learning rules", "Rule steps",
    "History",
    "Practice", "Marks", "Answers",
)  # fmt: skip
"""The names of the exporter's own sheets, and one that Excel keeps for itself."""

TO_SEE_HIDDEN = "right-click any tab, then Unhide… (LibreOffice: Show Sheet…)"


@dataclass(frozen=True)
class Control:
    """A cell on the start sheet that a learner sets."""

    label: str
    content: float | str
    name: Name
    """The defined name of the cell."""
    choices: Reference | Sequence[object]
    """What may be chosen: the cells of a list, or a few words and whole numbers."""
    hint: str
    button: bool = False
    """Whether the Lens has a button that goes through the choices, which are then a list in cells."""

    @property
    def in_use(self) -> Name:
        """What formulas read: what was chosen where it is one of the choices, else what stood there at first.

        Of a list in cells it is the place of the chosen item, from 1 on; a learner may give that instead of the item.
        """
        return Name(f"{self.name.text}_in_use")


@dataclass(frozen=True)
class Cover:
    """A sheet that stands before all others, so that a reader sees it first."""

    name: str
    what: str
    """What it shows."""
    draw: Callable[[Book], None]
    """Draws it when all others are drawn, so that it may read any of them, and hands it to `Book.open_with`."""


@dataclass
class Book:
    """The graph in its place, and the sheets drawn so far.

    A sheet is drawn by a function of the module in `excel_export/sheets/` that has its name. The function
    takes the book, adds one canvas or more, and the names and index entries that others may use.
    """

    graph: Graph
    placement: Placement
    learning_rate: float
    rule: LearningRule
    canvases: list[Canvas] = field(default_factory=list)
    directory: list[tuple[str, str]] = field(default_factory=list)
    """The sheets, each with what it shows."""
    names: dict[str, Reference] = field(default_factory=dict)
    """The defined names, each with the cells it stands for."""
    entries: list[Entry] = field(default_factory=list)
    """Where tensors lie, for the index."""
    controls: list[Control] = field(default_factory=list)
    """What a learner sets on the start sheet."""
    after: dict[Value, Grid] = field(default_factory=dict)
    """Where each parameter lies after the step."""
    directions: dict[Value, Grid] = field(default_factory=dict)
    """In which direction the step moves each parameter, where that has cells of its own."""
    values_after: dict[str, Grid] = field(default_factory=dict)
    """Where each result lies after the step, by its recorded name."""
    trained: dict[str, Grid] = field(default_factory=dict)
    """Where each parameter lies after a training, by its name; nothing before it is drawn."""
    driven: Contents = field(default_factory=dict)
    """The inputs that follow formulas."""
    cover: str = ""
    """The sheet before Start; '' where there is none."""
    refused: dict[Value, Reference] = field(default_factory=dict)
    """Of inputs that are not used as they are typed, the cells that are 1 where something else is used, else 0."""

    @cached_property
    def contents(self) -> Contents:
        """What stands in the cells of the network's own sheets."""
        written = emit(self.graph, self.placement)
        typed = {self.placement.tensors[value].typed: value.data for value in self.graph.of_kind("input")}
        return written | typed | self.driven

    @property
    def rounding(self) -> dict[str, Rounding]:
        """How the values of some sheets are stored: what stands in the index is exact."""
        exact: dict[str, set[tuple[int, int]]] = {canvas.name: set() for canvas in self.canvases if canvas.digits}
        for _, _, grid in self.entries:
            if grid.sheet in exact:
                exact[grid.sheet].update(zip(grid.rows.ravel().tolist(), grid.cols.ravel().tolist(), strict=True))
        return {canvas.name: Rounding(canvas.digits, exact[canvas.name]) for canvas in self.canvases if canvas.digits}

    def add(self, canvas: Canvas, what: str) -> None:
        """Add a sheet after the others, with what it shows."""
        self.canvases.append(canvas)
        self.directory.append((canvas.name, what))

    def add_first(self, canvas: Canvas, what: str) -> None:
        """Add a sheet before the others, with what it shows."""
        self.canvases.insert(0, canvas)
        self.directory.insert(0, (canvas.name, what))

    def add_hidden(self, canvas: Canvas, what: str) -> None:
        """Add a sheet that most readers need not see, with what it shows. Links to it would not work."""
        canvas.hidden, canvas.page = True, None
        self.add(canvas, what)

    def open_with(self, canvas: Canvas) -> None:
        """Let a sheet stand before all others."""
        self.canvases.insert(0, canvas)
        self.cover = canvas.name

    def move_hidden_last(self) -> None:
        """Let the hidden sheets stand behind all others."""
        self.canvases.sort(key=lambda canvas: canvas.hidden)

    def is_hidden(self, name: str) -> bool:
        """Tell whether a sheet that was added is hidden."""
        return any(canvas.hidden for canvas in self.canvases if canvas.name == name)

    @property
    def first_sheets(self) -> tuple[str, ...]:
        """Where a reader begins: the cover or Start, and the Lens where there is one."""
        if self.cover:
            return (self.cover,)
        return tuple(canvas.name for canvas in self.canvases[:2] if canvas.name in ("Start", "Lens"))

    def name(self, name: Name, cells: Reference) -> None:
        """Let a defined name stand for some cells."""
        self.names[name.text] = cells.fixed

    def tensor(self, name: str) -> PlacedTensor | None:
        """Where an input, a parameter or a result lies, by its recorded name; None where there is none."""
        found = (value for key, value in self.graph.named if key == name)
        value = next(found, None)
        return None if value is None else self.placement.tensors[value]

    def called(self, value: Value) -> str:
        """What people call a value; see `excel_export.graph.display_names`."""
        return value.called

    def drive(self, name: str, formulas: OperandLike) -> None:
        """Let an input follow formulas instead of holding numbers.

        To be called before the network is drawn.

        Args:
            name: of the input.
            formulas: one for each of its elements, in reading order.

        Raises:
            ExportError: there is no such input.
        """
        tensor = self.tensor(name)
        if tensor is None:
            known = ", ".join(value.name for value in self.graph.of_kind("input"))
            raise ExportError(f"there is no input '{name}' to drive; there are: {known}")
        self.driven[tensor.value] = as_expression(formulas).reshape(*tensor.shape)

    def place_again(self, graph: Graph, title: str, given: Mapping[Value, PlacedTensor]) -> tuple[Placement, Contents]:
        """Place another pass through the network on sheets of its own, and write its formulas.

        `given` are the tensors that lie somewhere else, as `elsewhere` gives them.
        """
        taken = [*RESERVED, *(canvas.name for canvas in self.canvases)]
        placement = place(graph, title=title, taken=taken, given=given)
        return placement, emit(graph, placement)


def start_book(graph: Graph, learning_rate: float, rule: LearningRule = PLAIN) -> Book:
    """Place a graph, and name its inputs and its loss.

    Raises:
        ExportError: the graph does not fit into a workbook.
    """
    named = input_names(graph)
    placement = place(graph, taken=RESERVED, names=named, corner=True)
    book = Book(graph, placement, learning_rate, rule)
    for value, name in named.items():
        book.name(Name(name), placement.tensors[value].value.first)
    book.name(LOSS, placement.tensors[graph.loss].value.first)
    for key, value in graph.named:
        placed = placement.tensors[value]
        book.entries.append(Entry(key, VALUE, placed.value))
        if placed.has_grad:
            book.entries.append(Entry(f"grad.{key}", GRADIENT, placed.grad))
    book.entries.append(Entry(LOSS.text, VALUE, placement.tensors[graph.loss].value))
    return book


def elsewhere(value: Value, grid: Grid) -> PlacedTensor:
    """Return a value that lies in `grid`, on another sheet; it has no gradient there."""
    return PlacedTensor(value.name, value.data, grid)
