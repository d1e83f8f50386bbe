"""What the Lens shows now: the step, the view, the element, and the lines that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from excel_export.formulas import Expression, Grid, Operand, OperandLike, Reference, as_expression, equal, joined
from excel_export.formulas.expression import rearranged, total
from excel_export.formulas.functions import (
    ABS,
    AND,
    CHOOSE,
    IF,
    INDEX,
    INT,
    ISNUMBER,
    LARGE,
    MATCH,
    MAX,
    MID,
    MIN,
    SUM,
    SUMIF,
)
from excel_export.sheets.lens.codes import NONE, Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.elements import ASIDE, FROM_ASIDE
from excel_export.sheets.lens.mode import Mode
from excel_export.sheets.lens.recipes import Recipes
from excel_export.sheets.lens.slot_modes import SHOWN_BARS
from excel_export.sheets.lens.tables import Table

NOTHING = -1
"""What stands for a cell where none is read."""
KEY = 100
"""A slot and a place in its grid of numbers are one number: so many times the slot, and the place."""


class Selection:
    """Works it out on the desk. Rows of tables count from 1, indices from 0."""

    def __init__(
        self, desk: Desk, recipes: Recipes, codes: Codes, steps: Table, parts: Table, mode: Mode, part: Reference,
        target: Reference, group: Reference, chosen: Mapping[int, Reference],
        examples: Callable[[Reference], Sequence[Expression]], followed: int,
    ) -> None:  # fmt: skip
        self._followed = IF(equal(mode.is_told, 1), followed, NOTHING)
        self._desk, self._recipes, self._codes = desk, recipes, codes
        self.step = mode.step
        self.parts = desk.cell("parts", steps.look_up("parts", self.step))
        self.part_refused = desk.cell("part refused", _refused(part, 1, self.parts))
        is_typed = AND(ISNUMBER(part), equal(self.part_refused, 0))
        own = mode.told("part", steps.look_up("main part", self.step))
        self.part = desk.cell("part", steps.look_up("first part", self.step) + IF(is_typed, part, own) - 1)
        self.updates = desk.cell("updates", parts.look_up("updates", self.part))
        self.backward = desk.cell("backward", parts.look_up("backward", self.part))
        self.count = desk.cell("views", parts.look_up("views", self.part))
        self.target_refused = desk.cell("view refused", _refused(target, 1, self.count))
        is_typed = AND(ISNUMBER(target), equal(self.target_refused, 0))
        which = MAX(1, MIN(self.count, IF(is_typed, target, mode.told("view", 1))))
        self.target = desk.cell("which view", which)
        self.view = desk.cell("view", parts.look_up("first view", self.part) + self.target - 1)
        found = examples(self.view)
        is_told = AND(mode.told("has index", 0) > 0, equal(self.target, mode.told("view", 1)))
        told = desk.cell("is told", IF(is_told, 1, 0))
        self._choose_element(
            chosen, [IF(equal(told, 1), mode.told(f"index {k}", 0), each) for k, each in enumerate(found)]
        )
        self._read_lines()
        self._group(group)
        self._open_lines()

    def field(self, name: str) -> Expression:
        """A number of the view."""
        return self._recipes.views.look_up(name, self.view)

    def text(self, name: str) -> Expression:
        """A text of the view."""
        return self._recipes.views.text(name, self.view)

    def _choose_element(self, chosen: Mapping[int, Reference], examples: Sequence[Expression]) -> None:
        desk, recipes, codes = self._desk, self._recipes, self._codes
        self.index: list[Reference] = []
        self.sizes: list[Reference] = []
        self.refused: list[Reference] = []
        for k in range(recipes.rank):
            size = desk.cell(f"size {k}", self.field(f"size {k}"))
            at: Expression = desk.cell(f"example {k}", examples[k]).cells
            if k in chosen:
                typed = chosen[k]
                at = IF(ISNUMBER(typed), IF(AND(typed >= 0, typed < size), INT(typed), at), at)
            self.index.append(desk.cell(f"index {k}", at))
            self.sizes.append(size)
            self.refused.append(desk.cell(f"index {k} refused", _refused(chosen[k], 0, size - 1) if k in chosen else 0))
        self.gradient = desk.cell("its gradient", self.field("gradient"))
        missing = desk.cell("missing", self.field("missing"))
        ways = range(len(self.index))
        self.own_index = [
            desk.cell(
                f"own index {k}", CHOOSE(missing + 1, *(self.index[min(k + m, ways[-1])] for m in range(len(ways) + 1)))
            )
            for k in ways
        ]
        number = desk.cell("number of the element", self._along("element step", -self.field("skipped")))
        last = self.field("last")
        within = IF(number > last, last, MAX(0, number))  # MIN would overlook a 0 that is left out
        self.element = desk.cell("element", self.field("elements") + 1 + within)
        self.made_code = desk.cell("code", self._along("code step", self.field("code")))
        self.companion_code = desk.cell("companion", self._along("companion step", self.field("companion code")))
        self.made = desk.cell("made", codes.number(self.made_code))
        self.name = desk.cell("name", recipes.tensors.table.text("name", self.field("tensor")))

    def _along(self, steps: str, start: Expression) -> Expression:
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def _moved(self, what: str, first: Expression) -> Expression:
        """A cell of the element, from that of the first one."""
        return total((first, *(at * self.field(f"{what} along {k}") for k, at in enumerate(self.own_index))))

    def _read_lines(self) -> None:
        """Of all lines: the cell that is read, the factor that it meets, their product, and its group."""
        desk, recipes, codes = self._desk, self._recipes, self._codes
        elements, patterns, lines = recipes.elements, recipes.patterns, recipes.lines
        pattern = self.pattern = desk.cell("pattern", elements.look_up("pattern", self.element))
        self._first_cell, self._first_factor, alone, aside = (
            desk.cell(what, self._moved(head, elements.look_up(head, self.element)))
            for what, head in (
                ("first cell", "cell"),
                ("first factor", "factor"),
                ("alone", "alone"),
                ("first one aside", "aside"),
            )
        )
        self._first = desk.cell("first line", patterns.look_up("first", pattern))
        self._count = desk.cell("lines", patterns.look_up("lines", pattern))
        self.terms = desk.cell("terms", patterns.look_up("terms", pattern))
        self.spelled = desk.cell("spelled", patterns.look_up("spelled", pattern))
        self.arrangement = desk.cell("arrangement", patterns.look_up("arrangement", pattern))
        self.groups = desk.cell("groups", patterns.look_up("groups", pattern))
        self._labels = desk.cell("labels", patterns.look_up("labels", pattern))
        numbers = np.arange(recipes.most_lines)
        used = numbers < self._count
        row = IF(used, self._first + numbers + 1, 1)
        self._wanted = desk.cell("wanted", elements.look_up("wanted", self.element)) if recipes.any_wanted else None
        moves = lines.look_up("moves", row)
        at = IF(equal(moves, FROM_ASIDE), aside, self._first_cell * moves) + lines.look_up("cell", row)
        self.cells = desk.column("cell", IF(used, at, NOTHING))
        met = self._first_factor + lines.look_up("factor", row)
        self.factors = desk.column("factor", IF(used, IF(met < NONE / 2, met, NOTHING), NOTHING))
        self.group = desk.column("group", IF(used, lines.look_up("group", row), ASIDE))
        adds = self.group > ASIDE
        product = codes.number(self.cells) * self._weight(self.factors, row)
        self.products = desk.column("w · x", IF(adds, product, 0))
        self.has_alone = desk.cell("has one alone", IF(alone < NONE / 2, 1, 0))
        self.alone_code = desk.cell("code of one alone", IF(equal(self.has_alone, 1), alone, NOTHING))
        self.alone = desk.cell("one alone", IF(equal(self.has_alone, 1), codes.number(alone), 0))
        self.alone_slot = desk.cell("slot of one alone", patterns.look_up("alone slot", pattern))
        self._alone_place = desk.cell("place of one alone", patterns.look_up("alone place", pattern))
        self.sum = desk.cell("sum", SUM(self.products.box.fixed))
        # A formula that is spelled out is no sum; of a slope that is, the gradient that arrives is the first term.
        self.share = desk.cell("share", IF(self.spelled > 0, self.products.at(0), self.sum))
        others = _stacked(self.alone_code, self.made_code, self.companion_code, self._followed)
        self.reads = desk.column("what is read", self.cells.cells, self.factors.cells, others)

    def _weight(self, factors: Grid, row: Expression) -> Expression:
        weight = IF(factors > 0, self._codes.number(factors), 1)
        if self._wanted is None:
            return weight
        beside = self._recipes.lines.look_up("beside", row)
        counts = IF(beside > 0, IF(equal(self._codes.number(beside), self._wanted), 1, 0), 1)
        return IF(equal(counts, 1), weight, 0)

    def _group(self, group: Reference) -> None:
        """Choose the group that is open, add each one up, and list those that are shown."""
        desk, recipes = self._desk, self._recipes
        most = recipes.most_groups
        all_groups = np.arange(most)
        products, of = self.products.box.fixed, self.group.box.fixed
        sums = desk.column("sums", IF(all_groups < self.groups, SUMIF(of, all_groups, products), 0))
        sizes = desk.column("sizes of sums", ABS(sums) * (1 + 1e-10 * (most - all_groups)))
        largest = MATCH(LARGE(sizes.box.fixed, 1), sizes.box.fixed, 0) - 1
        typed = IF(ISNUMBER(group), IF(AND(group >= 0, group < self.groups), INT(group), largest), largest)
        self.group_refused = desk.cell("group refused", _refused(group, 0, self.groups - 1))
        self.open = desk.cell("open group", IF(self.groups > 1, typed, 0))
        shown = min(SHOWN_BARS, most)
        self.first_group = desk.cell("first group", MAX(0, MIN(self.open - shown // 2, self.groups - shown)))
        at = self.first_group + np.arange(shown)
        self.shown_groups = desk.cell("groups shown", MIN(shown, self.groups))
        self.shown_sums = desk.column("sums shown", IF(at < self.groups, INDEX(sums.box.fixed, at + 1), 0))
        row = self._labels + self.open + 1
        label = recipes.labels.text("group", row)
        self.open_label = desk.cell("name of the open group", IF(self.groups > 1, label, ""))
        self.open_sum = desk.cell("sum of the open group", INDEX(sums.box.fixed, self.open + 1))
        self._open_first = desk.cell("first line of the open group", recipes.labels.look_up("first", row))
        self._open_count = desk.cell("lines of the open group", recipes.labels.look_up("count", row))

    def _open_lines(self) -> None:
        """The lines whose numbers are shown: those of the open group, and what only conditions read."""
        desk, recipes, codes, lines = self._desk, self._recipes, self._codes, self._recipes.lines
        most, most_aside = recipes.most_open, recipes.most_aside
        places = np.arange(most)
        numbers: list[Expression] = [IF(places < self._open_count, self._open_first + places + 1, 0)]
        if most_aside:
            beside = np.arange(most_aside)
            numbers.append(IF(beside < self._count - self.terms, self.terms + beside + 1, 0))
        self.lines = desk.column("line", *numbers)
        """The lines that are shown, each by its number among those of the element, from 1 on; 0 for none."""
        used, at = self.lines > 0, MAX(1, self.lines)
        row = IF(used, self._first + self.lines, 1)
        cell, factor = (IF(used, INDEX(each.box.fixed, at), NOTHING) for each in (self.cells, self.factors))
        self.shown_cells, self.shown_factors = desk.column("shown cell", cell), desk.column("shown factor", factor)
        self.numbers = desk.column("x", IF(used, codes.number(self.shown_cells), 0))
        self.weights = desk.column("w", IF(used, self._weight(self.shown_factors, row), 1))
        adds = IF(used, IF(lines.look_up("group", row) > ASIDE, 1, 0), 0)
        self.adds = desk.column("adds", adds)
        self.shown_products = desk.column("product", IF(equal(self.adds, 1), self.numbers * self.weights, 0))
        place = lines.look_up("place", row)
        keys, factor_keys = (
            IF(used, IF(lines.look_up(what, row) > 0, lines.look_up(what, row) * KEY + place, NOTHING), NOTHING)
            for what in ("slot", "factor slot")
        )
        alone = IF(equal(self.has_alone, 1), self.alone_slot * KEY + self._alone_place, NOTHING)
        self.keys = desk.column("slot and place", keys, factor_keys, _stacked(alone))
        self.key_cells = desk.column(
            "cell there", self.shown_cells.cells, self.shown_factors.cells, _stacked(self.alone_code)
        )
        self.product_keys = desk.column("place of the product", IF(equal(self.adds, 1), place, NOTHING))

    def say_index(self, desk: Desk) -> None:
        """Write the element as people do: (2, 0, 5), without dimensions of one element."""
        pieces = [IF(size > 1, joined(", ", at), "") for at, size in zip(self.index, self.sizes, strict=True)]
        shown = self._desk.cell("indices", joined(*pieces))
        self.shown_index = desk.cell("index in words", IF(equal(shown, ""), "", joined("(", MID(shown, 3, 99), ")")))
        self.spaced_index = IF(equal(shown, ""), "", joined(" ", self.shown_index))


def _refused(cell: Reference, lowest: int, highest: Operand) -> Expression:
    """1 where a number is typed that means nothing here."""
    return IF(ISNUMBER(cell), IF(AND(cell >= lowest, cell <= highest, equal(cell, INT(cell))), 0, 1), 0)


def _stacked(*items: OperandLike) -> Expression:
    """Single formulas as a column."""
    return rearranged([as_expression(item) for item in items], lambda *texts: np.stack(texts))
