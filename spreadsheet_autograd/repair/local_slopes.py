"""The slopes of the forward pass's formulas: what a gradient may lack where no cell holds it, as that of GELU."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.derivatives import NoDerivative, terms_of_gradient
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ONE
from spreadsheet_autograd.language.elements import without_let
from spreadsheet_autograd.language.places import nearest
from spreadsheet_autograd.language.syntax import Binary, Cell, Node, Number, Part, Unary, size_of

MOST_FORMULAS, MOST_READ, LONGEST, MOST_SLOPES = 20, 8, 60, 40
Slopes = dict[Place, Node]
"""By each cell that a formula reads."""


def local_slopes(graph: SpreadsheetGraph, cell: Place, forward: Collection[Place]) -> list[Node]:
    """Give the slopes of the forward formulas nearest to a cell, also through one cell between.

    Cells and numbers are left out: they are tried as such.
    """
    near = nearest((at for at in forward if at in graph.formulas and at[1] > 0), cell)[:MOST_FORMULAS]
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
    usable: list[Node] = [node for node in found if not isinstance(node, (Cell, Number)) and size_of(node) <= LONGEST]
    return usable[:MOST_SLOPES]


def _slopes(graph: SpreadsheetGraph, at: Place) -> Slopes:
    node = graph.formulas[at]
    if isinstance(node, Part) or at in graph.arrays or len(graph.reads(node)) > MOST_READ:
        return {}
    own = Cell(*at)
    found: Slopes = {}
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
