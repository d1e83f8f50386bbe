"""The step of learning: weight − rate · gradient, and whether it helped, at this rate, at ten times it, and at a large one."""

from __future__ import annotations

from collections.abc import Mapping

from excel_export.formulas import EXP, IF, ISNUMBER, Grid, OperandLike, joined
from excel_export.sheets import update
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.names import LOSS, LOSS_AFTER, RATE_IN_USE
from excel_export.sheets.network import again
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller


def draw(sheet: StepSheet, teller: Teller) -> None:
    """Draw the update of the weight that the story follows, and what the step does to the loss."""
    book, weight = teller.book, teller.beads[0]
    updated = book.result(update.SHEET)
    count = sum(value.data.size for value in book.graph.of_kind("parameter"))
    sheet.head(
        "One step of learning: against the gradient",
        "A gradient above 0 means: a larger weight, a larger loss. So the weight goes down a little; one with a gradient below 0 goes up.",
    )
    titles, row = sheet.row(30), sheet.row(48)
    own_row, worked = sheet.row(24), sheet.row(30)
    heading, heads = sheet.row(34), sheet.row(26)
    label, minus = sheet.col(250), sheet.col(50)
    rate_col, times, gradient_col, equals, after_col, space = (sheet.col(pixels) for pixels in (170, 50, 170, 50, 190, 170))
    del space
    direction = updated.directions.get(weight.value) if updated else None
    gradient: OperandLike = teller.gradient(weight.value, weight.index) if direction is None else direction.at(*weight.index)
    before = sheet.number(row, label, teller.operand(weight.value, weight.index), "fine")
    rate = sheet.number(row, rate_col, RATE_IN_USE, "rate")
    slope = sheet.number(row, gradient_col, gradient, "result")
    made = sheet.number(row, after_col, before - rate * slope, "fine")
    for col, text in ((minus, "−"), (times, "×"), (equals, "=")):
        sheet.say(row, col, text, "sign")
    for col, text in ((label, "the weight"), (rate_col, "learning rate"), (gradient_col, "its gradient"), (after_col, "the weight afterwards")):
        sheet.say(titles, col, text, "middle")
    if updated and weight.value in updated.after:
        sheet.check(own_row, after_col - 1, made, updated.after[weight.value].at(*weight.index))
    sheet.say(worked, 2, joined(spelled(before), " − ", rate, " × ", IF(slope < 0, "(", ""), spelled(slope), IF(slope < 0, ")", ""), " = ", spelled(made),
                                ": hardly a change, but all move"), "worked")
    sheet.say(heading, label, f"All {count:,} parameters take such a step at once. Does it help?", "left")
    _compare(sheet, teller, heads, (label, rate_col, gradient_col, after_col))


def _compare(sheet: StepSheet, teller: Teller, heads: int, columns: tuple[int, int, int, int]) -> None:
    """The loss, and the probability of the true class, before the step, after it, and after ten times the step."""
    book = teller.book
    label, *cols = columns
    near, far = book.result(again.SHEET), book.result(again.TEN_TIMES)
    losses: list[OperandLike] = [LOSS]
    passes: list[Mapping[str, Grid]] = [{}]
    if LOSS_AFTER.text in book.names:
        losses.append(LOSS_AFTER)
        passes.append(near or {})
    if far:
        losses.append(far.loss.first)
        passes.append(far.results)
    row, share_row, verdict = sheet.row(34), sheet.row(34), sheet.row(30)
    for col, head in zip(cols, ("before", "after the step", "at 10 × the rate"), strict=False):
        if cols.index(col) < len(losses):
            sheet.say(heads, col, head, "middle")
    sheet.say(row, label, "the loss", "left")
    shown = [sheet.number(row, col, loss, "strong") for col, loss in zip(cols, losses, strict=False)]
    subject = next(iter(cross_entropies(book.graph)), None)
    if subject and subject.target.data.size == 1 and len(subject.classes) <= 12:
        sheet.say(share_row, label, f"share of the {subject.target.called}", "left")
        for col, each in zip(cols, passes, strict=False):
            loss = each.get(subject.loss.name) if each else book.placement.tensors[subject.loss].value
            if loss is not None:
                sheet.number(share_row, col, EXP(-loss.first), "strong")
    if len(shown) > 1:
        before, after = shown[0], shown[1]
        falls = joined("Yes: the loss falls by ", spelled(before - after), ".")
        said = IF(ISNUMBER(after), IF(after < before, falls, "No: the step was too long, and the loss grows."), "No: the numbers are out of bounds.")
        sheet.say(verdict, label, said, "left")
