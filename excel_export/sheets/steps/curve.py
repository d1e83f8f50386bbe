"""The loss over one weight: five points, each a forward pass of its own, and the tangent whose slope is the gradient.

the weight grows by     −0.09    −0.0001   0   0.0001    0.09
the loss               0.3071     0.3987   …   0.3989   0.5285
the loss grows by     −0.0917    −1.1E-4   0   1.1E-4   0.1297
that is, for each 1    1.0188     1.1077       1.1077   1.4412
along the tangent     −0.0997    −1.1E-4   0   1.1E-4   0.0997
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from excel_export.formulas import Reference
from excel_export.sheets import names, nudge
from excel_export.sheets.network.again import is_small
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.workbook.charts import Path, PathChart
from excel_export.workbook.styles import BACKWARD, FORWARD

POINTS, ROW = 5, 17
TEXTS = ("weight grows by", "loss", "loss grows by", "slope measured", "along the tangent")
ASKED = 3
"""The column of the point above which the distance is asked for."""
CHART_LEFT = 640
"""Where the chart begins, in pixels."""
SMALLEST, LARGEST, SHARE = 1e-3, 10.0, 0.25


def draw(sheet: StepSheet, teller: Teller, columns: Sequence[int], top: int) -> None:
    """Draw the points in some columns, and the chart at the right of them, where the workbook has the passes."""
    if not (nudge.is_drawn(teller.book) and is_small(teller.book)):
        return
    rows = [sheet.row(24), *(sheet.row(ROW) for _ in TEXTS)]
    columns = _columns(sheet, columns)
    ask, *lines = rows
    asked = columns[ASKED]
    far = sheet.at(ask, asked).fixed
    sheet.canvas.put(ask, asked, distance(teller), "story_choice", width=sheet.last_of(asked) - asked + 1)
    sheet.canvas.allow_numbers(far, SMALLEST, LARGEST, "How far", f"A number from {SMALLEST:g} to {LARGEST:g}, please.")
    sheet.names[names.NUDGE_FAR] = far
    sheet.say(ask, 2, "The loss over this weight, to each side by", "left_small")
    shifts = (-names.NUDGE_FAR, -names.NUDGE, 0, names.NUDGE, names.NUDGE_FAR)
    losses = (names.LOSS_FAR_DOWN, names.LOSS_DOWN, names.LOSS, names.LOSS_UP, names.LOSS_FAR_UP)
    by, loss, grows, slope, tangent = lines
    for k, col in enumerate(columns):
        step = sheet.number(by, col, shifts[k], "small")
        here = sheet.number(loss, col, losses[k], "small")
        more = sheet.number(grows, col, here - sheet.at(loss, columns[2]).fixed_col, "small")
        if shifts[k] != 0:
            sheet.number(slope, col, more / step, "small")
        sheet.number(tangent, col, names.NUDGED_GRADIENT * step, "small")
    for line, text in zip(lines, TEXTS, strict=True):
        sheet.say(line, 2, text, "note_small")
    _chart(sheet, columns, (by, grows, tangent), top)


def distance(teller: Teller) -> float:
    """How far the curve goes at first: so far that the tangent changes the loss by a part that is seen, to one digit."""
    weight = teller.beads[0]
    assert weight.value.gradient is not None
    slope = abs(float(weight.value.gradient[weight.index]))
    loss = abs(float(teller.book.graph.loss.data.item()))  # its shape may be (1,)
    wanted = min(LARGEST, max(SMALLEST, SHARE * loss / slope)) if slope else 1.0
    return float(f"{wanted:.0e}") if math.isfinite(wanted) else 1.0


def _columns(sheet: StepSheet, columns: Sequence[int]) -> list[int]:
    """The first columns of the path, and others where these are too few."""
    found = [*columns]
    while len(found) < POINTS:
        found.append(sheet.col(60))
    return found[:POINTS]


def _chart(sheet: StepSheet, columns: list[int], lines: tuple[int, int, int], top: int) -> None:
    """The points as a curve, and the tangent as a line."""
    while sheet.width < WIDTH - MARGIN:
        sheet.col(min(60, WIDTH - MARGIN - sheet.width))
    x, left = MARGIN, 2
    while x < CHART_LEFT:
        x += round(sheet.canvas.widths[left] * 7)
        left += 1

    def line(row: int) -> Reference:
        return sheet.at(row, columns[0], 1, columns[-1] - columns[0] + 1)

    named = [sheet.at(row, 2) for row in lines]
    area = sheet.at(top, left, lines[-1] - top + 1, sheet.last_col - left + 1)
    sheet.canvas.charts.append(PathChart(
        area, "The loss over this weight", "weight grows by", "loss grows by",
        [Path(line(lines[0]), line(lines[1]), named[1], FORWARD), Path(line(lines[0]), line(lines[2]), named[2], BACKWARD, "dash", dots=False)],
        plot=(0.14, 0.06, 0.82, 0.66), is_bare=True,
        alt="How much the loss grows with the weight, at five points, and the tangent at the present one: its slope is the gradient.",
    ))  # fmt: skip
