"""The hidden sheet that the Lens looks into: what each view shows, and which cells each of its elements reads.

Elements that read their cells in the same arrangement share a pattern: the distances from the first cell, and the
cells that all of them read. The pattern of a convolution's results is the same all over the map; at the edges of a
gradient there are others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.formulas.expression import Expression
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import Index, unravelled
from excel_export.graph.graph import Value
from excel_export.sheets.lens.codes import NONE, ROW, Codes
from excel_export.sheets.lens.tables import Factors, Table
from excel_export.sheets.lens.tensors import WIDEST_BAR, Tensors, are_bars
from excel_export.views import tiles
from excel_export.views.groups import ROOM, Grouped, places_of
from excel_export.views.labels import Labels
from excel_export.views.slots import COUNT, Slots, boxes, read_by, side_by_side
from excel_export.views.spelling import inner_sums
from excel_export.views.terms import Account, Owners, Term
from excel_export.views.views import View
from excel_export.xlsx.canvas import Canvas

NAME = "Lens recipes"
OF_VIEW = ("tensor", "paths", "elements", "skipped", "last", "gradient", "missing", "live", "code", "companion code",
           "candidates", "companion")  # fmt: skip
OF_ELEMENT = ("pattern", "cell", "factor", "aside", "alone", "wanted")
OF_PATTERN = ("first", "lines", "terms", "spelled", "arrangement", "groups", "labels", "alone slot", "alone place")
BY_DIMENSION = ("index", "size", "element step", "code step", "companion step")
EMPTY, LIST, WINDOW, MADE, COMPANION, FIRST, BOX, PRODUCTS, BETWEEN, LOSSES = range(10)
"""What a slot shows in large numbers: nothing; the numbers that are read; those around the one number that is read,
around the one that is made, around the one whose gradient is made, or around the tensor's first one; one number in a
box, with its gradient below; the products of the open group; what stands between what is read and what comes out; the
losses before and after a step."""
BY_OWN_DIMENSION = ("cell along", "factor along", "aside along", "alone along")
"""How far the cells of an element move along each of its tensor's own dimensions, where all elements are alike."""
FRAME = ("anchor", "row", "column", "height", "width")
"""What is framed in the picture of a slot: a rectangle, from an element that is read: its line, or one of these."""
OF_MADE, OF_COMPANION, OF_ALONE, OF_FIRST, FACTOR = -1, -2, -3, -4, 100_000
"""The element that is made, the one whose gradient it is, the one that is added, the tensor's first; and what is added
to a line's number where its factor is meant."""
SHOWN_BARS = 13
"""Of more sums of groups, those around the one that is open are drawn."""
CANDIDATES = 8
"""So many elements of a view are looked at, to show the one that has the largest number now."""
SLOPES = "slope here"
"""What stands above factors that are no tensor's."""
SLOPES_NUMBER = -1
"""What stands for them in the place of a tensor's number."""
ASIDE, FROM_ASIDE = -1, 2
"""The group of what is marked and adds nothing; and that its distance counts from the first of these."""


@dataclass(frozen=True)
class Line:
    """One line of a pattern: a cell that the element reads, and what it meets there; each field is a column."""

    moves: int
    """What its distance counts from: the first cell of the element at 1, the first that is read aside at 2."""
    cell: int | Expression
    """That distance; at 0 the cell itself."""
    factor: int
    """The distance of its factor from the first one; NONE where it meets none."""
    slot: int
    """The slot of its tensor, from 1 on; 0 where it has none."""
    factor_slot: int
    group: int
    place: int
    beside: int | None = None
    """The cell whose number says whether it counts."""
    tensor: int | None = None
    """The number of its tensor, of terms of a gradient."""
    factor_tensor: int | None = None
    read: tuple[object, object] | None = field(default=None, compare=False)
    """The cell and the factor of the first element with this pattern, from which its frames are worked out."""

    @classmethod
    def columns(cls) -> list[str]:
        """What stands in the table."""
        return [each.name for each in fields(cls) if each.compare]


