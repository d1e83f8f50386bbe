"""What one element is made of: the cells that it reads, each with the factor that it meets there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from excel_export.formulas import Constant, Expression, FunctionCall, Grid, Index, Reference, Referred, total
from excel_export.formulas.analysis.chosen import Chosen, Found, Matching, cells_of, chosen, ranges_of
from excel_export.formulas.analysis.linear_form import ONE, Cell, NotLinear, Weighted, spread, weighted
from excel_export.formulas.analysis.pretty import pretty_printed
from excel_export.views.of_grids import OfGrids

FEW = 4
"""A sum of so few cells is spelled out as its formula; a longer one is a list of products."""

LONGEST_SLOPE = 6
"""A slope of more numbers is shown by its value."""

MOST_CONDITIONS = 100
"""Of more cells that conditions read, the first are marked."""

WIDEST, DEEPEST = 100, 32
"""What is not taken apart: a helper of more cells, and the helpers behind a chain of so many. Were the mean of n
numbers taken apart in each of the n elements that read it, they would cost n²."""


class Term(NamedTuple):
    """A cell, and the factor that it meets; without one it stands alone. Of chosen cells each meets it."""

    cell: Cell | Expression
    factor: Reference | Expression | None = None

    @property
    def size(self) -> int:
        """How many cells it may be."""
        return self.cell.cells.size if isinstance(self.cell, Matching) else 1


@dataclass(slots=True)
class Account:
    """How one element comes about."""

    terms: tuple[Term, ...]
    alone: Reference | Expression | None = None
    """What is added to the products, such as a bias."""
    spelled: tuple[str, ...] = ()
    """Its formula for people, where that is not just the sum of the terms: the texts before, between and behind the
    terms."""
    bare: tuple[bool, ...] = ()
    """Whether a negative number needs no brackets there."""

    @property
    def conditions(self) -> list[Reference]:
        """The cells that factors and conditions read, which are no terms: those of a window, a label, a mask."""
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
        """The terms of a share of a gradient; of one that is spelled out, the gradient that arrives is the only one."""
        return self.terms[:1] if self.spelled else self.terms

    @property
    def count(self) -> int:
        """How many cells it may read."""
        return sum(term.size for term in self.terms)


def _formulas_in(what: Cell | Expression | None) -> Iterable[Expression]:
    """The formulas that say which cell is meant, or that stand for a number themselves."""
    if isinstance(what, Expression):
        return [what]
    if isinstance(what, Found):
        return what.places
    if isinstance(what, Matching):
        return [what.wanted, what.beside.cells]
    return []


AccountOf = Callable[[Index], Account]
"""How an element of a tensor comes about, by its index."""
Formula = tuple[Expression, Index]
"""One of the formulas of an expression."""
Helpers = OfGrids[Formula]
"""What stands in the cells of helpers."""
Owners = OfGrids[Grid]
"""The cells of all tensors, each with the grid that it is one of."""


class Variables:
    """Tells whether a cell is one of some tensors', or a helper's that is made of them."""

    def __init__(self, grids: Iterable[Grid], owners: Owners, helpers: Helpers) -> None:
        self.grids, self._owners, self._helpers = [*grids], owners, helpers
        self._ids = {*map(id, self.grids)}
        self._known: dict[Reference, bool] = {}
        self._taken_apart: dict[Reference, Weighted | None] = {}

    def __call__(self, cell: Reference) -> bool:
        """True for a cell that is one of the variables, and for a rectangle with any such cell."""
        known = self._is_one(cell)
        return self._is_made_of_them(cell) if known is None else known

    def _is_one(self, cell: Reference) -> bool | None:
        """True for a variable, False for none; None where what the cell is made of is still to be followed."""
        owner = self._owners.get(cell)
        return self._known.get(cell) if owner is None else id(owner) in self._ids

    def inside(self, helper: Reference) -> Weighted:
        """A helper's formula as a sum of them and of other helpers; NotLinear where it is no such sum."""
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
        """Follow what the cell reads. A chain of helpers can be longer than Python's calls may be nested."""
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
        """The cells of a rectangle; the cells and rectangles that a helper reads."""
        if cell.size > 1:
            return iter(cell.each())
        return iter(ranges_of(*self._helpers[cell]) if cell in self._helpers else ())


class Accounts:
    """Takes the formulas of a network apart, down to tensors: what helpers only copy is read from where it was."""

    def __init__(self, owners: Owners, helpers: Helpers) -> None:
        self._owners, self.helpers = owners, helpers
        self._originals: dict[Reference, Reference] = {}

    def forward(self, formulas: Expression, index: Index, inputs: Sequence[Variables]) -> Account:
        """Say how an element of a result comes about, by its formulas.

        `inputs` are the cells of the tensors that it is made from; then those of fewer, in case it is no sum of all.
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
        """Say how a share of a gradient comes about; `arriving` are the cells of the gradients that it reads."""
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
        """Say of which gradients that arrive a share of a gradient is the sum."""
        return Account(self.backward(formulas, index, arriving).shares)

    def given(self, formulas: Expression, index: Index) -> Account:
        """Say where an element stands that is made of nothing."""
        return Account((Term(_cell(formulas.element(index))),))

    def spelled(self, formulas: Expression, index: Index) -> Account:
        """Give the formula itself, with its numbers left open."""
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
        """The cells of some tensors."""
        return Variables(grids, self._owners, self.helpers)

    def _expanded(self, sums: Weighted, variables: Variables, deep: int = DEEPEST) -> Weighted:
        """Replace helpers in a sum by what they are made of, `deep` helpers of helpers deep."""
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
        """The cell that a helper copies; itself where it is no copy."""
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
    """Whether a slope is one of two numbers, as ReLU's 1 or 0: its value says more than its formula."""
    if not isinstance(slope, FunctionCall) or slope.function != "IF":
        return False
    return all(isinstance(each, Constant) for each in slope.arguments[1:])


def _cell(formula: Expression) -> Reference | Expression:
    if isinstance(formula, Referred) and formula.reference.size == 1:
        return formula.reference.plain
    return formula


def _found(formula: Expression) -> Expression | Chosen:
    """What INDEX finds as the cell that it is; another formula as it is."""
    if isinstance(formula, FunctionCall) and formula.function == "INDEX" and isinstance(formula.arguments[0], Referred):
        return chosen(formula)
    return formula
