"""The arithmetic of the element that the Lens shows: as a sum of its groups, and the open group as its products."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, OperandLike, equal, joined
from excel_export.formulas.functions import ABS, AND, IF, INDEX, MATCH, MAX, MIN, OR, SUM
from excel_export.formulas.reference import Reference
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import NOTHING, Selection
from excel_export.sheets.lens.tables import Table
from excel_export.sheets.lens.wording import Wording

LISTED = 7
"""How many products there is room for in a line."""


class Arithmetic:
    """Writes it on the desk."""

    def __init__(self, desk: Desk, selection: Selection, recipes: Recipes, spellings: Table, wording: Wording) -> None:
        self._desk, self._selection, self.wording = desk, selection, wording
        self.products = self._products()
        self.line = desk.cell("line", self._line(self._spelled(recipes, spellings)))

    def _spelled(self, recipes: Recipes, spellings: Table) -> Table | None:
        """The formulas that are no sums, with their numbers."""
        desk, wording = self._desk, self.wording
        most = max((len(bare) for _, bare in recipes.spellings), default=0)
        if not most:
            return None
        numbers = self._selection.numbers.cells[:most]
        plain = desk.column("as text", wording.plain(numbers))
        bracketed = desk.column("in brackets", wording.bracketed(numbers))
        for texts, bare in recipes.spellings:
            pieces: list[OperandLike] = [texts[0]]
            for k, (alone, text) in enumerate(zip(bare, texts[1:], strict=True)):
                pieces += [(plain if alone else bracketed).at(k).fixed, text]
            spellings.add(joined(*(piece for piece in pieces if not isinstance(piece, str) or piece)))
        return spellings

    def _products(self) -> Reference:
        """The products of the open group that are not 0, or are few, in reading order."""
        selection, desk, wording = self._selection, self._desk, self.wording
        most = selection.products.shape[0]
        # A product that stands alone says why it is 0; of two, none is missing, such as the old weight in a step.
        told = OR(ABS(selection.products) > 0, selection.terms < 3)
        counts = IF(AND(selection.product_keys > NOTHING, told), 1, 0)
        count = desk.column("counts", counts)
        running = desk.running("so many up to here", count)
        shown = min(LISTED, most)
        in_all = desk.cell("products that are not 0", SUM(count.box.fixed))
        numbers = np.arange(1, shown + 1)
        place = desk.column("place of the product", IF(numbers <= in_all, MATCH(numbers, running.box.fixed, 0), 0))
        x, w, factors, products = (
            desk.column(f"{what} listed", IF(place > 0, INDEX(grid.box.fixed, MAX(1, place)), 0))
            for what, grid in (
                ("x", selection.numbers), ("w", selection.weights), ("factor", selection.factors),
                ("product", selection.products),
            )
        )  # fmt: skip
        both = joined(wording.bracketed(x), " · ", wording.bracketed(w))
        alone = IF(equal(w, 1), wording.bracketed(x), both)
        texts = desk.column("product as text", IF(factors > 0, both, alone))
        pieces = [
            IF(place.at(k).fixed > 0, joined(" + ", texts.at(k)) if k else texts.at(k).cells, "") for k in range(shown)
        ]
        rest = desk.cell("rest of the products", selection.open_sum - SUM(products.box.fixed))
        more = IF(in_all > shown, joined(" + [", in_all - shown, " more: ", wording.plain(rest), "]"), "")
        return desk.cell("products", IF(equal(in_all, 0), IF(selection.terms > 0, "0", ""), joined(*pieces, more)))

    def _line(self, spellings: Table | None) -> Expression:
        """The element as the sum of its groups, or of its products, or as its own formula."""
        selection, wording = self._selection, self.wording
        desk, sums, labels = self._desk, selection.shown_sums, selection.shown_labels
        alone = desk.cell(
            "alone, with its sign", IF(equal(selection.has_alone, 1), wording.signed(selection.alone), "")
        )
        first = desk.cell("first sum as text", wording.plain(sums.at(0).fixed))
        texts = desk.column("sums as text", IF(equal(labels, ""), "", wording.signed(sums)))
        pieces = [first, *(texts.at(k) for k in range(1, sums.shape[0]))]
        others = desk.cell("other groups", selection.groups - MIN(selection.groups, sums.shape[0]))
        rest = desk.cell("sum of other groups", selection.sum - SUM(sums.box.fixed))
        more = IF(others > 0, joined(" + [", others, " more: ", wording.plain(rest), "]"), "")
        groups = joined(*pieces, more, alone)
        products = joined(self.products, alone)
        line = IF(selection.groups > 1, groups, products)
        if spellings is None:
            return line
        return IF(selection.spelled > 0, spellings.look_up("formula", MAX(1, selection.spelled)), line)
