"""The forward pass of a step at a network's numbers: which cells hold what the network computes, which may be wrong."""

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

FEW_POINTS, MOST_PAIRS, MOST_SUSPECTS = 4, 20_000, 4
"""At four choices one ReLU is hardly ever off at all of them."""


class Suspect(NamedTuple):
    """A cell that may be meant for one of the network's numbers."""

    cell: Place
    element: int
    appearing: int = 0
    """How many more of the network's numbers there are if it holds that; with it all cells of its array formula, of
    which it is the first that holds none."""
    is_all: bool = True
    """Whether the loss is right then."""
    whole: Mapping[Place, int] = MappingProxyType({})
    """What all cells of its array formula hold then."""


# 1 if a cell holds what is given, 2 if it holds what no cell before it does; and whether the loss is right then.
_TIERS = [(0, True), (1, True), "the loss", (0, False), (2, True), (1, False), (2, False)]


class _NetworkPoint(Point):
    """All cells of a workbook where some hold the numbers that a network was given.

    Those with formulas must be among the states, which are taken as given.
    """

    def __init__(
        self, graph: SpreadsheetGraph, states: Collection[Place], given: Mapping[Place, float], seed: int
    ) -> None:
        super().__init__(graph, states, (), seed)
        self.given = given

    def leaf(self, at: Place, own: Scalar) -> Scalar:
        """What stands in a parameter, or in a cell without a formula."""
        if at in self.given:
            return self.given[at]
        return self.graph.numbers.get(at, own) if at in self.states else own


