"""What the Lens shows now: the step, the view, the element, and the lines that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from excel_export.formulas.expression import (
    Expression,
    Operand,
    OperandLike,
    as_expression,
    equal,
    joined,
    rearranged,
    total,
)
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
    OR,
    SUM,
    SUMIF,
)
from excel_export.formulas.reference import Reference
from excel_export.sheets.lens.codes import NONE, Codes
from excel_export.sheets.lens.desk import Desk
from excel_export.sheets.lens.recipes import ASIDE, FROM_ASIDE, Recipes
from excel_export.sheets.lens.tables import Table

SHOWN_GROUPS = 15
"""Of more groups, those around the one that is open are shown."""
NOTHING = -1
"""What stands for a cell where none is read."""


class Selection:
    """Works it out on the desk. Rows of tables count from 1, indices from 0."""

    def __init__(
        self, desk: Desk, recipes: Recipes, codes: Codes, listed: tuple[Table, Table], step: Reference,
        part: Reference, target: Reference, group: Reference, chosen: Mapping[int, Reference],
        examples: Callable[[Reference], Sequence[Expression]],
    ) -> None:  # fmt: skip
        self._desk, self._recipes, self._codes = desk, recipes, codes
        steps, parts = listed
        self.auto_step = desk.cell("step where none is typed", 1)
        self.step = desk.cell("step", IF(ISNUMBER(step), MAX(1, MIN(steps.count, INT(step))), self.auto_step))
        self.shown_up_to = desk.cell("shown up to step", IF(ISNUMBER(step), self.step, steps.count))
        self.parts = desk.cell("parts", steps.look_up("parts", self.step))
        self.part_refused = desk.cell("part refused", _refused(part, 1, self.parts))
        is_typed = AND(ISNUMBER(part), equal(self.part_refused, 0))
        within = IF(is_typed, part, steps.look_up("main part", self.step))
        self.part = desk.cell("part", steps.look_up("first part", self.step) + within - 1)
        self.updates = desk.cell("updates", parts.look_up("updates", self.part))
        self.backward = desk.cell("backward", parts.look_up("backward", self.part))
        self.count = desk.cell("views", parts.look_up("views", self.part))
        self.target = desk.cell("which view", IF(ISNUMBER(target), MAX(1, MIN(self.count, INT(target))), 1))
        self.view = desk.cell("view", parts.look_up("first view", self.part) + self.target - 1)
        self.target_refused = desk.cell("view refused", _refused(target, 1, self.count))
        self._choose_element(chosen, examples(self.view))
        self._read_lines()
        self._group(group)

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
        within = MAX(0, MIN(self.field("last"), number))
        self.element = desk.cell("element", self.field("elements") + 1 + within)
        self.made_code = desk.cell("code", self._along("code step", self.field("code")))
        self.companion_code = desk.cell("companion", self._along("companion step", self.field("companion code")))
        self.made = desk.cell("made", codes.number(self.made_code))
        self.name = desk.cell("name", recipes.tensors.table.text("name", self.field("tensor")))

    def _along(self, steps: str, start: Expression) -> Expression:
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def _read_lines(self) -> None:
        desk, recipes, codes = self._desk, self._recipes, self._codes
        elements, patterns, lines = recipes.elements, recipes.patterns, recipes.lines
        pattern = self.pattern = desk.cell("pattern", elements.look_up("pattern", self.element))
        cell = desk.cell("first cell", elements.look_up("cell", self.element))
        factor = desk.cell("first factor", elements.look_up("factor", self.element))
        alone = desk.cell("alone", elements.look_up("alone", self.element))
        first = desk.cell("first line", patterns.look_up("first", pattern))
        count = desk.cell("lines", patterns.look_up("lines", pattern))
        self.terms = desk.cell("terms", patterns.look_up("terms", pattern))
        self.spelled = desk.cell("spelled", patterns.look_up("spelled", pattern))
        self.arrangement = desk.cell("arrangement", patterns.look_up("arrangement", pattern))
        self.groups = desk.cell("groups", patterns.look_up("groups", pattern))
        self.labels = desk.cell("labels", patterns.look_up("labels", pattern))
        numbers = np.arange(recipes.most_lines)
        used = numbers < count
        row = IF(used, first + numbers + 1, 1)
        aside = desk.cell("first one aside", elements.look_up("aside", self.element))
        moves = desk.column("counts from", lines.look_up("moves", row))
        at = IF(equal(moves, FROM_ASIDE), aside, cell * moves) + lines.look_up("cell", row)
        self.cells = desk.column("cell", IF(used, at, NOTHING))
        met = factor + lines.look_up("factor", row)
        self.factors = desk.column("factor", IF(used, IF(met < NONE / 2, met, NOTHING), NOTHING))
        self.group = desk.column("group", IF(used, lines.look_up("group", row), ASIDE))
        self.slot = desk.column("slot", IF(used, lines.look_up("slot", row), 0))
        self.factor_slot = desk.column("factor slot", IF(used, lines.look_up("factor slot", row), 0))
        self.place = desk.column("place", IF(used, lines.look_up("place", row), 0))
        adds = self.group > ASIDE
        self.numbers = desk.column("x", IF(self.cells > 0, codes.number(self.cells), 0))
        weights: Expression = IF(self.factors > 0, codes.number(self.factors), 1)
        if recipes.any_wanted:
            wanted = desk.cell("wanted", elements.look_up("wanted", self.element))
            beside = desk.column("beside", IF(used, lines.look_up("beside", row), 0))
            counts = IF(beside > 0, IF(equal(codes.number(beside), wanted), 1, 0), 1)
            weights = IF(equal(desk.column("counts", counts), 1), weights, 0)
        self.weights = desk.column("w", weights)
        self.products = desk.column("w · x", IF(adds, self.numbers * self.weights, 0))
        self.has_alone = desk.cell("has one alone", IF(alone < NONE / 2, 1, 0))
        self.alone_code = desk.cell("code of one alone", IF(equal(self.has_alone, 1), alone, NOTHING))
        self.alone = desk.cell("one alone", IF(equal(self.has_alone, 1), codes.number(alone), 0))
        self.alone_slot = desk.cell("slot of one alone", patterns.look_up("alone slot", pattern))
        self.sum = desk.cell("sum", SUM(self.products.box.fixed))
        # A formula that is spelled out is no sum; of a slope that is, the gradient that arrives is the first term.
        self.share = desk.cell("share", IF(self.spelled > 0, self.products.at(0), self.sum))
        reads = [self.cells.cells, self.factors.cells]
        three = _stacked(self.alone_code, self.made_code, self.companion_code)
        self.reads = desk.column("what is read", *reads, three)

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
        shown = min(SHOWN_GROUPS, most)
        self.first_group = desk.cell("first group", MAX(0, MIN(self.open - shown // 2, self.groups - shown)))
        at = self.first_group + np.arange(shown)
        inside = at < self.groups
        self.shown_sums = desk.column("sums shown", IF(inside, INDEX(sums.box.fixed, at + 1), 0))
        labels = recipes.labels.text("group", MAX(1, self.labels + at + 1))
        self.shown_labels = desk.column("their names", IF(AND(inside, self.groups > 1), labels, ""))
        self.open_label = desk.cell(
            "name of the open group",
            IF(self.groups > 1, recipes.labels.text("group", MAX(1, self.labels + self.open + 1)), ""),
        )
        self.open_sum = desk.cell("sum of the open group", INDEX(sums.box.fixed, self.open + 1))
        is_open = desk.column("is open", IF(equal(self.group, self.open), 1, 0))
        here = OR(equal(is_open, 1), equal(self.group, ASIDE), self.spelled > 0)
        keys = IF(here, self.slot * KEY + self.place, NOTHING)
        factor_keys = IF(AND(here, self.factor_slot > 0), self.factor_slot * KEY + self.place, NOTHING)
        alone = IF(equal(self.has_alone, 1), self.alone_slot * KEY, NOTHING)
        self.keys = desk.column("slot and place", keys, factor_keys, _stacked(alone, NOTHING, NOTHING))
        slots = _stacked(IF(equal(self.has_alone, 1), self.alone_slot, 0), 0, 0)
        self.slots_read = desk.column("slot of what is read", self.slot.cells, self.factor_slot.cells, slots)
        self.product_keys = desk.column("place of the product", IF(equal(is_open, 1), self.place, NOTHING))

    def say_index(self, desk: Desk) -> None:
        """Write the element as people do: (2, 0, 5), without dimensions of one element."""
        pieces = [IF(size > 1, joined(", ", at), "") for at, size in zip(self.index, self.sizes, strict=True)]
        shown = self._desk.cell("indices", joined(*pieces))
        self.shown_index = desk.cell("index in words", IF(equal(shown, ""), "", joined("(", MID(shown, 3, 99), ")")))
        self.spaced_index = IF(equal(shown, ""), "", joined(" ", self.shown_index))


KEY = 100
"""A slot and a place in its grid of numbers are one number: so many times the slot, and the place."""


def _refused(cell: Reference, lowest: int, highest: Operand) -> Expression:
    """1 where a number is typed that means nothing here."""
    return IF(ISNUMBER(cell), IF(AND(cell >= lowest, cell <= highest, equal(cell, INT(cell))), 0, 1), 0)


def _stacked(*items: OperandLike) -> Expression:
    """Single formulas as a column."""
    return rearranged([as_expression(item) for item in items], lambda *texts: np.stack(texts))
