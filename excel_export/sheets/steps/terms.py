"""Any sum: term, factor, product, and their sum; or a formula, with the numbers that it reads.

        what arrives       the slope        what it adds     this number grows by      1
score 1   0.3255      ×    −1.4688     =     −0.4781         score 1 grows by       −1.4688
score 2  −0.3284      ×     0.9647     =     −0.3168         the loss grows by      −0.4781
                          added up     ≈     −0.7949
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import (
    IF,
    SUM,
    Expression,
    FunctionCall,
    Index,
    OperandLike,
    Reference,
    as_expression,
    joined,
    total,
)
from excel_export.formulas.analysis.chosen import Matching, chosen
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import sources, spelled_out, switches
from excel_export.sheets.steps.ideas import first_sentence
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import in_a_row, multiplied, sign_of, sum_as_shown
from excel_export.views.elements import GRADIENT
from excel_export.views.story import has_weights
from excel_export.views.terms import Account, Term, is_switch
from excel_export.workbook.calibri import shortened, text_width

MOST = 12
"""The most terms that are listed; the others are one line."""
LINES_BEHIND = 2
"""The number of terms fewer, if lines of calls behind stand below."""
LONGEST_SLOPE = 60
"""The most characters of a slope's formula; with a longer one, the helpers are read as they are."""
MOST_IN_REST = 60
"""The most further terms that have a cell each; more are added up by one formula, or as the network does."""
NAMES = 290
"""The width of the terms' names, in pixels."""
NAME_POINTS = 11
"""The font size of the terms' names, in points."""
SENTENCE_POINTS = 12.5
"""The font size of the sentence, in points."""
LONGEST_NAME = 420
"""The most pixels of a name in the sentence."""
ROW = 24
"""The height of a row, in pixels, up to HIGH rows."""
LOW = 18
"""The height of a row, in pixels, if there are more."""
HIGH = 10
"""The most rows that have the usual height."""
CHAIN = 4
"""The rows of the chain rule, beside the table."""
A_LITTLE = 0.01
"""The growth that the chain rule follows."""
CHAIN_NAME = 236
"""The width of the names beside the table, in pixels."""


def draw_forward(sheet: StepSheet, teller: Teller, value: Value, index: Index) -> None:
    """Draw `value[index]`, a call's result, as a sum of products, term by term, or as a formula with its numbers."""
    call, account = teller.elements.makers[value], _with_all_that_may(teller.elements.forward(value, index))
    sheet.head(teller.idea(call, "idea"), first_sentence(call))
    heads = ("", "input", "weight", "input × weight")
    if any(isinstance(term.factor, Expression) and is_switch(term.factor) for term in account.terms):
        heads = ("", "the number", "1 if it comes here", "number × that")
    _draw(sheet, teller, account, heads, teller.called(value, index), teller.value(value, index),
          teller.elements.formula(value, index))  # fmt: skip


OF_LAYER = ("", "gradient", "weight", "gradient × weight")
OF_SLOPE = ("", "gradient", "slope", "gradient × slope")
OF_WEIGHT = ("", "gradient", "input", "gradient × input")


def draw_backward(
    sheet: StepSheet, teller: Teller, call: Call, value: Value, index: Index, heads: Sequence[str] = OF_LAYER, *,
    behind: Sequence[Call] = (),
) -> None:  # fmt: skip
    """Draw an element's gradient, or the share through one call, term by term: gradient × weight, added up.

    Args:
        sheet: the sheet.
        teller: the story.
        call: the call that reads the element.
        value: the element's tensor.
        index: its index.
        heads: the heads of the columns of names, gradients, factors and products: OF_LAYER, OF_SLOPE or OF_WEIGHT.
        behind: the calls before `value`, such as ReLU, that pass this gradient on; they stand below.
    """
    by_all_ways = _by_all_ways(teller, value, index)
    account = by_all_ways or teller.elements.backward(call, value, index)
    ways = len(account.shares) if account else 0
    if account and (not account.terms or _is_too_long(account)):
        account = teller.elements.spelled_backward(call, value, index)
        by_all_ways = None
    assert account is not None
    name = teller.cited(value, index)
    if text_width(name, SENTENCE_POINTS) > LONGEST_NAME:
        name = "This number"
    by = "weight" if heads is not OF_LAYER or has_weights(call) else "slope"
    heads = OF_SLOPE if by == "slope" else heads
    into = {element.value if (element := teller.elements.at(term.cell)) else None for term in account.terms}
    read_by = f"all {ways} scores" if into <= teller.scores else f"{ways} other numbers"
    many = f"{name} feeds {read_by}. If it grows by d, each of them grows by d × its {by}. So we add up the products of gradient and {by}."
    one = f"{name} feeds only one number, so its gradient is that number's gradient times the local slope."
    sheet.head(teller.idea(call, "back"), many if ways > 1 else one)
    gains = teller.elements.gains(call, value)
    assert gains is not None
    alone = by_all_ways is not None or len(teller.elements.readers[value]) == 1
    own = teller.gradient(value, index) if alone else None
    formula = as_expression(own) if by_all_ways and own else gains.element(index)
    most = MOST - LINES_BEHIND if behind else MOST
    _draw(sheet, teller, account, heads, teller.gradient_called(value, index), own, formula, most)
    switches.draw_lines(sheet, teller, behind)
    if not behind and value.kind != "parameter" and has_weights(call) and (further := teller.back_from(value)):
        sheet.add_note(22, "And so on, layer by layer, back to ", further, ".")


