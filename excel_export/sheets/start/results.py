"""What came out, as the Start sheet shows it: the answers, the losses before and after the step, and who agrees."""

from __future__ import annotations

from excel_export.formulas.expression import Operand, equal, joined
from excel_export.formulas.functions import IF, ISNUMBER, ROUND, SEARCH
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Name
from excel_export.formulas.words import listed
from excel_export.sheets.book import Book
from excel_export.sheets.names import LOSS, LOSS_AFTER, RATE_IN_USE, VERDICT
from excel_export.sheets.network import pasted, updated_forward
from excel_export.sheets.start.first_screen import LINE
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.rules import fill_rule, verdict_rules
from excel_export.xlsx.styles import AGREES, DIFFERS

LABEL, NOW, AFTER = 2, 3, 4
DECIMALS, SMALLEST_SHOWN = 4, "0.0001"
MILLION = 1_000_000
LOSS_LABEL = "The loss"
NOT_SHOWN = "is not shown: the network changes {} as it computes, and its next pass goes on from there"
MOST_NAMED = 3


def draw(canvas: Canvas, row: int, book: Book) -> int:
    """Draw the lines of the result below its heading; return the next row.

    Args:
        canvas: the Start sheet.
        row: that of the heading.
        book: with the network, what its author shows of it, and where it stands after the step.
    """
    now = cells_of(book)
    # What the step leaves as it is, the second pass does not compute again.
    after = now | {name: _cells(grid) for name, grid in (book.result(updated_forward.SHEET) or {}).items()}
    stepped = LOSS_AFTER.text in book.names
    canvas.say(row, NOW, "now", "hint")
    if stepped:
        canvas.say(row, AFTER, "after one step", "hint")
    row += LINE
    for label, result in book.story.results.items():
        try:
            formula = result(now)
        except KeyError:  # a part of a network may lack the value
            continue
        canvas.say(row, LABEL, label, "label")
        # A weight that is no number leaves nothing to compute.
        canvas.put(row, NOW, IF(ISNUMBER(formula), ROUND(formula, 3), "–"), "result")
        row += LINE
    lines: dict[str, tuple[Operand, Operand]] = {}
    for label, result in book.story.losses.items():
        try:
            lines[label] = result(now), result(after)
        except KeyError:
            continue
    lines[f"{LOSS_LABEL}, their sum" if len(lines) > 1 else LOSS_LABEL] = now[book.graph.loss.name], LOSS_AFTER
    for label, (before, behind) in lines.items():
        canvas.say(row, LABEL, label, "label")
        canvas.put(row, NOW, IF(ISNUMBER(before), before, "–"), "result_loss")
        if stepped:
            canvas.put(row, AFTER, IF(ISNUMBER(behind), behind, "–"), "result_loss")
        row += LINE
    if book.graph.state:
        canvas.say(row, LABEL, f"{LOSS_LABEL} after one step", "label")
        kept = listed([f"'{name}'" for name in book.graph.state[:MOST_NAMED]])
        canvas.say(row, NOW, NOT_SHOWN.format(kept), "label")
        row += LINE
    from_behind = pasted.words(book)
    if from_behind:
        what, holds = from_behind
        canvas.say(row, LABEL, what, "label")
        canvas.put(row, NOW, holds, "answer", width=2)
        canvas.format(canvas.at(row, NOW), fill_rule(pasted.is_stale(), DIFFERS))
        row += LINE
    if stepped:
        row = _judge_step(canvas, row)
    canvas.say(row, LABEL, "Does it agree with PyTorch?", "label")
    canvas.put(row, NOW, VERDICT, "verdict", width=2)
    canvas.format(canvas.at(row, NOW), *verdict_rules(canvas.at(row, NOW)))
    return row + LINE


def _judge_step(canvas: Canvas, row: int) -> int:
    """Say whether the step made the loss smaller."""
    canvas.say(row, LABEL, "Did the step help?", "label")
    before, after = ROUND(LOSS, DECIMALS), ROUND(LOSS_AFTER, DECIMALS)
    from_to = joined("from ", before, " to ", IF(after < MILLION, after, "more than a million"))
    helped = IF(
        equal(before, after),
        f"Yes, but the loss falls by less than {SMALLEST_SHOWN}. Try a larger learning rate",
        joined("Yes, the loss falls ", from_to),
    )
    too_long = IF(RATE_IN_USE < 0, "a negative rate goes uphill", "the step was too long")
    grown = joined(
        "No, ", too_long, ": the loss grows ", from_to, IF(RATE_IN_USE < 0, "", ". Try a smaller learning rate")
    )
    same = IF(
        equal(RATE_IN_USE, 0),
        "There was no step: the learning rate is 0",
        "No, the loss stays the same: try a larger learning rate",
    )
    told = IF(LOSS_AFTER < LOSS, helped, IF(LOSS_AFTER > LOSS, grown, same))
    lost = "No, the step was far too long: its numbers are beyond what a spreadsheet holds. Try a smaller learning rate"
    verdict = canvas.at(row, NOW)
    canvas.put(row, NOW, IF(ISNUMBER(LOSS), IF(ISNUMBER(LOSS_AFTER), told, lost), "–"), "answer", width=2)
    for word, color in (("Yes", AGREES), ("No,", DIFFERS)):
        canvas.format(verdict, fill_rule(ISNUMBER(SEARCH(word, verdict)), color))
    return row + LINE


def cells_of(book: Book) -> dict[str, Operand]:
    """The cells of every value, by its recorded name, as a formula reads them."""
    placed = book.placement.tensors
    return {value.name: _cells(placed[value].value) for value in book.graph.values}


def _cells(grid: Grid) -> Operand:
    """A tensor's cells as a formula on another sheet reads them."""
    return Name(grid.defined_name) if grid.defined_name else grid.box
