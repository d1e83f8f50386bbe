"""The step of learning: weight − rate · gradient, and the losses at this rate, at ten times it, and at a large one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from excel_export.book.book import Book
from excel_export.book.names import LOSS, LOSS_AFTER, RATE_IN_USE
from excel_export.formulas import (
    AND,
    IF,
    INDEX,
    ISNUMBER,
    MAX,
    MID,
    ROUND,
    TEXT,
    Expression,
    Grid,
    OperandLike,
    Reference,
    as_expression,
    equal,
    joined,
)
from excel_export.formulas.functions import call as function
from excel_export.graph.graph import Value
from excel_export.sheets import update
from excel_export.sheets.cross_entropies import CrossEntropy, cross_entropies
from excel_export.sheets.network import again
from excel_export.sheets.steps import curve
from excel_export.sheets.steps.step_sheet import EXACTLY, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.views.story import is_loss

MOST_CLASSES = 12
SMALLEST_RATE = 1e-7
"""The rate below which the cell shows a power of ten."""
ALONE = (174, 30, 112, 30, 230, 30, 130, 24, 96)
BESIDE_CURVE = (130, 24, 80, 24, 80, 24, 110, 24, 90)
"""The widths of a label, a sign, a number … in pixels beside the curve; ALONE has those without it."""
SHARE = 100
"""The width of a probability, in pixels."""
SIGN = 11
"""The width of a sign of a bar, in pixels; a bar of twice the loss before is cut off, and has room for ' ▸' behind it."""


def draw(sheet: StepSheet, teller: Teller) -> None:
    """Draw the update of the weight that the story follows, and the effect of the step on the loss."""
    book, weight = teller.book, teller.beads[0]
    updated = book.result(update.SHEET)
    count = sum(value.data.size for value in book.graph.of_kind("parameter"))
    sheet.head(
        "One training step: against the gradient",
        "If the gradient is above 0, a larger weight raises the loss, so the weight goes down a little. If it is below 0, the weight rises.",
    )
    titles, row = sheet.row(26), sheet.row(44)
    worked = sheet.row(28)
    heading, heads = sheet.row(34), sheet.rows(2, 20)
    with_curve = curve.is_drawn(teller) and curve.DISTANCE not in teller.results
    widths = BESIDE_CURVE if with_curve else ALONE
    label, minus, rate_col, times, gradient_col, equals, after_col, check, last_col = map(sheet.col, widths)
    direction = updated.directions.get(weight.value) if updated else None
    gradient: OperandLike = (
        teller.gradient(weight.value, weight.index) if direction is None else direction.at(*weight.index)
    )
    before = sheet.number(row, label, teller.operand(weight.value, weight.index), "fine")
    rate = sheet.number(row, rate_col, RATE_IN_USE, "rate")
    slope = sheet.number(row, gradient_col, gradient, "result_backward")
    made = sheet.number(row, after_col, before - rate * slope, "fine")
    sheet.say_all(row, {minus: "−", times: "×", equals: "="}, "sign")
    sheet.say_all(titles, {
        label: "the weight", rate_col: "rate, on Start", gradient_col: "its gradient", after_col: "the weight after",
    }, "middle")  # fmt: skip
    if updated and weight.value in updated.after:
        own = updated.after[weight.value].at(*weight.index)
        sheet.check(row, check, made, own, style="own_fine")
    line = spelled(before, EXACTLY), " − ", _plain(rate), " × ", bracketed(slope), " = ", spelled(made, EXACTLY)
    sheet.write_out(worked, *line)
    sheet.say(heading, label, f"{_who_steps(count)}Does it help?", "left")
    losses = _compare(sheet, teller, heads, (label, rate_col, times, gradient_col, equals, after_col, last_col))
    if len(losses) > 1:
        _say_whether(sheet, label, losses)
    if with_curve:
        rows = range(heads, heads + len(curve.TEXTS) + 1)
        while sheet.last_row < rows[-1]:
            sheet.row(24)
        curve.draw(sheet, teller, range(titles, heads), rows)


def _who_steps(count: int) -> str:
    if count < 2:
        return ""
    who = "Both parameters" if count == 2 else f"All {count:,} weights and biases"
    return f"{who} take such a step at once. "


def _plain(rate: Reference) -> Expression:
    """Return a rate as text, as its cell shows it: Gnumeric joins 2E-05 to a text."""
    point = MID(as_expression(1) / 2, 2, 1)
    digits = TEXT(rate, joined("0", point, "0######"))
    return IF(rate < SMALLEST_RATE, joined(rate), IF(equal(rate, ROUND(rate, 0)), TEXT(rate, "0"), digits))


@dataclass(frozen=True)
class _Pass:
    """A forward pass: its name, its loss, and the cells of its results and their helpers, by recorded names."""

    head: str
    loss: OperandLike
    results: Mapping[str, Grid]
    helpers: Mapping[str, Mapping[str, Grid]]


def _passes(book: Book) -> list[_Pass]:
    tensors = book.placement.tensors.items()
    own = {value.name: placed.value for value, placed in tensors}
    found = [_Pass("before", LOSS, own, {value.name: placed.helpers for value, placed in tensors})]
    after = book.result(again.SHEET)
    if after and LOSS_AFTER.text in book.names:
        found.append(_Pass("after the step", LOSS_AFTER, after.results, after.helpers))
    for far in filter(None, map(book.result, (again.TEN_TIMES, again.TOO_LARGE))):
        made = far.forward
        found.append(_Pass(f"{far.times:,} × the rate", made.loss.first, made.results, made.helpers))
    return found


def _compare(sheet: StepSheet, teller: Teller, heads: int, columns: Sequence[int]) -> list[Reference]:
    """Draw a row for each pass: its loss, also as a bar, the loss's parts, and the probabilities of the two likeliest
    classes; return the losses.
    """
    label, loss_col, bar, bar_more, bar_end, *cols = columns
    passes = _passes(teller.book)
    first = sheet.rows(len(passes), 26)
    sheet.say(heads + 1, loss_col, "the loss", "middle")
    losses = sheet.at(first, loss_col, len(passes))
    signs = int(sum(map(sheet.pixels, (bar, bar_more, bar_end))) / SIGN) - 2
    for k, each in enumerate(passes):
        sheet.say(first + k, label, each.head, "left")
        here = sheet.number(first + k, loss_col, each.loss, "strong")
        size = 2 * losses.at(0).fixed
        length = ROUND(signs * MAX(0, function("MIN", here, size)) / size, 0)
        drawn = joined(function("REPT", "█", length), IF(here > size, " ▸", ""))
        sheet.say(first + k, bar, IF(AND(ISNUMBER(here), size > 0), drawn, ""), "bar")
    parts = _parts(teller)
    for col, value in zip(cols, parts, strict=False):
        sheet.say(heads + 1, col, value.called, "middle")
        for k, each in enumerate(passes):
            if value.name in each.results:
                sheet.number(first + k, col, each.results[value.name].first)
    subject = next(iter(cross_entropies(teller.book.graph)), None)
    if subject and subject.target.data.size == 1 and len(subject.classes) <= MOST_CLASSES:
        _draw_shares(sheet, teller, subject, passes, (heads, first), cols[len(parts) :])
    return [*losses.each()]


def _parts(teller: Teller) -> list[Value]:
    call = teller.elements.makers.get(teller.book.graph.loss)
    found = list(dict.fromkeys(call.inputs)) if call and not is_loss(call) else []
    alike = [value for value in found if value.kind == "intermediate" and value.data.size == 1]
    return alike if len(alike) > 1 else []


def _draw_shares(
    sheet: StepSheet, teller: Teller, subject: CrossEntropy, passes: Sequence[_Pass], rows: tuple[int, int],
    columns: Sequence[int],
) -> None:  # fmt: skip
    heads, first = rows
    true = int(np.asarray(subject.target.data).reshape(-1)[0])
    logits = np.asarray(subject.logits.data, dtype=np.float64).reshape(-1)
    other = int(np.argsort(-np.where(np.arange(logits.size) == true, -np.inf, logits))[0])
    wanted = teller.operand(subject.target)
    true_col, other_col = [*columns, sheet.col(SHARE), sheet.col(SHARE)][:2]
    for col, name in ((true_col, joined("class ", wanted, " (true)")), (other_col, f"class {other}")):
        sheet.say(heads, col, "probability", "middle")
        sheet.say(heads + 1, col, name, "middle")
    for k, each in enumerate(passes):
        shares = each.helpers.get(subject.loss.name, {}).get("probability")
        if shares is not None:
            line = shares.at(*subject.classes[0]).to(shares.at(*subject.classes[-1]))
            sheet.number(first + k, true_col, INDEX(line, as_expression(wanted) + 1), "strong")
            sheet.number(first + k, other_col, shares.at(*subject.classes[other]), "number")


def _say_whether(sheet: StepSheet, label: int, losses: Sequence[Reference]) -> None:
    before, after, *further = losses
    falls = joined("Yes: the loss falls by ", spelled(before - after), ".")
    grows = "No: the step was too long, and the loss grows."
    helped = IF(ISNUMBER(after), IF(after < before, falls, grows), "No: the numbers are out of bounds.")
    row = sheet.row(28)
    if len(further) > 1:
        said = "  The last step is too large, so the loss rises: the loss is curved, and its slope holds only nearby."
        sheet.say(row, label, joined(helped, IF(further[-1] > before, said, "")), "left")
    else:
        sheet.say(row, label, helped, "left")
    small = "Each weight moves only a little, but in the right direction. Training repeats this step again and again, on many examples."
    sheet.say(sheet.row(24), label, small, "note")
