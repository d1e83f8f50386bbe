"""The hidden sheet that the Lens looks into: what each view shows, and which cells each of its elements reads.

Elements that read their cells in the same arrangement share a pattern: the distances from the first cell, and the
cells that all of them read. The pattern of a convolution's results is the same all over the map; at the edges of a
gradient there are others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.formulas.expression import Expression, as_expression
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import Index, unravelled
from excel_export.graph.graph import Value
from excel_export.sheets.lens.codes import NONE, ROW, Codes
from excel_export.sheets.lens.tables import Factors, Table
from excel_export.sheets.lens.tensors import Tensors
from excel_export.views.groups import ROOM, Grouped
from excel_export.views.labels import Labels
from excel_export.views.slots import COUNT, Slots, read_by, slots
from excel_export.views.terms import Account, Owners, Term
from excel_export.views.views import View
from excel_export.xlsx.canvas import Canvas

NAME = "Lens recipes"
OF_VIEW = ("tensor", "paths", "elements", "skipped", "last", "gradient", "missing", "live", "code", "companion code")
OF_ELEMENT = ("pattern", "cell", "factor", "aside", "alone", "wanted")
OF_PATTERN = ("first", "lines", "terms", "spelled", "arrangement", "groups", "labels", "alone slot")
BY_DIMENSION = ("index", "size", "example", "element step", "code step", "companion step")
EMPTY, LIST, WINDOW, MADE, COMPANION, FIRST = range(6)
"""What a slot shows in large numbers: nothing; the numbers that are read; those around the one number that is read,
around the one that is made, around the one whose gradient is made, or around the tensor's first one."""
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
        by_slot = [f"{what} {k}" for what in ("tensor", "mode") for k in range(COUNT)]
        self.views = Table(canvas, 1, (*OF_VIEW, *by_dimension))
        self.arrangements = Table(canvas, self.views.end, by_slot)
        self.elements = Table(canvas, self.arrangements.end, OF_ELEMENT)
        self.patterns = Table(canvas, self.elements.end, OF_PATTERN)
        self.labels = Table(canvas, self.patterns.end, ("group",))
        self.lines = Table(canvas, self.labels.end, [field.name.replace("_", " ") for field in fields(Line)])
        self.tensors = Tensors(canvas, self.lines.end, codes, rank)
        self.end = self.tensors.blocks.end + 1
        """The first free column behind the tables."""
        self.counts: list[np.ndarray] = []
        """Of each view, the number of terms of each element of its tensor."""
        self.spellings: list[tuple[tuple[str, ...], tuple[bool, ...]]] = []
        self.most_lines = self.most_groups = 1
        self.any_wanted = False
        """Whether some cells count only where the number stands beside them that is wanted."""
        self.largest = [1] * rank
        """The size of the largest tensor along each dimension, the last ones at the end."""
        self.pictures: list[tuple[int, int]] = [(0, 0)] * COUNT
        """The rows and columns of the largest picture of each slot."""
        self.made_picture = 0, 0
        """Those of the largest picture of what is made."""
        self._patterns: dict[tuple[object, ...], int] = {}
        self._arrangements: dict[tuple[int, ...], int] = {}
        self._labels: dict[tuple[str, ...], int] = {}
        self._named = Labels(owners)

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
            steps, accounts = [0] * rank, [Account(())]
        else:
            accounts = [view.account(index) for index in np.ndindex(*made.shape)]
        self._add_elements(view, accounts)
        counts = np.array([1 if account.spelled else account.count for account in accounts])
        numbers = np.clip(np.arange(math.prod(made.shape)) - skipped, 0, len(accounts) - 1)
        self.counts.append(counts[numbers])
        companion = view.companion.grid if view.companion else made
        number = self.tensors.number(view.made)
        self.made_picture = tuple(map(max, zip(self.made_picture, self.tensors.sizes[number], strict=True)))  # type: ignore[assignment]
        self.views.add(
            number, view.paths, first, skipped, max(0, last),
            0 if view.is_given or not view.value else self._gradients.get(view.value, 0), missing, int(view.follows),
            self._codes.of(made.first), self._codes.of(companion.first),
            *[""] * missing, *view.index_names,
            *[1] * missing, *made.shape,
            *[0] * missing, *_example(view.weights, accounts),
            *[0] * missing, *steps,
            *[0] * missing, *self._codes.steps(made),
            *[0] * missing, *self._codes.steps(companion),
        )  # fmt: skip

    def _add_elements(self, view: View, accounts: Sequence[Account]) -> None:
        cells = [[self._code(term.cell) for term in account.terms] for account in accounts]
        shared = _shared(cells)
        found = [self._element(account, codes, shared) for account, codes in zip(accounts, cells, strict=True)]
        # What has the same arrangement of cells has the same pattern: it is worked out once.
        kinds = {element.kind: element for element in found}
        groups = {kind: self._named.grouped(element.account) for kind, element in kinds.items()}
        fixed = self._named.of_all((groups[element.kind], element.account) for element in found)
        patterns = {kind: self._pattern(view, element, groups[kind], fixed) for kind, element in kinds.items()}
        for each in found:
            self.elements.add(
                patterns[each.kind], each.first_cell, each.first_factor, each.first_aside, each.alone, each.wanted
            )

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
        """The number of the pattern of an element, which is added where it is new."""
        account = element.account
        shown = [each.grid for each in view.operands] if view.is_given else read_by(account, self._owners)
        arranged = slots(view.made, view.operands, view.arriving, view.companion, shown)
        slopes = self._slot_of_slopes(account, arranged)
        terms = (*self._term_lines(view, element, arranged, groups, slopes),)
        lines = (*terms, *self._aside_lines(element, arranged, terms))
        alone_slot = self._slot(arranged, account.alone) if account.alone is not None else 0
        self.any_wanted |= element.wanted is not None
        arrangement = self._arrangement(view, arranged, slopes, lines, alone_slot)
        labels = self._named.texts(groups, account, fixed)
        return self._add_pattern(lines, account, arrangement, groups.count, labels, alone_slot)

    def _term_lines(
        self, view: View, element: Element, arranged: Slots, groups: Grouped, slopes: int
    ) -> Iterator[Line]:
        """The lines of an element's terms."""
        places, known = _Places(), {id(each.grid): each for each in (*view.operands, *view.arriving)}
        numbers = self.tensors.number if view.companion else lambda _: None
        for k, term in enumerate(element.account.terms):
            cell, moves, factor = element.cells[k], element.moves[k], element.factors[k]
            slot = self._slot(arranged, term.cell)
            factor_slot = self._slot(arranged, term.factor) or (slopes if isinstance(term.factor, Expression) else 0)
            tensors = [numbers(known.get(id(self._owner(part)))) for part in (term.cell, term.factor)]
            if not isinstance(term.cell, Matching):
                group, place = (groups.groups[k], groups.places[k]) if groups.count else (0, places.next(slot))
                yield Line(moves, cell, factor, slot, factor_slot, group, place, None, *tensors)
                continue
            beside, area = self._codes.of(term.cell.beside), term.cell.beside
            for down, right in np.ndindex(area.height, area.width):
                if term.cell.cells.at(down, right) in self._owners:  # between blocks there are empty cells
                    step = down * ROW + right
                    place, counts = places.next(slot), beside + step
                    yield Line(moves, cell + step, factor, slot, factor_slot, 0, place, counts, *tensors)

    def _aside_lines(self, element: Element, arranged: Slots, terms: Sequence[Line]) -> Iterator[Line]:
        """The lines of the cells that factors and conditions read: they are marked, and add nothing."""
        places = _Places()
        for line in terms:
            places.take(line.slot, line.place)
            places.take(line.factor_slot, line.place)
        for cell, distance in zip(element.conditions, element.asides, strict=True):
            slot = self._slot(arranged, cell)
            if slot:
                yield Line(FROM_ASIDE, distance, NONE, slot, 0, ASIDE, places.next(slot))

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
        return next((k + 1 for k, each in reversed(list(enumerate(arranged.operands[:-1]))) if each is None), 0)

    def _arrangement(self, view: View, arranged: Slots, slopes: int, lines: Sequence[Line], alone: int) -> int:
        """The number of an arrangement of tensors in slots, which is added where it is new."""
        read = [0] * (COUNT + 1)
        for line in lines:
            read[line.slot] += 1
            read[line.factor_slot] += line.factor_slot != line.slot
        read[alone] += 1
        tensors, modes = [], []
        for k, operand in enumerate(arranged.operands):
            number = SLOPES_NUMBER if k + 1 == slopes else self.tensors.number(operand)
            mode = EMPTY if not number else FIRST if not read[k + 1] else WINDOW if read[k + 1] == 1 else LIST
            mode = MADE if k == arranged.made else COMPANION if k == arranged.companion else mode
            mode = LIST if k + 1 == slopes else mode
            tensors.append(number)
            modes.append(mode)
            size = self.tensors.sizes.get(number, (0, 0))
            self.pictures[k] = max(self.pictures[k][0], size[0]), max(self.pictures[k][1], size[1])
        key = (*tensors, *modes)
        if key not in self._arrangements:
            self._arrangements[key] = self.arrangements.add(*key)
        return self._arrangements[key]

    def _add_pattern(
        self, lines: tuple[Line, ...], account: Account, arrangement: int, groups: int, labels: tuple[str, ...],
        alone_slot: int,
    ) -> int:  # fmt: skip
        """The number of a pattern, by all that is looked up of it."""
        key = (lines, account.spelled, account.bare, arrangement, labels, alone_slot)
        if key not in self._patterns:
            spelled = 0
            if account.spelled:
                self.spellings.append((account.spelled, account.bare))
                spelled = len(self.spellings)
            if labels not in self._labels:
                self._labels[labels] = self.labels.count
                for label in labels:
                    self.labels.add(label)
            terms = sum(line.group != ASIDE for line in lines)
            self._patterns[key] = self.patterns.add(
                self.lines.count, len(lines), terms, spelled, arrangement, groups, self._labels[labels], alone_slot
            )
            for line in lines:
                self.lines.add(*vars(line).values())
            self.most_lines = max(self.most_lines, len(lines))
            self.most_groups = max(self.most_groups, groups)
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
        """The code of a factor. Cells that may not be wanted have one of their own, which can be shown as 0."""
        factor = term.factor
        if isinstance(term.cell, Matching):
            factor = self._factors.place(as_expression(1 if factor is None else factor))
        if factor is None:
            return NONE
        return self._code_of(factor)


