"""The gradients of the scores before a cross-entropy: a row for each class, its probability, less 1 for the true one.

class   probability     1 if true     ∂L/∂score     a try: score of class 5 + 0.01     before     after
3         0.6716     −      1      =   −0.3284                                   its score     8.0756    8.0856
5         0.3255     −      0      =    0.3255                                         …          …         …
                                                                        loss: −ln of it     0.3981    0.4014

If the loss is not all of the total, each row goes on with × the gradient that arrives at it.
"""

from __future__ import annotations

import numpy as np

from excel_export.formulas import EXP, IF, INDEX, LN, OperandLike, Reference, as_expression, equal, joined
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, indices_of
from excel_export.sheets.steps.written import equals, sum_as_shown
from excel_export.views.story import adds
from excel_export.workbook.calibri import shortened

ROW = 24
"""The largest height of a row, in pixels."""
ROOM = 256
"""The height of all rows, in pixels."""
LINES = 9
"""The least number of rows: so many has the try."""
STEP = 0.01
"""By so much a score grows in the try."""
TRY = (30, 220, 84, 84)
"""The widths of a space, of the words of the try, and of the numbers before and after, in pixels."""
SIGNS = (
    "If the gradient is above 0, a larger score means a larger loss; if it is below 0, as for the true class, a "
    "smaller loss."
)
SIGNED = 2
"""The number of gradients, the largest ones, that have the network's own number beside them."""
WHY = (
    "Why? The loss is ln S − (score of the true class); S is the sum of all e^score. The slope of ln S is e^score / S."
)