@dataclass(frozen=True, kw_only=True)
class Element:
    """The cells of an element: those of its terms, what they meet, and those that only conditions read."""

    account: Account
    cells: tuple[int | Expression, ...]
    moves: tuple[int, ...]
    factors: tuple[int, ...]
    asides: tuple[int, ...]
    """Their distances from the first one."""
    owners: tuple[int, ...]
    """The tensors of all of them."""
    conditions: tuple[Reference, ...]
    first_cell: int | Expression
    first_factor: int
    first_aside: int
    alone: int | Expression
    wanted: Expression | None

    @property
    def kind(self) -> tuple[object, ...]:
        """The same for elements whose cells lie alike."""
        account = self.account
        return (self.cells, self.moves, self.factors, self.asides, self.owners, account.spelled, account.bare)


class Recipes:
    """The tables: views, elements, patterns, their lines and groups, and the formulas that are spelled out."""

    def __init__(
        self, canvas: Canvas, codes: Codes, factors: Factors, owners: Owners, rank: int, gradients: Sequence[Value]
    ) -> None:
        self._codes, self._factors, self._owners = codes, factors, owners
        self._gradients = {value: number for number, value in enumerate(gradients, start=1)}
        self.rank = rank
        by_dimension = [f"{what} {k}" for what in BY_DIMENSION for k in range(rank)]
        by_slot = [
            f"{what} {k}" for what in ("tensor", "mode", "below", "alike", "is made", *FRAME) for k in range(COUNT)
        ]
        along = [f"{what} {k}" for what in BY_OWN_DIMENSION for k in range(rank)]
        self.views = Table(canvas, 1, (*OF_VIEW, *by_dimension, *along))
        self.arrangements = Table(canvas, self.views.end, by_slot)
        self.elements = Table(canvas, self.arrangements.end, OF_ELEMENT)
        self.patterns = Table(canvas, self.elements.end, OF_PATTERN)
        self.labels = Table(canvas, self.patterns.end, ("group", "first", "count"))
        self.lines = Table(canvas, self.labels.end, [name.replace("_", " ") for name in Line.columns()])
        self.candidates = Table(canvas, self.lines.end, ("code", *(f"index {k}" for k in range(rank))))
        self.tensors = Tensors(canvas, self.candidates.end, codes)
        self.end = self.tensors.blocks.end + 1
        """The first free column behind the tables."""
        self.counts: list[np.ndarray] = []
        """Of each view, the number of terms of each element of its tensor."""
        self.spellings: list[tuple[tuple[str, ...], tuple[bool, ...]]] = []
        self.most_lines = self.most_groups = self.most_open = 1
        self.most_aside = 0
        self.any_wanted = False
        """Whether some cells count only where the number stands beside them that is wanted."""
        self.largest = [1] * rank
        """The size of the largest tensor along each dimension, the last ones at the end."""
        self._pictures: list[tuple[int, int]] = [(0, 0)] * COUNT
        self.most_blocks = [1] * COUNT
        """The most blocks of a picture of each slot."""
        self._has_single: set[int] = set()
        self._patterns: dict[tuple[object, ...], int] = {}
        self._arrangements: dict[tuple[int, ...], int] = {}
        self._labels: dict[tuple[object, ...], int] = {}
        self._named = Labels(owners)

    def picture(self, slot: int) -> tuple[int, int]:
        """The rows and columns of the largest picture of a slot. A network without large tensors has no bars of one."""
        height, width = self._pictures[slot]
        if slot in self._has_single and self.tensors.any_tiles:
            return tiles.HEIGHT, max(width, WIDEST_BAR - 1)  # of a bar as wide as its box, as much as there is room for
        return height, width

    def add(self, view: View) -> None:
        """Add a view and its elements."""
        self._named.know(view.made.grid, view.index_names)
        made, rank = view.made.grid, len(view.made.grid.shape)
        missing = self.rank - rank
        sizes = [1] * missing + list(made.shape)
        self.largest = [max(pair) for pair in zip(self.largest, sizes, strict=True)]
        first = self.elements.count
        steps = [math.prod(made.shape[k + 1 :]) for k in range(rank)]
        skipped, last = 0, math.prod(made.shape) - 1
        if view.touched:
            places = np.stack(np.unravel_index(view.touched, made.shape), axis=1).tolist()
            touched = [view.account(tuple(place)) for place in places]
            # One stands for all before, one for all behind.
            accounts = [Account(()), *touched, Account(())]
            skipped, last = view.touched.start - 1, len(accounts) - 1
        elif view.is_given or not view.operands:  # nothing goes in: one element stands for all
            steps, last, accounts = [0] * rank, 0, [Account(())]
        else:
            accounts = [view.account(index) for index in np.ndindex(*made.shape)]
        along = self._add_elements(view, accounts)
        if along:  # one element stands for all
            steps, last = [0] * rank, 0
        counts = np.array([1 if account.spelled else account.count for account in accounts])
        numbers = np.clip(np.arange(math.prod(made.shape)) - skipped, 0, len(accounts) - 1)
        self.counts.append(counts[numbers])
        companion = view.companion.grid if view.companion else made
        number = self.tensors.number(view.made)
        candidates = self.candidates.count
        for index in _candidates(view.weights, accounts):
            self.candidates.add(self._codes.of(made.at(*index)), *[0] * missing, *index)
        self.views.add(
            number, view.paths, first, skipped, max(0, last),
            0 if view.is_given or not view.value else self._gradients.get(view.value, 0), missing, int(view.follows),
            self._codes.of(made.first), self._codes.of(companion.first), candidates,
            self.tensors.number(view.companion),
            *[""] * missing, *view.index_names,
            *[1] * missing, *made.shape,
            *[0] * missing, *steps,
            *[0] * missing, *self._codes.steps(made),
            *[0] * missing, *self._codes.steps(companion),
            *(step for each in along or [[0] * rank] * len(BY_OWN_DIMENSION) for step in (*each, *[0] * missing)),
        )  # fmt: skip

    def _add_elements(self, view: View, accounts: Sequence[Account]) -> list[list[int]] | None:
        """Add the elements of a view; of many that are alike, one, with the steps from each to the next."""
        cells = [[self._code(term.cell) for term in account.terms] for account in accounts]
        shared = _shared(cells)
        found = [self._element(account, codes, shared) for account, codes in zip(accounts, cells, strict=True)]
        # What has the same arrangement of cells has the same pattern: it is worked out once.
        kinds = {element.kind: element for element in found}
        groups = {kind: self._named.grouped(element.account) for kind, element in kinds.items()}
        fixed = self._named.of_all((groups[element.kind], element.account) for element in found)
        patterns = {kind: self._pattern(view, element, groups[kind], fixed) for kind, element in kinds.items()}
        along = _alike(found, view.made.grid.shape) if len(patterns) == 1 else None
        for each in found[:1] if along else found:
            self.elements.add(
                patterns[each.kind], each.first_cell, each.first_factor, each.first_aside, each.alone, each.wanted
            )

        return along

    def _element(self, account: Account, codes: Sequence[int | Expression], shared: set[int]) -> Element:
        """Work out the cells of an element, and how they lie to one another."""
        live = next((code for code in codes if isinstance(code, Expression)), None)
        moves = [int(k not in shared if live is None else code is live) for k, code in enumerate(codes)]
        first_cell = next((code for code, moving in zip(codes, moves, strict=True) if moving), 0)
        factors = [self._factor(term) for term in account.terms]
        first_factor = next((code for code in factors if code != NONE), 0)
        asides = account.conditions
        aside_codes = [self._codes.of(cell) for cell in asides]
        return Element(
            account=account,
            cells=tuple(_distance(code, moving, first_cell) for code, moving in zip(codes, moves, strict=True)),
            moves=tuple(moves),
            factors=tuple(NONE if code == NONE else code - first_factor for code in factors),
            asides=tuple(code - aside_codes[0] for code in aside_codes),
            owners=tuple(id(self._owner(part)) for term in account.terms for part in (term.cell, term.factor))
            + tuple(id(self._owner(cell)) for cell in asides)
            + (id(self._owner(account.alone)),),
            conditions=tuple(asides),
            first_cell=first_cell,
            first_factor=first_factor,
            first_aside=aside_codes[0] if aside_codes else 0,
            alone=NONE if account.alone is None else self._code(account.alone),
            wanted=next((term.cell.wanted for term in account.terms if isinstance(term.cell, Matching)), None),
        )

    def _pattern(
        self, view: View, element: Element, groups: Grouped, fixed: dict[tuple[int, ...], tuple[Index, ...]]
    ) -> int:
        """The number of a pattern of an element, which is added where it is new."""
        account = element.account
        arranged, boxed = self._arranged(view, account)
        slopes = 0 if boxed else self._slot_of_slopes(account, arranged)
        terms = sorted(self._term_lines(view, element, arranged, groups, slopes), key=lambda line: line.group)
        lines = (*terms, *self._aside_lines(element, arranged, terms))
        alone_slot = self._slot(arranged, account.alone) if account.alone is not None else 0
        alone_place = sum(line.slot == alone_slot for line in lines)
        self.any_wanted |= element.wanted is not None
        arrangement = self._arrangement(view, element, arranged, slopes, lines, alone_slot, boxed, groups.count)
        labels = self._named.texts(groups, account, fixed)
        return self._add_pattern(lines, account, arrangement, groups.count, labels, alone_slot, alone_place)

    def _arranged(self, view: View, account: Account) -> tuple[Slots, bool]:
        """Where the tensors of an element stand, and whether single numbers stand in boxes."""
        shown = [each.grid for each in view.operands] if view.is_given else read_by(account, self._owners)
        given = view.made, view.operands, view.arriving, view.companion, shown
        is_one = bool(account.spelled) or (account.count <= 1 and account.alone is None)
        small = view.updates or are_bars(view.made.grid.shape)
        if view.operands and not view.is_given and is_one and small:
            results = {id(grad.grid): value for grad, value in zip(view.arriving, view.results, strict=True)}
            middle = bool(inner_sums(account.spelled))
            return boxes(*given, results, middle), True
        return side_by_side(*given, products=account.count > 1 and not account.spelled), False

    def _term_lines(
        self, view: View, element: Element, arranged: Slots, groups: Grouped, slopes: int
    ) -> Iterator[Line]:
        """The lines of an element's terms."""
        places = self._places(element)
        known = {id(each.grid): each for each in (*view.operands, *view.arriving)}
        numbers = self.tensors.number if view.companion else lambda _: None
        sought = 0
        for k, term in enumerate(element.account.terms):
            cell, moves, factor = element.cells[k], element.moves[k], element.factors[k]
            slot = self._slot(arranged, term.cell)
            factor_slot = self._slot(arranged, term.factor) or (slopes if isinstance(term.factor, Expression) else 0)
            tensors = [numbers(known.get(id(self._owner(part)))) for part in (term.cell, term.factor)]
            if not isinstance(term.cell, Matching):
                group, place = (groups.groups[k], groups.places[k]) if groups.groups else (0, -1)
                place = places.next(slot, term.cell) if place < 0 else place
                read = term.cell, term.factor
                yield Line(moves, cell, factor, slot, factor_slot, group, place, None, tensors[0], tensors[1], read)
                continue
            beside, area = self._codes.of(term.cell.beside), term.cell.beside
            for down, right in np.ndindex(area.height, area.width):
                if term.cell.cells.at(down, right) in self._owners:  # between blocks there are empty cells
                    step = down * ROW + right
                    group, place = divmod(sought, ROOM)
                    counts, sought = beside + step, sought + 1
                    cell_there = term.cell.cells.at(down, right)
                    yield Line(
                        moves, cell + step, factor, slot, factor_slot, group, place, counts, tensors[0], tensors[1],
                        (cell_there, term.factor),
                    )  # fmt: skip

    def _places(self, element: Element) -> _Places:
        cells = [*(term.cell for term in element.account.terms), *element.conditions]
        return _Places(cells, self._owner, self._named.index_of)

    def _aside_lines(self, element: Element, arranged: Slots, terms: Sequence[Line]) -> Iterator[Line]:
        """The lines of the cells that factors and conditions read: they are marked, and add nothing."""
        places = self._places(element)
        for line in terms:
            places.take(line.slot, line.place)
            places.take(line.factor_slot, line.place)
        pairs = zip(element.conditions, element.asides, strict=True)
        for cell, distance in sorted(pairs, key=lambda pair: self._named.index_of(pair[0]) or ()):
            slot = self._slot(arranged, cell)
            if slot:
                yield Line(FROM_ASIDE, distance, NONE, slot, 0, ASIDE, places.next(slot, cell), read=(cell, None))

    def _owner(self, what: Cell | Expression | None) -> Grid | None:
        """The tensor of a cell, or of the cells of which one is chosen."""
        cell = what.cells.at(0) if isinstance(what, (Found, Matching)) else what
        return self._owners.get(cell) if isinstance(cell, Reference) else None

    def _slot(self, arranged: Slots, what: Cell | Expression | None) -> int:
        """The slot of the tensor that has a cell, from 1 on; 0 where there is none."""
        owner = self._owner(what)
        return arranged.of(owner) + 1 if owner else 0

    def _slot_of_slopes(self, account: Account, arranged: Slots) -> int:
        """A free slot for factors that are no tensor's, from 1 on; 0 where there are none, or there is no room."""
        if account.spelled or not any(isinstance(term.factor, Expression) for term in account.terms):
            return 0
        free = (k + 1 for k, each in enumerate(arranged.operands) if each is None and k != arranged.middle)
        return next(free, arranged.middle + 1)  # where there is no room for both, slopes come before products

    def _arrangement(
        self, view: View, element: Element, arranged: Slots, slopes: int, lines: Sequence[Line], alone: int,
        boxed: bool, groups: int,
    ) -> int:  # fmt: skip
        """The number of an arrangement of tensors in slots, which is added where it is new."""
        cells: list[set[object]] = [set() for _ in range(COUNT + 1)]
        for line in lines:
            cell, factor = line.read or (line, line)
            cells[line.slot].add(cell)
            cells[line.factor_slot].add(factor)
        read = [len(each) for each in cells]
        read[alone] += 1
        numbers: list[list[int]] = []
        for k, (operand, under) in enumerate(zip(arranged.operands, arranged.below, strict=True)):
            number = SLOPES_NUMBER if k + 1 == slopes else self.tensors.number(operand)
            below = self.tensors.number(under)
            mode = EMPTY if not number else FIRST if not read[k + 1] else WINDOW if read[k + 1] == 1 else LIST
            if k + 1 == slopes:
                mode = LIST
            elif k == arranged.middle:
                mode = BETWEEN if boxed else PRODUCTS
            elif view.updates and k and not number and numbers[-1][0]:
                mode = LOSSES
            elif boxed and (number or below) and (read[k + 1] <= 1 or k in (arranged.made, arranged.companion)):
                mode = BOX
            elif not boxed and k in (arranged.made, arranged.companion):
                mode = MADE if k == arranged.made else COMPANION
            alike = int(bool(operand and under and _lie_alike(operand.grid, under.grid)))
            is_made = int(k == arranged.made)
            numbers.append([number, mode, below, alike, is_made, *self._frame(element, arranged, k, lines, alone)])
            bars = mode == LOSSES or (mode == PRODUCTS and groups > 1)
            size = self.tensors.sizes.get(below or number, (0, 0))
            if size and self.tensors.is_single(below or number):
                self._has_single.add(k)
                size = 0, 0
            if bars:
                size = tiles.HEIGHT, tiles.WIDTH // SHOWN_BARS * (2 if mode == LOSSES else min(groups, SHOWN_BARS)) - 1
            blocks = SHOWN_BARS if bars else self.tensors.blocks_of.get(below or number, 0)
            self.most_blocks[k] = max(self.most_blocks[k], blocks)
            self._pictures[k] = max(self._pictures[k][0], size[0]), max(self._pictures[k][1], size[1])
        key = (*(each[what] for what in range(len(numbers[0])) for each in numbers),)
        if key not in self._arrangements:
            self._arrangements[key] = self.arrangements.add(*key)
        return self._arrangements[key]

    def _frame(
        self, element: Element, arranged: Slots, slot: int, lines: Sequence[Line], alone: int
    ) -> tuple[int, int, int, int, int]:
        """The rectangle around all that is read of the tensor of a slot, from a line whose cell is one of its."""
        if slot in (arranged.made, arranged.companion):
            return OF_MADE if slot == arranged.made else OF_COMPANION, 0, 0, 1, 1
        found = []
        for number, line in enumerate(lines, start=1):
            if slot + 1 in (line.slot, line.factor_slot) and line.read:
                what = line.read[0] if line.slot == slot + 1 else line.read[1]
                index = self._named.index_of(what) if isinstance(what, Reference) else None
                found.append((number if line.slot == slot + 1 else number + FACTOR, ((0, 0, *(index or ())))[-2:]))
        if not found:
            return (OF_ALONE if slot + 1 == alone else OF_FIRST), 0, 0, 1, 1
        (anchor, (row, column)), places = found[0], np.array([place for _, place in found])
        (top, left), (bottom, right) = places.min(0).tolist(), places.max(0).tolist()
        return anchor, top - row, left - column, bottom - top + 1, right - left + 1

    def _add_pattern(
        self, lines: tuple[Line, ...], account: Account, arrangement: int, groups: int, labels: tuple[str, ...],
        alone_slot: int, alone_place: int,
    ) -> int:  # fmt: skip
        """The number of a pattern, by all that is looked up of it."""
        key = (lines, account.spelled, account.bare, arrangement, labels, alone_slot)
        if key not in self._patterns:
            spelled = 0
            if account.spelled:
                self.spellings.append((account.spelled, account.bare))
                spelled = len(self.spellings)
            sizes = [sum(line.group == k for line in lines) for k in range(max(1, groups))]
            listed = (labels or ("",), tuple(sizes))
            if listed not in self._labels:
                self._labels[listed] = self.labels.count
                for k, (label, size) in enumerate(zip(*listed, strict=True)):
                    self.labels.add(label, sum(sizes[:k]), size)
            terms = sum(line.group != ASIDE for line in lines)
            self._patterns[key] = self.patterns.add(
                self.lines.count, len(lines), terms, spelled, arrangement, groups, self._labels[listed], alone_slot,
                alone_place,
            )  # fmt: skip
            for line in lines:
                self.lines.add(*[getattr(line, name) for name in Line.columns()])
            self.most_lines = max(self.most_lines, len(lines))
            self.most_groups = max(self.most_groups, groups)
            self.most_open = max(self.most_open, *(size if spelled else min(size, ROOM) for size in sizes))
            self.most_aside = max(self.most_aside, min(len(lines) - terms, ROOM))
        return self._patterns[key]

    def _code(self, what: Cell | Expression) -> int | Expression:
        if isinstance(what, Found):
            return self._codes.found(what)
        if isinstance(what, Matching):
            return self._codes.of(what.cells)
        return self._code_of(what)

    def _code_of(self, what: Reference | Expression) -> int:
        return self._codes.of(what if isinstance(what, Reference) else self._factors.place(what))

    def _factor(self, term: Term) -> int:
        """The code of a factor; NONE where there is none."""
        return NONE if term.factor is None else self._code_of(term.factor)


