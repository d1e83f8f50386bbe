"""The whole network as boxes, with its forks and joins: in each the number that the story follows, and its gradient.

halved image → first conv → second conv → max pool → …  → digit's loss ↘
                 0.8450        3.1725       3.1725           0.3981      total loss
                 0.1876        0.3238       0.3238    ↘  adder → … ↗      0.3988
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from math import ceil
from typing import NamedTuple

from excel_export.formulas import OperandLike, Reference
from excel_export.graph.graph import Value
from excel_export.sheets.steps.network_boxes import MapBox, NetworkMap
from excel_export.sheets.steps.step_sheet import MARGIN, STOP, WIDTH, StepSheet
from excel_export.sheets.steps.teller import Teller, number_of
from excel_export.views import strip
from excel_export.workbook.calibri import PADDING, line_count, shortened, text_width

NAME = 20
"""The height of a box's name, in pixels."""
ROOM, TALLEST = 192, 27
"""The height of the map with its gradients, and the largest height of a number in it, in pixels."""
GAP = 7
"""The space between two lanes, in pixels."""
ARROW = 17
"""The width of an arrow, in pixels."""
NARROWEST = 56
"""The least width of a box and its arrow, in pixels."""
WIDEST = 108
"""The largest width of a box and its arrow, in pixels."""
LINE = "—"
"""The sign for a line across several columns."""
LINE_PIXELS = 12
"""The width of that sign, in pixels."""
LINE_BELOW = 12
"""The least height of a small line below a box, in pixels."""
MOST_PLACES = 6
"""The least number of columns for large boxes, however few the map has."""


class MapColumn(NamedTuple):
    """The sheet's column of some boxes, and that of the arrows behind them: MapColumn(3, 4)."""

    col: int
    """The sheet's column, from 1 on, of some boxes."""
    arrow: int
    """The column of the arrows behind them."""


