"""The results on the first screen of Start: the answers, and the losses before and after the step."""

import contextlib
import itertools
from collections.abc import Iterator

import numpy as np

from excel_export.book.book import Book
from excel_export.book.names import LOSS, LOSS_AFTER, RATE_IN_USE
from excel_export.book.network_sheet import is_stale, stale_words
from excel_export.formulas import AND, IF, ISNUMBER, MATCH, MAX, MID, ROUND, SEARCH, Grid, Name, Operand, equal, joined
from excel_export.formulas.words import listed
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.network import again
from excel_export.sheets.start.start_columns import AFTER, CONTENT, LABEL, LINE, REST, RESULT, VALUE, fitting
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas

WIDE = REST - CONTENT + 1
BAR = "█" * 30
DECIMALS = 4
SMALLEST_SHOWN = "0.0001"
MILLION = 1_000_000
LOSS_LABEL = "The loss"
NOT_SHOWN = "is not shown: the network changes {} as it computes, and its next pass goes on from there"
MOST_NAMED = 3
"""The most names in a sentence."""
MOST_NUMBERS = 10
"""The most numbers of an answer."""


def draw_answers(canvas: Canvas, row: int, book: Book) -> int:
    """Draw a line for each of the author's results, or the likeliest class, and one for its probability, from `row` on.

    Without any, lines for the numbers that the loss reads. Return the row behind the last.
    """
    now = cells_of(book)
    lines: list[tuple[str, Operand, str]] = []
    for label, result in book.story.results.items():
        with contextlib.suppress(KeyError):  # a part of a network may lack the value
            lines.append((label, ROUND(result(now), 3), "result"))
    found = next((each for each in cross_entropies(book.graph) if each.target.data.size == 1), None)
    helpers = book.placement.tensors[found.loss].helpers if found else {}
    if "probability" in helpers:
        p = helpers["probability"].box
        if not lines and 1 in (p.height, p.width):
            lines.append(("The likeliest class", MATCH(MAX(p), p, 0) - 1, "result"))
        lines.insert(1, ("How sure it is", MAX(p), "result_percent"))
    for label, number, style in lines or _made_last(book):
        canvas.put(row, RESULT, fitting(label, RESULT), "label")
        # A weight that is no number leaves nothing to compute.
        canvas.put(row, VALUE, IF(ISNUMBER(number), number, "–"), style)
        if style == "result_number":
            canvas.format(canvas.at(row, VALUE), format_rules.beyond_rule(*format_rules.LARGE))
        row += LINE
    return row


def _made_last(book: Book) -> Iterator[tuple[str, Operand, str]]:
    loss = book.graph.loss
    call = next((call for call in book.graph.calls if call.outputs[0] is loss), None)
    value = next((value for value in (call.inputs if call else []) if value.kind == "intermediate"), loss)
    for index in itertools.islice(np.ndindex(*value.shape), MOST_NUMBERS):
        label = fitting(value.called, RESULT, f"{[*index]}" if value.data.size > 1 else "")
        yield label, book.placement.tensors[value].value.at(*index), "result_number"


