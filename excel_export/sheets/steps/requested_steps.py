"""The steps of a story that a lesson asks about: a sheet for each such number that no other sheet shows."""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.book.book import Book, once
from excel_export.formulas import Reference
from excel_export.graph.graph import Call
from excel_export.sheets.book_elements import asked_of, elements_of, followed_by
from excel_export.sheets.steps.layouts import draw_step
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.views.elements import GRADIENT, VALUE, Element
from excel_export.views.story import BACK, MOST, StoryStep, story_of

LEAST = 6
"""The least number of steps of the usual story that remain."""


@once
def story_steps(book: Book) -> list[StoryStep]:
    """Return the steps of the story, at most 16, each with a sheet: [StoryStep('inputs'), …, StoryStep('update')]."""
    shown: dict[StoryStep, set[Reference]] = {}
    steps: list[StoryStep] = []
    for most in range(MOST, LEAST - 1, -1):
        steps = _with_requested(book, story_of(elements_of(book), followed_by(book), most), shown)
        if len(steps) <= MOST:
            break
    return steps[:MOST]


def _with_requested(book: Book, steps: list[StoryStep], shown: dict[StoryStep, set[Reference]]) -> list[StoryStep]:
    for element in asked_of(book):
        cell, wanted = elements_of(book).cell(element), _step_for(book, element)
        for step in (*steps, wanted):
            if step and step not in shown:
                shown[step] = _computed_cells(book, step)
        if wanted and cell in shown[wanted] and not any(cell in shown[step] for step in steps):
            _insert(steps, wanted, book.graph.calls)
    return steps


def _computed_cells(book: Book, step: StoryStep) -> set[Reference]:
    if step.call is None and step.what != "switches":
        return set()
    sheet = StepSheet("", "forward")
    draw_step(sheet, Teller(book, elements_of(book), followed_by(book), [], []), step)
    return {*sheet.results}


def _step_for(book: Book, element: Element) -> StoryStep | None:
    """Return the step whose sheet shows an element; None for inputs, parameters and the gradient of the loss."""
    value, index = element.value, element.index
    if element.part == VALUE:
        maker = elements_of(book).makers.get(value)
        return StoryStep("forward", maker, value, index) if maker else None
    elements = elements_of(book)
    readers = [call for call in elements.readers.get(value, ()) if elements.gains(call, value) is not None]
    if element.part != GRADIENT or not readers:
        return None
    return StoryStep("weight" if value.kind == "parameter" else "backward", readers[0], value, index)


def _insert(steps: list[StoryStep], new: StoryStep, calls: Sequence[Call]) -> None:
    position = {id(call): k for k, call in enumerate(calls)}
    is_back = new.what in BACK

    def comes_later(step: StoryStep) -> bool:
        if step.what in ("path", "update"):
            return True
        if (step.what in BACK) != is_back:
            return step.what in BACK
        if step.call is None:
            return False
        here, there = position[id(new.call)], position[id(step.call)]
        if here == there:
            return is_back and step.what == "weight" != new.what
        return there < here if is_back else there > here

    at = next((k for k, step in enumerate(steps) if comes_later(step)), len(steps))
    steps.insert(at, new)
