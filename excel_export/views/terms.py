"""The terms of an element: the cells that it reads, each with its factor."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from excel_export.formulas import Constant, Expression, FunctionCall, Grid, Index, Reference, Referred, total
from excel_export.formulas.analysis.chosen import Chosen, Found, Matching, cells_of, chosen, ranges_of
from excel_export.formulas.analysis.linear_form import ONE, Cell, NotLinear, Weighted, spread, weighted
from excel_export.formulas.analysis.pretty import pretty_printed
from excel_export.views.of_grids import OfGrids

FEW = 4
"""The most cells of a sum that is shown as its formula; a longer one is a list of products."""

LONGEST_SLOPE = 6
"""The most numbers of a slope that is shown as its formula; others are shown as their value."""

MOST_CONDITIONS = 100
"""The most cells of conditions that are marked."""

WIDEST = 100
"""The most cells of a helper that is expanded: the mean of n numbers, expanded in n elements, would cost n²."""
DEEPEST = 32
"""The longest chain of helpers that is followed."""


class Term(NamedTuple):
    """A cell and its factor: Term(B3, D3) for B3·D3."""

    cell: Cell | Expression
    """The cell; or the cells of which a number on the sheet chooses one, as INDEX(B3:B12,A1) does; or an expression
    for a number that is in no cell."""
    factor: Reference | Expression | None = None
    """The factor: a cell or a formula; None for 1."""

    @property
    def size(self) -> int:
        """The number of cells that the term may read: 1, or 10 if a number on the sheet chooses one of ten."""
        return self.cell.cells.size if isinstance(self.cell, Matching) else 1


@dataclass(slots=True)
class Account:
    """The terms of an element's formula: Account((Term(B3, D3),), alone=D9) for the sum B3·D3 + D9.

    A formula that is no sum has texts around its terms: max(B3, 0) is Account((Term(B3),), spelled=('max(', ', 0)')).
    """

    terms: tuple[Term, ...]
    """The cells that the element reads, with their factors."""
    alone: Reference | Expression | None = None
    """The summand without a factor, such as a bias; None for none."""
    spelled: tuple[str, ...] = ()
    """The texts before, between and behind the terms of a formula that is no such sum; () for a sum."""
    bare: tuple[bool, ...] = ()
    """For each term of a formula with `spelled`, True if a negative number needs no brackets there: max(B3, 0)."""

    @property
    def conditions(self) -> list[Reference]:
        """The cells that formulas in the terms read and that are no terms: [A1] for Term(B3, IF(A1=1,2,0)).

        A1 is a label or a mask, say. They are in the order of the terms, 100 at most; [] for none.
        """
        parts = [part for term in self.terms for part in term] + [self.alone]
        formulas = [part for part in parts if part is not None and not isinstance(part, Reference)]
        if not formulas:
            return []
        known = set(parts)
        found: dict[Reference, None] = {}
        for formula in formulas:
            for each in _formulas_in(formula):
                if len(found) > MOST_CONDITIONS:
                    break
                found |= dict.fromkeys(cell for cell in cells_of(each) if cell not in known)
        return list(found)[:MOST_CONDITIONS]

    @property
    def shares(self) -> tuple[Term, ...]:
        """Of an account of `Accounts.backward`, the terms whose cells are gradients: (Term(G3, D3), Term(G4, D4)).

        All terms of a sum, the first one of a formula with `spelled`: (Term(G3, formula),) for G3 · (1 − B3²).
        """
        return self.terms[:1] if self.spelled else self.terms

    @property
    def count(self) -> int:
        """The number of cells that the terms may read: 2 for B3·D3 + B4·D4; 10 for a term chosen among ten cells."""
        return sum(term.size for term in self.terms)


def _formulas_in(what: Cell | Expression | None) -> Iterable[Expression]:
    if isinstance(what, Expression):
        return [what]
    if isinstance(what, Found):
        return what.places
    if isinstance(what, Matching):
        return [what.wanted, what.beside.cells]
    return []


AccountOf = Callable[[Index], Account]
"""A function from the index of an element to its account."""
Formula = tuple[Expression, Index]
"""An expression, which has a formula for each element, and the index of one of them."""
Helpers = OfGrids[Formula]
"""The formulas in the cells of helpers, which are intermediate results such as a softmax's sum."""
Owners = OfGrids[Grid]
"""The grid (the cells of a tensor) to which a cell belongs."""


