"""The forward pass of a step at a network's numbers: cells that hold these, and cells that may be wrong."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.compare.network_numbers import Column, NetworkNumbers
from spreadsheet_autograd.functions.values import Scalar, as_float
from spreadsheet_autograd.graph.sample_points import Over, Point, SpreadsheetGraph
from spreadsheet_autograd.language.syntax import Cell, Number, Part, Unary
from spreadsheet_autograd.repair.trial import Trial

FEW_POINTS = 4
"""The number of choices at which a suspect is tried first: a ReLU is hardly ever off at four of them."""
MOST_PAIRS = 20_000
"""The most pairs of a cell and a number that are tried."""
MOST_SUSPECTS = 4
"""The most suspects of each tier."""


class Suspect(NamedTuple):
    """A cell that may be meant to hold one of the network's numbers: Suspect(('S', 3, 2), element=8, appearing=5)."""

    cell: Place
    """The cell, ('S', 3, 2) for B3."""
    element: int
    """The index of that number among the network's, from 0 on."""
    appearing: int = 0
    """How many more of the network's numbers appear in other cells if this cell, or its array formula, holds
    the number."""
    is_all: bool = True
    """True if the loss is right when this cell holds the number."""
    whole: Mapping[Place, int] = MappingProxyType({})
    """For an array formula, the elements that all of its cells should hold: {('S', 3, 2): 8}; {} for a single cell."""


# 1 if a cell holds a number of a parameter or input, 2 if it holds one that no cell before it does; and whether the
# loss is right then.
_TIERS = [(0, True), (1, True), "the loss", (0, False), (2, True), (1, False), (2, False)]


