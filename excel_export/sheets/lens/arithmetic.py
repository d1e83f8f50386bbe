"""The arithmetic of the element that the Lens shows: as a sum of its groups, and the open group as its products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from excel_export.formulas import Expression, OperandLike, Reference, as_expression, equal, joined, total, unequal
from excel_export.formulas.functions import ABS, AND, IF, INDEX, MATCH, MAX, MIN, OR, SIGN, SUM
from excel_export.sheets.lens.lookup_tables import MOST_INNER, LookupTables
from excel_export.sheets.lens.scratch_columns import ScratchColumns
from excel_export.sheets.lens.selection import NOTHING, Selection
from excel_export.sheets.lens.wording import DIGITS, decimals_for
from excel_export.views.spelling import inner_sums, worked_out

if TYPE_CHECKING:
    from excel_export.sheets.lens.screen import Screen

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


class Arithmetic:
    """Writes it in scratch columns: the line, the products of the open group, and what is worked out in brackets."""

    def __init__(self, screen: Screen) -> None:
        self._scratch, self._selection, self._wording = screen.scratch, screen.selection, screen.wording
        self.products = self._products()
        self.worked_out: Expression = as_expression("")
        line, is_spelled, spelled = self._line(), screen.selection.spelled > 0, MAX(1, screen.selection.spelled)
        if screen.tables.spellings:
            line = IF(is_spelled, screen.tables.spelled.text("formula", spelled), line)
            self.worked_out = IF(is_spelled, screen.tables.spelled.text("worked out", spelled), "")
        self.line = self._scratch.cell("line", line)

    def _products(self) -> Reference:
        """The products of the open group, in reading order; those that are 0 are counted where they are many."""
        selection, scratch, wording = self._selection, self._scratch, self._wording
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
        first, second = (
            scratch.column(f"{what} as text", wording.bracketed(each)) for what, each in (("x", x), ("w", w))
        )
        texts = scratch.column("product as text", IF(factors > 0, joined(first, " · ", second), first))
        pieces = [
            IF(place.at(k).fixed > 0, joined(" + ", texts.at(k)) if k else texts.at(k).cells, "") for k in range(shown)
        ]
        rest = scratch.cell("rest of the products", selection.open_sum - SUM(products.box.fixed))
        more = IF(in_all > shown, joined(" + [", in_all - shown, " more: ", wording.plain(rest), "]"), "")
        zeros = IF(AND(all_of_them > in_all, in_all > 0), joined(" + [", all_of_them - in_all, " × 0]"), "")
        nothing = IF(selection.terms > 0, "0", "")
        return scratch.cell("products", IF(equal(in_all, 0), nothing, joined(*pieces, more, zeros)))

    def _line(self) -> Expression:
        """The element as the sum of its groups, or of its products."""
        selection, wording, scratch = self._selection, self._wording, self._scratch
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
        return IF(selection.groups > 1, groups, joined(self.products, alone))