class Variables:
    """A set of cells: those of some tensors, and of helpers (intermediate results) computed from them.

    variables(B3) is True for a cell of the set, and for a rectangle with such a cell, else False.
    """

    def __init__(self, grids: Iterable[Grid], owners: Owners, helpers: Helpers) -> None:
        """Take the grids of the tensors; owners[B3], the grid of any tensor's cell; helpers[D3]: (formulas, index)."""
        self.grids, self._owners, self._helpers = [*grids], owners, helpers
        self._ids = {*map(id, self.grids)}
        self._known: dict[Reference, bool] = {}
        self._taken_apart: dict[Reference, Weighted | None] = {}

    def __call__(self, cell: Reference) -> bool:
        """Return whether a cell is one of the variables, or a rectangle contains such a cell."""
        known = self._is_one(cell)
        return self._is_made_of_them(cell) if known is None else known

    def _is_one(self, cell: Reference) -> bool | None:
        """Return True for a variable, False for none; None if the helper's formula has not been followed yet."""
        owner = self._owners.get(cell)
        return self._known.get(cell) if owner is None else id(owner) in self._ids

    def inside(self, helper: Reference) -> Weighted:
        """Return a helper's formula as a weighted sum of variables and other helpers: {B3: 1, B4: 1} for =B3+B4.

        Raises:
            NotLinear: it is no such sum, as EXP(B3).
        """
        if helper not in self._taken_apart:
            try:
                self._taken_apart[helper] = weighted(*self._helpers[helper], self)
            except NotLinear:
                self._taken_apart[helper] = None
        found = self._taken_apart[helper]
        if found is None:
            raise NotLinear
        return found

    def _is_made_of_them(self, cell: Reference) -> bool:
        """Follow what a cell reads. A chain of helpers can be longer than Python's calls may be nested."""
        way = [(cell, self._read_by(cell))]
        while way:
            last, reads = way[-1]
            for each in reads:
                known = self._is_one(each)
                if known is None:
                    way.append((each, self._read_by(each)))
                    break
                if known:
                    self._known |= dict.fromkeys((cell for cell, _ in way), True)
                    return True
            else:
                self._known[last] = False
                way.pop()
        return False

    def _read_by(self, cell: Reference) -> Iterator[Reference]:
        if cell.size > 1:
            return iter(cell.each())
        return iter(ranges_of(*self._helpers[cell]) if cell in self._helpers else ())