class _NetworkPoint(Point):
    """The values of all cells if some hold the numbers of a network's parameters and inputs.

    Cells among these that have formulas must be among the states.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], numbers: Mapping[Place, float], seed: int
    ) -> None:
        super().__init__(graph, states, (), seed)
        self.numbers = numbers

    def leaf(self, at: Place, value: Scalar) -> Scalar:
        if at in self.numbers:
            return self.numbers[at]
        return self.graph.numbers.get(at, value) if at in self.states else value


class ForwardStep:
    """The forward pass of one step of a sheet, with corrected formulas, at a network's numbers: `look` compares both.

    Args:
        graph: the workbook.
        edited: its corrected formulas.
        states: the parameters of all steps, which count as cells without formulas.
        root: the loss of the step.
        cone: the formulas from which it is computed, in the order of computation.
        choice: the cells of parameters and inputs, by their elements (indices among the network's numbers).
        elements: the network's numbers.
        seed: a number that differs between steps by at least the number of choices.
    """

    def __init__(
        self, graph: SpreadsheetGraph, edited: Trial, states: Collection[Place], root: Place, cone: Sequence[Place],
        choice: Mapping[int, Place], elements: NetworkNumbers, seed: int,
    ) -> None:  # fmt: skip
        self._graph, self._edited, self._states, self._root, self._cone = graph, edited, states, root, cone
        self.elements = elements
        choices = [{at: numbers[k] for k, at in choice.items()} for numbers in elements.choices]
        self.points = [_NetworkPoint(graph, states, numbers, seed + k) for k, numbers in enumerate(choices)]
        self.element_of: dict[Place, int | None] = {}
        """For each formula the element that it gave at the last `look`; None if it gave none."""

    @property
    def is_right(self) -> bool:
        """True if the loss of the step is the network's."""
        return self.elements.is_loss(self._column(self._root))

    def look(self, most: int | None = None) -> int:
        """Compute each formula, and return how many different numbers of the network formulas give: 12.

        Typed parameters and inputs don't count: 2 for w, x and o with =w*x and the loss =(B3-o)^2, all right. `most` is
        the number of choices at which numbers are compared, the first ones; None for all.
        """
        self.element_of = {at: self.elements.find(self._column(at, most)) for at in self._cone}
        return len({*self.element_of.values()} - {None})

    def give(self, elements: Mapping[Place, int]) -> None:
        """Let cells hold numbers of the network from now on: with {('S', 3, 2): 8}, B3 holds element 8.

        The cells must be among the states.
        """
        numbers = self.elements.numbers[:, [*elements.values()]].tolist()
        self.points = [
            _NetworkPoint(
                self._graph, self._states, {**point.numbers, **dict(zip(elements, row, strict=True))}, point.seed
            )
            for point, row in zip(self.points, numbers, strict=True)
        ]

    def _column(self, at: Place, most: int | None = None) -> Column:
        found: list[float | None] = []
        for point in self.points[:most]:
            point.number(at)
            found.append(as_float(self._edited.values(point).get(at)))
        return found

    def suspects(self, reported: Collection[Place]) -> list[Suspect]:
        """Return pairs of a cell and a number of the network that it may be meant to hold, the likeliest first.

        Each cell is tried with each of the network's numbers that the sheet lacks. If it is the right one, more of the
        network's numbers appear in the cells that depend on it, and the loss itself if nothing else is wrong. Of
        equally likely ones, the number that the network computes first comes first. [Suspect(('S', 3, 2), element=8,
        appearing=5), …]; the cell of the loss is always among them.

        `reported` are the cells for which a difference is known already; they are not tried alone again.
        """
        elements, held, depths = self.elements, self.element_of, self._depths()
        missing = [k for k in elements.computed if k not in held.values() and k != elements.loss]
        pairs: list[Suspect] = []
        for block in self._blocks():
            pairs += self._pairs(block, elements.whole(missing, len(block)))
        is_whole = bool(pairs)
        for cell in self._cone:
            node = self._graph.formulas[cell]
            if cell not in reported and not (is_whole and isinstance(node, Part)):
                places = [*(range(elements.count_given) if isinstance(node, (Cell, Unary, Number)) else ()), *missing]
                pairs += islice(self._pairs([cell], [[k] for k in places]), MOST_PAIRS - len(pairs))
        is_blind = not pairs
        if is_blind:  # several cells are wrong, and no cell behind them shows which
            first = (cell for cell in self._cone if cell not in reported and self._begins_to_differ(cell))
            pairs = [Suspect(cell, k, is_all=False, whole={cell: k}) for cell in first for k in missing]
        aligned = _aligned(pairs, elements, depths)
        pairs = [pair for pair in pairs if pair[:2] in aligned] if is_blind else pairs
        holders = self._holders(depths)

        def rank(pair: Suspect) -> tuple[float, ...]:
            is_copy = (held[pair.cell] or elements.count_given) < elements.count_given
            tier = _TIERS.index((2 * (pair.cell in holders) + is_copy, pair.is_all))
            is_odd = pair[:2] not in aligned
            return tier, elements.tensors[pair.element], depths[pair.cell], is_odd, -pair.appearing, pair.element

        tiers = grouped(sorted(pairs, key=rank), lambda pair: rank(pair)[0])
        tiers[_TIERS.index("the loss")] = [Suspect(self._root, elements.loss)]
        return [pair for _, each in sorted(tiers.items()) for pair in each[:MOST_SUSPECTS]]

    def _begins_to_differ(self, cell: Place) -> bool:
        read = [self.element_of[at] for at in self._graph.precedents(cell) if at in self.element_of]
        is_alone = cell != self._root and not isinstance(self._graph.formulas[cell], Part)
        return is_alone and self.element_of[cell] is None and None not in read

    def _pairs(self, cells: Sequence[Place], wholes: Iterable[Sequence[int]]) -> Iterator[Suspect]:
        reached = self._graph.descendants_of_all(cells, self._states) - {*cells}
        leading = self._graph.ancestors(self._root, self._states)
        behind = [cell for cell in self._graph.numbers if cell in reached and cell in leading]
        for places in wholes if behind else ():
            pair = self._pair(cells, places, behind)
            if pair.appearing > 0:
                yield pair

    def _pair(self, cells: Sequence[Place], places: Sequence[int], behind: Sequence[Place]) -> Suspect:
        elements, shown = self.elements, next((k for k, at in enumerate(cells) if self.element_of[at] is None), 0)
        pair = Suspect(cells[shown], places[shown], whole=dict(zip(cells, places, strict=True)))
        known = {None, *places, *self.element_of.values()}
        for most in (FEW_POINTS, len(self.points)):
            columns = self._with_others(pair.whole, behind, most)
            found = {cell: elements.find(column) for cell, column in columns.items()}
            lost = sum(self.element_of.get(cell) not in (None, element) for cell, element in found.items())
            is_all = self._root in columns and elements.is_loss(columns[self._root])
            pair = pair._replace(appearing=len({*found.values()} - known) - lost, is_all=is_all)
            if pair.appearing <= 0:
                break
        return pair

    def _with_others(
        self, others: Mapping[Place, int], behind: Sequence[Place], most: int
    ) -> dict[Place, list[float | None]]:  # fmt: skip
        columns: dict[Place, list[float | None]] = {cell: [] for cell in behind}
        for k, point in enumerate(self.points[:most]):
            values: dict[Place, Any] = {at: float(self.elements.numbers[k, element]) for at, element in others.items()}
            every = Over(values, self._edited.values(point))
            for cell in behind:
                node = self._edited.mended.get(cell) or self._graph.formulas.get(cell)
                value = values[cell] = None if node is None else self._graph.value(node, every, cell)
                columns[cell].append(as_float(value))
        return columns

    def _holders(self, depths: Mapping[Place, int]) -> set[Place]:
        cells = grouped(self._cone, self.element_of.get)
        computed = [each for k, each in cells.items() if k is not None and k >= self.elements.count_given]
        first = [sorted(each, key=lambda at: depths[at]) for each in computed]
        return {each[0] for each in first if len(each) == 1 or depths[each[0]] < depths[each[1]]}

    def _depths(self) -> dict[Place, int]:
        found: dict[Place, int] = {}
        for at in self._graph.numbers:  # in the order of computation
            reads = () if at in self._states else self._graph.precedents(at)
            found[at] = 1 + max((found.get(other, 0) for other in reads), default=-1)
        return found

    def _blocks(self) -> list[list[Place]]:
        elements = (cell for cell in self._cone if isinstance(self._graph.formulas[cell], Part))
        lacking = [
            each for each in grouped(elements, self._graph.home).values() if None in map(self.element_of.get, each)
        ]
        return [order for cells in lacking for order in (sorted(cells), sorted(cells, key=lambda at: (at[2], at[1])))]


def _aligned(
    pairs: Sequence[Suspect], elements: NetworkNumbers, depths: Mapping[Place, int]
) -> set[tuple[Place, int]]:  # fmt: skip
    found = set[tuple[Place, int]]()
    for group in grouped(pairs, lambda pair: elements.tensors[pair.element]).values():
        first = min(depths[pair.cell] for pair in group)
        cells = sorted({pair.cell for pair in group if depths[pair.cell] == first})
        places = sorted({pair.element for pair in group})
        found |= {*zip(cells, places, strict=False)} if len(cells) == len(places) else set()
    return found
