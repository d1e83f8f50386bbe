"""The Steps sheet: the passes as a list of steps, each in words, as an equation, and with its numbers.

The Network sheet shows one step at a time: what comes later is veiled, what happens now is framed.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase as LETTERS

from excel_export.formulas.expression import Expression, joined
from excel_export.formulas.functions import INDEX
from excel_export.formulas.reference import Reference
from excel_export.shared.infinity import is_infinite
from excel_export.sheets.book import Book
from excel_export.sheets.names import PART_SHOWN, STEP_SHOWN
from excel_export.sheets.parts.substitution import number_format, substituted
from excel_export.sheets.sheet import Drawn, SheetSpec
from excel_export.views.plan import Part, Plan
from excel_export.xlsx.calibri import column_pixels, row_points
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.page import Page
from excel_export.xlsx.styles import FORWARD, STYLES

NAME = "Steps"
FIRST_ROW = 6
LINES_WITH_NUMBERS = 3
"""So many lines there are at least where numbers may become longer."""
COLUMNS = {"name": 3, "words": 4, "math": 5, "numbers": 6}
SHOW_COL, PLACE_COL = 7, 8
UNCLICKED = Reference(NAME, 1, PLACE_COL)
"""What a control counts that nobody sees."""
DECIMALS = (2, 4)
"""Of the numbers, forward and backward."""
HEADS = ("step", "what happens", "the equation", "the same with numbers")
WIDTHS = {"words": 56, "math": 42, "numbers": 46}
"""In characters."""


def draw(book: Book) -> Drawn[None] | None:
    """List the steps with what the panel on the Network sheet says about each, where the network is one picture."""
    plan = book.plan
    if not plan:
        return None
    canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}", page=Page(heads=HEADS))
    canvas.widths = {1: 2, 2: 2, 3: 25, 4: WIDTHS["words"], 5: WIDTHS["math"], 6: WIDTHS["numbers"], 7: 13}
    canvas.say(1, 2, "The steps of learning", "title")
    canvas.say(2, 2, "The Lens shows them one by one, each on one screen.", "subtitle")
    canvas.say(3, 4, "the step that is shown now", "cell_small")
    canvas.put(3, 3, STEP_SHOWN, "answer")
    formats = {decimals: canvas.at(row, PLACE_COL).fixed for row, decimals in enumerate(DECIMALS, start=2)}
    for decimals, cell in formats.items():
        canvas.put(cell.row, cell.col, number_format(decimals), "fixed")
    masked = any(is_infinite(value.data).any() for value in book.placement.tensors)
    for col, head in enumerate((*HEADS, ""), start=3):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    for row, (number, label, part) in enumerate(_listed(plan), start=FIRST_ROW):
        canvas.say(row, COLUMNS["name"], label, "cell_wrapped")
        canvas.say(row, COLUMNS["words"], part.words, "cell_wrapped")
        canvas.say(row, COLUMNS["math"], part.math, "cell_wrapped")
        texts = {"words": part.words, "math": part.math}
        if part.element:
            grid, index = part.element
            formulas = book.contents[grid]
            assert isinstance(formulas, Expression)
            numbers = substituted(formulas, grid, index, part.decimals, formats[part.decimals], masked=masked)
            texts["numbers"] = numbers.widest
            canvas.put(row, COLUMNS["numbers"], numbers.formula, "cell_wrapped")
            canvas.link(row, SHOW_COL, grid.first, "show", "small_link")
        else:
            canvas.say(row, COLUMNS["numbers"], "", "cell_wrapped")
        canvas.say(row, PLACE_COL, f"#{place_of(book, plan, number, part).everywhere}", "fixed")
        least = LINES_WITH_NUMBERS if part.element else 1
        canvas.heights[row] = max(
            row_points(text, STYLES["cell_wrapped"].size, column_pixels(WIDTHS[what]), least=least)
            for what, text in texts.items()
        )
    canvas.printed = canvas.at(1, 2).to(canvas.at(FIRST_ROW + len(plan.parts) - 1, SHOW_COL - 1))
    canvas.put(UNCLICKED.row, UNCLICKED.col, 0, "fixed")
    canvas.say(FIRST_ROW - 1, PLACE_COL, "place", "fixed")
    canvas.hide_columns(PLACE_COL, PLACE_COL)
    return Drawn(canvas)


def _listed(plan: Plan) -> Iterator[tuple[int, str, Part]]:
    """Yield the parts of all steps, each with the number of its step and what it is called in the list."""
    for number, step in enumerate(plan.steps, start=1):
        for k, part in enumerate(step.parts):
            is_main = k == step.main
            yield number, plan.label(number) if is_main else f"{number}{LETTERS[k % len(LETTERS)]} · {part.name}", part


def place_of(book: Book, plan: Plan, number: int, part: Part) -> Reference:
    """Where a part of a step, counted from 1, is to be seen."""
    place = plan.place(number, part)
    if place:
        return place.box
    if part.element:
        return part.element[0].box
    if part.helper and part.call:
        return book.placement.tensors[part.call.outputs[0]].helpers[part.helper].box
    shown = {
        "loss": [book.graph.loss],
        "update": book.graph.of_kind("parameter"),
        "inputs": book.graph.of_kind("input"),
    }
    value = next(iter(shown.get(part.direction, [])), book.graph.loss)
    placed = book.placement.tensors[value]
    return placed.grad.box if part.direction in ("loss", "update") and placed.has_grad else placed.typed.box


def current(what: str, plan: Plan) -> Expression:
    """What a column of the Steps sheet says about the chosen step."""
    column = Reference(NAME, FIRST_ROW, COLUMNS[what], height=len(plan.parts)).fixed
    return joined(INDEX(column, PART_SHOWN), "")


SHEET = SheetSpec(NAME, "all steps as a list: in words, as an equation, with numbers", draw, order=30)
