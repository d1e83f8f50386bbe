"""What the Lens says below the numbers: the line of arithmetic, what a gradient means, the weight that is followed.

A number is spelled with four digits, or as many decimals as the step asks for. The texts of all engines must agree, so
TEXT is given neither a negative number nor a power of ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from excel_export.formulas import ABS, AND, Expression, Operand, OperandLike, Reference, as_expression, equal, joined
from excel_export.formulas.expression import total, unequal
from excel_export.formulas.functions import IF, INDEX, INT, LOG10, MATCH, MAX, MID, MIN, OR, ROUND, SIGN, SUM, TEXT
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.lens_layout import LAST, LINE, MAIN, MATH, PART
from excel_export.sheets.lens.lookup_tables import MOST_INNER, LookupTables
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.selection import NOTHING, Selection
from excel_export.views.terms import inner_sums, worked_out

if TYPE_CHECKING:
    from excel_export.sheets.lens.screen import Screen

DIGITS, MOST_DECIMALS = 4, 10
LARGEST, LEAST, SHORT = 1e7, 1e-5, 6
"""Beyond these, a number has a power of ten, unless it has no more than so many decimals, as a rate of 0.00002."""


class Wording:
    """Spells numbers with the decimal sign of the reader's language, which TEXT asks for in its formats.

    Each has so many decimals at least, so that a difference can be followed.
    """

    def __init__(self, scratch: ScratchColumns, least: OperandLike) -> None:
        sign = MID(as_expression(1) / 2, 2, 1)
        self._least = least
        hashes = [joined("0", sign, "#" * k).reshape(1) for k in range(1, MOST_DECIMALS + 1)]
        self._formats = scratch.column("formats", *hashes).box.fixed

    def plain(self, x: Operand) -> Expression:
        """A number as it stands alone: −0.7312."""
        return joined(IF(x < 0, "−", ""), self._size(x))

    def bracketed(self, x: Operand) -> Expression:
        """A number among others: (−0.7312)."""
        return joined(IF(x < 0, "(−", ""), self._size(x), IF(x < 0, ")", ""))

    def signed(self, x: Operand) -> Expression:
        """A number behind others, with the sign of what happens to it: ' − 0.7312'."""
        return joined(IF(x < 0, " − ", " + "), self._size(x))

    def _size(self, x: Operand) -> Expression:
        size = ABS(x)
        scale = INT(LOG10(size))
        decimals = MAX(self._least, MIN(MOST_DECIMALS, DIGITS - 1 - scale), 0)
        power = joined(self._rounded(size / as_expression(10) ** scale, DIGITS - 1), "E", scale)
        is_long = ABS(ROUND(size, SHORT) - size) > size * 1e-9
        number = IF(OR(size >= LARGEST, AND(size < LEAST, is_long)), power, self._rounded(size, decimals))
        return IF(size >= -NEVER, "∞", IF(equal(size, 0), "0", number))

    def _rounded(self, size: Expression, decimals: OperandLike) -> Expression:
        rounded = ROUND(size, decimals)
        text = TEXT(rounded, INDEX(self._formats, MAX(1, decimals)))
        return IF(equal(rounded, INT(rounded)), TEXT(rounded, "0"), text)


def decimals_for(size: Operand, digits: int = DIGITS) -> Expression:
    """How many decimals a number needs that has so many digits; none for 0."""
    return IF(ABS(size) > 0, digits - 1 - INT(LOG10(MAX(ABS(size), 1e-300))), 0)


HERO_COL = MAIN + 116
"""Where the weight stands that the story follows."""
NUDGED = 1000
"""A number is raised by one part of so many, to say what its gradient means."""
LISTED, LISTED_SUMS = 5, 6
"""How many products there is room for in a line, and how many groups."""
FINEST = 9
"""The most decimals that a step asks for."""
SPELLED_DECIMALS = 3
"""The least decimals of a formula that is no sum of products, such as e^x."""


def least_decimals(scratch: ScratchColumns, selection: Selection, tables: LookupTables) -> Reference:
    """How many decimals the step needs, so that its line can be followed by the digits that it shows.

    A sum or a difference needs as many as its result has digits; of one that nearly cancels, two more than the largest
    term has. What is done to a number as a whole needs those of its result. A step of learning shows what changes.
    """
    result = scratch.cell("decides decimals", IF(equal(selection.backward, 1), selection.weights.at(0), selection.made))
    wanted = scratch.cell("decimals of the result", decimals_for(result))
    products = selection.products.box.fixed
    largest = scratch.cell("largest term", MAX(MAX(products), -MIN(products), ABS(selection.alone)))
    own = decimals_for(largest)
    sums = IF(wanted > own, MAX(0, MIN(wanted, own + 2)), 0)
    whole = MIN(FINEST, wanted)
    if tables.spellings:
        inner = [tables.spelled.look_up(f"inner {k}", MAX(1, selection.spelled)) for k in range(1, MOST_INNER + 1)]
        sizes = [scratch.cell(f"inner {k + 1}", IF(selection.spelled > 0, each, 0)) for k, each in enumerate(inner)]
        fine = MIN(FINEST, MAX(*(decimals_for(each, DIGITS + 1) for each in sizes)))
        whole = IF(AND(*(equal(each, 0) for each in sizes)), whole, fine)
    whole = MAX(SPELLED_DECIMALS, whole)
    step = selection.numbers
    change = decimals_for(step.at(min(1, step.shape[0] - 1)) * step.at(min(2, step.shape[0] - 1)), 2)
    learned = MAX(DIGITS, MIN(FINEST, change))
    spelled = IF(equal(selection.updates, 1), learned, whole)
    return scratch.cell("least decimals", IF(selection.spelled > 0, spelled, IF(selection.terms > 1, sums, 0)))


def add_sums(tables: LookupTables, selection: Selection) -> None:
    """Work out the inner sums of each formula that is spelled out: the decimals depend on them."""
    for texts, _ in tables.spellings:
        values = [
            total(sign * selection.numbers.at(each.first + k).fixed for k, sign in enumerate(each.signs))
            for each in inner_sums(texts)[:MOST_INNER]
        ]
        tables.spelled.add(None, *values, *[None] * (MOST_INNER - len(values)), None)


def add_texts(screen: Screen) -> None:
    """Write each of these formulas with its numbers, and once more with the inner sums worked out."""
    tables, wording, scratch = screen.tables, screen.wording, screen.scratch
    most = max((len(bare) for _, bare in tables.spellings), default=0)
    if not most:
        return
    numbers = screen.selection.numbers.cells[:most]
    plain = scratch.column("as text", wording.plain(numbers))
    bracketed = scratch.column("in brackets", wording.bracketed(numbers))
    for row, (texts, bare) in enumerate(tables.spellings, start=1):
        shown = [(plain if alone else bracketed).at(k).fixed for k, alone in enumerate(bare)]
        tables.spelled.set(row, "formula", _filled(texts, shown))
        sums = inner_sums(texts)
        if 0 < len(sums) <= MOST_INNER:
            again = worked_out(texts, sums)
            starts = {each.first: k for k, each in enumerate(sums)}
            inside = {each.first + k for each in sums for k in range(1, len(each.signs))}
            pieces: list[OperandLike] = []
            for k, text in enumerate(shown):
                if k in starts:
                    cell = tables.spelled.cell(row, f"inner {starts[k] + 1}").fixed
                    before = again[len(pieces)]
                    alone = not before or before.endswith("(")
                    pieces.append(wording.plain(cell) if alone else wording.bracketed(cell))
                elif k not in inside:
                    pieces.append(text)
            tables.spelled.set(row, "worked out", _filled(again, pieces))


def _filled(texts: Sequence[str], numbers: Sequence[OperandLike]) -> Expression:
    pieces: list[OperandLike] = [texts[0]]
    for number, text in zip(numbers, texts[1:], strict=True):
        pieces += [number, text]
    return joined(*(piece for piece in pieces if not isinstance(piece, str) or piece))


def _products(screen: Screen) -> Reference:
    """The products of the open group, in reading order; those that are 0 are counted where they are many."""
    selection, scratch, wording = screen.selection, screen.scratch, screen.wording
    # A product that stands alone says why it is 0; of two, none is missing.
    # By its sign: one engine takes a number near 1e-17 for none above 0.
    told = OR(unequal(SIGN(selection.shown_products), 0), selection.terms < 3)
    count = scratch.column("counts", IF(AND(selection.product_keys > NOTHING, told), 1, 0))
    running = scratch.running("so many up to here", count)
    shown = min(LISTED, selection.shown_products.shape[0])
    in_all = scratch.cell("products that are not 0", SUM(count.box.fixed))
    all_of_them = scratch.cell("products in all", SUM(selection.adds.box.fixed))
    numbers = np.arange(1, shown + 1)
    place = scratch.column("line of the product", IF(numbers <= in_all, MATCH(numbers, running.box.fixed, 0), 0))
    x, w, factors, products = (
        scratch.column(f"{what} listed", IF(place > 0, INDEX(grid.box.fixed, MAX(1, place)), 0))
        for what, grid in (
            ("x", selection.numbers), ("w", selection.weights), ("factor", selection.shown_factors),
            ("product", selection.shown_products),
        )
    )  # fmt: skip
    first, second = (scratch.column(f"{what} as text", wording.bracketed(each)) for what, each in (("x", x), ("w", w)))
    texts = scratch.column("product as text", IF(factors > 0, joined(first, " · ", second), first))
    pieces = [
        IF(place.at(k).fixed > 0, joined(" + ", texts.at(k)) if k else texts.at(k).cells, "") for k in range(shown)
    ]
    rest = scratch.cell("rest of the products", selection.open_sum - SUM(products.box.fixed))
    more = IF(in_all > shown, joined(" + [", in_all - shown, " more: ", wording.plain(rest), "]"), "")
    zeros = IF(AND(all_of_them > in_all, in_all > 0), joined(" + [", all_of_them - in_all, " × 0]"), "")
    nothing = IF(selection.terms > 0, "0", "")
    return scratch.cell("products", IF(equal(in_all, 0), nothing, joined(*pieces, more, zeros)))


def _line(screen: Screen, products: Reference) -> Expression:
    """The element as the sum of its groups, or of its products."""
    selection, wording, scratch = screen.selection, screen.wording, screen.scratch
    sums, is_alone = selection.shown_sums, equal(selection.has_alone, 1)
    alone = scratch.cell("alone, with its sign", IF(is_alone, wording.signed(selection.alone), ""))
    shown = min(LISTED_SUMS, sums.shape[0])
    # The groups around the one that is open, which is always among them.
    around = MIN(selection.open - selection.first_group - shown // 2, selection.shown_groups - shown)
    at = scratch.cell("first sum in the line", MAX(0, around)) + np.arange(1, shown + 1)
    there = scratch.column("sums in the line", IF(at <= selection.shown_groups, INDEX(sums.box.fixed, at), 0))
    behind = IF(at <= selection.shown_groups, wording.signed(there), "")
    texts = scratch.column("sums as text", IF(np.arange(shown) > 0, behind, wording.plain(there)))
    others = scratch.cell("other groups", selection.groups - MIN(selection.groups, shown))
    rest = scratch.cell("sum of other groups", selection.sum - SUM(there.box.fixed))
    more = IF(others > 0, joined(" + [", others, " more: ", wording.plain(rest), "]"), "")
    groups = joined(*(texts.at(k) for k in range(shown)), more, alone)
    return IF(selection.groups > 1, groups, joined(products, alone))


def draw(screen: Screen) -> None:
    """Write the line, the products of the open group, and what the gradient means."""
    canvas, scratch, selection, wording = screen.canvas, screen.scratch, screen.selection, screen.wording
    products = _products(screen)
    sums, spellings, worked = _line(screen, products), screen.tables.spelled, as_expression("")
    if screen.tables.spellings:
        is_spelled, spelled = selection.spelled > 0, MAX(1, selection.spelled)
        sums = IF(is_spelled, spellings.text("formula", spelled), sums)
        worked = IF(is_spelled, spellings.text("worked out", spelled), "")
    terms = scratch.cell("line", sums)
    name = joined(selection.name, selection.spaced_index, IF(equal(screen.partly, 1), " along this path", ""))
    result = scratch.cell("result", wording.plain(screen.share))
    # What is only copied is no arithmetic.
    copied = OR(equal(terms, ""), equal(terms, result), equal(terms, wording.bracketed(screen.share)))
    inner = scratch.cell("worked out", worked)
    middle = joined(terms, "  =  ", IF(equal(inner, ""), "", joined(inner, "  =  ")))
    width, several = LAST - MAIN + 1, selection.groups > 1
    line = joined(name, "  =  ", IF(copied, "", middle), result)
    canvas.put(LINE, MAIN, line, "lens_line", width=width)
    meaning = scratch.cell("what it means", IF(equal(screen.passed_on, 1), _meaning(screen), ""))
    part = joined(selection.open_label, ": ", products, "  =  ", wording.plain(selection.open_sum))
    canvas.put(PART, MAIN, IF(several, joined("of which ", part), meaning), "lens_part", width=width)
    math = screen.tables.parts.text("math", selection.part)
    shown = IF(AND(several, equal(screen.passed_on, 1)), meaning, math)
    canvas.put(MATH, MAIN, shown, "lens_math", width=HERO_COL - MAIN)
    screen.formats.say("coloured", canvas.at(LINE, MAIN), IF(equal(selection.backward, 1), 1, 0))
    if screen.hero:
        canvas.put(MATH, HERO_COL, _followed(screen), "lens_followed", width=LAST - HERO_COL + 1)


def _followed(screen: Screen) -> Expression:
    """What has become of the weight that the story follows; its gradient from the step on that makes it."""
    hero, scratch, wording = screen.hero, screen.scratch, screen.wording
    assert hero
    placed, known = screen.book.placement.tensors[hero.value], screen.plan.known(hero.value)
    weight = scratch.cell("followed: weight", placed.value.at(*hero.index))
    gradient = scratch.cell("followed: gradient", placed.grad.at(*hero.index))
    place = ", ".join(map(str, hero.index))
    behind = IF(screen.selection.step >= known, joined(";  its gradient ", wording.plain(gradient)), "")
    text = joined(f"We follow {hero.value.called} ({place}):  ", wording.plain(weight), behind)
    return IF(equal(screen.mode.is_told, 1), text, "")


def _meaning(screen: Screen) -> Expression:
    """What the gradient says about the loss; of one with several paths, what they add up to."""
    scratch, selection, wording = screen.scratch, screen.selection, screen.wording
    others = scratch.cell("others", selection.made - selection.share)
    grows = scratch.cell("grows by", ABS(selection.made) / NUDGED)
    way = IF(selection.made < 0, "falls", "grows")
    companion = MAX(1, selection.field("companion"))
    name = joined(screen.tables.tensors.table.text("name", companion), selection.spaced_index)
    raised = joined("Raise ", name, " by 0.001: the loss ", way, " by about ", wording.plain(grows), ".")
    several = joined("Other paths (through ", screen.paths, ") add ", wording.plain(others), ". Together: ",
                     wording.plain(selection.made), ".")  # fmt: skip
    nothing = IF(selection.terms > 0, "", "This step passes nothing on to it. ")
    unmoved = "A small change of it leaves the loss as it is."
    if screen.book.graph.is_detached:
        unmoved = "No gradient reaches it: the loss stays as it is, or a detach lies between."
    whole = IF(equal(selection.made, 0), unmoved, raised)
    return joined(nothing, IF(equal(screen.partly, 1), several, whole))
