"""What a sheet says of itself: where it stands, what it shows, and how it is drawn; and what drawing it gives.

Every `SheetSpec` in the files of this folder is a sheet, and so are those that an author adds by a `Story`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import excel_export.sheets as folder
from excel_export.formulas import Name, Operand, OperandLike, Reference
from excel_export.shared.errors import ExportError
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import Entry

if TYPE_CHECKING:
    from excel_export.sheets.book import Book
    from excel_export.sheets.inputs.input_cell import Control

T = TypeVar("T")
Result = Callable[[Mapping[str, Operand]], Operand]
"""From the cells of every recorded value, by name, to a formula; a KeyError where a part of a network lacks one."""
BEFORE_NETWORK, OF_AUTHORS, COVER = 0, 500, 1000
"""Orders of sheets of one's own: that inputs follow, that read the network, that a reader sees before Start."""


@dataclass(frozen=True, eq=False)
class SheetSpec(Generic[T]):
    """A sheet, or several that are drawn together."""

    name: str
    shows: str
    """A phrase for the sheet's content, as Start says it."""
    draw: Callable[[Book], Drawn[T] | None]
    """Draws it; None where a workbook has none. What it needs stands in the book."""
    order: int = OF_AUTHORS
    """When it is drawn: behind the sheets that it reads. The tabs stand in this order, then the hidden sheets."""
    first: bool = False
    """Whether its tab stands before those that were drawn earlier."""
    hidden: bool = False
    """True for a sheet without a tab: most readers need not see it."""
    also: Sequence[str] = ()
    """The names of what is drawn with it."""


@dataclass(frozen=True)
class Story:
    """What the author of a workbook adds to it."""

    title: str
    intro: Sequence[str] = ()
    """Paragraphs."""
    results: Mapping[str, Result] = field(default_factory=dict)
    """Lines of the result: a label, and its formula, such as `lambda cells: cells["argmax"]`."""
    losses: Mapping[str, Result] = field(default_factory=dict)
    """What the loss is the sum of, alike: shown as it is and as it is after the step."""
    sheets: Sequence[SheetSpec[Any]] = ()
    """Sheets beside the exporter's own; see `excel_export.authoring`. They may make inputs follow something else."""
    task: Callable[[Book], OperandLike] | None = None
    """Says what the network does, as a sentence: it stands where the story of the steps begins."""
    asked: Callable[[Book], Sequence[Reference]] | None = None
    """Finds the cells of the network whose numbers the sheets of the steps are to show, as a lesson asks for them."""


class Drawn(Generic[T]):
    """What drawing a sheet gives: the sheet itself, names, places of tensors, and a result that others may read."""

    def __init__(
        self,
        *canvases: Canvas,
        result: T | None = None,
        controls: Sequence[Control] = (),
        inputs: Mapping[str, OperandLike] | None = None,
        then: Sequence[SheetSpec[Any]] = (),
    ) -> None:
        """Take what there is: the sheet, and what others read of it by `Book.result`.

        `controls` are what a learner sets on Start; `inputs` formulas that inputs follow, by their names, of sheets
        that are drawn before the network; `then` are sheets that are drawn next.
        """
        self.canvases: list[Canvas] = []
        self.shows: dict[str, str] = {}
        """What each of them shows, by its name."""
        self.names: dict[str, Reference] = {}
        """The defined names, each with the cells it stands for."""
        self.entries: list[Entry] = []
        """Where tensors lie, for the index."""
        self.result, self.controls, self.inputs, self.then = result, [*controls], dict(inputs or {}), [*then]
        for canvas in canvases:
            self.add(canvas)

    def add(self, canvas: Canvas, shows: str = "", *, first: bool = False) -> None:
        """Add a sheet, with what it shows, where that is not what the specification says."""
        self.canvases.insert(0 if first else len(self.canvases), canvas)
        self.shows[canvas.name] = shows

    def add_hidden(self, canvas: Canvas, shows: str = "") -> None:
        """Add a sheet that most readers need not see. Links to it would not work."""
        canvas.hidden, canvas.page = True, None
        self.add(canvas, shows)

    def name(self, name: Name, cells: Reference) -> None:
        """Let a defined name stand for some cells."""
        self.names[name.text] = cells.fixed

    def define(self, names: Mapping[Name, Reference]) -> None:
        """Let each name stand for its cells."""
        for name, cells in names.items():
            self.name(name, cells)

    def take(self, drawn: Drawn[Any], sheet: SheetSpec[Any]) -> None:
        """Add what a sheet has given."""
        for canvas in drawn.canvases:
            shows = drawn.shows[canvas.name] or sheet.shows
            if sheet.hidden or canvas.hidden:
                self.add_hidden(canvas, shows)
            else:
                self.add(canvas, shows, first=sheet.first)
        self.names |= drawn.names
        self.entries += drawn.entries
        self.controls += drawn.controls


def own_sheets() -> list[SheetSpec[Any]]:
    """Return every sheet of this folder, in the order in which they are drawn."""
    found = pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")
    modules = [importlib.import_module(item.name) for item in found]
    return _in_order(thing for module in modules for thing in vars(module).values() if isinstance(thing, SheetSpec))


def with_own(sheets: Sequence[SheetSpec[Any]]) -> list[SheetSpec[Any]]:
    """Return an author's sheets with those of this folder; a changed copy of one of them takes its place.

    Raises:
        ExportError: two sheets have the same name.
    """
    return _in_order([*own_sheets(), *sheets])


def _in_order(sheets: Iterable[SheetSpec[Any]]) -> list[SheetSpec[Any]]:
    found: dict[str, SheetSpec[Any]] = {}
    for sheet in sheets:
        if sheet.name in found and found[sheet.name].draw != sheet.draw:
            raise ExportError(f"there are two sheets '{sheet.name}'")
        found[sheet.name] = sheet
    return sorted(found.values(), key=lambda sheet: sheet.order)
