"""What the formulas of the forward pass hold, and a gradient may lack: their terms, their numbers, and their slopes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.derivatives import NoDerivative, terms_of_gradient
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ONE, terms_of
from spreadsheet_autograd.language.elements import without_let
from spreadsheet_autograd.language.places import nearest
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Node,
    Number,
    Part,
    Path,
    Unary,
    pieces,
    replaced,
    size_of,
    walk,
)
from spreadsheet_autograd.repair.edit import Edit

MOST_FORMULAS, MOST_TERMS, MOST_CELLS, MOST_NUMBERS, MOST_PIECES, LONGEST = 30, 30, 40, 12, 16, 12
MOST_DIFFERENTIATED, MOST_READ, LONGEST_SLOPE, MOST_SLOPES = 20, 8, 60, 40
_USUAL = {0.0, 0.5, 1.0, 2.0, 3.0, 4.0}


class ForwardPieces:
    """The terms and the numbers in the forward formulas that stand nearest to a cell."""

    def __init__(self, graph: SpreadsheetGraph, cell: Place, forward: Collection[Place]) -> None:
        near = nearest((at for at in forward if at in graph.formulas and at[1] > 0), cell)
        formulas = [graph.formulas[at] for at in near[:MOST_FORMULAS]]
        self._formulas = [node for node in formulas if not isinstance(node, Part)]

    @property
    def numbers(self) -> list[float]:
        """Numbers such as the slope of a leaky ReLU, or how many examples there are."""
        found = {piece.value: None for node in self._formulas for piece in pieces(node) if isinstance(piece, Number)}
        return [value for value in found if value not in _USUAL][:MOST_NUMBERS]

    def missing_terms(self, formula: Node, most: int = MOST_TERMS, cells: Sequence[Place] = ()) -> Iterator[Edit]:
        """Yield a formula with one more term, also inside a square or a sum of products.

        Args:
            formula: what may lack a term.
            most: how many of the forward pass's terms are tried.
            cells: further cells that are tried as a term inside of squares and functions.
        """
        terms = [*self._terms()][:most]
        others: list[tuple[int, Node]] = [(1, Cell(*at)) for at in cells[:MOST_CELLS]]
        inside = set(_inside(formula))
        for path, piece in [*walk(formula)][:MOST_PIECES]:
            if isinstance(piece, Number):
                continue
            own = [term for _, term in terms_of(piece)]
            for sign, term in [*terms, *(others if path in inside else ())]:
                if term in own:
                    continue
                for operator in "+-" if sign > 0 else "-+":
                    changed = replaced(formula, path, Binary(operator, piece, term))
                    yield Edit("missing term", changed, 4, None, term)

    def _sums(self) -> Iterator[Sequence[tuple[int, Node]]]:
        for node in self._formulas:
            for _, piece in walk(node):
                if isinstance(piece, Binary) and piece.operator in "+-":
                    yield [*terms_of(piece)]

    def _terms(self) -> list[tuple[int, Node]]:
        found = {
            term: sign
            for terms in self._sums()
            for sign, term in terms
            if not isinstance(term, Number) and size_of(term) <= LONGEST
        }
        return [(sign, term) for term, sign in found.items()]


def _inside(formula: Node) -> Iterator[Path]:
    """Where something is squared, or goes into a function."""
    for path, piece in walk(formula):
        if isinstance(piece, Call) or (isinstance(piece, Binary) and piece.operator == "^"):
            for inner, _ in walk(piece):
                if inner:
                    yield (*path, *inner)


def local_slopes(graph: SpreadsheetGraph, cell: Place, forward: Collection[Place]) -> list[Node]:
    """Give the slopes of the forward formulas nearest to a cell, also through one cell between.

    Cells and numbers are left out: they are tried as such.
    """
    near = nearest((at for at in forward if at in graph.formulas and at[1] > 0), cell)[:MOST_DIFFERENTIATED]
    by_cell = {at: _slopes(graph, at) for at in near}
    found: dict[Node, None] = {}
    for slopes in by_cell.values():
        for between, slope in slopes.items():
            found[slope] = None
            for to, inner in by_cell.get(between, {}).items():
                through = _product([slope, inner])
                found[Binary("+", slopes[to], through) if to in slopes else through] = None
    for slope in [*found]:
        found.update(dict.fromkeys(_factors(slope)))
    usable: list[Node] = [
        node for node in found if not isinstance(node, (Cell, Number)) and size_of(node) <= LONGEST_SLOPE
    ]
    return usable[:MOST_SLOPES]


def _slopes(graph: SpreadsheetGraph, at: Place) -> dict[Place, Node]:
    node = graph.formulas[at]
    if isinstance(node, Part) or at in graph.arrays or len(graph.reads(node)) > MOST_READ:
        return {}
    own = Cell(*at)
    found: dict[Place, Node] = {}
    try:
        for term in terms_of_gradient(without_let(node), own, own):
            slope: Node = _product(term.factors[1:])
            slope = Unary("-", slope) if term.negative else slope
            before = found.get(term.to.place)
            found[term.to.place] = slope if before is None else Binary("+", before, slope)
    except (NoDerivative, ValueError, IndexError):
        return {}
    return found


def _factors(node: Node) -> list[Node]:
    """What a slope is made of, each by itself: the rest may stand in the gradient already."""
    if isinstance(node, Binary) and node.operator == "*":
        return [*_factors(node.left), *_factors(node.right)]
    if isinstance(node, Binary) and node.operator == "/":
        return [*_factors(node.left), Binary("/", ONE, node.right)]
    return [node]


def _product(factors: Sequence[Node]) -> Node:
    product: Node = ONE
    for factor in factors:
        if isinstance(factor, Binary) and factor.operator == "/" and factor.left == ONE:
            product = Binary("/", product, factor.right)
        elif factor != ONE:
            product = factor if product == ONE else Binary("*", product, factor)
    return product
