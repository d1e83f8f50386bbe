"""The hidden sheet that the Lens looks into: what each view shows, and which cells each of its elements reads.

Elements that read their cells in the same arrangement share a pattern: the distances from the first cell, and the
cells that all of them read. The pattern of a convolution's results is the same all over the map; at the edges of a
gradient there are others.
"""

import math
from bisect import bisect
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from excel_export.formulas import Expression, Grid, Index, Reference
from excel_export.formulas.analysis import chosen, linear_form
from excel_export.graph.graph import Value
from excel_export.sheets.lens import element_patterns
from excel_export.sheets.lens.arrangements import OF_SLOTS, Arrangements
from excel_export.sheets.lens.element_patterns import ASIDE, FROM_ASIDE, Corners, Element, PatternLine
from excel_export.sheets.lens.lens_layout import HEADING_WIDTH, PIXEL
from excel_export.sheets.lens.packed_addresses import NONE, ROW, PackedAddresses
from excel_export.sheets.lens.table import Factors, HiddenTable
from excel_export.sheets.lens.tensor_table import Tensors
from excel_export.views.alike import Moves, Outlines, Place, beyond, is_movable
from excel_export.views.groups import ROOM, Grouped, GroupLabels
from excel_export.views.plan import Plan
from excel_export.views.slots import Slots
from excel_export.views.story import Told
from excel_export.views.terms import Account
from excel_export.views.views import View, Views
from excel_export.workbook.calibri import PADDING, shortened, text_width
from excel_export.workbook.canvas import Canvas

NAME = "Lens recipes"
Moved = tuple[Account, Moves]
"""How an element comes about, and how far its cells are from those of this account."""
MANY = 16
"""Where a view has more patterns, fewer are looked for."""
OF_VIEW = ("tensor", "paths", "elements", "skipped", "last", "gradient", "missing", "live", "code", "companion code",
           "candidates", "companion")  # fmt: skip
OF_ELEMENT = ("pattern", "cell", "factor", "aside", "alone", "wanted")
OF_PATTERN = ("first", "lines", "terms", "spelled", "arrangement", "groups", "labels", "alone slot", "alone place")
BY_DIMENSION = ("index", "size", "element step", "code step", "companion step")
BY_OWN_DIMENSION = ("cell along", "factor along", "aside along", "alone along")
"""How far the cells of an element move along each of its tensor's own dimensions, where all elements are alike."""
OF_STEP = ("step", "first part", "parts", "main part")
OF_PART = ("heading", "words", "math", "first view", "views", "backward", "passes on", "updates", "way")
MOST_INNER = 2
"""So many sums in brackets are worked out of a formula that is spelled out."""
WAYS = {"inputs": "forward →", "forward": "forward →", "loss": "← backward", "backward": "← backward",
        "update": "one step of learning"}  # fmt: skip


