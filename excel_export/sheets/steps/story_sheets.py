"""All sheets of the story, drawn one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from excel_export.book.book import Book, once
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import OperandLike, Reference
from excel_export.graph.graph import Call
from excel_export.sheets.book_elements import elements_of, followed_by
from excel_export.sheets.steps.ideas import LONGEST_TAB, idea_of
from excel_export.sheets.steps.layouts import draw_step
from excel_export.sheets.steps.requested_steps import story_steps
from excel_export.sheets.steps.step_sheet import Direction, StepSheet
from excel_export.sheets.steps.teller import Teller, makes_scores
from excel_export.views.elements import Elements
from excel_export.views.story import AHEAD, BACK, StoryStep, is_loss

TABS = {
    "inputs": "what goes in", "branch": "second way", "losses": "the loss", "dead end": "dead end", "switches": "back through",
    "weight": "a weight", "path": "the path", "update": "learn",
}  # fmt: skip
ORDER = 60


@dataclass(frozen=True)
class StorySheets:
    """The story's sheets, for other sheets: names ['1 what goes in', …], checks {'2 convolution': 1}, …."""

    names: Sequence[str]
    """The names of the sheets, in order."""
    checks: Mapping[str, int]
    """The number of cells with ✓ or ≠ on each sheet, by its name."""
    areas: Mapping[str, Reference]
    """All cells of each sheet, by its name."""
    shown: Mapping[Reference, Reference]
    """The story's cell that computes, or else shows, the number of a cell of the network, as long as no yellow cell of
    the story is changed: {Network!C5: '2 convolution'!F8}."""
    named: Mapping[str, Reference]
    """The story's cell that shows the number with a defined name: {'learning_rate': '9 update'!C9}."""

    def cell_of(self, cell: Reference) -> Reference | None:
        """Return the story's cell that shows the number of a cell of the network, '2 convolution'!F8; None for none."""
        return self.shown.get(cell.plain)


def draw(book: Book) -> Drawn[StorySheets] | None:
    """Draw every step on a sheet of its own; None for a network without a story."""
    steps, names = story_steps(book), story_names(book)
    if not steps:
        return None
    teller = Teller(book, elements_of(book), followed_by(book), steps, names)
    sheets = [StepSheet(name, _direction(step)) for step, name in zip(steps, names, strict=True)]
    start = Reference("Start", 1, 1)
    for k, (step, sheet) in enumerate(zip(steps, sheets, strict=True)):
        draw_step(sheet, teller, step)
        for cell in sheet.results:
            teller.computed_on.setdefault(cell, sheet.name)
        before = Reference(sheets[k - 1].name, 1, 1) if k else start
        after = Reference(sheets[k + 1].name, 1, 1) if k + 1 < len(sheets) else None
        sheet.finish(before, start, after, _where(teller, step))
    shown: dict[Reference, Reference] = {}
    named: dict[str, Reference] = {}
    for sheet in reversed(sheets):
        shown |= sheet.shown
        named |= sheet.named
    shown |= {book.names[name].plain: cell for name, cell in named.items() if name in book.names}
    for sheet in reversed(sheets):
        shown |= sheet.results
    checks = {sheet.name: len(sheet.checks) for sheet in sheets}
    areas = {sheet.name: sheet.area for sheet in sheets}
    result = StorySheets(names, checks, areas, shown, named)
    drawn = Drawn(result=result)
    drawn.comparisons = areas
    drawn.define({name: cell for sheet in sheets for name, cell in sheet.names.items()})
    for sheet in sheets:
        drawn.add(sheet.canvas, sheet.heading)
    drawn.canvases.reverse()  # each of them is put before those that are there
    return drawn


@once
def story_names(book: Book) -> list[str]:
    """Return the names of the story's sheets, in order: ['1 what goes in', '2 convolution', …]; [] without a story."""
    steps = story_steps(book)
    return [f"{k} {_tab(elements_of(book), step, steps)}" for k, step in enumerate(steps, start=1)]


def step_of(book: Book, call: Call | None, direction: str) -> Reference | None:
    """Return cell A1 of the story's first sheet that shows a call, '2 convolution'!A1; None if none does.

    `direction` is 'forward' or 'backward'; with None as the call, it is 'inputs', 'loss' or 'update'.
    """
    kinds = {"forward": AHEAD, "loss": ("losses",)}.get(direction, (direction, *BACK))
    for step, name in zip(story_steps(book), story_names(book), strict=True):
        if (
            step.what in kinds
            and (step.call is call or call in step.calls)
            and (call or not step.call or direction == "loss")
        ):
            return Reference(name, 1, 1)
    return None


def _tab(elements: Elements, step: StoryStep, steps: Sequence[StoryStep]) -> str:
    call = step.call
    if step.what in ("forward", "backward") and call:
        tab = idea_of(call, "tab")
        if step.what == "backward":
            return f"back, {_short(step)}"
        if makes_scores(elements, call):
            return "scores"
        same = [each for each in steps if each.what == "forward" and each.call and idea_of(each.call, "tab") == tab]
        told = list(dict.fromkeys(each.call for each in same))
        if step is same[0]:
            return tab
        is_one_of_many = sum(idea_of(each, "tab") == tab for each in elements.graph.calls) > 2
        return "deeper layer" if call is told[1 % len(told)] and is_one_of_many else _later(step)
    if step.what == "weight" and sum(each.what == "weight" for each in steps) > 1:
        return _later(step)
    return TABS[step.what]


def _short(step: StoryStep) -> str:
    """Return the name of a step back: 'loss', or the layer through which the gradient comes back."""
    assert step.call
    return "loss" if is_loss(step.call) else _plain(step.call.outputs[0].called)


def _plain(text: str) -> str:
    plain = "".join(letter for letter in text.replace("·", "×") if letter.isalnum() or letter in " ×-.")
    short = " ".join(plain.split())[:LONGEST_TAB]
    is_cut = short in plain and len(plain) > LONGEST_TAB
    if is_cut and " " in short:
        short = short.rpartition(" ")[0]
    return short.strip() or "layer"


def _later(step: StoryStep) -> str:
    assert step.value
    return _plain(step.value.called)


def _direction(step: StoryStep) -> Direction:
    if step.what == "update":
        return "update"
    return "backward" if step.what in ("backward", "dead end", "switches", "weight", "path") else "forward"


def _where(teller: Teller, step: StoryStep) -> OperandLike:
    if step.what in ("forward", "inputs") and step.value is not None:
        return teller.where(step.value)
    if step.what == "switches":
        return teller.where(next(each for each in step.calls[0].inputs if each.kind == "intermediate"), back=True)
    if step.what in ("backward", "weight") and step.value is not None:
        return teller.where(step.value, back=True)
    return ""


SHEET = SheetSpec("Story", "the story, step by step", draw, order=ORDER, first=True, explains=step_of)
