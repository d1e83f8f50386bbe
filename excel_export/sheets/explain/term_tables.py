"""The tables of the cells from which each element of a tensor is computed.

A path is the step that computes a tensor, or one that passes a share on to it. Elements whose cells have the same
arrangement share a pattern: the distances from the first cell, and the cells that all of them read. A convolution's
results have one pattern all over the map; at the edges of a gradient there are others.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from excel_export.formulas import Expression, Grid, Index, Reference
from excel_export.formulas.analysis import chosen, linear_form
from excel_export.sheets.explain import element_cells
from excel_export.sheets.explain.element_cells import ITSELF, OF_ALONE, OF_FIRST, OF_OTHER, ElementCells, PatternLine
from excel_export.sheets.explain.hidden_table import Content, Factors, HiddenTable
from excel_export.sheets.explain.packed_addresses import NONE, ROW, PackedAddresses
from excel_export.views.alike import AlikeElements, Moves, beyond
from excel_export.views.terms import Account
from excel_export.views.views import StepTensor, View, Views
from excel_export.workbook.canvas import Canvas

Moved = tuple[Account, Moves]
"""The account of an element, and the shifts of its cells against that account."""
MANY = 16
"""The most patterns of a path before a way with fewer ones is tried."""
OF_STEP = ("part", "step", "name", "target", "math", "words")
"""The columns about the step of a path."""
OF_PATH = ("elements", "skipped", "last")
OF_ELEMENT = ("pattern", "cell", "factor", "other", "alone", "wanted")
ALONG = OF_ELEMENT[1:5]
"""The columns that have a step along each dimension of a tensor with a single pattern."""
OF_PATTERN = ("first", "lines", "spelled")


class TermTables:
    """The tables of cells that each element reads: `paths`, one a step; `elements`; `patterns`, shared by elements
    whose cells are arranged alike; and `lines`, one for each cell of a pattern.
    """

    def __init__(
        self, canvas: Canvas, left: int, addresses: PackedAddresses, factors: Factors, views: Views, rank: int
    ) -> None:
        """Begin at a sheet's first free column; `rank` is the most dimensions of a tensor with paths.

        `views`, all of the network, tell the tensor of each cell; `factors` gets the factors of the terms.
        """
        self.addresses, self._factors, self._owners, self.rank = addresses, factors, views.owners, rank
        self._outlines = views.elements.outlines
        along = [f"{what} along {k}" for what in ALONG for k in range(rank)]
        self.paths = HiddenTable(canvas, left, (*OF_STEP, *OF_PATH, *along))
        self.elements = HiddenTable(canvas, self.paths.end, OF_ELEMENT)
        self.patterns = HiddenTable(canvas, self.elements.end, OF_PATTERN)
        self.lines = HiddenTable(canvas, self.patterns.end, PatternLine.columns())
        self.end = self.lines.end
        """The first free column."""
        self.tensors: list[StepTensor] = []
        """The tensors that are read, in the order of their numbers."""
        self.any_wanted = self.any_other = self.any_alone = False
        """True if some cells count only under a condition; if some move on their own; if there are summands without a
        factor."""
        self._numbers: dict[int, int] = {}
        self._patterns: dict[tuple[object, ...], int] = {}

    def add(self, view: View, about: Sequence[Content]) -> np.ndarray:
        """Add a path: a step that computes a tensor, or through which a gradient arrives.

        Args:
            view: the tensor and the terms of each element.
            about: the number of the part in `Plan.parts` and of its step in `Plan.steps`, from 1 on; name, link ('' for
                none), formula, words: [3, 2, 'fc1  →', '', 'y = …', '…'].

        Returns:
            The number of terms of each element, in reading order: array([3, 3, 2]).
        """
        shape, first, skipped = view.tensor.grid.shape, self.elements.count, 0
        nothing: Moved = (Account(()), {})
        if view.touched:
            places = np.stack(np.unravel_index(view.touched, shape), axis=1).tolist()
            # One stands for all before, one for all behind.
            found = [nothing, *self._accounts(view, map(tuple, places)), nothing]
            skipped = view.touched.start - 1
        else:
            found = [*self._accounts(view, np.ndindex(*shape))]
        accounts = {id(account): account for account, _ in found}
        along = self._add_elements(view, found, accounts)
        last = 0 if along else max(0, len(found) - 1)  # one element stands for all
        steps = [
            step
            for each in along or [[0] * len(shape)] * len(ALONG)
            for step in (*each, *[0] * (self.rank - len(shape)))
        ]
        self.paths.add(*about, first, skipped, last, *steps)
        counts = {key: account.count + (account.alone is not None) for key, account in accounts.items()}
        read = np.array([counts[id(account)] for account, _ in found])
        return read[np.clip(np.arange(math.prod(shape)) - skipped, 0, len(read) - 1)]

    def _accounts(self, view: View, indices: Iterable[Index]) -> Iterator[Moved]:
        elements = view.shares or AlikeElements(
            self._outlines, view.formulas, lambda index: _listed(view.account(index)), ()
        )
        return map(elements.account, indices)

    def _add_elements(
        self, view: View, found: Sequence[Moved], accounts: Mapping[int, Account]
    ) -> list[list[int]] | None:
        cells = {key: [self._address_of(term.cell) for term in account.terms] for key, account in accounts.items()}
        # The places at which all elements read one and the same cell, such as a mean that all subtract.
        of_place = zip(*cells.values(), strict=True) if len({*map(len, cells.values())}) == 1 else ()
        shared = {k for k, found_there in enumerate(of_place) if len({*found_there}) == 1}
        if shared:
            moved = {(id(account), tensor) for account, moves in found for tensor, by in moves.items() if any(by)}
            shared -= {k for key, account in accounts.items() for k, term in enumerate(account.terms)
                       if (key, id(self._owner(term.cell))) in moved}  # fmt: skip
        of: dict[tuple[object, ...], tuple[ElementCells, Moves]] = {}
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
        patterns = {kind: self._pattern(view, element) for kind, element in kinds.items()}
        firsts = [of[key][0].moved(moves, of[key][1]) for key, (_, moves) in zip(keys, found, strict=True)]
        is_even = len(patterns) == 1 and all(element.wanted is None for element, _ in of.values())
        along = element_cells.steps_of(firsts, view.tensor.grid.shape) if is_even else None
        for key, addresses in [*zip(keys, firsts, strict=True)][: 1 if along else None]:
            element, _ = of[key]
            self.elements.add(patterns[element.kind], *addresses, element.wanted)
        return along

    def _chains(self, account: Account, shared: set[int]) -> tuple[tuple[int, ...], ...]:
        moving = [term.cell for k, term in enumerate(account.terms) if k not in shared]
        met = [term.factor for term in account.terms if term.factor is not None]
        return tuple(tuple(dict.fromkeys(id(self._owner(cell)) for cell in cells)) for cells in (moving, met))

    def _element(
        self, account: Account, cells: Sequence[int | Expression], shared: set[int], way: Moves
    ) -> ElementCells:
        owners = [id(self._owner(part)) for term in account.terms for part in (term.cell, term.factor)]
        own = id(self._owner(account.alone))
        factors = [self._address_of(term.factor) for term in account.terms]
        alone = 0 if account.alone is None else self._address_of(account.alone)
        if way:
            cells = [cell + element_cells.step(way, tensor) for cell, tensor in zip(cells, owners[::2], strict=True)]
            factors = [
                cell + element_cells.step(way, tensor) for cell, tensor in zip(factors, owners[1::2], strict=True)
            ]
            alone = alone + element_cells.step(way, own)
        live = next((cell for cell in cells if isinstance(cell, Expression)), None)
        is_moving = [k not in shared if live is None else cell is live for k, cell in enumerate(cells)]
        first, of_first = next(((cells[k], owners[2 * k]) for k, moving in enumerate(is_moving) if moving), (0, 0))
        met, of_met = next(((cell, owners[2 * k + 1]) for k, cell in enumerate(factors) if cell != NONE), (0, 0))
        return ElementCells(
            account=account,
            # How far each lies from the first one; itself, where all elements read it.
            cells=tuple(
                (0 if cell is first else cell - first) if moving else cell
                for cell, moving in zip(cells, is_moving, strict=True)
            ),
            moves=tuple(OF_FIRST if moving else ITSELF for moving in is_moving),
            factors=tuple(NONE if address == NONE else address - met for address in factors),
            owners=(*owners, own),
            firsts=(first, met, 0, alone),
            tensors=(of_first, of_met, 0, own),
            wanted=next((term.cell.wanted for term in account.terms if isinstance(term.cell, chosen.Matching)), None),
        )

    def _apart(self, element: ElementCells) -> ElementCells:
        """Return the same cells, with those of other tensors than the first counted from their own first cell."""
        owners = element.owners[:-1:2]
        moving = [k for k, moves in enumerate(element.moves) if moves]
        others = [k for k in moving if owners[k] != owners[moving[0]]]
        if not (others and element.account.spelled):
            return element
        addresses, moves, first = [*element.cells], [*element.moves], element.cells[others[0]]
        for k in others:
            addresses[k], moves[k] = addresses[k] - first, OF_OTHER
        cell, factor, _, alone = element.firsts
        of_cell, of_factor, _, of_alone = element.tensors
        return replace(
            element,
            cells=tuple(addresses),
            moves=tuple(moves),
            firsts=(cell, factor, cell + first, alone),
            tensors=(of_cell, of_factor, owners[others[0]], of_alone),
        )

    def _pattern(self, view: View, element: ElementCells) -> int:
        lines, spelled = tuple(self._lines(view, element)), int(bool(element.account.spelled))
        key = lines, spelled
        if key not in self._patterns:
            self._patterns[key] = self.patterns.add(self.lines.count, len(lines), spelled)
            for line in lines:
                self.lines.add(*[getattr(line, name) for name in PatternLine.columns()])
            self.any_wanted |= element.wanted is not None
            self.any_other |= OF_OTHER in element.moves
            self.any_alone |= element.account.alone is not None
        return self._patterns[key]

    def _lines(self, view: View, element: ElementCells) -> Iterator[PatternLine]:
        known, account = {id(each.grid): each for each in (*view.operands, *view.arriving)}, element.account
        for term, cell, moves, factor in zip(account.terms, element.cells, element.moves, element.factors, strict=True):
            tensors = [self._number(known.get(id(self._owner(part)))) for part in (term.cell, term.factor)]
            if not isinstance(term.cell, chosen.Matching):
                yield PatternLine(moves, cell, factor, None, *tensors)
                continue
            beside, area = self.addresses.code_of(term.cell.beside), term.cell.beside
            for down, right in np.ndindex(area.height, area.width):
                if term.cell.cells.at(down, right) in self._owners:  # between blocks there are empty cells
                    further = down * ROW + right
                    yield PatternLine(moves, cell + further, factor, beside + further, *tensors)
        if account.alone is not None:
            yield PatternLine(OF_ALONE, 0, NONE, None, self._number(known.get(id(self._owner(account.alone)))))

    def _number(self, tensor: StepTensor | None) -> int | None:
        if tensor is None:
            return None
        if id(tensor.grid) not in self._numbers:
            self.tensors.append(tensor)  # a grid that is kept keeps its id
            self._numbers[id(tensor.grid)] = len(self.tensors)
        return self._numbers[id(tensor.grid)]

    def _owner(self, what: linear_form.Cell | Expression | None) -> Grid | None:
        cell = what.cells.at(0) if isinstance(what, (chosen.Found, chosen.Matching)) else what
        return self._owners.get(cell) if isinstance(cell, Reference) else None

    def _address_of(self, what: linear_form.Cell | Expression | None) -> Any:
        """Return the code of a cell or a factor; NONE for None, a formula for the cell that INDEX chooses."""
        if what is None:
            return NONE
        if isinstance(what, chosen.Found):
            return self.addresses.code_of_chosen(what)
        what = what.cells if isinstance(what, chosen.Matching) else what
        return self.addresses.code_of(what if isinstance(what, Reference) else self._factors.place(what))


def _listed(account: Account) -> Account:
    if not account.spelled:
        return account
    terms = {term.cell: term for term in reversed(account.terms)}
    return Account(tuple(reversed(terms.values())), None, account.spelled)
