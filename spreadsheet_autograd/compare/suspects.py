"""Which cells of a step aren't what a network computes there, though all that they read may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.compare.network_points import Elements, SheetAtPoints
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.syntax import Cell, Number, Part, Unary

FEW_POINTS, MOST_PAIRS, MOST_SUSPECTS = 4, 20_000, 4
"""At four choices one ReLU is hardly ever off at all of them."""


class _Pair(NamedTuple):
    """A cell that may be meant for one of the network's numbers."""

    cell: Place
    element: int
    appearing: int
    """How many more of the network's numbers there are if it holds that; with it all cells of its array formula."""
    is_all: bool = False
    """Whether the loss is right then."""


# 1 if a cell holds what is given, 2 if it holds what no cell before it does; and whether the loss stays wrong.
_TIERS = [(0, False), (1, False), "the loss", (0, True), (2, False), (1, True), (2, True)]
_END = _TIERS.index("the loss")


class Step:
    """The forward pass of one step, at the numbers of a network.

    `root` is its loss, `cone` the formulas that lead to it, in the order of computation; `held` has for each of them
    which of the network's `elements` it gives.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], root: Place, cone: Sequence[Place],
        elements: Elements, sheet: SheetAtPoints, held: Mapping[Place, int | None],
    ) -> None:  # fmt: skip
        self._graph, self._states, self._root, self._cone = graph, states, root, cone
        self._elements, self._sheet, self._held = elements, sheet, held

    def suspects(self, known_cells: Collection[Place]) -> list[tuple[Place, int]]:
        """The cells that may be wrong, and what the network has there, the likeliest first.

        Each cell is tried with each of the network's numbers that the sheet lacks. Where it is the right one, more of
        the network's numbers appear behind it; where nothing else is wrong, the loss itself. What the network computes
        first comes first, and of several equals what stands in the same order.

        Args:
            known_cells: the cells of which something is told already.
        """
        cone, elements, sheet, held = self._cone, self._elements, self._sheet, self._held
        counts = Counter(held.values())
        missing = [k for k in elements.computed if not counts[k] and k != elements.loss]
        leading = self._graph.ancestors(self._root, self._states)
        pairs: list[_Pair] = []
        for block in self._blocks():
            behind = sheet.behind(block, leading)
            for tensor in elements.whole(missing, len(block)) if behind else ():
                pairs += self._pair(block, tensor, behind)
        for cell in cone if not pairs else ():
            behind = sheet.behind([cell], leading) if cell not in known_cells else []
            repeats = isinstance(self._graph.formulas[cell], (Cell, Unary, Number))
            for k in [*(range(elements.count_given) if repeats else ()), *missing] if behind else ():
                pairs += self._pair([cell], [k], behind) if len(pairs) < MOST_PAIRS else []
        depths = self._depths()
        aligned = _aligned(pairs, elements, depths)
        holders = self._holders(depths)
        end = _Pair(self._root, elements.loss, 0, is_all=True)

        def rank(pair: _Pair) -> tuple[float, ...]:
            if pair is end:
                return (_END,)
            is_copy = (held[pair.cell] or elements.count_given) < elements.count_given
            tier = (2 * (pair.cell in holders) + is_copy, not pair.is_all)
            order = (
                elements.tensors[pair.element],
                depths[pair.cell],
                pair not in aligned,
                -pair.appearing,
                pair.element,
            )
            return _TIERS.index(tier), *order

        tiers = grouped(sorted([*pairs, end], key=rank), lambda pair: rank(pair)[0])
        return [pair[:2] for each in tiers.values() for pair in each[:MOST_SUSPECTS]]

    def _pair(self, cells: Sequence[Place], places: Sequence[int], behind: Sequence[Place]) -> list[_Pair]:
        """One pair if more of the network's numbers appear behind some cells, should they be some of them; or none."""
        elements, held = self._elements, self._held
        numbers = {cell: elements.numbers[:, k].tolist() for cell, k in zip(cells, places, strict=True)}
        known = {None, *places, *held.values()}
        appearing, is_all = 0, False
        for most in (FEW_POINTS, len(self._sheet.points)):
            columns = self._sheet.with_others(numbers, behind, most)
            found = {cell: elements.find(column) for cell, column in columns.items()}
            lost = sum(held.get(cell) is not None and held[cell] != element for cell, element in found.items())
            appearing = len({*found.values()} - known) - lost
            is_all = self._root in columns and elements.is_loss(columns[self._root])
            if appearing <= 0:
                return []
        return [_Pair(cells[0], places[0], appearing, is_all)]

    def _holders(self, depths: Mapping[Place, int]) -> set[Place]:
        """The cells that are the only ones with what the network computes there, or come before the others."""
        cells: dict[int, list[Place]] = {}
        for cell in self._cone:
            number = self._held[cell]
            if number is not None and number >= self._elements.count_given:
                cells.setdefault(number, []).append(cell)
        first = [sorted(each, key=lambda at: depths[at]) for each in cells.values()]
        return {each[0] for each in first if len(each) == 1 or depths[each[0]] < depths[each[1]]}

    def _depths(self) -> dict[Place, int]:
        """How many formulas there are, one behind the other, from the given cells to each cell."""
        found: dict[Place, int] = {}
        for at in self._graph.numbers:  # in the order of computation
            reads = () if at in self._states else self._graph.precedents(at)
            found[at] = 1 + max((found.get(other, 0) for other in reads), default=-1)
        return found

    def _blocks(self) -> list[list[Place]]:
        """The cells of each array formula of which some hold none of the network's numbers; in both orders."""
        elements = (cell for cell in self._cone if isinstance(self._graph.formulas[cell], Part))
        arrays = grouped(elements, self._graph.home)
        lacking = [cells for cells in arrays.values() if any(self._held[cell] is None for cell in cells)]
        return [order for cells in lacking for order in (sorted(cells), sorted(cells, key=lambda at: (at[2], at[1])))]


def _aligned(pairs: Sequence[_Pair], elements: Elements, depths: Mapping[Place, int]) -> set[_Pair]:
    """Of the first cells that may be several elements of a tensor, those pairs that stand in the same order."""
    groups = grouped(pairs, lambda pair: elements.tensors[pair.element])
    found = set[_Pair]()
    for group in groups.values():
        first = min(depths[pair.cell] for pair in group)
        cells = sorted({pair.cell for pair in group if depths[pair.cell] == first})
        places = sorted({pair.element for pair in group})
        in_order = {*zip(cells, places, strict=False)} if len(cells) == len(places) else set()
        found |= {pair for pair in group if pair[:2] in in_order}
    return found
