"""The Valley sheet of lesson 7: the path of each learning rule, seen from above."""

from __future__ import annotations

import math

from excel_export.authoring import BACKWARD, MAX, MIN, Book, Canvas, Drawn, Page, Reference, SheetSpec
from excel_export.lessons import text_layout
from excel_export.lessons.lesson_places import indexed
from excel_export.sheets.training.learning_rates import each_step_at
from excel_export.sheets.training.rate_table import NAME_OF_RULES
from excel_export.workbook.charts import Path, PathChart
from excel_export.workbook.styles import GREY, PALETTE

NAME = "Valley"
TITLE = "The valley, seen from above"
TEXT = (
    "Each dot is a step. The grey lines join points of equal loss; the bottom is inside the smallest loop. A plain "
    "step crosses such a line at a right angle: steeply down, but not towards the bottom. (In the picture, y is "
    f"stretched.) If you change a yellow number on the {NAME_OF_RULES} sheet, the paths change too."
)
LAST, CHART_ROW, CHART_ROWS = 13, 4, 22
X_LIMITS, Y_LIMITS = (-2.0, 8.0), (0.0, 2.0)
LEVELS = (0.5, 2.0, 8.0)
"""The losses of the grey lines."""
CORNERS = 48
"""The points of a grey line: enough to look round."""
HEAD, FIRST_DATA = CHART_ROW, 17
RULES = ("SGD", "momentum", "SGD, weight decay", "Adam")


def sheet(bottom: tuple[float, float], steep: float, steps: int) -> SheetSpec[None]:
    """Return the sheet with the paths of four learning rules over a loss; `Book.draw` draws it.

    The loss is ((x − bottom[0])² + steep·(y − bottom[1])²) / 2; `steps` is the number of steps of each rule.
    """
    what = "the path of each learning rule through the valley, seen from above"
    return SheetSpec(NAME, what, lambda book: _draw(book, bottom, steep, steps))


def _draw(book: Book, bottom: tuple[float, float], steep: float, steps: int) -> Drawn[None]:
    canvas = Canvas(NAME, BACKWARD, page=Page(one_page=True), zoom=100)
    canvas.widths = {1: 2.0} | dict.fromkeys(range(2, LAST + 1), 10.0)
    text_layout.title(canvas, TITLE, 2)
    canvas.paragraph(2, 2, LAST, TEXT)
    canvas.widths[LAST + 1] = 40
    canvas.widths |= dict.fromkeys(range(FIRST_DATA, FIRST_DATA + 2 * (len(LEVELS) + len(RULES))), 11.0)
    canvas.say(HEAD - 1, FIRST_DATA, "chart data, clipped to the axis limits", "hint")
    paths = []
    for number, level in enumerate(LEVELS):
        col = FIRST_DATA + 2 * (len(RULES) + number)
        for corner in range(CORNERS + 1):
            angle, size = 2 * math.pi * corner / CORNERS, math.sqrt(2 * level)
            canvas.put(HEAD + 1 + corner, col, bottom[0] + size * math.cos(angle), "chart_data")
            canvas.put(HEAD + 1 + corner, col + 1, bottom[1] + size / math.sqrt(steep) * math.sin(angle), "chart_data")
        canvas.say(HEAD, col, f"loss {level:g}", "head_wrapped")
        paths.append(_path(canvas, col, CORNERS + 1, GREY, "solid", dots=False))
    for number, rule in enumerate(RULES):
        col = FIRST_DATA + 2 * number
        for k, (name, (low, high)) in enumerate((("x", X_LIMITS), ("y", Y_LIMITS))):
            for step in range(steps):
                cell = indexed(name, f"parameter {each_step_at(number + 1)}", step)(book)
                canvas.put(HEAD + 1 + step, col + k, MAX(low, MIN(high, cell)), "chart_data")
        canvas.say(HEAD, col, rule, "head_wrapped")
        paths.append(_path(canvas, col, steps, *PALETTE[number], dots=True))
    area = canvas.at(CHART_ROW, 2, CHART_ROWS, LAST - 1)
    alt = "The ways of four learning rules through a narrow valley, from the same start."
    canvas.charts.append(
        PathChart(area, f"{steps} steps by each learning rule", "x", "y", paths, alt, X_LIMITS, Y_LIMITS)
    )
    canvas.printed = canvas.at(1, 1, CHART_ROW + CHART_ROWS, LAST)
    return Drawn(canvas)


def _path(canvas: Canvas, col: int, count: int, color: str, dash: str, *, dots: bool) -> Path:
    xs: Reference = canvas.at(HEAD + 1, col, height=count)
    return Path(xs, canvas.at(HEAD + 1, col + 1, height=count), canvas.at(HEAD, col), color, dash, dots)