def _with_all_that_may(account: Account) -> Account:
    """Return a sum of chosen numbers as the sum of all that may be chosen, each times 1 if it is, else 0."""
    is_sum = set(account.spelled[1:-1]) <= {" + "} and not any(account.spelled[:1] + account.spelled[-1:])
    terms: list[Term] = []
    for cell, factor in account.terms:
        found = chosen(cell) if isinstance(cell, FunctionCall) and cell.function == "SUMIF" else cell
        if isinstance(found, Matching) and factor is None:
            terms += [Term(each, IF(is_it, 1, 0)) for each, is_it in found.each()]
        else:
            terms.append(Term(cell, factor))
    is_long = len(terms) > MOST or len(terms) == len(account.terms)
    return account if is_long or not is_sum else Account(tuple(terms), account.alone)


def _is_too_long(account: Account) -> bool:
    """Return whether a slope is a formula too long to be read, as in a layer norm."""
    slopes = [term.factor for term in account.terms if isinstance(term.factor, Expression)]
    return not account.spelled and any(len(slope.text("")) > LONGEST_SLOPE for slope in slopes)


def _by_all_ways(teller: Teller, value: Value, index: Index) -> Account | None:
    """Return the gradient of an element that several calls read as one sum; None if one of its shares is no sum."""
    found = [teller.elements.backward(call, value, index) for call in teller.elements.readers[value]]
    accounts = [account for account in found if account]
    if len(accounts) < 2 or any(account.spelled or account.alone is not None for account in accounts):
        return None
    if any(isinstance(term.cell, Matching) for account in accounts for term in account.terms):
        return None
    return Account(tuple(term for account in accounts for term in account.terms), None)


def _draw(
    sheet: StepSheet, teller: Teller, account: Account, heads: Sequence[str], made: str, own: Reference | None,
    formula: Expression, most: int = MOST,
) -> None:  # fmt: skip
    if account.spelled:
        spelled_out.draw(sheet, teller, account, made, own, formula)
    else:
        whole = teller.whole(formula, own) if own else formula
        _draw_sum(sheet, teller, account, heads, whole, own, most)