class Accounts:
    """Finds the terms of formulas, `Account`s: `forward` for a result's, `backward` for those of a gradient."""

    def __init__(self, owners: Owners, helpers: Helpers) -> None:
        """Take two mappings: owners[B3] is the grid of B3's tensor, helpers[D3] is (formulas of a helper, index)."""
        self._owners, self.helpers = owners, helpers
        self._originals: dict[Reference, Reference] = {}

    def forward(self, formulas: Expression, index: Index, inputs: Sequence[Variables]) -> Account:
        """Return the terms of an element of a result: Account((Term(B3, D3), Term(B4, D4)), alone=D9).

        That is for a sum with a product of two cells, or of more than 4 cells; any other formula has texts, `spelled`.

        Args:
            formulas: the formulas of the result.
            index: the element, from 0 on: (0, 1).
            inputs: sets of cells that it reads, [cells of all operands, cells of the first one]. The terms' cells are
                those of the first set of which the formula is a weighted sum.
        """
        sums = None
        for variables in inputs:
            try:
                sums = self._expanded(weighted(formulas, index, variables), variables)
            except NotLinear:
                continue
            break
        if sums is not None:
            terms = self._terms(sums)
            of_products = len(terms) > 1 and any(isinstance(term.factor, Reference) for term in terms)
            if of_products or sum(term.size for term in terms) > FEW:
                rest = total(term for term in sums.rest if not term.vanishes)
                return Account(terms, None if rest.vanishes else _cell(rest))
        return self.spelled(formulas, index)

    def backward(self, formulas: Expression, index: Index, arriving: Variables) -> Account:
        """Return the terms of what a call adds to an element's gradient: Account((Term(G3, D3), Term(G4, D4))).

        If it is one gradient times a short formula, the account has texts: G3 · (1 − B3²).

        Args:
            formulas: the formulas of what the call adds, one for each element: G3*D3+G4*D4.
            index: the element, from 0 on: (0, 1).
            arriving: the set of the cells of the gradients of the call's results, G3 and G4.
        """
        terms = self._terms(self._expanded(weighted(formulas, index, arriving), arriving))
        factor = terms[0].factor if len(terms) == 1 == terms[0].size else None
        if isinstance(factor, Expression) and not is_switch(factor):
            slope = self.spelled(factor, ())
            if 0 < len(slope.terms) <= LONGEST_SLOPE:
                first, *others = slope.spelled
                texts = ("", f" · ({first}", *others[:-1], f"{others[-1]})")
                return Account((*terms, *slope.terms), None, texts, (False, *slope.bare))
        return Account(terms)

    def shares(self, formulas: Expression, arriving: Variables, index: Index) -> Account:
        """Return the terms of `backward` that have gradients, with the whole factor: Account((Term(G3, 1 − B3²),))."""
        return Account(self.backward(formulas, index, arriving).shares)

    def constant(self, formulas: Expression, index: Index) -> Account:
        """Return an element's formula as one term: Account((Term(B3),)) for =B3, Account((Term(formula),)) for =1."""
        return Account((Term(_cell(formulas.element(index))),))

    def spelled(self, formulas: Expression, index: Index) -> Account:
        """Return an element's formula as terms and texts: Account((Term(B3),), spelled=("max(", ", 0)")), MAX(B3,0)."""
        texts, terms, bare = [""], [], []
        for piece in pretty_printed(formulas, index):
            if isinstance(piece, str):
                texts[-1] += piece
            else:
                content = _cell(piece.content) if isinstance(piece.content, Expression) else piece.content
                terms.append(Term(self._original(content) if isinstance(content, Reference) else _found(content)))
                bare.append(piece.bare)
                texts.append("")
        return Account(tuple(terms), None, tuple(texts), tuple(bare))

    def variables(self, grids: Iterable[Grid]) -> Variables:
        """Return the set of the cells of some tensors, given as grids, and of helpers computed from them."""
        return Variables(grids, self._owners, self.helpers)

    def _expanded(self, sums: Weighted, variables: Variables, deep: int = DEEPEST) -> Weighted:
        if not (deep and any(map(self._is_of_helpers, sums.factors))):
            return sums
        result = Weighted(rest=[*sums.rest])
        for cell, factor in sums.factors.items():
            # What a helper is made of, or the helpers of which one is chosen, unless that is too much.
            inner: Weighted | None = None
            if self._is_of_helpers(cell):
                if isinstance(cell, Chosen):
                    inner = spread(cell) if cell.cells.size <= WIDEST else None
                else:
                    inner = variables.inside(cell)
            if inner is None or len(inner.factors) > WIDEST:
                result.add_term(cell, factor)
            else:
                result.add(self._expanded(inner, variables, deep - 1), factor)
        return result

    def _is_of_helpers(self, cell: Cell) -> bool:
        return (cell.corners[0] if isinstance(cell, Chosen) else cell) in self.helpers

    def _original(self, cell: Reference) -> Reference:
        way = []
        while cell in self.helpers and cell not in self._originals:
            way.append(cell)
            formulas, index = self.helpers[cell]
            formula = formulas.element(index)
            if not isinstance(formula, Referred) or formula.reference.size != 1:
                break
            cell = formula.reference.plain
        cell = self._originals.get(cell, cell)
        self._originals |= dict.fromkeys(way, cell)
        return cell

    def _terms(self, sums: Weighted) -> tuple[Term, ...]:
        if len({cell.wanted.text("") for cell in sums.factors if isinstance(cell, Matching)}) > 1:
            apart = Weighted()
            for cell, factor in sums.factors.items():
                apart.add(spread(cell) if isinstance(cell, Matching) else Weighted({cell: ONE}), factor)
            sums = apart
        # A factor is the cell that it stands in; a formula where it stands in none.
        found = [(cell, None if factor is ONE else _cell(factor)) for cell, factor in sums.factors.items()]
        return tuple(Term(cell, self._original(by) if isinstance(by, Reference) else by) for cell, by in found)


def is_switch(slope: Expression) -> bool:
    """Return whether a formula is an IF between two constants, as the slope of ReLU, IF(B3>0,1,0)."""
    if not isinstance(slope, FunctionCall) or slope.function != "IF":
        return False
    return all(isinstance(each, Constant) for each in slope.arguments[1:])


def _cell(formula: Expression) -> Reference | Expression:
    if isinstance(formula, Referred) and formula.reference.size == 1:
        return formula.reference.plain
    return formula


def _found(formula: Expression) -> Expression | Chosen:
    if isinstance(formula, FunctionCall) and formula.function == "INDEX" and isinstance(formula.arguments[0], Referred):
        return chosen(formula)
    return formula
