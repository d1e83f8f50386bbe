"""The block of recipes: a line per parameter that says where its terms lie, and above it the chosen one's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from excel_export.formulas.expression import Expression, Operand, equal, joined
from excel_export.formulas.functions import IF, INDEX, INT, ISNUMBER, MATCH, MAX, MIN, SUMPRODUCT
from excel_export.formulas.reference import Reference, Span
from excel_export.formulas.terms import GROUP
from excel_export.sheets.explain.explained import (
    EDGES,
    ELEMENT,
    GRADIENT,
    LOCAL,
    START,
    UPSTREAM,
    VALUE,
    Explained,
    index_way,
    instructive,
    place_way,
)
from excel_export.sheets.explain.layout import AS_ON_LENS, BASES, CHOSEN, FIELDS, FIRST, WAYS, Layout
from excel_export.sheets.inputs.validation import ItemOf
from excel_export.sheets.names import EXPLAIN_TENSOR, LENS_PARAMETER, choices, explain_index, lens_index
from excel_export.xlsx.canvas import Canvas

Recipe = dict[str, float | str]
"""A line of the block, by the heads of its columns."""


class Recipes:
    """The block, written on a canvas: it hands out the cells that tell about the chosen parameter and element."""

    def __init__(self, canvas: Canvas, layout: Layout, items: Sequence[Explained]) -> None:
        self._canvas, self._layout, self._left = canvas, layout, layout.recipes
        self.labels = dict(zip(items, choices([item.value.called for item in items]), strict=True))
        """How the list of choices calls each parameter."""
        recipes = [_recipe(item, label, layout) for item, label in self.labels.items()]
        if layout.has_uses:
            first_shifts = accumulate((len(item.shifts) for item in items), initial=1)
            for recipe, item, first in zip(recipes, items, first_shifts, strict=False):
                recipe |= {"last use": len(item.shifts) - 1, "use step": item.count_of_use, "first shift": first}
        self._columns = {field: self._left + 2 + k for k, field in enumerate(recipes[0])}
        self._count = len(recipes)
        largest = max(max(item.value.shape, default=1) for item in items)
        self._numbers = canvas.at(FIRST, self._left, height=largest)
        self._write(recipes)
        self._choose(recipes[0])
        self._follow()
        self._shifts = self._write_shifts(items) if layout.has_uses else None

    @property
    def names(self) -> Reference:
        """What the learner may choose: to follow the Lens, or the label of a parameter."""
        labels = self._column("name")
        return self._canvas.at(labels.row - 1, labels.col, height=labels.height + 1).fixed

    @property
    def refused(self) -> Reference:
        """The cell that is 1 where something else stands in the choice of a parameter than what the list offers."""
        return self._canvas.at(CHOSEN - 1, self._left).fixed

    def chosen(self, field: str) -> Reference:
        """The cell that holds a field of the chosen parameter."""
        return self._canvas.at(CHOSEN, self._columns[field]).fixed

    def factor(self, quantity: str, way: str) -> Reference:
        """The cell that holds what a step along a way adds to a quantity."""
        return self.chosen(f"{quantity} {way}")

    def way(self, way: str) -> Reference:
        """The cell that holds an index, made whole and kept inside the tensor, or the group."""
        return self._canvas.at(WAYS, self._columns[f"{ELEMENT} {way}"]).fixed

    def base(self, quantity: str) -> Reference:
        """The cell that holds a quantity at the chosen element, for the first place."""
        return self._canvas.at(BASES, self._columns[f"{quantity} {START}"]).fixed

    def shift(self, quantity: str, use: Operand) -> Expression:
        """How much further a quantity begins for another use of the chosen parameter than for its first."""
        assert self._shifts is not None
        return INDEX(self._shifts.fixed, self.chosen("first shift") + use, 1 + SHIFTED.index(quantity))

    def numbers(self, size: Operand) -> Expression:
        """The cells with the numbers 0, 1, …, of which there are `size`."""
        return Span(self._numbers.at(0).fixed, INDEX(self._numbers.fixed, size))

    def _column(self, field: str) -> Reference:
        return self._canvas.at(FIRST, self._columns[field], height=self._count).fixed

    def _write(self, recipes: list[Recipe]) -> None:
        """Write a line for each parameter, and the numbers of which the lists of indices are made."""
        canvas = self._canvas
        canvas.say(WAYS - 3, self._left, "The recipes: each row and column is start + index·… + group·… + place·…",
                   "hint")  # fmt: skip
        for field, col in self._columns.items():
            canvas.say(FIELDS, col, field, "fixed")
            for row, recipe in enumerate(recipes, start=FIRST):
                content = recipe[field]
                if isinstance(content, str):
                    canvas.say(row, col, content, "fixed")
                else:
                    canvas.put(row, col, content, "fixed")
        canvas.say(self.names.row, self.names.col, AS_ON_LENS, "fixed")
        for k, cell in enumerate(self._numbers.each()):
            canvas.put(cell.row, cell.col, k, "fixed")

    def _write_shifts(self, items: Sequence[Explained]) -> Reference:
        """Write a line for each use of each parameter: where its terms begin, counted from those of the first.

        Returns:
            The cells of that, at the chosen index: a column for each quantity.
        """
        canvas, left = self._canvas, max(self._columns.values()) + 2
        canvas.say(WAYS - 3, left, "Each use of a parameter: how much further its terms begin", "hint")
        ways = (START, *map(index_way, range(self._layout.rank)), GROUP)
        lines = [shift for item in items for shift in item.shifts]
        for k, quantity in enumerate(SHIFTED):
            first = left + len(SHIFTED) + k * len(ways)
            canvas.say(FIELDS, left + k, quantity, "fixed")
            for row, shift in enumerate(lines, start=FIRST):
                for col, way in enumerate(ways, start=first):
                    canvas.put(row, col, shift.get(quantity, {}).get(way, 0), "fixed")
                steps, index = canvas.at(row, first, width=len(ways)), self.way(START).to(self.way(GROUP))
                canvas.put(row, left + k, SUMPRODUCT(steps, index), "fixed")
        return canvas.at(FIRST, left, height=len(lines), width=len(SHIFTED))

    def _choose(self, like: Recipe) -> None:
        """Look up the recipe of the chosen parameter."""
        canvas, choice = self._canvas, self._canvas.at(CHOSEN, self._left)
        follows = self.follows = canvas.at(CHOSEN - 2, self._left).fixed
        items = list(self.labels)
        found, example = MATCH(EXPLAIN_TENSOR, self._column("name"), 0), 1 + items.index(instructive(items))
        canvas.say(follows.row, follows.col + 1, "← whether the Lens's is shown", "fixed")
        canvas.put(follows.row, follows.col, IF(ISNUMBER(found), 0, IF(LENS_PARAMETER > 0, 1, 0)), "fixed")
        shown = IF(equal(follows, 1), LENS_PARAMETER, example)
        canvas.put(choice.row, choice.col, IF(ISNUMBER(found), found, shown), "fixed")
        canvas.put(self.refused.row, self.refused.col, ItemOf(self.names).refused(EXPLAIN_TENSOR), "fixed")
        canvas.say(self.refused.row, self.refused.col + 1, "← 1 where no parameter of the list is chosen", "fixed")
        canvas.say(CHOSEN, self._left + 1, "← the chosen one", "fixed")
        for field, col in self._columns.items():
            content = INDEX(self._column(field), choice.fixed)
            # A text that is empty would come back as the number 0.
            canvas.put(CHOSEN, col, joined(content, "") if isinstance(like[field], str) else content, "fixed")

    def _follow(self) -> None:
        """Write the chosen index above the columns of the first map, and below each map where it leads to."""
        canvas = self._canvas
        canvas.say(WAYS, self._left, "index", "fixed")
        ways = self.way(START).to(self.way(GROUP))
        canvas.put(ways.row, ways.col, 1, "fixed")
        for k in range(self._layout.rank):
            given, cell = explain_index(k), self.way(index_way(k))
            last = self.chosen(f"size {k}") - 1
            inside = IF(ISNUMBER(given), MAX(0, MIN(INT(given), last)), 0)
            on_lens = MAX(0, MIN(lens_index(k), last))
            canvas.put(cell.row, cell.col, IF(equal(self.follows, 1), on_lens, inside), "fixed")
        group = self.way(GROUP)
        canvas.put(group.row, group.col, INT(self.way(index_way(0)) / self.chosen("group")), "fixed")
        for quantity in (ELEMENT, *_QUANTITIES):
            factors, base = self.factor(quantity, START).to(self.factor(quantity, GROUP)), self.base(quantity)
            canvas.put(base.row, base.col, SUMPRODUCT(factors, ways), "fixed")


SHIFTED = (*UPSTREAM, *LOCAL)
"""What the terms of another use find elsewhere."""
_QUANTITIES = (*VALUE, *GRADIENT, *SHIFTED, *EDGES)


def _recipe(item: Explained, label: str, layout: Layout) -> Recipe:
    terms = item.terms
    recipe: Recipe = {
        "name": label,
        "math": item.math,
        "words": item.words,
        "places": ", ".join(item.ways),
        "terms": item.count,
        "depth": len(terms.places) if terms else 0,
        "alone": terms.slope if terms and terms.meets is None else 0,
        "group": terms.group if terms else 1,
        "height": item.edges[0],
        "width": item.edges[1],
        "rank": len(item.value.shape),
        "step": item.step,
    }
    rank, depth = range(layout.rank), range(layout.depth)
    for k in rank:
        recipe[f"letter {k}"] = (*item.letters, *[""] * layout.rank)[k]
        recipe[f"size {k}"] = (*item.value.shape, *[0] * layout.rank)[k]
    for k in depth:
        recipe[f"{place_way(k)} size"] = item.places[k]
        recipe[f"{place_way(k)} step"] = math.prod(item.places[k + 1 :])
    for quantity in (ELEMENT, *_QUANTITIES):
        # The index and the group stand side by side: their share of the map is one SUMPRODUCT.
        for way in (START, *map(index_way, rank), GROUP, *map(place_way, depth)):
            recipe[f"{quantity} {way}"] = item.maps.get(quantity, {}).get(way, 0)
    return recipe