def _draw_sum(
    sheet: StepSheet, teller: Teller, account: Account, heads: Sequence[str], whole: OperandLike, own: Reference | None,
    most: int,
) -> None:  # fmt: skip
    terms = _largest_first(teller, account.terms, most)
    listed, others = terms[:most], terms[most:]
    names = [teller.name_of(term.cell) for term in listed]
    of, places = _without_name(teller, listed, names)
    titles = sheet.row(40 if len(listed) <= 8 else 26)
    height = ROW if len(listed) <= HIGH and most == MOST else LOW
    first = sheet.rows(len(listed), height)
    label, left = sheet.col(NAMES), sheet.col(150)
    heads = (of or heads[0], sources.with_sheet(teller, heads[1], [term.cell for term in listed]), *heads[2:])
    sign, right = sheet.col(34), sheet.col(130)
    equals, product = sheet.col(34), sheet.col(130)
    check = sheet.col(24)
    sheet.col(90)
    sheet.say_all(titles, dict(zip((label, left, right, product), heads, strict=True)), "middle")
    plain = "number" if height == ROW else "small"
    for k, (term, name) in enumerate(zip(listed, places, strict=True)):
        row = first + k
        sheet.say(row, label, name, "right")
        a = sheet.number(row, left, teller.content_of(term.cell), plain)
        b = sheet.number(row, right, teller.content_of(term.factor) if term.factor is not None else 1, plain)
        made = sheet.number(row, product, a * b, "strong" if height == ROW else plain)
        sheet.say(row, sign, "×", "center")
        sheet.say(row, equals, sign_of(sum_as_shown([(a, b)]), made), "center")
    numbers = [sheet.at(first, col, len(listed)) for col in (left, right, product)]
    sheet.colour(numbers[0], is_grad=sheet.direction == "backward")
    sheet.colour(numbers[1])
    sheet.colour(numbers[2], is_grad=sheet.direction == "backward")
    sheet.listings += [numbers[0], numbers[2]]
    parts: list[OperandLike] = [SUM(numbers[2])]
    if account.alone is not None:
        row = sheet.row(height)
        sheet.say(row, label, "the bias", "right")
        parts.append(sheet.number(row, product, teller.content_of(account.alone), "strong" if height == ROW else plain))
    is_long = len(others) > MOST_IN_REST
    more = sheet.row(height) if others else 0
    row, worked = sheet.row(36), sheet.row(26)
    if others:
        beside = sheet.at(first, product, more - first + 1)
        rest = sheet.at(row, product) - total(parts) if is_long else _rest(sheet, teller, others, beside)
        sheet.say(more, label, f"and {len(others)} more, together", "right")
        parts.append(sheet.number(more, product, rest, "strong" if height == ROW else plain))
    result = sheet.number(row, product, whole if is_long else total(parts), "result")
    same = sign_of(sum_as_shown([*numbers[2].each(), *parts[1:]]), result)
    sheet.say(row, label, joined("the sum of all rows ", same), "right")
    if own and not (is_long and whole is own):
        sheet.check(row, check, result, own)
    if any(isinstance(term.factor, Expression) and is_switch(term.factor) for term in listed):
        sheet.write_out(
            worked, *in_a_row(numbers[2].each(), " + "), *[" + …"] * (len(parts) > 1), " = ", spelled(result)
        )
        return
    followed = max(range(len(listed)), key=lambda k: teller.size_of(listed[k]))
    a, b, p = (sheet.at(first + followed, col) for col in (left, right, product))
    is_back = sheet.direction == "backward"
    rule = ["Chain rule, slope × slope: ", *multiplied(b, a, p)] if is_back else multiplied(a, b, p)
    sheet.write_out(worked, *rule, ". The sum of all rows: ", spelled(result))
    if is_back and not others and len(listed) >= CHAIN:
        element = teller.elements.at(listed[followed].cell)
        to = names[followed]
        if element and element.part == GRADIENT:
            to = teller.called(element.value, element.index)
        if text_width(to, NAME_POINTS) > CHAIN_NAME / 2:
            to = shortened(to.partition(" (")[0], CHAIN_NAME / 2, NAME_POINTS)
        ways = f"over {len(listed)} paths, the loss changes by "
        steps = (f"{to} grows by ", b), ("the loss grows by ", a), (ways, result)
        _draw_chain(sheet, (titles, first), steps)


def _draw_chain(sheet: StepSheet, rows: tuple[int, int], steps: Sequence[tuple[str, Reference]]) -> None:
    """Draw how a small growth of a number goes on to the loss, beside the table: on one way, and on all.

    Each step is its text, and the slope by which the growth above it is multiplied; by the last one, the first growth.
    """
    titles, first = rows
    sheet.col(10)
    label, number = sheet.col(CHAIN_NAME), sheet.col(80)
    sheet.say(titles, label, "The chain rule, step by step", "head")
    sheet.say(first, label, "this number grows by", "right")
    little = last = sheet.number(first, number, A_LITTLE, "whole")
    for row, (text, slope) in enumerate(steps, start=first + 1):
        grown = little if slope is steps[-1][1] else last
        sheet.say(
            row, label, joined(text, bracketed(slope), " × ", grown if grown is little else bracketed(grown)), "right"
        )
        last = sheet.number(row, number, slope * grown, "strong")


def _without_name(teller: Teller, terms: Sequence[Term], names: Sequence[str]) -> tuple[str, Sequence[str]]:
    values = {element.value if (element := teller.elements.at(term.cell)) else None for term in terms}
    heads = {name.partition(" (")[0] for name in names}
    if max(text_width(name, NAME_POINTS) for name in names) <= NAMES - 8 or len(values) > 1 or len(heads) > 1:
        return "", names
    return shortened(heads.pop(), NAMES - 8, NAME_POINTS, bold=True), [
        name.partition(" (")[2].rstrip(")") for name in names
    ]


def _largest_first(teller: Teller, terms: Sequence[Term], most: int) -> list[Term]:
    if len(terms) <= most:
        return [*terms]
    return sorted(terms, key=lambda term: -teller.size_of(term))


def _rest(sheet: StepSheet, teller: Teller, terms: Sequence[Term], beside: Reference) -> Expression:
    cols: list[int] = []
    for k, term in enumerate(terms):
        line = k % beside.height
        if line == 0:
            cols.append(sheet.col(62))
        product = as_expression(teller.content_of(term.cell))
        if term.factor is not None:
            product = product * as_expression(teller.content_of(term.factor))
        sheet.number(beside.row + line, cols[-1], product, "tiny")
    return SUM(sheet.at(beside.row, cols[0], beside.height, len(cols)))