class _Places:
    """Hands out the places of slots one after another, as many as a grid of numbers has."""

    def __init__(self) -> None:
        self._used: dict[int, int] = {}

    def next(self, slot: int) -> int:
        """The next free place of a slot; beyond the last one nothing is shown."""
        place = self._used.get(slot, 0)
        self.take(slot, place)
        return min(place, ROOM)

    def take(self, slot: int, place: int) -> None:
        """Keep a place of a slot, and those before it."""
        self._used[slot] = max(self._used.get(slot, 0), place + 1)


def _distance(code: int | Expression, moving: int, first: int | Expression) -> int | Expression:
    if not moving:
        return code
    return 0 if code is first else code - first


def _example(weights: np.ndarray, accounts: Sequence[Account]) -> tuple[int, ...]:
    """The element to show first: of those that read most, the one where there is most to see."""
    if weights.size == 1:
        return (0,) * weights.ndim
    if len(accounts) != weights.size:
        most = weights.ravel()
    else:
        counts = np.array([account.count for account in accounts])
        full = (counts == counts.max()) & (weights.ravel() > 0)
        most = np.where(full, weights.ravel(), -1 if full.any() else weights.ravel())
    return unravelled(int(np.argmax(most)), weights.shape)


def _shared(cells: Sequence[Sequence[int | Expression]]) -> set[int]:
    """The places at which all elements of a view read one and the same cell, such as a mean that all subtract."""
    if len({len(codes) for codes in cells}) > 1:
        return set()
    return {k for k, codes in enumerate(zip(*cells, strict=True)) if len(set(codes)) == 1}
