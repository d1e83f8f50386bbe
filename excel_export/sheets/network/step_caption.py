"""The words of the step above the Network sheet's picture, in view wherever one looks.

A picture that fits on a screen has them in a strip above it; one that is larger, in a frozen corner, which takes as
little of the screen's height as it can. Those of all steps stand in hidden columns right of the picture.
"""

from string import ascii_lowercase as LETTERS
from typing import NamedTuple

from excel_export.compiler.place import network_picture, placement
from excel_export.formulas import HYPERLINK, INDEX, Reference, joined
from excel_export.graph.graph import Kind
from excel_export.sheets import names
from excel_export.sheets.book import Book
from excel_export.sheets.sheet import Drawn
from excel_export.views.plan import Part, Plan
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import LARGE, ZOOMS

STEP, WORDS, MATH, LINKS = range(1, network_picture.CORNER_ROWS + 1)
SCREEN = 1268, 582
"""The pixels that a window of 1366 by 768 leaves for cells."""
CHARACTER, POINT, ROW = 9.9, 4 / 3, 15
"""In pixels: a character of a width, and a point of a height. In points: a row."""
BUTTON = 60
UNSEEN = 100
"""So many rows below the picture, nobody looks."""


class _Layout(NamedTuple):
    """How many pixels of the screen everything takes, whatever the zoom."""

    columns: dict[int, float]
    """The columns left of the picture."""
    rows: dict[int, float]
    width: float
    """Of the words."""


STRIP = _Layout({1: 8, 2: 4, 3: 4, 4: 4}, {STEP: 24, WORDS: 58, MATH: 22, LINKS: 22}, 1080)
CORNER = _Layout({1: 8, 2: 170, 3: 200, 4: BUTTON}, {STEP: 22, WORDS: 66, MATH: 2, LINKS: 18}, 370)


def draw(canvas: Canvas, sheet: placement.Sheet, book: Book, plan: Plan, drawn: Drawn[None]) -> None:
    """Say what the current step does, and choose how large the picture is shown."""
    zoom = _fitting(canvas, sheet)
    layout = STRIP if zoom else CORNER
    zoom = canvas.zoom = zoom or LARGE
    canvas.widths |= {col: pixels / CHARACTER * 100 / zoom for col, pixels in layout.columns.items()}
    canvas.heights |= {row: pixels / POINT * 100 / zoom for row, pixels in layout.rows.items()}
    canvas.freeze = canvas.at(
        network_picture.CORNER_ROWS + 1, 1 if layout is STRIP else network_picture.CORNER_COLUMNS + 1
    ).area
    middle, last = 2, 3
    if layout is STRIP:
        middle, last = (_reaching(canvas, layout.width * part * 100 / zoom) for part in (0.5, 1))
    listed, words, math, places, unclicked = _list(canvas, max(last, sheet.last_column) + 2, book, plan)
    drawn.name(names.STEP_LIST, listed)
    texts = [(STEP, listed, "step"), (WORDS, words, "words"), (MATH, math, "math")]
    for row, what, style in texts if layout is STRIP else [(STEP, listed, "step"), (WORDS, words, "small_words")]:
        end = last if row == STEP else max(last, network_picture.CORNER_COLUMNS)
        canvas.put(row, 2, joined(INDEX(what, names.PART_SHOWN), ""), f"corner_{style}_{zoom}", width=end - 1)
    button = canvas.at(STEP, last + 1, width=1 if layout is CORNER else 2)
    if len(plan.steps) > 1:
        # Of a sheet that is not the workbook's first, LibreOffice leaves the first control without clicks.
        canvas.spin(canvas.at(sheet.last_row + UNSEEN, 1), unclicked, 0, 1)
        canvas.spin(button, names.LENS_STEP, 1, len(plan.steps), alt=names.STEP_BY_STEP)
    place = HYPERLINK(INDEX(places, names.PART_SHOWN), "show me →")
    lens, style = joined("← Lens, step ", names.STEP_NUMBER), f"corner_link_{zoom}"
    canvas.put(LINKS, 2, place, style, width=max(1, middle - 1))
    canvas.link(LINKS, middle + 1, names.LENS_STEP, lens, style, width=max(1, last - middle))
    if layout is CORNER:
        for panel in sheet.panels:
            item = next(panel.items)
            canvas.put(LINKS, panel.first, item.owner.called, f"title_{item.band}")


def _fitting(canvas: Canvas, sheet: placement.Sheet) -> int | None:
    """The largest zoom at which the picture below the strip is all on the screen."""
    columns, rows = (
        range(sheet.first_column, sheet.last_column + 1),
        range(network_picture.CORNER_ROWS + 1, sheet.last_row + 1),
    )
    width = sum(canvas.widths[col] for col in columns) * CHARACTER
    height = sum(canvas.heights.get(row, ROW) for row in rows) * POINT
    room = SCREEN[0] - sum(STRIP.columns.values()), SCREEN[1] - sum(STRIP.rows.values())
    return next((zoom for zoom in ZOOMS if width * zoom <= 100 * room[0] and height * zoom <= 100 * room[1]), None)


def _reaching(canvas: Canvas, pixels: float) -> int:
    """The last column of those that are together so wide, from the second on."""
    col = 1
    while pixels > 0:
        col += 1
        pixels -= canvas.widths.setdefault(col, 8) * CHARACTER
    return col


def _list(canvas: Canvas, col: int, book: Book, plan: Plan) -> list[Reference]:
    """List the parts of all steps out of sight: what they are called, their words, equations and places.

    Return these columns, and a cell that a control counts in which nobody sees.
    """
    row = 0
    for number, step in enumerate(plan.steps, start=1):
        for k, part in enumerate(step.parts):
            name = plan.label(number) if k == step.main else f"{number}{LETTERS[k % len(LETTERS)]} · {part.name}"
            place = f"#{_place_of(book, plan, number, part).everywhere}"
            row += 1
            canvas.across(row, col, (name, part.words, part.math, place), "fixed")
    unclicked = canvas.at(1, col + 4)
    canvas.put(unclicked.row, unclicked.col, 0, "fixed")
    canvas.hide_columns(col)
    return [*(canvas.at(1, col + k, height=len(plan.parts)).fixed for k in range(4)), unclicked]


def _place_of(book: Book, plan: Plan, number: int, part: Part) -> Reference:
    """Where a part of a step, counted from 1, is to be seen."""
    tensors, place = book.placement.tensors, plan.place(number, part)
    if place:
        return place.box
    if part.call:
        made = tensors[part.call.outputs[0]]
        return made.helpers[part.helper].box if part.helper else made.value.box
    kind: Kind = "parameter" if part.direction == "update" else "input"
    values = [] if part.direction == "loss" else book.graph.of_kind(kind)
    placed = tensors[next(iter(values), book.graph.loss)]
    return placed.grad.box if part.direction in ("loss", "update") and placed.has_grad else placed.typed.box
