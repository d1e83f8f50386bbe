"""Layers of the thread without a sheet of their own: a row for each, with the product of the number that is followed.

                 our number      weight       product                              makes
1×1 conv           3.1725   ×   −1.3426   =   −4.2594   + 4 others + bias =   0.7037
  reads 5 maps × 1×1 = 5 numbers
third conv         0.7037   ×    0.0956   =    0.0673   + 71 others + bias =  0.9525
  reads 8 maps × 3×3 = 72 numbers

On the way back likewise: what arrives, times the weight, and the gradient that all products make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from excel_export.formulas import OperandLike, Reference
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import sign_of, sum_as_shown
from excel_export.views.elements import GRADIENT, VALUE, Element
from excel_export.views.story import has_weights
from excel_export.views.terms import Account
from excel_export.views.thread import Bead
from excel_export.views.windows import windows_of
from excel_export.workbook.calibri import shortened

MOST = 3
"""The most layers."""
ROW, LINE = 24, 14
"""The height of a row, and of the small line below it, in pixels."""
WIDTHS = (128, 66, 16, 66, 16, 68, 130, 66)
"""The pixels of a name, a number, ×, a weight, =, a product, the other products, and the result."""
HEADS = ("", "our number", "weight", "product", "makes")
HEADS_BACK = ("∂L/∂", "arrives", "weight", "product", "passes on")


class LayerBetween(NamedTuple):
    """A layer, by one of the products that it adds up: LayerBetween('1×1 conv', x, w, '+ 4 others + bias =', y)."""

    name: str
    """The name of the layer: '1×1 conv'."""
    number: OperandLike
    """The number that the story follows, or the arriving gradient."""
    weight: Reference
    """The cell of the weight by which it is multiplied."""
    others: str
    """Words for what it adds up besides: '+ 4 others + bias ='; '=' for nothing."""
    result: Reference
    """The cell of the sum."""
    read: str
    """Words for all that it adds up: 'reads 8 maps × 3×3 = 72 numbers'; '' for a single product."""


def ahead(teller: Teller, here: Element) -> Sequence[LayerBetween]:
    """Return the layers between an element of the thread and the next layer that has a sheet, in the order of
    computation; of more than three, the first three, which follow the element; [] for none.
    """
    found: list[LayerBetween] = []
    for bead, behind in _pairs_from(teller, here):
        if not (bead.through and has_weights(bead.through)):
            continue
        if bead.through in teller.sheets_of_calls or not isinstance(bead.slope, Reference):
            break
        account = teller.elements.forward(behind.value, behind.index)
        others, read = _others(account), _read(teller, account, VALUE)
        number, result = teller.operand(bead.value, bead.index), teller.value(behind.value, behind.index)
        found.append(LayerBetween(teller.name(behind.value), number, bead.slope, others, result, read))
    return found[:MOST]


def back(teller: Teller, here: Element) -> Sequence[LayerBetween]:
    """Return the layers between an element of the thread and the next number whose gradient a sheet has computed.

    Through them the gradient comes here: the last layer first, at most three, those next to the element; [] for none.
    """
    found: list[LayerBetween] = []
    for bead, behind in _pairs_from(teller, here):
        if teller.sheet_of(teller.gradient(bead.value, bead.index)) or not bead.through:
            break
        account = teller.elements.backward(bead.through, bead.value, bead.index)
        if account and has_weights(bead.through) and isinstance(bead.slope, Reference):
            arrives, result = teller.gradient(behind.value, behind.index), teller.gradient(bead.value, bead.index)
            words = _others(account), result, _read(teller, account, GRADIENT)
            found.append(LayerBetween(teller.name(bead.value), arrives, bead.slope, *words))
    return found[:MOST][::-1]


def _pairs_from(teller: Teller, here: Element) -> Iterable[tuple[Bead, Bead]]:
    at = next((k for k, bead in enumerate(teller.beads) if (bead.value, bead.index) == (here.value, here.index)), None)
    return () if at is None else pairwise(teller.beads[at:])


def _others(account: Account) -> str:
    bias = " + bias" * (account.alone is not None)
    return f"+ {account.count - 1} others{bias} =" if account.count > 1 else "="


def _read(teller: Teller, account: Account, part: str) -> str:
    if account.count < 2:
        return ""
    said, windows = "reads" if part == VALUE else "feeds", windows_of(teller.elements, account, part)
    if not windows or len(windows[0].map.shape) < 3:
        return f"{said} {account.count} numbers"
    sizes = {f"{each.height}×{each.width}" for each in windows}
    maps = f"{len(windows)} maps × " * (len(windows) > 1)
    kernel = windows[0].filter.shape[-2:] if windows[0].filter else ()
    edge = "at the edge: " * ((windows[0].height, windows[0].width) != kernel and bool(kernel))
    return f"{edge}{said} {maps}{sizes.pop()} = {account.count} numbers" if len(sizes) == 1 else ""


def draw(
    sheet: StepSheet, teller: Teller, layers: Sequence[LayerBetween], first: int, col: int, heads: Sequence[str],
    *, tall: int = 1, line: int = 1,
) -> None:  # fmt: skip
    """Draw layers, a row for each, in rows from `first` on, and in columns from `col` on, which are added if need be.

    Args:
        sheet: the sheet.
        teller: the story.
        layers: the layers.
        first: the first row, of the heads.
        col: the first column.
        heads: the heads of name, number, weight, product and result: HEADS or HEADS_BACK.
        tall: the number of the sheet's rows for the heads and for each layer.
        line: the number of the sheet's rows for the small line below each layer.
    """
    places = sheet.slots(col, *WIDTHS)
    label, number, times, weight, equals, product, others, made = places
    for (at, width), text in zip((label, number, weight, product, made), heads, strict=True):
        sheet.say(first, at, text, "middle", height=tall, width=width)
    for k, layer in enumerate(layers):
        at = first + tall + k * (tall + line)
        room = sum(width for _, width in (label, number, times))
        sheet.say(at + tall, label[0], layer.read, "note_small", height=line, width=room)
        sheet.say(at, label[0], shortened(layer.name, WIDTHS[0] - 6, 11), "note", height=tall, width=label[1])
        a = sheet.number(at, number[0], layer.number, height=tall, width=number[1])
        b = sheet.number(at, weight[0], teller.content_of(layer.weight), height=tall, width=weight[1])
        made_here = sheet.number(at, product[0], a * b, "strong", height=tall, width=product[1])
        sheet.say(at, times[0], "×", "center", height=tall, width=times[1])
        same = sign_of(sum_as_shown([(a, b)]), made_here)
        sheet.say(at, equals[0], same, "center", height=tall, width=equals[1])
        sheet.say(at, others[0], layer.others, "center", height=tall, width=others[1])
        sheet.number(at, made[0], layer.result, height=tall, width=made[1])
        teller.computed_on.setdefault(layer.result.plain, sheet.name)