class LookupTables:
    """The tables: views, elements, patterns, their lines and groups; steps and their parts; the story; formulas."""

    def __init__(
        self,
        canvas: Canvas,
        addresses: PackedAddresses,
        factors: Factors,
        views: Views,
        rank: int,
        gradients: Sequence[Value],
    ) -> None:  # fmt: skip
        owners = views.owners
        self._canvas, self.addresses, self._factors, self._owners = canvas, addresses, factors, owners
        self._outlines = Outlines(owners, views.helpers)
        self._gradients = {value: number for number, value in enumerate(gradients, start=1)}
        self.shown: list[View] = []
        """The views, in the order of their table."""
        self.rank = rank
        by_dimension = [f"{what} {k}" for what in BY_DIMENSION for k in range(rank)]
        along = [f"{what} {k}" for what in BY_OWN_DIMENSION for k in range(rank)]
        self.views = HiddenTable(canvas, 1, (*OF_VIEW, *by_dimension, *along))
        self._named = GroupLabels(owners)
        arranged = HiddenTable(canvas, self.views.end, OF_SLOTS)
        self.elements = HiddenTable(canvas, arranged.end, OF_ELEMENT)
        self.patterns = HiddenTable(canvas, self.elements.end, OF_PATTERN)
        self.labels = HiddenTable(canvas, self.patterns.end, ("group", "first", "count"))
        self.lines = HiddenTable(canvas, self.labels.end, [name.replace("_", " ") for name in PatternLine.columns()])
        self.candidates = HiddenTable(canvas, self.lines.end, ("code", *(f"index {k}" for k in range(rank))))
        self.tensors = Tensors(canvas, self.candidates.end, addresses)
        self.arrangements = Arrangements(arranged, self.tensors, owners, self._named)
        self.steps = HiddenTable(canvas, self.tensors.blocks.end + 1, OF_STEP)
        self.parts = HiddenTable(canvas, self.steps.end, OF_PART)
        self.told = HiddenTable(
            canvas, self.parts.end, ("step", "left out", "part", "view", "has index", *by_dimension[:rank])
        )
        self.spelled: HiddenTable
        """The formulas that are spelled out, and the sums in their brackets."""
        self.counts: list[np.ndarray] = []
        """Of each view, the number of terms of each element of its tensor."""
        self.spellings: list[tuple[tuple[str, ...], tuple[bool, ...]]] = []
        """Their texts before, between and behind their numbers, and whether each of these needs no brackets."""
        self.most_views = 1
        """How many tensors a step makes at most."""
        self.most_lines = self.most_groups = self.most_open = 1
        self.most_aside = 0
        self.any_wanted = False
        """Whether some cells count only where the number stands beside them that is wanted."""
        self.largest = [1] * rank
        """The size of the largest tensor along each dimension, the last ones at the end."""
        self._patterns: dict[tuple[object, ...], int] = {}
        self._labels: dict[tuple[object, ...], int] = {}

    def add_plan(self, plan: Plan, told: Sequence[Told]) -> None:
        """Add the steps, their parts, and the story, once all views are there."""
        first, firsts = 0, [step.first for step in plan.steps]
        counts = Counter(view.part for view in self.shown)
        for number, step in enumerate(plan.steps, start=1):
            self.steps.add(number, step.first, len(step.parts), step.main + 1)
        headings = [_heading(step.name, part.name) for step in plan.steps for part in step.parts]
        for number, (part, heading) in enumerate(zip(plan.parts, headings, strict=True), start=1):
            backward = int(part.direction in ("loss", "backward"))
            # The gradient of the loss by itself is given: nothing passes it on.
            passes, updates = int(part.direction == "backward"), int(part.direction == "update")
            self.parts.add(
                heading, part.words, part.math, first + 1, counts[number], backward, passes, updates,
                WAYS[part.direction],
            )  # fmt: skip
            first += counts[number]
            self.most_views = max(self.most_views, counts[number])
        before = 0
        for each in told:
            at, index = bisect(firsts, each.part), each.index or ()
            self.told.add(
                at, max(0, at - before - 1), each.part - firsts[at - 1] + 1, each.view,
                int(each.index is not None), *[0] * (self.rank - len(index)), *index,
            )  # fmt: skip
            before = at
        inner = [f"inner {k}" for k in range(1, MOST_INNER + 1)]
        self.spelled = HiddenTable(
            self._canvas, self.told.end, ("formula", *inner, "worked out") if self.spellings else ("formula",)
        )

    def add(self, view: View) -> None:
        """Add a view and its elements."""
        self.shown.append(view)
        self._named.know(view.made.grid, view.index_names)
        made, rank = view.made.grid, len(view.made.grid.shape)
        missing = self.rank - rank
        sizes = [1] * missing + list(made.shape)
        self.largest = [max(pair) for pair in zip(self.largest, sizes, strict=True)]
        first = self.elements.count
        steps = [math.prod(made.shape[k + 1 :]) for k in range(rank)]
        skipped, last = 0, math.prod(made.shape) - 1
        nothing: Moved = (Account(()), {})
        if view.touched:
            places = np.stack(np.unravel_index(view.touched, made.shape), axis=1).tolist()
            # One stands for all before, one for all behind.
            found = [nothing, *self._accounts(view, map(tuple, places)), nothing]
            skipped, last = view.touched.start - 1, len(found) - 1
        elif view.is_given or not view.operands:  # nothing goes in: one element stands for all
            steps, last, found = [0] * rank, 0, [nothing]
        else:
            found = [*self._accounts(view, np.ndindex(*made.shape))]
        accounts = {id(account): account for account, _ in found}
        along = self._add_elements(view, found, accounts)
        if along:  # one element stands for all
            steps, last = [0] * rank, 0
        counts = {key: account.count for key, account in accounts.items()}
        read = [counts[id(account)] for account, _ in found]
        shown = [1 if account.spelled else count for (account, _), count in zip(found, read, strict=True)]
        self.counts.append(np.array([shown[min(max(0, k - skipped), len(shown) - 1)]
                                     for k in range(math.prod(made.shape))]))  # fmt: skip
        companion = view.companion.grid if view.companion else made
        number = self.tensors.number(view.made)
        candidates = self.candidates.count
        for index in element_patterns.candidates_of(view.weights, read):
            self.candidates.add(self.addresses.of(made.at(*index)), *[0] * missing, *index)
        self.views.add(
            number, view.paths, first, skipped, max(0, last),
            0 if view.is_given or not view.value else self._gradients.get(view.value, 0), missing, int(view.follows),
            self.addresses.of(made.first), self.addresses.of(companion.first), candidates,
            self.tensors.number(view.companion),
            *[""] * missing, *view.index_names,
            *[1] * missing, *made.shape,
            *[0] * missing, *steps,
            *[0] * missing, *self.addresses.steps(made),
            *[0] * missing, *self.addresses.steps(companion),
            *(step for each in along or [[0] * rank] * len(BY_OWN_DIMENSION) for step in (*each, *[0] * missing)),
        )  # fmt: skip

    def _accounts(self, view: View, indices: Iterable[Index]) -> Iterator[Moved]:
        """The account of each element, or that of one that comes about alike, and how far its cells are moved."""
        known: dict[Hashable, tuple[Account, dict[int, Place]]] = {}
        made_of = [each.grid for each in view.arriving]
        for index in indices:
            outline, firsts = self._outlines.of(view.formulas, index, made_of) if view.formulas else (object(), {})
            if outline in known:
                account, before = known[outline]
                at = ((tensor, before[tensor], place) for tensor, place in firsts.items())
                yield account, {tensor: (row - top, col - left) for tensor, (top, left), (row, col) in at}
                continue
            account = view.account(index)
            if is_movable(account):
                known[outline] = account, firsts
            yield account, {}

    def _add_elements(
        self, view: View, found: Sequence[Moved], accounts: Mapping[int, Account]
    ) -> list[list[int]] | None:
        """Add the elements of a view; of many that are alike, one, with the steps from each to the next."""
        cells = {key: [self._address_of(term.cell) for term in account.terms] for key, account in accounts.items()}
        # The places at which all elements read one and the same cell, such as a mean that all subtract.
        of_place = zip(*cells.values(), strict=True) if len({*map(len, cells.values())}) == 1 else ()
        shared = {k for k, found_there in enumerate(of_place) if len({*found_there}) == 1}
        if shared:
            moved = {(id(account), tensor) for account, moves in found for tensor, by in moves.items() if any(by)}
            shared -= {k for key, account in accounts.items() for k, term in enumerate(account.terms)
                       if (key, id(self._owner(term.cell))) in moved}  # fmt: skip
        of: dict[tuple[object, ...], tuple[Element, Moves]] = {}
        keys = []
        chains = {key: self._chains(account, shared) for key, account in accounts.items()}
        for account, moves in found:
            key = id(account), *(beyond(moves, chain) for chain in chains[id(account)])
            if key not in of:
                of[key] = self._element(account, cells[id(account)], shared, moves), moves
            keys.append(key)
        # What has the same arrangement of cells has the same pattern: it is worked out once.
        kinds = {element.kind: element for element, _ in of.values()}
        if len(kinds) > MANY:  # as of numbers that each channel, or each sample, has its own mean of
            apart = {key: (self._apart(element), moves) for key, (element, moves) in of.items()}
            kinds_apart = {element.kind: element for element, _ in apart.values()}
            if len(kinds_apart) < len(kinds):
                of, kinds = apart, kinds_apart
        groups = {kind: self._named.grouped(element.account) for kind, element in kinds.items()}
        kind_of = {key: element.kind for key, (element, _) in of.items()}
        fixed = self._named.of_all((groups[kind_of[key]], *each) for key, each in zip(keys, found, strict=True))
        patterns = {kind: self._pattern(view, element, groups[kind], fixed) for kind, element in kinds.items()}
        firsts = [of[key][0].moved(moves, of[key][1]) for key, (_, moves) in zip(keys, found, strict=True)]
        is_even = len(patterns) == 1 and all(element.wanted is None for element, _ in of.values())
        along = element_patterns.steps_of(firsts, view.made.grid.shape) if is_even else None
        for key, addresses in [*zip(keys, firsts, strict=True)][: 1 if along else None]:
            self.elements.add(patterns[kind_of[key]], *addresses, of[key][0].wanted)
        return along

    def _chains(self, account: Account, shared: set[int]) -> tuple[tuple[int, ...], ...]:
        """The tensors of whose cells the distances from one another are kept: those that are read, and those met."""
        moving = [term.cell for k, term in enumerate(account.terms) if k not in shared]
        met = [term.factor for term in account.terms if term.factor is not None]
        return tuple(tuple(dict.fromkeys(id(self._owner(cell)) for cell in cells)) for cells in (moving, met))

    def _element(self, account: Account, cells: Sequence[int | Expression], shared: set[int], way: Moves) -> Element:
        """Work out the cells of an element, and how they lie to one another."""
        owners = [id(self._owner(part)) for term in account.terms for part in (term.cell, term.factor)]
        own = id(self._owner(account.alone))
        factors = [self._address_of(term.factor) for term in account.terms]
        alone = self._address_of(account.alone)
        if way:
            cells = [cell + element_patterns.step(way, tensor) for cell, tensor in zip(cells, owners[::2], strict=True)]
            factors = [
                cell + element_patterns.step(way, tensor) for cell, tensor in zip(factors, owners[1::2], strict=True)
            ]
            alone = alone + element_patterns.step(way, own)
        live = next((cell for cell in cells if isinstance(cell, Expression)), None)
        moves = [int(k not in shared if live is None else cell is live) for k, cell in enumerate(cells)]
        first, of_first = next(((cells[k], owners[2 * k]) for k, moving in enumerate(moves) if moving), (0, 0))
        met, of_met = next(((cell, owners[2 * k + 1]) for k, cell in enumerate(factors) if cell != NONE), (0, 0))
        asides = account.conditions
        aside_addresses = [self.addresses.of(cell) for cell in asides]
        return Element(
            account=account,
            # How far each lies from the first one; itself, where all elements read it.
            cells=tuple(
                (0 if cell is first else cell - first) if moving else cell
                for cell, moving in zip(cells, moves, strict=True)
            ),
            moves=tuple(moves),
            factors=tuple(NONE if address == NONE else address - met for address in factors),
            asides=tuple(address - aside_addresses[0] for address in aside_addresses),
            owners=(*owners, *(id(self._owner(cell)) for cell in asides), own),
            conditions=tuple(asides),
            firsts=(first, met, aside_addresses[0] if aside_addresses else 0, alone),
            tensors=(of_first, of_met, 0, own),
            wanted=next((term.cell.wanted for term in account.terms if isinstance(term.cell, chosen.Matching)), None),
        )

    def _apart(self, element: Element) -> Element:
        """Count the cells of other tensors than the first one's from the first cell of each tensor."""
        owners = element.owners[:-1:2]
        moving = [k for k, moves in enumerate(element.moves) if moves]
        others = [k for k in moving if owners[k] != owners[moving[0]]]
        if not (others and element.account.spelled) or element.conditions:
            return element
        addresses, moves, first = [*element.cells], [*element.moves], element.cells[others[0]]
        for k in others:
            addresses[k], moves[k] = addresses[k] - first, FROM_ASIDE
        cell, factor, _, alone = element.firsts
        of_cell, of_factor, _, of_alone = element.tensors
        return replace(
            element,
            cells=tuple(addresses),
            moves=tuple(moves),
            firsts=(cell, factor, cell + first, alone),
            tensors=(of_cell, of_factor, owners[others[0]], of_alone),
        )

    def _pattern(
        self, view: View, element: Element, groups: Grouped, fixed: dict[tuple[int, ...], tuple[Index, ...]]
    ) -> int:
        """The number of a pattern of an element, which is added where it is new."""
        account = element.account
        arranged, boxed = self.arrangements.arranged(view, account)
        spare = self.arrangements.spare_slot(view, account, arranged, boxed)
        terms = sorted(self._term_lines(view, element, arranged, groups, spare), key=lambda line: line.group)
        lines = (*terms, *self._aside_lines(element, arranged, terms))
        alone_slot = self._slot(arranged, account.alone) if account.alone is not None else 0
        self.any_wanted |= element.wanted is not None
        arrangement = self.arrangements.number(view, arranged, spare, lines, alone_slot, boxed, groups.count)
        labels = self._named.texts(groups, account, fixed)
        return self._add_pattern(lines, account, arrangement, groups.count, labels, alone_slot)

    def _term_lines(
        self, view: View, element: Element, arranged: Slots, groups: Grouped, spare: int
    ) -> Iterator[PatternLine]:
        """The lines of an element's terms."""
        places = self._places(element)
        known = {id(each.grid): each for each in (*view.operands, *view.arriving)}
        numbers = self.tensors.number if view.companion else lambda _: None
        sought = 0
        for k, term in enumerate(element.account.terms):
            cell, moves, factor = element.cells[k], element.moves[k], element.factors[k]
            slot, factor_slot = self._slot(arranged, term.cell), self._slot(arranged, term.factor)
            if element.account.spelled:
                slot = slot or spare
            elif term.factor is not None:
                slot, factor_slot = slot or (spare if factor_slot else 0), factor_slot or spare
            tensors = [numbers(known.get(id(self._owner(part)))) for part in (term.cell, term.factor)]
            if not isinstance(term.cell, chosen.Matching):
                group, place = (groups.groups[k], groups.places[k]) if groups.groups else (0, -1)
                place = places.next(slot, term.cell) if place < 0 else place
                read = term.cell, term.factor
                yield PatternLine(
                    moves, cell, factor, slot, factor_slot, group, place, None, tensors[0], tensors[1], read
                )
                continue
            beside, area = self.addresses.of(term.cell.beside), term.cell.beside
            for down, right in np.ndindex(area.height, area.width):
                if term.cell.cells.at(down, right) in self._owners:  # between blocks there are empty cells
                    step = down * ROW + right
                    group, place = divmod(sought, ROOM)
                    counts, sought = beside + step, sought + 1
                    cell_there = term.cell.cells.at(down, right)
                    yield PatternLine(
                        moves, cell + step, factor, slot, factor_slot, group, place, counts, tensors[0], tensors[1],
                        (cell_there, term.factor),
                    )  # fmt: skip

    def _places(self, element: Element) -> Corners:
        cells = [*(term.cell for term in element.account.terms), *element.conditions]
        return Corners(cells, self._owner, self._named.index_of)

    def _aside_lines(self, element: Element, arranged: Slots, terms: Sequence[PatternLine]) -> Iterator[PatternLine]:
        """The lines of the cells that factors and conditions read: they are marked, and add nothing."""
        places = self._places(element)
        for line in terms:
            places.take(line.slot, line.place)
            places.take(line.factor_slot, line.place)
        pairs = zip(element.conditions, element.asides, strict=True)
        for cell, further in sorted(pairs, key=lambda pair: self._named.index_of(pair[0]) or ()):
            slot = self._slot(arranged, cell)
            if slot:
                yield PatternLine(FROM_ASIDE, further, NONE, slot, 0, ASIDE, places.next(slot, cell), read=(cell, None))

    def _owner(self, what: linear_form.Cell | Expression | None) -> Grid | None:
        """The tensor of a cell, or of the cells of which one is chosen."""
        cell = what.cells.at(0) if isinstance(what, (chosen.Found, chosen.Matching)) else what
        return self._owners.get(cell) if isinstance(cell, Reference) else None

    def _slot(self, arranged: Slots, what: linear_form.Cell | Expression | None) -> int:
        """The slot of the tensor that has a cell, from 1 on; 0 where there is none."""
        owner = self._owner(what)
        return arranged.of(owner) + 1 if owner else 0

    def _add_pattern(
        self, lines: tuple[PatternLine, ...], account: Account, arrangement: int, groups: int, labels: tuple[str, ...],
        alone_slot: int,
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
                sum(line.slot == alone_slot for line in lines),
            )  # fmt: skip
            for line in lines:
                self.lines.add(*[getattr(line, name) for name in PatternLine.columns()])
            self.most_lines = max(self.most_lines, len(lines))
            self.most_groups = max(self.most_groups, groups)
            self.most_open = max(self.most_open, *(size if spelled else min(size, ROOM) for size in sizes))
            self.most_aside = max(self.most_aside, min(len(lines) - terms, ROOM))
        return self._patterns[key]

    def _address_of(self, what: linear_form.Cell | Expression | None) -> Any:
        """The address of a cell, or of the factor that has one; NONE for nothing, a formula for what INDEX finds."""
        if what is None:
            return NONE
        if isinstance(what, chosen.Found):
            return self.addresses.found(what)
        what = what.cells if isinstance(what, chosen.Matching) else what
        return self.addresses.of(what if isinstance(what, Reference) else self._factors.place(what))


def _heading(step: str, part: str) -> str:
    """What stands over the pictures: the step and its part, or as much as there is room for.

    Of "loss: probability", a part of the step loss, it is only its own name.
    """
    room = HEADING_WIDTH * PIXEL - PADDING
    both = part if part == step or f"{step.strip('←→ ')}:" in part else f"{step}   {part}"
    return both if text_width(both, 15, bold=True) <= room else shortened(part, room, 15, bold=True)
