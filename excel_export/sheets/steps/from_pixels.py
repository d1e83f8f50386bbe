"""What a network makes of the framed pixels before its first layer: a block of numbers for each step.

pixels      MNIST's mean   pixels − mean                          halved image
253  254  −    33.3285   → 219.6715  220.6715  …  mean of 4    2.7165    ✓ 2.7165
253  227                   219.6715  193.6715
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from math import ceil

from excel_export.formulas import Reference
from excel_export.formulas.analysis.moved import moved
from excel_export.sheets.steps.network_map import ARROW
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.views.elements import VALUE, Element
from excel_export.views.terms import Account

MOST = 16
"""The most numbers of a step."""
MOST_SIDE = 4
"""The most rows and columns of a block."""
TITLE, NUMBER = 16, 24
"""The height of a line of titles and of a row of numbers, in pixels."""
SIGNS = {"−": "−", "+": "+", "·": "×", "/": "÷"}

Level = Sequence[Element]
"""The numbers of a step, in reading order."""


def levels(teller: Teller) -> list[Level]:
    """Return the number by which the followed weight is multiplied, those from which it is computed, and so on, back
    to the inputs: [[Element(h, 'value', (0,))], [Element(x, 'value', (0,)), Element(x, 'value', (1,))]].

    A step of more than 16 is the last; [] if the weight has no such number, or helpers (intermediate results) are read.
    """
    element = teller.elements.at(teller.beads[0].slope) if teller.beads else None
    found: list[Level] = [[element]] if element and element.part == VALUE else []
    makers = teller.elements.makers
    while found and all(each.value in makers for each in found[-1]) and 0 < len(found[-1]) <= MOST:
        read = [teller.elements.at(term.cell) for each in found[-1] for term in _account(teller, each).terms]
        if any(each and each.part != VALUE for each in read):  # a number beside a result, such as a sum of parts
            return []
        inner = dict.fromkeys(each for each in read if each and each.value.kind in ("intermediate", "input"))
        found.append([*inner])
    return found


def fits(teller: Teller, found: Sequence[Level], pixels: Collection[Element], left: int, pitch: int) -> bool:
    """Return whether all steps from the pixels on are blocks of at most 4 × 4 numbers, for which there is room.

    Args:
        teller: the story.
        found: the steps, as `levels` returns them.
        pixels: the pixels that the sheet shows: the first step may read no others.
        left: the pixels of the sheet's columns before the first sign.
        pitch: the width of a number and of the space behind it.
    """
    if len(found) < 2 or any(not _is_block(level) for level in found) or not {*found[-1]} <= {*pixels}:
        return False
    made = [each for level in found[:-1] for each in level]
    if any(not _account(teller, each).spelled or not _reads_cells(teller, each) for each in made):
        return False
    return left + pitch * (1 + sum(1 + _across(level) for level in found[:-1])) <= WIDTH - MARGIN


def height(rows: int) -> int:
    """Return the height in pixels of steps that begin with `rows` rows of numbers: 32 + 24 a row, 80 for two."""
    return 2 * TITLE + NUMBER * rows


def draw(
    sheet: StepSheet, teller: Teller, found: Sequence[Level], pixels: Mapping[Reference, Reference], at: tuple[int, int],
    unit: int, box: int,
) -> None:  # fmt: skip
    """Draw the steps behind the pixels, from left to right, in existing rows.

    Args:
        sheet: the sheet.
        teller: the story.
        found: the steps, as `levels` returns them.
        pixels: for the network's cell of each pixel that is read, the cell on the sheet that shows it.
        at: the first row of the titles, and the column of the first sign, an operation such as ÷.
        unit: the height of a row of the sheet, in pixels.
        box: the width of a number, in pixels.
    """
    (titles, col), title, tall = at, ceil(TITLE / unit), ceil(NUMBER / unit)
    start, [last] = found[-1][0], found[0]
    places = dict(pixels)
    first, lines = places[teller.value(start.value, start.index)].row, _down(found[-1])
    for before, level in pairwise(found[::-1]):
        value, across, is_last = level[0].value, _across(level), level is found[0]
        signs = sheet.slots(col, sheet.pixels_of(col), box, ARROW)
        numbers = sheet.slots(sum(signs[-1]), *[box + ARROW] * (across - 1), box)
        (sign, _), (by, room), (arrow, end) = signs
        account, middle = _account(teller, level[0]), first + tall * (lines - 1) // 2
        constant = _constant(account, before, teller)
        if constant is not None:
            element = teller.elements.at(constant)
            assert element
            sheet.say(titles + title, by, element.value.called, "middle_small", height=title, width=room)
            sheet.say(middle, sign, SIGNS[account.spelled[1].strip()], "sign_small", height=tall)
            places[constant] = sheet.number(middle, by, teller.content_of(constant), height=tall, width=room)
        else:
            sheet.say(middle, by, _words(account), "middle_small", height=tall, width=room)
        sheet.say(middle, arrow, "→", "arrow_small", height=tall, width=end)
        area = _area(sheet, [places[teller.value(each.value, each.index)] for each in before])
        top = first + tall * (lines - _down(level)) // 2
        for n, each in enumerate(level):
            down, right = divmod(n, across)
            formula = moved(teller.elements.formula(value, each.index), places, area=area)
            place, width = numbers[right]
            style = "strong_box" if is_last else "number"
            made = sheet.number(top + down * tall, place, formula, style, height=tall, width=width)
            places[teller.value(value, each.index)] = made
            col = place + width
        check, own = sheet.slots(col, ARROW, box) if is_last else numbers[-1:] * 2
        sheet.say(titles, numbers[0][0], value.called, "head_small", height=title, width=sum(own) - numbers[0][0])
        if is_last:
            network = teller.value(last.value, last.index)
            sheet.check(top, check[0], made, network, height=tall, width=check[1], room=own[1])


def _account(teller: Teller, element: Element) -> Account:
    return teller.elements.forward(element.value, element.index)


def _across(level: Level) -> int:
    return len({each.index[-1:] for each in level})


def _down(level: Level) -> int:
    return len(level) // _across(level)


def _is_block(level: Level) -> bool:
    rows, cols = ({each.index[axis:][:1] for each in level} for axis in (-2, -1))
    alike = {(each.value, each.index[:-2]) for each in level}
    return len(alike) == 1 and len(rows) * len(cols) == len(level) and max(len(rows), len(cols)) <= MOST_SIDE


def _reads_cells(teller: Teller, element: Element) -> bool:
    return all(isinstance(term.cell, Reference) for term in _account(teller, element).terms)


def _constant(account: Account, before: Level, teller: Teller) -> Reference | None:
    """Return the cell that a formula such as x − 33.3 reads beside the number before; None for another formula."""
    cells = [term.cell for term in account.terms]
    is_plain = (
        len(cells) == 2 and account.spelled[0] == account.spelled[2] == "" and teller.elements.at(cells[0]) in before
    )
    other = cells[-1]
    known = (
        isinstance(other, Reference) and teller.elements.at(other) is not None and account.spelled[1].strip() in SIGNS
    )
    return other.plain if is_plain and known and teller.elements.at(other) not in before else None  # type: ignore[union-attr]


def _words(account: Account) -> str:
    """Return words for a formula without its numbers: 'mean of 4', or 'max(x, 0)'."""
    if len(account.terms) > 1 and account.spelled[0]:
        return f"{account.spelled[0].strip(' (')} {len(account.terms)}"
    return "x".join(account.spelled)


def _area(sheet: StepSheet, cells: Sequence[Reference]) -> Reference:
    first, last = cells[0], cells[-1]
    return sheet.at(first.row, first.col, last.row - first.row + 1, last.col - first.col + 1)
