"""The arithmetic of the element that the Lens shows, in one line, and what a gradient is made of."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.expression import Expression, OperandLike, equal, joined, total
from excel_export.formulas.functions import IF, INDEX, LARGE, MATCH, MAX, MIN
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.selection import Selection
from excel_export.sheets.lens.tables import Table
from excel_export.sheets.lens.wording import Wording

LISTED = 6
"""How many products there is room for."""


class Arithmetic:
    """Writes it on the desk."""

    def __init__(self, desk: Desk, selection: Selection, recipes: Recipes, spellings: Table) -> None:
        self._desk, self._selection = desk, selection
        self.wording = Wording(desk, selection.updates)
        numbers = selection.numbers.cells[: max((len(bare) for _, bare in recipes.spellings), default=1)]
        plain = desk.column("as text", self.wording.plain(numbers))
        bracketed = desk.column("in brackets", self.wording.bracketed(numbers))
        for texts, bare in recipes.spellings:
            pieces: list[OperandLike] = [texts[0]]
            for k, (alone, text) in enumerate(zip(bare, texts[1:], strict=True)):
                pieces += [(plain if alone else bracketed).at(k).fixed, text]
            spellings.add(joined(*(piece for piece in pieces if not isinstance(piece, str) or piece)))
        self._rank()
        self.line = self._line(spellings if recipes.spellings else None)

    def _rank(self) -> None:
        """Find the largest products."""
        selection, desk = self._selection, self._desk
        sizes = selection.sizes_of_products.box.fixed
        count = min(LISTED, selection.numbers.shape[0])
        ranks = np.arange(1, count + 1)
        largest = LARGE(sizes, ranks)
        self._places = desk.column("place of the largest", MATCH(largest, sizes, 0))
        self._largest_products = desk.column("largest products", INDEX(selection.products.box.fixed, self._places))
        x, w = (INDEX(grid.box.fixed, self._places) for grid in (selection.numbers, selection.weights))
        has_factor = INDEX(selection.factors.box.fixed, self._places) < 1e14
        one, other = desk.column("largest x", x), desk.column("their w", w)
        product = IF(
            has_factor,
            joined(self.wording.bracketed(one), " · ", self.wording.bracketed(other)),
            self.wording.bracketed(one),
        )
        self._texts = desk.column("products as text", product)

    def focus(self) -> Expression:
        """The cell of the input that counts most; of a formula that is no sum, the first one that it reads."""
        first = self._selection.cells.at(0).fixed
        return IF(self._selection.spelled > 0, first, INDEX(self._selection.cells.box.fixed, self._places.at(0).fixed))

    def _line(self, spellings: Table | None) -> Expression:
        """The element as the sum of its largest products, or as its own formula."""
        selection, desk = self._selection, self._desk
        # Where every product is zero, one of them says why.
        listed = desk.cell("listed", MIN(self._texts.shape[0], MAX(selection.nonzero, MIN(1, selection.terms))))
        pieces = []
        for k in range(self._texts.shape[0]):
            text = self._texts.at(k).fixed
            pieces.append(IF(listed > k, joined(" + ", text) if k else text, ""))
        shown = total(IF(listed > k, self._largest_products.at(k).fixed, 0) for k in range(self._texts.shape[0]))
        rest = desk.cell("rest", selection.sum - shown)
        others = desk.cell("unlisted", MAX(0, selection.nonzero - listed))
        more = IF(others > 0, joined(" + [", others, " more: ", self.wording.plain(rest), "]"), "")
        alone = IF(equal(selection.has_alone, 1), joined(" + ", self.wording.bracketed(selection.alone)), "")
        products = desk.cell("products", joined(*pieces, more, alone))
        if spellings is None:
            return joined(products, "")
        return IF(selection.spelled > 0, spellings.look_up("formula", MAX(1, selection.spelled)), products)
