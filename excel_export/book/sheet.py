"""The description of a sheet, from which it is drawn, and what drawing it gives.

Functions that draw take a `Book`. Its class is not imported here, since a book draws these sheets: so it is `Any`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from excel_export.book.input_cell import Control
from excel_export.formulas import Grid, Name, Operand, OperandLike, Reference
from excel_export.graph.graph import Value
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import Entry

T = TypeVar("T")
Result = Callable[[Mapping[str, Operand]], Operand]
"""A function from the cells of all recorded values, by name, to a formula: `lambda cells: cells["argmax"]`. It raises a
KeyError if a part of a network lacks a value."""
DIFFERS = "≠"
"""The text of a cell that has compared a number with the network's own and found another one."""
BEFORE_NETWORK = 0
"""The order of an author's sheet that inputs follow."""
OF_AUTHORS = 500
"""The order of an author's sheet that reads the network."""
COVER = 1000
"""The order of an author's sheet that a reader sees before Start."""


@dataclass(frozen=True, eq=False)
class SheetSpec(Generic[T]):
    """A sheet, or several that are drawn together: SheetSpec('Notes', 'what the author says', draw, order=COVER)."""

    name: str
    """The name of the sheet's tab: 'Notes'."""
    shows: str
    """What the sheet shows, for the list of sheets on Start: 'each parameter before and after the step'."""
    draw: Callable[[Any], Drawn[T] | None]
    """A function from the `Book` to what is drawn; None if the workbook has no such sheet."""
    order: int = OF_AUTHORS
    """Its position among the sheets: a sheet is drawn after all those with a lower number, which it may read."""
    first: bool = False
    """True if its tab is put before those drawn so far."""
    hidden: bool = False
    """True for a sheet without a tab."""
    also: Sequence[str] = ()
    """The names of further sheets that are drawn with it: ['Story 2', 'Story 3']."""
    explains: Callable[[Any, Any, str], Reference | None] | None = None
    """A function explains(book, call, 'forward') that returns the cell of a sheet of these that tells of the call, or
    None; its arguments are as for `Book.sheet_of`. None if no sheet tells of calls."""


@dataclass(frozen=True)
class Story:
    """An author's additions to a workbook: Story('XOR', ['It adds.'], results={'sum': lambda cells: cells['sum']})."""

    title: str
    """The title of the workbook: 'XOR'."""
    intro: Sequence[str] = ()
    """The paragraphs on Start, one text each."""
    results: Mapping[str, Result] = field(default_factory=dict)
    """The results on Start, a function by its label: {'digit': lambda cells: cells['argmax']}. `cells` has the cells of
    each recorded value by its name; the function returns those of one number, or a formula: cells['x'] + cells['y']."""
    losses: Mapping[str, Result] = field(default_factory=dict)
    """The terms that add up to the loss, like `results`; each is shown before and after the step."""
    sheets: Sequence[SheetSpec[Any]] = ()
    """Sheets beside the exporter's own. Those before the network may give inputs formulas: see `Drawn.inputs`."""
    task: Callable[[Any], OperandLike] | None = None
    """A function from the `Book` to a sentence on what the network does, for the story's beginning; None for none."""
    asked: Callable[[Any], Sequence[Reference]] | None = None
    """A function from the `Book` to cells of the network through which the story should go; None to leave it open."""


class Drawn(Generic[T]):
    """The result of drawing a `SheetSpec`: the `canvases` of one or several sheets, their defined names, and so on.

    Drawn(canvas) is enough for a sheet that no other one reads.
    """

    def __init__(
        self,
        *canvases: Canvas,
        result: T | None = None,
        controls: Sequence[Control] = (),
        inputs: Mapping[str, OperandLike] | None = None,
        then: Sequence[SheetSpec[Any]] = (),
    ) -> None:
        """Begin with some canvases.

        Args:
            canvases: the sheets, in the order of their tabs.
            result: a value of any type that other sheets read by `Book.result`.
            controls: the yellow cells that Start shall show: [Control('Digit', 3, …)].
            inputs: formulas for inputs that a learner shall not type: {'digit': Name('digit_in_use')}, in the input's
                shape; only for a sheet drawn before the network.
            then: sheets to be drawn next.
        """
        self.canvases: list[Canvas] = []
        """The sheets, in the order of their tabs."""
        self.shows: dict[str, str] = {}
        """A phrase for the content of each canvas, by its name; '' for `SheetSpec.shows`."""
        self.names: dict[str, Reference] = {}
        """The cells of each defined name: {'loss': Reference('Network', 40, 2)}."""
        self.entries: list[Entry] = []
        """The rows of the index: [Entry('fc.weight', 'value', grid)]."""
        self.after: dict[Value, Grid] = {}
        """The cells of the parameters after one step: {w: grid}."""
        self.comparisons: dict[str, Reference] = {}
        """The cells in which a `DIFFERS` stops the export, by the sheet's name: {'Update': Reference('Update', 5, 4,
        9)}."""
        self.result, self.controls, self.inputs, self.then = result, [*controls], dict(inputs or {}), [*then]
        for canvas in canvases:
            self.add(canvas)

    def add(self, canvas: Canvas, shows: str = "", *, first: bool = False) -> None:
        """Add a canvas, the content of one sheet, behind the others, or before them if `first` is true.

        `shows` is what it shows, 'the losses of all steps'; '' for `SheetSpec.shows`.
        """
        self.canvases.insert(0 if first else len(self.canvases), canvas)
        self.shows[canvas.name] = shows

    def add_hidden(self, canvas: Canvas, shows: str = "") -> None:
        """Add a canvas as a hidden sheet, which is not for paper; `shows` is as for `add`."""
        canvas.hidden, canvas.page = True, None
        self.add(canvas, shows)

    def name(self, name: Name, cells: Reference) -> None:
        """Let a defined name refer to cells: (Name('loss'), Network!B40) lets formulas on all sheets read loss."""
        self.names[name.text] = cells.fixed

    def define(self, names: Mapping[Name, Reference]) -> None:
        """Let each defined name refer to its cells: {Name('rate'): Reference('Start', 3, 2)} for Start!B3."""
        for name, cells in names.items():
            self.name(name, cells)

    def take(self, drawn: Drawn[Any], sheet: SheetSpec[Any]) -> None:
        """Add all that `drawn`, what `sheet.draw` returned, has, except `result`, `inputs` and `then`.

        So canvases, names, entries, controls, cells after a step (`after`) and comparisons. The canvases are hidden if
        `sheet` is, and come first if `sheet.first` is true.
        """
        for canvas in drawn.canvases:
            shows = drawn.shows[canvas.name] or sheet.shows
            if sheet.hidden or canvas.hidden:
                self.add_hidden(canvas, shows)
            else:
                self.add(canvas, shows, first=sheet.first)
        self.names |= drawn.names
        self.entries += drawn.entries
        self.controls += drawn.controls
        self.after |= drawn.after
        self.comparisons |= drawn.comparisons