def draw(sheet: StepSheet, teller: Teller, call: Call) -> None:
    """Draw the gradient of each score of the cross-entropy `call`: its probability, less 1 for the true class."""
    logits, target = call.inputs[0], call.inputs[1]
    loss = call.outputs[0]
    sheet.head(
        teller.idea(call, "back"),
        "If a score rises by 0.01, the loss changes by about 0.01 × that class's probability or, for the true class, 0.01 × (probability − 1).",
    )
    titles = sheet.row(30)
    count = logits.data.size
    first = sheet.rows(max(count, LINES), min(ROW, ROOM // count))
    label, p, minus, truth, equals, slope = (sheet.col(pixels) for pixels in (80, 170, 40, 130, 40, 170))
    made, arrives = slope, 0
    if not passes_all(teller, call):
        times, arrives, gives, made = (sheet.col(pixels) for pixels in (30, 150, 30, 150))
    check = sheet.col(26)
    sheet.col(90)
    worked = sheet.row(28)
    probability = teller.elements.tensors[loss].helpers["probability"]
    shares = [probability.at(*place) for place in indices_of(logits)]
    sheet.say_all(titles, {
        label: "class", p: sources.with_sheet(teller, "probability", shares), truth: "1 if true", slope: "slope",
        made: "∂L/∂score",
    }, "middle")  # fmt: skip
    if arrives:
        sheet.say(titles, arrives, "∂L/∂(this loss)", "middle")
    gradients = [abs(float(each)) for each in np.asarray(logits.gradient).ravel()]
    signed = sorted(range(count), key=lambda k: -gradients[k])[:SIGNED]
    alone = len(teller.elements.readers[logits]) == 1 or _is_alone(teller, logits, call)
    for k, (place, share) in enumerate(zip(indices_of(logits), shares, strict=True)):
        row = first + k
        sheet.canvas.put(row, label, k, "story_label")
        a = sheet.number(row, p, share)
        b = sheet.number(row, truth, IF(equal(sheet.at(row, label), teller.operand(target)), 1, 0), "whole")
        style = "strong_box" if k == teller.followed(logits) else "strong"
        made_here = sheet.number(row, slope, a - b, "number" if arrives else style)
        sheet.say_all(row, {minus: "−", equals: "="}, "center")
        if arrives:
            made_here = sheet.number(row, made, made_here * sheet.number(row, arrives, teller.gradient(loss)), style)
            sheet.say_all(row, {times: "×", gives: "="}, "center")
        teller.results[teller.key_of(call, place)] = made_here
        if alone and k in signed:
            sheet.check(row, check, made_here, teller.gradient(logits, place))
        elif alone:
            sheet.stands_for(teller.gradient(logits, place), made_here)
    sheet.colour(sheet.at(first, made, count), is_grad=True)
    sheet.listings += [sheet.at(first, col, count) for col in dict.fromkeys((p, slope, made))]
    followed = teller.followed(logits)
    cells = [sheet.at(first + followed, col) for col in (p, truth, slope)]
    shown, made_of = (sheet.at(first, col, count).fixed for col in (p, slope))
    true = as_expression(teller.operand(target))
    true_one = joined(
        ".   ", spelled(INDEX(shown, true + 1)), " − 1 = ", spelled(INDEX(made_of, true + 1)), ": class ", true, ", the true one",
    )  # fmt: skip
    other = IF(equal(true, followed), "", true_one)
    ours = (spelled(cells[0]), " − ", cells[1], " = ", spelled(cells[2]))
    is_true = IF(equal(true, followed), ", the true one", "")
    sheet.write_out(worked, *ours, f": class {followed}", is_true, ", which we follow back", other)
    if not arrives:
        _draw_try(sheet, teller, call, (titles, first), sheet.at(first + followed, slope))
    sheet.add_note(22, WHY)
    sheet.add_note(22, SIGNS)


def _draw_try(sheet: StepSheet, teller: Teller, call: Call, rows: tuple[int, int], gradient: Reference) -> None:
    """Draw the loss before and after the followed score grows a little, step by step from the score on.

    Args:
        sheet: the sheet.
        teller: the story.
        call: the cross-entropy.
        rows: the row of the titles, and that below.
        gradient: the cell of the followed score's gradient.
    """
    scores, loss = call.inputs[0], call.outputs[0]
    followed, places = teller.followed(scores), indices_of(scores)
    is_true = equal(true := as_expression(teller.operand(call.inputs[1])), followed)
    (titles, first), helpers = rows, teller.elements.tensors[loss].helpers
    powers = helpers["exp"].at(*places[0]).to(helpers["exp"].at(*places[-1])).fixed
    _, label, before, after = (sheet.col(pixels) for pixels in TRY)
    score, power, total, true_power, p, made = (sheet.at(first + k, before) for k in range(1, 7))
    score_new, power_new, total_new, true_new, p_new, made_new = (sheet.at(first + k, after) for k in range(1, 7))
    # Of a probability too small for a cell there is no logarithm.
    grown = teller.value(loss) + LN(total_new / total) - IF(is_true, STEP, 0)
    lines: list[tuple[OperandLike, OperandLike, OperandLike]] = [
        ("the score", teller.operand(scores, places[followed]), score + STEP),
        ("e^(score − largest)", helpers["exp"].at(*places[followed]), power * EXP(score_new - score)),
        (f"the sum of all {len(places)}", helpers["sum"].at(*[0] * len(scores.shape)), total - power + power_new),
        (joined("e^… of class ", true, ", the true one"), INDEX(powers, true + 1), IF(is_true, power_new, true_power)),
        ("its probability: ÷ sum", true_power / total, true_new / total_new),
        (
            f"{shortened(loss.called, 120, 11)}: −ln of it", IF(p > 0, -LN(p), teller.value(loss)),
            IF(p_new > 0, -LN(p_new), grown),
        ),
    ]  # fmt: skip
    sheet.say(titles, label, f"Test: the score of class {followed} grows by {STEP}", "head")
    sheet.say_all(first, {before: "before", after: "after"}, "middle_small")
    for row, (text, *numbers) in enumerate(lines, start=first + 1):
        sheet.say(row, label, text, "right")
        for col, number in zip((before, after), numbers, strict=True):
            sheet.number(row, col, number, "strong" if row == made.row else "number")
    same = equals(sum_as_shown([(STEP, gradient)]), STEP * gradient)
    said = joined(f"predicted by its gradient: {STEP} × ", bracketed(gradient), same)
    for row, text, more in ((made.row + 1, "it grows by", made_new - made), (made.row + 2, said, STEP * gradient)):
        sheet.say(row, label, text, "right")
        sheet.number(row, after, more, "strong_box")


def passes_all(teller: Teller, call: Call) -> bool:
    """Return whether the gradient of a loss is 1, whatever the numbers are: it is the total, or a part of a sum."""
    total, loss = teller.elements.graph.loss, call.outputs[0]
    readers = teller.elements.readers.get(loss, ())
    return loss is total or (len(readers) == 1 and readers[0].outputs[0] is total and adds(readers[0]))


def _is_alone(teller: Teller, logits: Value, call: Call) -> bool:
    share = next((share for value, share in call.contributions if value is logits), None)
    return (
        share is not None
        and logits.gradient is not None
        and bool(np.allclose(share, logits.gradient, rtol=1e-12, atol=0))
    )