def draw_losses(canvas: Canvas, row: int, book: Book) -> int:
    """Draw the losses, now and after the step, from the heads in `row` on, and whether the step helped.

    Return the row behind the last.
    """
    now = cells_of(book)
    # What the step leaves as it is, the second pass does not compute again.
    second = book.result(again.SHEET)
    after = now | {name: _cells(grid) for name, grid in (second.results if second else {}).items()}
    stepped = LOSS_AFTER.text in book.names
    canvas.across(row, CONTENT, ("now", "after one step") if stepped else ("now",), "hint")
    row += LINE
    lines: dict[str, tuple[Operand, Operand]] = {}
    for label, result in book.story.losses.items():
        with contextlib.suppress(KeyError):
            lines[label] = result(now), result(after)
    lines[f"{LOSS_LABEL}, their sum" if len(lines) > 1 else LOSS_LABEL] = now[book.graph.loss.name], LOSS_AFTER
    for label, losses in lines.items():
        canvas.put(row, LABEL, fitting(label, LABEL), "label")
        shown = losses if stepped else losses[:1]
        canvas.across(row, CONTENT, [IF(ISNUMBER(loss), loss, "–") for loss in shown], "result_loss")
        row += LINE
    if stepped:
        # The loss now as a bar above the loss after the step, the larger one in full length.
        both = canvas.at(row - LINE, CONTENT), canvas.at(row - LINE, AFTER)
        for k, style in enumerate(("bar_now", "bar_after")):
            length = ROUND(MAX(0, both[k]) / MAX(*both) * len(BAR), 0)
            bar = IF(AND(*map(ISNUMBER, both)), IF(MAX(*both) > 0, MID(BAR, 1, length), ""), "")
            canvas.put(row - LINE + k, REST, bar, style)
    if book.graph.state:
        canvas.put(row, LABEL, f"{LOSS_LABEL} after one step", "label")
        kept = listed([f"'{name}'" for name in book.graph.state[:MOST_NAMED]])
        canvas.put(row, CONTENT, NOT_SHOWN.format(kept), "text", height=2 * LINE, width=WIDE)
        row += 2 * LINE
    from_behind = stale_words(book)
    if from_behind:
        what, holds = from_behind
        canvas.put(row, LABEL, fitting(what, LABEL), "label")
        canvas.put(row, CONTENT, holds, "answer", height=2 * LINE, width=WIDE)
        canvas.format(canvas.at(row, CONTENT), format_rules.fill_rule(is_stale(), styles.DIFFERS))
        row += 2 * LINE
    return _judge_step(canvas, row) if stepped else row


def _judge_step(canvas: Canvas, row: int) -> int:
    canvas.put(row, LABEL, "Did the step help?", "label")
    before, after, is_uphill = ROUND(LOSS, DECIMALS), ROUND(LOSS_AFTER, DECIMALS), RATE_IN_USE < 0
    from_to = joined("from ", before, " to ", IF(after < MILLION, after, "more than a million"))
    little = f"Yes, but the loss falls by less than {SMALLEST_SHOWN}. Try a larger learning rate"
    helped = IF(equal(before, after), little, joined("Yes, the loss falls ", from_to))
    too_long = IF(is_uphill, "a negative rate goes uphill", "the step was too long")
    advice = IF(is_uphill, "", ". Try a smaller learning rate")
    grown = joined("No, ", too_long, ": the loss grows ", from_to, advice)
    nothing = "There was no step: the learning rate is 0"
    same = IF(equal(RATE_IN_USE, 0), nothing, "No, the loss stays the same: try a larger learning rate")
    found = IF(LOSS_AFTER < LOSS, helped, IF(LOSS_AFTER > LOSS, grown, same))
    lost = "No, the step was far too long: its numbers are beyond what a spreadsheet holds. Try a smaller learning rate"
    verdict = canvas.at(row, CONTENT)
    said = IF(ISNUMBER(LOSS), IF(ISNUMBER(LOSS_AFTER), found, lost), "–")
    canvas.put(row, CONTENT, said, "answer", height=2 * LINE, width=WIDE)
    for word, color in (("Yes", styles.AGREES), ("No,", styles.DIFFERS)):
        canvas.format(verdict, format_rules.fill_rule(ISNUMBER(SEARCH(word, verdict)), color))
    return row + 2 * LINE


def cells_of(book: Book) -> dict[str, Operand]:
    """Return {'fc1': Network!B5:E5, 'x': Name('x'), …}: the cells of every value, or their defined name."""
    placed = book.placement.tensors
    return {value.name: _cells(placed[value].value) for value in book.graph.values}


def _cells(grid: Grid) -> Operand:
    return Name(grid.defined_name) if grid.defined_name else grid.box
