"""The hidden sheets that the Lens looks into: what each view shows, and which cells each of its elements reads.

Elements that read their cells in the same arrangement share a pattern: the distances from the first cell, and the
cells that all of them read. The pattern of a convolution's results is the same all over the map; at the edges of a
gradient there are others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.formulas.expression import Expression, as_expression
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Reference
from excel_export.formulas.writing import unravelled
from excel_export.graph.graph import Value
from excel_export.sheets.lens.codes import NONE, ROW, Codes, Picture
from excel_export.sheets.lens.tables import Factors, Table
from excel_export.sheets.lens.terms import Account, Term
from excel_export.sheets.lens.views import View
from excel_export.xlsx.canvas import Canvas

NAME = "Lens recipes"
Distance = tuple[int, int | Expression, int, tuple[int, int, int] | None]
"""Of a cell: whether it moves, its distance, that of its factor, and what stands beside it."""
_BY_DIMENSION = ("index", "size", "example", "element step", "code step", "beside step")


class Recipes:
    """The tables: views, elements, patterns, and the formulas that are spelled out."""

    def __init__(self, canvas: Canvas, codes: Codes, factors: Factors, rank: int, parameters: Sequence[Value]) -> None:
        self._codes, self._factors = codes, factors
        self._parameters = {value: number for number, value in enumerate(parameters, start=1)}
        self.rank = rank
        heads = [
            [
                "name",
                "source",
                "met",
                "paths",
                "elements",
                "skipped",
                "last",
                "beside",
                "source maps",
                "made turned",
                "source turned",
                "source code",
                "source height",
                "source width",
                "parameter",
                "missing",
            ],
            [
                f"{what} {k}"
                for what in ("index", "size", "example", "element step", "code step", "beside step")
                for k in range(rank)
            ],
            ["code", "beside code"],
            [f"{what} {side}" for what in ("made", "source", "beside") for side in Picture.__dataclass_fields__],
        ]
        self.views = Table(canvas, 1, [head for group in heads for head in group])
        left = self.views.width + 2
        self.elements = Table(canvas, left, ("pattern", "cell", "factor", "alone", "wanted"))
        self.patterns = Table(canvas, left + 6, ("first", "count", "spelled"))
        self.distances = Table(canvas, left + 10, ("moves", "cell distance", "factor distance", "beside"))
        self.spellings: list[tuple[tuple[str, ...], tuple[bool, ...]]] = []
        self.most_terms = 1
        self.any_wanted = False
        """Whether some cells count only where the number stands beside them that is wanted."""
        self.largest = [1] * rank
        """The size of the largest tensor along each dimension, the last ones at the end."""
        self._patterns: dict[tuple[object, ...], int] = {}
        self._left = left + 15

    @property
    def end(self) -> int:
        """The first free column behind the tables."""
        return self._left

    def add(self, view: View) -> None:
        """Add a view and its elements."""
        made, rank = view.made, len(view.made.shape)
        missing = self.rank - rank
        sizes = [1] * missing + list(made.shape)
        self.largest = [max(pair) for pair in zip(self.largest, sizes, strict=True)]
        first = self.elements.count
        steps = [1] * rank
        for k in range(rank - 2, -1, -1):
            steps[k] = steps[k + 1] * made.shape[k + 1]
        skipped, last = 0, math.prod(made.shape) - 1
        if view.source and view.touched:
            places = np.stack(np.unravel_index(view.touched, made.shape), axis=1).tolist()
            touched = [view.account(tuple(place)) for place in places]
            # One stands for all before, one for all behind.
            accounts = [Account(()), *touched, Account(())]
            skipped, last = view.touched.start - 1, len(accounts) - 1
        elif view.source:
            accounts = [view.account(index) for index in product(*map(range, made.shape))]
        else:  # nothing goes in: one element stands for all
            steps, accounts = [0] * rank, [Account(())]
        self._add_elements(accounts)
        source_place = view.source or made
        source = Picture.of(source_place)
        by_factors = any(isinstance(term.factor, Reference) for account in accounts for term in account.terms)
        beside = None if by_factors else view.beside
        follows = beside is not None and beside.shape == made.shape
        self.views.add(
            view.name, view.source_name, _met(view, accounts) if beside is None else view.beside_name, view.paths,
            first, skipped, max(0, last), int(beside is not None), math.prod(source_place.shape[:-2]),
            _is_turned(made), _is_turned(source_place),
            self._codes.of(source_place.first), source_place.height, source_place.width,
            self._parameters.get(view.value, 0) if view.value else 0, missing,
            *[""] * missing, *view.index_names,
            *[1] * missing, *made.shape,
            *[0] * missing, *_example(view.weights, accounts),
            *[0] * missing, *steps,
            *[0] * missing, *self._codes.steps(made),
            *[0] * missing, *(self._codes.steps(beside) if beside and follows else [0] * rank),
            self._codes.of(made.first), self._codes.of((beside or made).first),
            *_fields(Picture.of(made)), *_fields(source), *_fields(Picture.of(beside or made)),
        )  # fmt: skip

    def _add_elements(self, accounts: Sequence[Account]) -> None:
        cells = [[self._code(term.cell) for term in account.terms] for account in accounts]
        shared = _shared(cells)
        for account, codes in zip(accounts, cells, strict=True):
            found = next((code for code in codes if isinstance(code, Expression)), None)
            moves = [int(k not in shared if found is None else code is found) for k, code in enumerate(codes)]
            first_cell = next((code for code, moving in zip(codes, moves, strict=True) if moving), 0)
            factors = [self._factor(term) for term in account.terms]
            first_factor = next((code for code in factors if code != NONE), 0)
            distances = tuple(
                (moving, _distance(code, moving, first_cell), NONE if factor == NONE else factor - first_factor,
                 (self._codes.of(cell.beside), cell.beside.height, cell.beside.width)
                 if isinstance(cell := term.cell, Matching) else None)
                for moving, code, factor, term in zip(moves, codes, factors, account.terms, strict=True)
            )  # fmt: skip
            alone = NONE if account.alone is None else self._code(account.alone)
            wanted = next((term.cell.wanted for term in account.terms if isinstance(term.cell, Matching)), None)
            self.any_wanted |= wanted is not None
            self.elements.add(self._pattern(distances, account), first_cell, first_factor, alone, wanted)

    def _pattern(self, distances: tuple[Distance, ...], account: Account) -> int:
        """The number of a pattern, which is added where it is new."""
        key = (distances, account.spelled, account.bare)
        if key not in self._patterns:
            spelled = 0
            if account.spelled:
                self.spellings.append((account.spelled, account.bare))
                spelled = len(self.spellings)
            self._patterns[key] = self.patterns.add(self.distances.count, account.count, spelled)
            for moves, cell, factor, beside in distances:
                if beside is None:
                    self.distances.add(moves, cell, factor, None)
                    continue
                first, height, width = beside
                for step in (down * ROW + right for down in range(height) for right in range(width)):
                    self.distances.add(moves, cell + step, factor, first + step)
            self.most_terms = max(self.most_terms, account.count)
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


def _distance(code: int | Expression, moving: int, first: int | Expression) -> int | Expression:
    if not moving:
        return code
    return 0 if code is first else code - first


def _is_turned(grid: Grid) -> int:
    """1 where a matrix lies with its rows as columns, else 0."""
    return int(len(grid.shape) == 2 and min(grid.shape) > 1 and grid.rows[0, 0] != grid.rows[0, 1])


def _fields(picture: Picture) -> list[int]:
    return [getattr(picture, name) for name in Picture.__dataclass_fields__]


def _met(view: View, accounts: Sequence[Account]) -> str:
    """Name what the source meets, with the sign of what happens; without a sign where that is no sum of products."""
    signs = {
        "×  ": {term.factor for account in accounts for term in account.terms if isinstance(term.factor, Reference)},
        "+  ": {account.alone for account in accounts if isinstance(account.alone, Reference)},
    }
    signed = []
    for sign, found in signs.items():
        names = view.met.owning(found)
        signed += [sign + ", ".join(names)] if names else []
    return "   ".join(signed) or ", ".join(view.met.besides(view.source))


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