class _Places:
    """Hands out the places of slots one after another, as many as a grid of numbers has; a window keeps its shape."""

    def __init__(
        self,
        cells: Sequence[object],
        owner: Callable[[Any], Grid | None],
        index_of: Callable[[Reference], Index | None],
    ) -> None:
        self._taken: dict[int, set[int]] = {}
        self._window: dict[object, int] = {}
        self._given: dict[tuple[int, object], int] = {}
        tensors: dict[int, dict[Reference, Index]] = {}
        for cell in cells:
            index = index_of(cell) if isinstance(cell, Reference) else None
            if isinstance(cell, Reference) and index is not None:
                tensors.setdefault(id(owner(cell)), {})[cell] = index
        for cells_of_one in tensors.values():
            found = dict(sorted(cells_of_one.items(), key=lambda item: item[1]))
            places = places_of([*found.values()]) if len(found) > 1 else None
            self._window |= zip(found, places or (), strict=False)

    def next(self, slot: int, cell: object = None) -> int:
        """The place of a cell in its window, or the next one of a slot; beyond the last one nothing is shown."""
        if cell is None or (slot, cell) not in self._given:
            taken = self._taken.setdefault(slot, set())
            place = self._window.get(cell, -1)
            if place < 0 or place in taken:
                place = next(k for k in itertools.count() if k not in taken)
            taken.add(place)
            self._given[slot, cell] = min(place, ROOM)
        return self._given[slot, cell]

    def take(self, slot: int, place: int) -> None:
        """Keep a place of a slot."""
        self._taken.setdefault(slot, set()).add(place)


