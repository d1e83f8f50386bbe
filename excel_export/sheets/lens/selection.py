"""What the Lens shows now: the step, the view, the element, and the lines that it is made of."""

import numpy as np

from excel_export.formulas import AND, IF, INDEX, Expression, Grid, Reference, as_expression, equal, joined, total
from excel_export.formulas.expression import Operand, OperandLike, rearranged
from excel_export.formulas.functions import ABS, CHOOSE, INT, ISNUMBER, LARGE, MATCH, MAX, MID, MIN, SUM, SUMIF
from excel_export.shared.infinity import NEVER
from excel_export.sheets.lens.arrangements import SHOWN_BARS
from excel_export.sheets.lens.choices import Choices, Mode
from excel_export.sheets.lens.element_patterns import ASIDE, CANDIDATES, FROM_ASIDE
from excel_export.sheets.lens.lookup_tables import LookupTables
from excel_export.sheets.lens.packed_addresses import NONE
from excel_export.sheets.lens.scratch_columns import ScratchColumns

NOTHING = -1
"""What stands for a cell where none is read."""
KEY = 100
"""A slot and a place in its grid of numbers are one number: so many times the slot, and the place."""


class Selection:
    """Works it out. Rows of tables count from 1, indices from 0; `followed` is the cell of the hero."""

    def __init__(
        self, scratch: ScratchColumns, tables: LookupTables, mode: Mode, choices: Choices, followed: int
    ) -> None:
        self._followed = IF(equal(mode.is_told, 1), followed, NOTHING)
        self._scratch, self._tables, self._addresses = scratch, tables, tables.addresses
        steps, parts = tables.steps, tables.parts
        self.step = mode.step
        self.parts = scratch.cell("parts", steps.look_up("parts", self.step))
        self.part_refused = scratch.cell("part refused", _refused(choices.part, 1, self.parts))
        is_typed = AND(ISNUMBER(choices.part), equal(self.part_refused, 0))
        own = mode.told("part", steps.look_up("main part", self.step))
        self.part = scratch.cell("part", steps.look_up("first part", self.step) + IF(is_typed, choices.part, own) - 1)
        self.updates = scratch.cell("updates", parts.look_up("updates", self.part))
        self.backward = scratch.cell("backward", parts.look_up("backward", self.part))
        self.count = scratch.cell("views", parts.look_up("views", self.part))
        self.target_refused = scratch.cell("view refused", _refused(choices.target, 1, self.count))
        is_typed = AND(ISNUMBER(choices.target), equal(self.target_refused, 0))
        which = MAX(1, MIN(self.count, IF(is_typed, choices.target, mode.told("view", 1))))
        self.target = scratch.cell("which view", which)
        self.view = scratch.cell("view", parts.look_up("first view", self.part) + self.target - 1)
        found = self._examples()
        is_told = AND(mode.told("has index", 0) > 0, equal(self.target, mode.told("view", 1)))
        told = scratch.cell("is told", IF(is_told, 1, 0))
        examples = [IF(equal(told, 1), mode.told(f"index {k}", 0), each) for k, each in enumerate(found)]
        self._choose_element(choices, examples)
        self._read_lines()
        self._group(choices.group)
        self._open_lines()

    def field(self, name: str) -> Expression:
        """A number of the view."""
        return self._tables.views.look_up(name, self.view)

    def text(self, name: str) -> Expression:
        """A text of the view."""
        return self._tables.views.text(name, self.view)

    def _examples(self) -> list[Expression]:
        """The index of the candidate with the largest number; of the first, where a view does not follow numbers."""
        scratch, candidates = self._scratch, self._tables.candidates
        first = scratch.cell("example: first candidate", self.field("candidates"))
        address = scratch.column("example: codes", candidates.look_up("code", first + np.arange(1, CANDIDATES + 1)))
        number = scratch.column("example: numbers", self._addresses.number(address))
        sizes = scratch.column("example: sizes", IF(number <= NEVER, 0, ABS(number))).box.fixed
        best = IF(equal(self.field("live"), 1), MATCH(MAX(sizes), sizes, 0), 1)
        row = scratch.cell("example: row", first + best)
        return [candidates.look_up(f"index {k}", row) for k in range(self._tables.rank)]

    def _choose_element(self, choices: Choices, examples: list[Expression]) -> None:
        scratch, ways = self._scratch, range(self._tables.rank)
        self.index: list[Reference] = []
        self.sizes: list[Reference] = []
        self.refused: list[Reference] = []
        for k in ways:
            size = scratch.cell(f"size {k}", self.field(f"size {k}"))
            at: Expression = scratch.cell(f"example {k}", examples[k]).cells
            typed = choices.indices.get(k)
            if typed:
                at = IF(ISNUMBER(typed), IF(AND(typed >= 0, typed < size), INT(typed), at), at)
            self.index.append(scratch.cell(f"index {k}", at))
            self.sizes.append(size)
            self.refused.append(scratch.cell(f"index {k} refused", _refused(typed, 0, size - 1) if typed else 0))
        self.gradient = scratch.cell("its gradient", self.field("gradient"))
        missing = scratch.cell("missing", self.field("missing"))
        self.own_index = [
            scratch.cell(
                f"own index {k}", CHOOSE(missing + 1, *(self.index[min(k + m, ways[-1])] for m in range(len(ways) + 1)))
            )
            for k in ways
        ]
        number = scratch.cell("number of the element", self._along("element step", -self.field("skipped")))
        last = self.field("last")
        within = IF(number > last, last, MAX(0, number))  # MIN would overlook a 0 that is left out
        self.element = scratch.cell("element", self.field("elements") + 1 + within)
        self.made_address = scratch.cell("code", self._along("code step", self.field("code")))
        self.companion_address = scratch.cell("companion", self._along("companion step", self.field("companion code")))
        self.made = scratch.cell("made", self._addresses.number(self.made_address))
        self.name = scratch.cell("name", self._tables.tensors.table.text("name", self.field("tensor")))

    def _along(self, steps: str, start: Expression) -> Expression:
        return total((start, *(at * self.field(f"{steps} {k}") for k, at in enumerate(self.index))))

    def _moved(self, what: str) -> Expression:
        """A cell of the element, from that of the first one."""
        first = self._tables.elements.look_up(what, self.element)
        return total((first, *(at * self.field(f"{what} along {k}") for k, at in enumerate(self.own_index))))

    def _read_lines(self) -> None:
        """Of all lines: the cell that is read, the factor that it meets, their product, and its group."""
        scratch, tables, addresses = self._scratch, self._tables, self._addresses
        elements, patterns, lines = tables.elements, tables.patterns, tables.lines
        pattern = self.pattern = scratch.cell("pattern", elements.look_up("pattern", self.element))
        self._first_cell, self._first_factor, alone, aside = (
            scratch.cell(what, self._moved(head))
            for what, head in (
                ("first cell", "cell"), ("first factor", "factor"), ("alone", "alone"), ("first one aside", "aside")
            )
        )  # fmt: skip
        self._first = scratch.cell("first line", patterns.look_up("first", pattern))
        self._count, self.terms, self.spelled, self.arrangement, self.groups, self._labels = (
            scratch.cell(head, patterns.look_up(head, pattern))
            for head in ("lines", "terms", "spelled", "arrangement", "groups", "labels")
        )
        numbers = np.arange(tables.most_lines)
        used = numbers < self._count
        row = IF(used, self._first + numbers + 1, 1)
        self._wanted = scratch.cell("wanted", elements.look_up("wanted", self.element)) if tables.any_wanted else None
        moves = lines.look_up("moves", row)
        at = IF(equal(moves, FROM_ASIDE), aside, self._first_cell * moves) + lines.look_up("cell", row)
        self.cells = scratch.column("cell", IF(used, at, NOTHING))
        met = self._first_factor + lines.look_up("factor", row)
        self.factors = scratch.column("factor", IF(used, IF(met < NONE / 2, met, NOTHING), NOTHING))
        self.group = scratch.column("group", IF(used, lines.look_up("group", row), ASIDE))
        adds = self.group > ASIDE
        product = addresses.number(self.cells) * self._weight(self.factors, row)
        self.products = scratch.column("w · x", IF(adds, product, 0))
        self.has_alone = scratch.cell("has one alone", IF(alone < NONE / 2, 1, 0))
        self.alone_address = scratch.cell("code of one alone", IF(equal(self.has_alone, 1), alone, NOTHING))
        self.alone = scratch.cell("one alone", IF(equal(self.has_alone, 1), addresses.number(alone), 0))
        self.alone_slot = scratch.cell("slot of one alone", patterns.look_up("alone slot", pattern))
        self._alone_place = scratch.cell("place of one alone", patterns.look_up("alone place", pattern))
        self.sum = scratch.cell("sum", SUM(self.products.box.fixed))
        # A formula that is spelled out is no sum; of a slope that is, the gradient that arrives is the first term.
        self.share = scratch.cell("share", IF(self.spelled > 0, self.products.at(0), self.sum))
        others = _stacked(self.alone_address, self.made_address, self.companion_address, self._followed)
        self.reads = scratch.column("what is read", self.cells.cells, self.factors.cells, others)

    def _weight(self, factors: Grid, row: Expression) -> Expression:
        weight = IF(factors > 0, self._addresses.number(factors), 1)
        if self._wanted is None:
            return weight
        beside = self._tables.lines.look_up("beside", row)
        counts = IF(beside > 0, IF(equal(self._addresses.number(beside), self._wanted), 1, 0), 1)
        return IF(equal(counts, 1), weight, 0)

    def _group(self, group: Reference) -> None:
        """Choose the group that is open, add each one up, and list those that are shown."""
        scratch, tables, most = self._scratch, self._tables, self._tables.most_groups
        all_groups = np.arange(most)
        products, of = self.products.box.fixed, self.group.box.fixed
        sums = scratch.column("sums", IF(all_groups < self.groups, SUMIF(of, all_groups, products), 0))
        sizes = scratch.column("sizes of sums", ABS(sums) * (1 + 1e-10 * (most - all_groups)))
        largest = MATCH(LARGE(sizes.box.fixed, 1), sizes.box.fixed, 0) - 1
        typed = IF(ISNUMBER(group), IF(AND(group >= 0, group < self.groups), INT(group), largest), largest)
        self.group_refused = scratch.cell("group refused", _refused(group, 0, self.groups - 1))
        self.open = scratch.cell("open group", IF(self.groups > 1, typed, 0))
        shown = min(SHOWN_BARS, most)
        self.first_group = scratch.cell("first group", MAX(0, MIN(self.open - shown // 2, self.groups - shown)))
        at = self.first_group + np.arange(shown)
        self.shown_groups = scratch.cell("groups shown", MIN(shown, self.groups))
        self.shown_sums = scratch.column("sums shown", IF(at < self.groups, INDEX(sums.box.fixed, at + 1), 0))
        row = self._labels + self.open + 1
        label = tables.labels.text("group", row)
        self.open_label = scratch.cell("name of the open group", IF(self.groups > 1, label, ""))
        self.open_sum = scratch.cell("sum of the open group", INDEX(sums.box.fixed, self.open + 1))
        self._open_first = scratch.cell("first line of the open group", tables.labels.look_up("first", row))
        self._open_count = scratch.cell("lines of the open group", tables.labels.look_up("count", row))

    def _open_lines(self) -> None:
        """The lines whose numbers are shown: those of the open group, and what only conditions read."""
        scratch, tables, addresses, lines = self._scratch, self._tables, self._addresses, self._tables.lines
        places = np.arange(tables.most_open)
        numbers: list[Expression] = [IF(places < self._open_count, self._open_first + places + 1, 0)]
        if tables.most_aside:
            beside = np.arange(tables.most_aside)
            numbers.append(IF(beside < self._count - self.terms, self.terms + beside + 1, 0))
        # Each by its number among those of the element, from 1 on; 0 for none.
        shown = scratch.column("line", *numbers)
        used, at = shown > 0, MAX(1, shown)
        row = IF(used, self._first + shown, 1)
        cell, factor = (IF(used, INDEX(each.box.fixed, at), NOTHING) for each in (self.cells, self.factors))
        shown_cells, self.shown_factors = scratch.column("shown cell", cell), scratch.column("shown factor", factor)
        self.numbers = scratch.column("x", IF(used, addresses.number(shown_cells), 0))
        self.weights = scratch.column("w", IF(used, self._weight(self.shown_factors, row), 1))
        adds = IF(used, IF(lines.look_up("group", row) > ASIDE, 1, 0), 0)
        self.adds = scratch.column("adds", adds)
        self.shown_products = scratch.column("product", IF(equal(self.adds, 1), self.numbers * self.weights, 0))
        place = lines.look_up("place", row)
        keys, factor_keys = (
            IF(used, IF(lines.look_up(what, row) > 0, lines.look_up(what, row) * KEY + place, NOTHING), NOTHING)
            for what in ("slot", "factor slot")
        )
        alone = IF(equal(self.has_alone, 1), self.alone_slot * KEY + self._alone_place, NOTHING)
        self.keys = scratch.column("slot and place", keys, factor_keys, _stacked(alone))
        there = shown_cells.cells, self.shown_factors.cells, _stacked(self.alone_address)
        self.key_cells = scratch.column("cell there", *there)
        self.product_keys = scratch.column("place of the product", IF(equal(self.adds, 1), place, NOTHING))

    def say_index(self) -> None:
        """Write the element as people do: (2, 0, 5), without dimensions of one element."""
        pieces = [IF(size > 1, joined(", ", at), "") for at, size in zip(self.index, self.sizes, strict=True)]
        shown = self._scratch.cell("indices", joined(*pieces))
        words = IF(equal(shown, ""), "", joined("(", MID(shown, 3, 99), ")"))
        self.spaced_index = IF(equal(shown, ""), "", joined(" ", self._scratch.cell("index in words", words)))


def _refused(cell: Reference, lowest: int, highest: Operand) -> Expression:
    """1 where a number is typed that means nothing here."""
    return IF(ISNUMBER(cell), IF(AND(cell >= lowest, cell <= highest, equal(cell, INT(cell))), 0, 1), 0)


def _stacked(*items: OperandLike) -> Expression:
    """Single formulas as a column."""
    return rearranged([as_expression(item) for item in items], lambda *texts: np.stack(texts))
