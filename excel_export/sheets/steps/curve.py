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

from excel_export.book import names
from excel_export.formulas import Reference
from excel_export.sheets import nudge
from excel_export.sheets.network.again import is_small
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.workbook.charts import Path, PathChart
from excel_export.workbook.styles import BACKWARD, FORWARD

DISTANCE = "the distance of the curve"
"""The key in a teller's results of the cell with the distance to the outer points, once the curve is drawn."""
TEXTS = ("weight grows by", "loss", "loss grows by", "slope measured", "tangent, dashed")
GAP = 14
"""The space before the curve, in pixels."""
LABEL = 92
"""The width of the rows' names, in pixels."""
POINT = 58
"""The width of a point's numbers, in pixels."""
ASKED = 3
"""The point above which the distance is asked for."""
SMALLEST = 1e-3
"""The shortest distance from the weight."""
LARGEST = 10.0
"""The longest distance from the weight."""
SHARE = 0.25
"""The part of the loss by which the tangent changes it at the first distance."""


def is_drawn(teller: Teller) -> bool:
    """Return whether the workbook has the passes for the curve: the sheet Nudge, and `is_small` for its network."""
    return nudge.is_drawn(teller.book) and is_small(teller.book)


def draw(sheet: StepSheet, teller: Teller, chart: range, rows: Sequence[int]) -> None:
    """Draw the curve of the loss over the followed weight in the rows `chart`, range(5, 12).

    `rows` are six: for the distance, then the table of shifts, losses, their growth, its slope, and the tangent.
    """
    sheet.col(GAP)
    label = sheet.col(LABEL)
    shifts = (-names.NUDGE_FAR, -names.NUDGE, 0, names.NUDGE, names.NUDGE_FAR)
    columns = [sheet.col(POINT) for _ in shifts]
    ask, *lines = rows
    asked = columns[ASKED]
    far = sheet.at(ask, asked).fixed
    sheet.canvas.put(ask, asked, distance(teller), "story_choice")
    sheet.canvas.allow_numbers(far, SMALLEST, LARGEST, "How far", f"A number from {SMALLEST:g} to {LARGEST:g}, please.")
    sheet.names[names.NUDGE_FAR] = teller.results[DISTANCE] = far
    sheet.say(ask, label, "Loss as this weight varies by ±", "left_small")
    losses = (names.LOSS_FAR_DOWN, names.LOSS_DOWN, names.LOSS, names.LOSS_UP, names.LOSS_FAR_UP)
    by, loss, grows, slope, tangent = lines
    for k, col in enumerate(columns):
        style = "fine_tiny" if abs(k - len(shifts) // 2) == 1 else "small"
        step = sheet.number(by, col, shifts[k], style)
        here = sheet.number(loss, col, losses[k], "small")
        more = sheet.number(grows, col, here - sheet.at(loss, columns[2]).fixed_col, style)
        if shifts[k] != 0:
            sheet.number(slope, col, more / step, "small")
        sheet.number(tangent, col, names.NUDGED_GRADIENT * step, style)
    for line, text in zip(lines, TEXTS, strict=True):
        sheet.say(line, label, text, "note_small")
    area = sheet.at(chart.start, label, len(chart), columns[-1] - label + 1)
    _chart(sheet, area, columns, (by, grows, tangent))


def distance(teller: Teller) -> float:
    """Return the distance of the curve's outer points from the weight at first, from 0.001 to 10, with one digit.

    There the tangent changes the loss by a quarter: 0.2 for a loss of 0.4 and a gradient of 0.5; 1 for a gradient of 0.
    """
    weight = teller.beads[0]
    assert weight.value.gradient is not None
    slope = abs(float(weight.value.gradient[weight.index]))
    loss = abs(float(teller.book.graph.loss.data.item()))  # its shape may be (1,)
    wanted = min(LARGEST, max(SMALLEST, SHARE * loss / slope)) if slope else 1.0
    return float(f"{wanted:.0e}") if math.isfinite(wanted) else 1.0


def _chart(sheet: StepSheet, area: Reference, columns: Sequence[int], lines: tuple[int, int, int]) -> None:
    xs, curve, tangent = (sheet.at(row, columns[0], 1, len(columns)) for row in lines)
    named = [sheet.at(row, columns[0] - 1) for row in lines]
    sheet.canvas.charts.append(PathChart(
        area, "The loss over this weight", "weight grows by", "loss grows by",
        [Path(xs, curve, named[1], FORWARD), Path(xs, tangent, named[2], BACKWARD, "dash", dots=False)],
        plot=(0.16, 0.05, 0.8, 0.6), is_bare=True,
        alt="How much the loss grows with the weight, at five points, and the tangent at the present one: its slope is the gradient.",
    ))  # fmt: skip