def _lie_alike(one: Grid, other: Grid) -> bool:
    """Whether the elements of two tensors lie in the same distances, so that one cell leads to the other."""
    return (one.shape, one.row_strides, one.col_strides) == (other.shape, other.row_strides, other.col_strides)


def _distance(code: int | Expression, moving: int, first: int | Expression) -> int | Expression:
    if not moving:
        return code
    return 0 if code is first else code - first


def _candidates(weights: np.ndarray, accounts: Sequence[Account]) -> list[Index]:
    """The elements of which one is shown first: of those that read most, where there is most to see, all over."""
    if len(accounts) != weights.size or weights.size == 1:
        most = weights.ravel()
    else:
        counts = np.array([account.count for account in accounts])
        full = (counts == counts.max()) & (weights.ravel() > 0)
        most = np.where(full, weights.ravel(), -1 if full.any() else weights.ravel())
    parts = np.array_split(np.arange(most.size), min(CANDIDATES - 1, most.size))
    best = [int(np.argmax(most)), *(int(part[np.argmax(most[part])]) for part in parts)]
    best = [k for k in best if most[k] >= 0 or k == best[0]]
    return [unravelled(k, weights.shape) for k in [*best, *best[:1] * CANDIDATES][:CANDIDATES]]


def _alike(elements: Sequence[Element], shape: tuple[int, ...]) -> list[list[int]] | None:
    """The steps of the cells of elements along each dimension, where these move evenly; None where they don't."""
    if len(elements) != math.prod(shape) or len(elements) < 2:
        return None
    found = []
    for what in ("first_cell", "first_factor", "first_aside", "alone"):
        codes = [getattr(element, what) for element in elements]
        if not all(isinstance(code, int) for code in codes) or elements[0].wanted is not None:
            return None
        numbers = np.array(codes, dtype=np.int64).reshape(shape)
        steps = [int(np.take(numbers, min(1, size - 1), k).flat[0] - numbers.flat[0]) for k, size in enumerate(shape)]
        evenly = sum(step * at for step, at in zip(steps, np.indices(shape), strict=True)) + numbers.flat[0]
        if not np.array_equal(numbers, evenly):
            return None
        found.append(steps)
    return found


def _shared(cells: Sequence[Sequence[int | Expression]]) -> set[int]:
    """The places at which all elements of a view read one and the same cell, such as a mean that all subtract."""
    if len({len(codes) for codes in cells}) > 1:
        return set()
    return {k for k, codes in enumerate(zip(*cells, strict=True)) if len(set(codes)) == 1}
