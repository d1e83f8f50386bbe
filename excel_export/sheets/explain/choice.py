"""Which element of which gradient is explained."""

from __future__ import annotations

from excel_export.formulas.expression import Expression, equal, joined, total
from excel_export.formulas.functions import AND, IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, OR
from excel_export.formulas.reference import Reference
from excel_export.sheets.explain.layout import AS_ON_LENS, AUTO, INDICES
from excel_export.sheets.explain.tables import NO_PARAMETER, Tables
from excel_export.sheets.lens.codes import Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.names import EXPLAIN_TENSOR, LENS_GRADIENT, explain_index, lens_index


class Choice:
    """Works it out on the desk. Rows of tables count from 1, indices from 0."""

    def __init__(self, desk: Desk, tables: Tables, codes: Codes) -> None:
        self._tables = tables
        names = tables.gradients.column(AS_ON_LENS)
        place = MATCH(EXPLAIN_TENSOR, names, 0)
        # MATCH takes * for anything.
        is_whole = equal(INDEX(names, place), EXPLAIN_TENSOR)
        found = desk.cell("place in the list", IF(ISNUMBER(place), IF(is_whole, place, 0), 0))
        self.refused = desk.cell("refused", IF(OR(found > 0, equal(EXPLAIN_TENSOR, AS_ON_LENS)), 0, 1))
        self.follows = desk.cell("follows the Lens", IF(found > 0, 0, IF(LENS_GRADIENT > 0, 1, 0)))
        on_lens = IF(equal(self.follows, 1), LENS_GRADIENT, tables.example)
        self.gradient = desk.cell("gradient", IF(found > 0, found, on_lens))
        self.rank = desk.cell("rank", self.field("rank"))
        self.sizes = [desk.cell(f"size {k}", self.field(f"size {k}")) for k in range(tables.rank)]
        self.index_refused: list[Reference] = []
        self.index = [self._choose_index(desk, k) for k in range(tables.rank)]
        number = desk.cell("number of the element", self._along("stride", 0))
        self.number = number
        self.code = desk.cell("code", self._along("code step", self.field("code")))
        self.gradient_value = desk.cell("its number", codes.number(self.code))
        self.value = desk.cell("the number itself", codes.number(self._along("value step", self.field("value code"))))
        first = desk.cell("first element", self.field("element"))
        self.element = desk.cell("element", IF(first > NO_PARAMETER, first + number, NO_PARAMETER))
        indices = [
            IF(self.rank > k, joined(", ", index) if k else joined(index), "") for k, index in enumerate(self.index)
        ]
        index = IF(equal(self.rank, 0), "", joined("[", *indices, "]"))
        self.label = desk.cell("label", joined(self.text(AS_ON_LENS), index))

    def field(self, name: str) -> Expression:
        """A number of the gradient."""
        return self._tables.gradients.look_up(name, self.gradient)

    def text(self, name: str) -> Expression:
        """A text of the gradient."""
        return self._tables.gradients.text(name, self.gradient)

    def _choose_index(self, desk: Desk, k: int) -> Reference:
        size = self.sizes[k]
        on_lens = IF(equal(self.follows, 1), lens_index(k), self.field(f"example {k}"))
        auto = desk.cell(f"auto index {k}", MAX(0, MIN(on_lens, size - 1)))
        if k >= len(INDICES):
            return auto
        typed = explain_index(k)
        is_one = IF(ISNUMBER(typed), IF(AND(typed >= 0, typed < size), IF(equal(typed, INT(typed)), 1, 0), 0), 0)
        taken = desk.cell(f"taken index {k}", is_one)
        unused = OR(equal(taken, 1), equal(typed, AUTO), equal(size, 0))
        self.index_refused.append(desk.cell(f"refused index {k}", IF(unused, 0, 1)))
        return desk.cell(f"index {k}", IF(equal(taken, 1), typed, auto))

    def _along(self, steps: str, start: Expression | int) -> Expression:
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))
