"""Softmax as a table, a row for each class: score, e to its power, share; and the loss of the true class beside it.

class   score     e^(score − largest)   probability              the true class       3
0      −5.2100      0.0000                0.0000    |              its probability     0.6716
1       …                                                          −ln of it           0.3981
"""

from __future__ import annotations

from excel_export.formulas import EXP, IF, INDEX, LN, MAX, ROUND, SUM, Index, OperandLike, Reference, equal, joined
from excel_export.formulas.functions import call as function
from excel_export.graph.graph import Call, Value
from excel_export.sheets.cross_entropies import cross_entropies
from excel_export.sheets.steps.step_sheet import StepSheet, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, number_of
from excel_export.workbook import format_rules

MOST = 12
WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
ROW = 24
"""The height of a row, in pixels."""
BAR = 24
"""The signs of the longest bar."""
LINES = 11
"""The rows of the loss, beside the table."""


def plan(teller: Teller, value: Value, index: Index = ()) -> Call | None:
    """Return the call that makes `value` if it is a softmax of 2 to 12 numbers: by itself, or inside a cross-entropy of
    one sample. None for any other.
    """
    call = teller.elements.makers[value]
    logits = call.inputs[0]
    if call.kind == "cross_entropy":
        own = [len(each.classes) for each in cross_entropies(teller.book.graph) if each.loss is value]
        fits = 1 < logits.data.size <= MOST and logits.data.size in own
    else:
        is_softmax = call.kind == "softmax" and () != logits.shape == value.shape
        fits = is_softmax and 1 < logits.shape[-1] <= MOST and call.arguments["dim"] in (-1, len(logits.shape) - 1)
    return call if fits else None


def draw(sheet: StepSheet, teller: Teller, made: Value, index: Index, call: Call) -> None:
    """Draw a softmax along the last dimension, at `index[:-1]`, or a cross-entropy's: a row for each class."""
    logits = call.inputs[0]
    is_loss = made.data.size == 1
    count = logits.data.size if is_loss else logits.shape[-1]
    sheet.head(
        teller.idea(call, "idea"),
        f"e^score is positive; divided by their sum, the {WORDS.get(count, 'many')} powers add up to 1. Subtracting the "
        "highest score first keeps them small and changes no result, since e^(a − b) = e^a ÷ e^b.",
    )
    titles = sheet.row(26)
    first = sheet.rows(max(count + 1, LINES) if is_loss else count + 1, ROW)
    label, score, to, power, over, share, _, bar, _ = (
        sheet.col(pixels) for pixels in (70, 120, 34, 170, 34, 130, 16, 230, 40)
    )
    lead = () if is_loss else index[:-1]
    places = indices_of(logits) if is_loss else [(*lead, k) for k in range(count)]
    heads = {label: "class", score: "score", power: "e^(score − largest)", share: "probability: ÷ sum", bar: "as a bar"}
    sheet.say_all(titles, heads, "middle")
    scores, powers = sheet.at(first, score, count), sheet.at(first, power, count)
    for k, place in enumerate(places):
        row = first + k
        sheet.canvas.put(row, label, k, "story_label")
        is_followed = is_loss and logits in teller.thread and k == teller.followed(logits)
        sheet.number(row, score, teller.operand(logits, place), "strong_box" if is_followed else "number")
        sheet.say(row, to, "→", "center")
        sheet.number(row, power, EXP(scores.at(k) - MAX(scores.fixed_row)))
        sheet.say(row, over, "→", "center")
    total_row, worked = first + count, sheet.row(28)
    total = sheet.number(total_row, power, SUM(powers), "strong")
    sheet.say(total_row, score, "sum", "right")
    shares = sheet.at(first, share, count)
    for k in range(count):
        made_here = sheet.number(first + k, share, powers.at(k) / total.fixed_row, "strong")
        sheet.say(first + k, bar, function("REPT", "█", ROUND(BAR * made_here, 0)), "bar")
    sheet.number(total_row, share, SUM(shares), "number")
    sheet.colour(scores)
    sheet.listings += [powers, shares]
    if is_loss:
        probability = teller.elements.tensors[made].helpers["probability"]
        sheet.results |= {probability.at(*place).plain: shares.at(k) for k, place in enumerate(places)}
        result, true = _loss(sheet, teller, call, (scores, shares, total), sheet.at(first, label, count))
        a, p = INDEX(powers, true + 1), INDEX(shares, true + 1)
        written = joined(spelled(a), " ÷ ", spelled(total), " = ", spelled(p), ", the probability of class ", true)
        sheet.write_out(worked, written, ".   −ln(", spelled(p), ") = ", spelled(result))
        if logits in teller.thread and not _has_scores(teller):
            maker = next((each for each in teller.elements.graph.calls if teller.makes_scores(each)), None)
            if maker and (like := teller.like(maker)):
                said = f"The last layer computes the scores, as on sheet {number_of(like)}."
                sheet.link(sheet.at(sheet.row(20), 2), Reference(like, 1, 1), said, "more")
            sheet.add_note(18, teller.class_followed(teller.followed(logits)))
    else:
        followed = index[-1]
        a, p = powers.at(followed).cells, shares.at(followed).cells
        written = joined(spelled(a), " ÷ ", spelled(total), " = ", spelled(p), f": number {followed + 1}")
        sheet.say(worked, 2, written, "worked")
        check = sheet.col(30)
        sheet.col(90)
        for k, place in enumerate(places):
            sheet.check(first + k, check, shares.at(k), teller.value(made, place))


def _has_scores(teller: Teller) -> bool:
    return any(step.what == "forward" and step.call and teller.makes_scores(step.call) for step in teller.steps)


def _loss(
    sheet: StepSheet, teller: Teller, call: Call, table: tuple[Reference, Reference, Reference], labels: Reference
) -> tuple[Reference, Reference]:
    """Draw the loss of the true class beside the table; return the cells of the loss and of the true class."""
    target, (scores, shares, total), first = call.inputs[1], table, labels.row
    col = sheet.col(150)
    beside = sheet.col(110)
    sheet.col(20)
    true, p = sheet.at(first + 1, col).fixed, sheet.at(first + 4, col)
    # Of a probability too small for a cell the logarithm comes from the scores.
    sheet.say(first, beside, "its score", "note")
    score = sheet.number(first + 1, beside, INDEX(scores.fixed, true + 1))
    tiny = LN(total) + MAX(scores) - score
    lines: list[tuple[str, OperandLike, str]] = [
        (f"the {target.called}", teller.operand(target), "whole"),
        ("its probability", INDEX(shares.fixed, true + 1), "strong"),
        ("the loss: −ln of it", IF(p > 0, -LN(p), tiny), "result"),
    ]
    for k, (text, formula, style) in enumerate(lines):
        row = first + 3 * k
        sheet.say(row, col, text, "note")
        sheet.number(row + 1, col, formula, style, height=2 if style == "result" else 1)
    result = sheet.at(first + 7, col)
    sheet.check(first + 9, col, result, teller.value(call.outputs[0]))
    if labels.height > 9:
        sheet.say(first + 10, col, "−ln 1 = 0: right and sure; −ln 0.01 = 4.6: sure but wrong", "note_small")
    table_area = sheet.at(first, labels.col, labels.height, shares.col - labels.col + 1)
    sheet.canvas.format(table_area, format_rules.when(equal(labels.at(0).fixed_col, true), format_rules.OUTLINED))
    return result, true