def columns(sheet: StepSheet, network: NetworkMap) -> list[MapColumn]:
    """Add the columns of the map to a sheet, as far as there is room, at least six even for fewer boxes.

    Return them from left to right: [MapColumn(3, 4), MapColumn(5, 6), …].
    """
    count, room, pitch = network.columns, WIDTH - MARGIN - sheet.width, pitch_of(sheet, network)
    found = []
    for _ in range(max(MOST_PLACES, min(count, room // pitch))):
        if sheet.width + pitch > WIDTH:
            break
        found.append(MapColumn(sheet.col(pitch - ARROW), sheet.col(ARROW)))
    return found


def pitch_of(sheet: StepSheet, network: NetworkMap) -> int:
    """Return the width of a box and its arrow, 56 to 108 pixels, so that the map fits beside the sheet's columns."""
    return max(NARROWEST, min(WIDEST, (WIDTH - MARGIN - sheet.width) // network.columns))


def rows_over(network: NetworkMap, unit: int) -> int:
    """Return the number of rows, each `unit` pixels high, that `draw_over` takes for the map."""
    return (2 * max(1, ceil(NAME / unit)) + 2 * ceil(LINE_BELOW / unit)) * network.lanes


def draw_over(sheet: StepSheet, teller: Teller, network: NetworkMap, first_row: int, unit: int) -> None:
    """Draw the map without gradients, in columns that it adds, and in existing rows of `unit` pixels."""
    places, tall = columns(sheet, network), max(1, ceil(NAME / unit))
    _draw(sheet, teller, network, places, first_row, tall, ceil(LINE_BELOW / unit))


def parameters_of(network: NetworkMap) -> list[int]:
    """Return how many weights and biases each box has: [50, 230, 0, 550]. What two boxes share counts for the first."""
    seen: set[Value] = set()
    found = []
    for box in network.boxes:
        own = {each for call in box.calls for each in call.inputs if each.kind == "parameter"} - seen
        found.append(sum(each.data.size for each in own))
        seen |= own
    return found


def draw_below(sheet: StepSheet, teller: Teller, network: NetworkMap, places: Sequence[MapColumn]) -> None:
    """Draw the map with its gradients, in `places`, the columns that `columns` added, and in rows that it adds."""
    first = sheet.row(6) + 1
    height = min(TALLEST, (ROOM // network.lanes - GAP) // 3)
    for _ in range(network.lanes):
        for pixels in (height, height, height, GAP):
            sheet.row(pixels)
    _draw(sheet, teller, network, places, first, 1)


def _draw(
    sheet: StepSheet,
    teller: Teller,
    network: NetworkMap,
    places: Sequence[MapColumn],
    first_row: int,
    tall: int,
    line: int = 0,
) -> None:
    """Draw the map with rows `tall` rows high, its sheets and parameters in lines of `line` rows, or its gradients."""
    height, pitch = tall * (2 if line else 3), 2 * (tall + line) if line else 4 * tall
    large = "" if line else "_large"
    readers = {
        key: [network.standing[other] for other, read in network.reads.items() if key in read]
        for key in network.standing
    }
    for box, count in zip(network.boxes, parameters_of(network), strict=True):
        place = network.standing[id(box)]
        if place.column >= len(places):
            continue
        at, row = places[place.column], first_row + place.lane * pitch
        name = box.result.called if box.result.data.size == 1 else _name(teller, box.main.outputs[0])
        room = sheet.pixels(at.col) - 6
        fits = max(text_width(word, 8, bold=True) for word in name.split()) <= room
        fits = fits and line_count(name, 8, room, bold=True) <= 2
        if tall > 1 and fits:  # in two lines
            sheet.say(row, at.col, name, "box_wrapped", height=tall)
        else:
            has_room = text_width(name, 9, bold=True) <= room or box.result.data.size == 1
            short = name if has_room else teller.short_name(box.main.outputs[0], room, 9)
            sheet.say(row, at.col, shortened(short, room, 9, bold=True), "box", height=tall)
        number, gradient = _numbers(teller, box)
        if number is not None:
            style = "map_whole" if box.decision else "map_value"
            sheet.number(row + tall, at.col, number, style + large, height=tall)
        if not line and gradient is not None:
            sheet.number(row + 2 * tall, at.col, gradient, f"map_gradient{large}", height=tall)
            if box.decision and place.column:
                sheet.say(row + 2 * tall, places[place.column - 1].arrow, STOP, "arrow_small", height=tall)
        if line:
            _link(sheet, teller, box, sheet.at(row + height, at.col, line))
            if count:
                texts = f"{count:,} parameters", f"{count:,}"
                fitting = (text for text in texts if text_width(text, 8) + PADDING - 1 <= sheet.pixels(at.col))
                sheet.say(row + height + line, at.col, next(fitting, ""), "center_small", height=line)
        sign = _arrow(place, readers[id(box)])
        if sign:
            _arrows(sheet, network, places, place, readers[id(box)], sign, (row, tall))
        for lane in _forks(place, readers[id(box)]):
            turn = "↗" if lane < place.lane else "↘"
            sheet.say(first_row + lane * pitch, at.arrow, turn, "arrow_small", height=tall)


def _link(sheet: StepSheet, teller: Teller, box: MapBox, at: Reference) -> None:
    own = list(dict.fromkeys(teller.sheets_of_calls[call] for call in box.calls if call in teller.sheets_of_calls))
    shown = own or [*filter(None, [teller.like(box.main)])]
    target = Reference(shown[0], 1, 1) if shown else teller.value(box.main.outputs[0])
    numbers = ", ".join(map(number_of, shown))
    text = f"{'' if own else 'like '}sheet{'s' * (len(own) > 1)} {numbers}" if numbers else "on Network"
    if text_width(text, 8) <= sheet.pixels(at.col):
        sheet.link(at, target, text)


def _name(teller: Teller, value: Value) -> str:
    index = teller.thread.get(value)
    return teller.called(value, index) if index and value in teller.scores else value.called


def _forks(place: strip.Place, readers: Sequence[strip.Place]) -> list[int]:
    next_to_it = {each.lane for each in readers if each.column == place.column + 1}
    return sorted(next_to_it - {place.lane}) if place.lane in next_to_it else sorted(next_to_it)[1:]


def _arrows(
    sheet: StepSheet, network: NetworkMap, places: Sequence[MapColumn], place: strip.Place, readers: Sequence[strip.Place], sign: str,
    rows: tuple[int, int],
) -> None:  # fmt: skip
    row, tall = rows
    if sign != "⇢":
        sheet.say(row, places[place.column].arrow, sign, "arrow_small", height=tall)
        return
    nearest = _nearest(place, readers)
    between = range(place.column + 1, min(nearest.column, len(places)))
    free = [*takewhile(lambda column: strip.Place(column, place.lane) not in network.standing.values(), between)]
    first, last = places[place.column].arrow, places[free[-1] if free else place.column]
    end = sheet.last_of(last.col) if free else first
    room = sum(sheet.pixels_of(col) for col in range(first, end + 1))
    sheet.say(row, first, LINE * max(1, room // LINE_PIXELS), "arrow_small", height=tall, width=end - first + 1)
    if free:
        turn = "→" if nearest.lane == place.lane else "↗" if nearest.lane < place.lane else "↘"
        ends = turn if free[-1] + 1 == nearest.column else LINE
        sheet.say(row, last.arrow, ends, "arrow_small", height=tall)


def _nearest(place: strip.Place, readers: Sequence[strip.Place]) -> strip.Place:
    return min(readers, key=lambda each: (each.column, abs(each.lane - place.lane)))


def _arrow(place: strip.Place, readers: Sequence[strip.Place]) -> str:
    """Return the sign behind a box for the direction of its readers; '' if nothing reads it."""
    if not readers:
        return ""
    nearest = _nearest(place, readers)
    signs = {0: "→", 1: "↘", -1: "↗"}
    away = (nearest.lane > place.lane) - (nearest.lane < place.lane)
    return signs[away] if nearest.column == place.column + 1 else "⇢"


def _numbers(teller: Teller, box: MapBox) -> tuple[OperandLike | None, OperandLike | None]:
    if box.decision:
        value = box.result if box.result.data.size == 1 else box.decision.outputs[0]
        if value.data.size > 1:
            return None, None
        # The gradient arrives at the number as it is read: what was decided has none.
        arrives = next((each for each in reversed([value for call in box.calls for value in call.outputs])
                        if each.data.size == 1 and teller.elements.tensors[each].has_grad), None)  # fmt: skip
        return teller.operand(value), teller.gradient(arrives) if arrives else None
    for call in reversed(box.calls):
        for value in call.outputs:
            index = teller.thread.get(value, () if value.data.size == 1 else None)
            if index is not None:
                has_gradient = teller.elements.tensors[value].has_grad
                return teller.operand(value, index), teller.gradient(value, index) if has_gradient else None
    return None, None
