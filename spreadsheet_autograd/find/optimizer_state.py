"""What a learning rule remembers: from momentum's velocity, or Adam's averages, back to the gradient in them."""

from __future__ import annotations

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ONE, of_one_less, terms_of
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Unary, pieces, shifted

MOST_STEPS = 6
Offset = tuple[int, int]


def without_state(graph: SpreadsheetGraph, at: Place, node: Node, back: Offset) -> Node | None:
    """Of β · before + g, or β · before − rate · g, the rest with its sign; None where nothing is remembered.

    Args:
        graph: the workbook.
        at: where the formula stands.
        node: the formula.
        back: from a parameter to what it was a step before: so far back stands what is remembered.
    """
    before = _before(graph, at, node) or moved(at, *back)
    terms = [*terms_of(node)]
    rest = [(sign, term) for sign, term in terms if not _reads(term, before)]
    if len(rest) != 1 or len(rest) == len(terms):
        return None
    if not any(_keeps(graph, sign, term, before) for sign, term in terms):
        return None
    sign, term = rest[0]
    return term if sign > 0 else Unary("-", term)


def _before(graph: SpreadsheetGraph, at: Place, node: Node) -> Place | None:
    """The cell that a formula reads right before itself in a line, where it, or the next one, is a copy of it.

    Or one that repeats what its copy gave a step before, in a column of its own.
    """
    for other in (piece.place for piece in pieces(node) if isinstance(piece, Cell)):
        origin = graph.repeated(other)
        is_copy = origin[0] == at[0] and graph.formulas.get(origin) == shifted(node, *way(at, origin))
        if origin not in (other, at) and is_copy:
            return other
        if any(graph.repeated(moved(other, *step)) == at for step in ((1, 0), (0, 1)) if moved(other, *step) != at):
            return other
        step = way(other, at)
        if other[0] == at[0] and step in ((0, 1), (1, 0)):
            for cell, sign in ((other, -1), (moved(at, *step), 1)):
                if graph.formulas.get(cell) == shifted(node, sign * step[0], sign * step[1]):
                    return other
    return None


def _keeps(graph: SpreadsheetGraph, sign: int, term: Node, before: Place) -> bool:
    """Whether a term is what was there before, or a share of it: no target that is subtracted, be it as far back."""
    if isinstance(term, Cell):
        return term.place == before and sign > 0 and (graph.is_formula(before) or not graph.numbers.get(before))
    return _reads(term, before)


def _reads(node: Node, at: Place) -> bool:
    return any(isinstance(piece, Cell) and piece.place == at for piece in pieces(node))


def gradient_behind(
    graph: SpreadsheetGraph, node: Node, at: Place, back: Offset, is_averaged: bool
) -> tuple[Node, Place]:
    """The gradient that a step is made of: without what is remembered, the roots of squares, and their corrections.

    Comes with the cell that holds it, or in whose formula it stands.

    Args:
        graph: the workbook.
        node: the step, without the learning rate.
        at: the cell in whose formula it stands.
        back: as of `without_state`.
        is_averaged: whether it is already known to be an average.
    """
    has_state = False  # one is enough: what an average is made of is the gradient, and no other average
    for _ in range(MOST_STEPS):
        inside = clipped(graph, node)
        if inside is not None:
            node = inside
            continue
        if isinstance(node, Binary) and node.operator == "/" and is_root_or_correction(node.right):
            node, is_averaged = node.left, True
            continue
        if isinstance(node, Binary) and node.operator == "*" and is_averaged:
            if is_share(node.left):
                node, has_state = node.right, True
                continue
            if is_share(node.right):
                node, has_state = node.left, True
                continue
        if not isinstance(node, Cell) or has_state:
            break
        place = node.place
        inner = graph.formulas.get(place)
        if inner is None:
            break
        inside = clipped(graph, inner)
        if inside is not None:
            node, at = inside, place
            continue
        rest = without_state(graph, place, inner, back)
        if rest is not None:
            node, at, is_averaged, has_state = rest, place, True, True
        elif (
            (is_averaged and isinstance(inner, Binary) and inner.operator == "*"
             and (is_share(inner.left) or is_share(inner.right)))
            or (isinstance(inner, Binary) and inner.operator == "/" and _is_correction(inner.right))
        ):  # fmt: skip
            node, at, is_averaged = inner, place, True
        else:
            break
    return node, at


def clipped(graph: SpreadsheetGraph, node: Node) -> Node | None:
    """Of a gradient that is kept within bounds, be it each number or its norm, the gradient itself."""
    if isinstance(node, Binary) and node.operator == "*":
        for one, other in ((node.left, node.right), (node.right, node.left)):
            scale = graph.formulas.get(other.place) if isinstance(other, Cell) else other
            if isinstance(one, Cell) and isinstance(scale, Call) and scale.name == "MIN" and ONE in scale.arguments:
                return one
    if not isinstance(node, Call):
        return None
    if node.name == "IF" and len(node.arguments) == 3:
        test, *branches = node.arguments
        for one, other in (branches, reversed(branches)):
            if isinstance(one, Cell) and one.place in graph.reads(other) and one.place in graph.reads_of(test):
                return one
    bounds = {"MAX", "MIN"} - {node.name} if node.name in ("MAX", "MIN") else set()
    for inner in node.arguments if len(node.arguments) == 2 else ():
        if isinstance(inner, Call) and inner.name in bounds and len(inner.arguments) == 2:
            return next((each for each in inner.arguments if _is_computed(graph, each)), None)
    if node.name == "MEDIAN" and len(node.arguments) == 3:
        computed = [each for each in node.arguments if _is_computed(graph, each)]
        return computed[0] if len(computed) == 1 else None
    return None


def _is_computed(graph: SpreadsheetGraph, node: Node) -> bool:
    return any(isinstance(piece, Cell) and graph.is_formula(graph.repeated(piece.place)) for piece in pieces(node))


def is_root_or_correction(node: Node) -> bool:
    """Whether it is √v + ε, or 1 − β ^ t."""
    return any(map(is_root, pieces(node))) or _is_correction(node)


def is_root(node: Node) -> bool:
    """Whether it is a square root."""
    if isinstance(node, Call):
        return node.name == "SQRT"
    return isinstance(node, Binary) and node.operator == "^" and node.right == Number(0.5)


def is_share(node: Node) -> bool:
    """Whether it is 1 − β, or a number that may be that."""
    if isinstance(node, Number):
        return 0 < node.value < 1
    return of_one_less(node) is not None


def _is_correction(node: Node) -> bool:
    """Whether it is 1 − β ^ t."""
    return of_one_less(node) is not None and any(
        (isinstance(piece, Binary) and piece.operator == "^") or (isinstance(piece, Call) and piece.name == "POWER")
        for piece in pieces(node)
    )