class ForwardStep:
    """The forward pass of one step of a sheet, with what was edited, at the numbers of a network.

    Args:
        graph: the workbook.
        edited: its formulas that were mended.
        states: the cells that are taken as given, though they have formulas.
        root: the loss of the step.
        cone: the formulas that lead to it, in the order of computation.
        choice: for each element that the network is given its cell.
        elements: the network's numbers.
        seed: no two steps have the same ones, of which each has as many as there are choices.
    """

    def __init__(
        self, graph: SpreadsheetGraph, edited: Trial, states: Collection[Place], root: Place, cone: Sequence[Place],
        choice: Mapping[int, Place], elements: NetworkNumbers, seed: int,
    ) -> None:  # fmt: skip
        self._graph, self._edited, self._states, self._root, self._cone = graph, edited, states, root, cone
        self.elements = elements
        given = [{at: numbers[k] for k, at in choice.items()} for numbers in elements.choices]
        self.points = [_NetworkPoint(graph, states, numbers, seed + k) for k, numbers in enumerate(given)]
        self.held: dict[Place, int | None] = {}
        """For each formula which of the network's elements it gave when one looked."""

    @property
    def is_right(self) -> bool:
        """Whether its loss is the network's."""
        return self.elements.is_loss(self._column(self._root))

    def look(self, most: int | None = None) -> int:
        """See what each formula gives; with `most`, at the first choices. Tell how many elements there are."""
        self.held = {at: self.elements.find(self._column(at, most)) for at in self._cone}
        return len({*self.held.values()} - {None})

    def give(self, elements: Mapping[Place, int]) -> None:
        """Take cells, which must be among the states, for what holds these elements."""
        numbers = self.elements.numbers[:, [*elements.values()]].tolist()
        self.points = [
            _NetworkPoint(
                self._graph, self._states, {**point.given, **dict(zip(elements, row, strict=True))}, point.seed
            )
            for point, row in zip(self.points, numbers, strict=True)
        ]

    def _column(self, at: Place, most: int | None = None) -> Column:
        """What a cell holds at each choice."""
        found: list[float | None] = []
        for point in self.points[:most]:
            point.number(at)
            found.append(as_float(self._edited.values(point).get(at)))
        return found

    def suspects(self, known: Collection[Place]) -> list[Suspect]:
        """The cells that may be wrong, and what the network has there, the likeliest first.

        Each cell is tried with each of the network's numbers that the sheet lacks. Where it is the right one, more of
        the network's numbers appear behind it; where nothing else is wrong, the loss itself. What the network computes
        first comes first, and of several equals what stands in the same order.

        Args:
            known: the cells of which something is told already.
        """
        elements, held, depths = self.elements, self.held, self._depths()
        missing = [k for k in elements.computed if k not in held.values() and k != elements.loss]
        pairs: list[Suspect] = []
        for block in self._blocks():
            pairs += self._pairs(block, elements.whole(missing, len(block)))
        is_whole = bool(pairs)
        for cell in self._cone:
            node = self._graph.formulas[cell]
            if cell not in known and not (is_whole and isinstance(node, Part)):
                places = [*(range(elements.count_given) if isinstance(node, (Cell, Unary, Number)) else ()), *missing]
                pairs += islice(self._pairs([cell], [[k] for k in places]), MOST_PAIRS - len(pairs))
        is_blind = not pairs
        if is_blind:  # several cells are wrong, and nothing behind them shows which
            first = (cell for cell in self._cone if cell not in known and self._begins_to_differ(cell))
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
        """Whether a cell holds none of the network's numbers, and all that it reads does."""
        read = [self.held[at] for at in self._graph.precedents(cell) if at in self.held]
        is_alone = cell != self._root and not isinstance(self._graph.formulas[cell], Part)
        return is_alone and self.held[cell] is None and None not in read

    def _pairs(self, cells: Sequence[Place], wholes: Iterable[Sequence[int]]) -> Iterator[Suspect]:
        """Yield what some cells may be: more of the network's numbers appear behind them then. By their first one."""
        reached = self._graph.descendants_of_all(cells, self._states) - {*cells}
        leading = self._graph.ancestors(self._root, self._states)
        behind = [cell for cell in self._graph.numbers if cell in reached and cell in leading]
        for places in wholes if behind else ():
            pair = self._pair(cells, places, behind)
            if pair.appearing > 0:
                yield pair

    def _pair(self, cells: Sequence[Place], places: Sequence[int], behind: Sequence[Place]) -> Suspect:
        elements, shown = self.elements, next((k for k, at in enumerate(cells) if self.held[at] is None), 0)
        pair = Suspect(cells[shown], places[shown], whole=dict(zip(cells, places, strict=True)))
        known = {None, *places, *self.held.values()}
        for most in (FEW_POINTS, len(self.points)):
            columns = self._with_others(pair.whole, behind, most)
            found = {cell: elements.find(column) for cell, column in columns.items()}
            lost = sum(self.held.get(cell) not in (None, element) for cell, element in found.items())
            is_all = self._root in columns and elements.is_loss(columns[self._root])
            pair = pair._replace(appearing=len({*found.values()} - known) - lost, is_all=is_all)
            if pair.appearing <= 0:
                break
        return pair

    def _with_others(
        self, others: Mapping[Place, int], behind: Sequence[Place], most: int
    ) -> dict[Place, list[float | None]]:  # fmt: skip
        """What the cells behind some cells hold at the first choices where these hold other elements."""
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
        """The cells that are the only ones with what the network computes there, or come before the others."""
        cells = grouped(self._cone, self.held.get)
        computed = [each for k, each in cells.items() if k is not None and k >= self.elements.count_given]
        first = [sorted(each, key=lambda at: depths[at]) for each in computed]
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
        lacking = [each for each in grouped(elements, self._graph.home).values() if None in map(self.held.get, each)]
        return [order for cells in lacking for order in (sorted(cells), sorted(cells, key=lambda at: (at[2], at[1])))]


def _aligned(
    pairs: Sequence[Suspect], elements: NetworkNumbers, depths: Mapping[Place, int]
) -> set[tuple[Place, int]]:  # fmt: skip
    """Of the first cells that may be several elements of a tensor, those pairs that stand in the same order."""
    found = set[tuple[Place, int]]()
    for group in grouped(pairs, lambda pair: elements.tensors[pair.element]).values():
        first = min(depths[pair.cell] for pair in group)
        cells = sorted({pair.cell for pair in group if depths[pair.cell] == first})
        places = sorted({pair.element for pair in group})
        found |= {*zip(cells, places, strict=False)} if len(cells) == len(places) else set()
    return found
