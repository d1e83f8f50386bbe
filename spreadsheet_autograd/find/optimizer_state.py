"""Traces an optimizer's state, such as momentum's velocity or Adam's averages, back to the gradient."""

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import ONE, of_one_less, terms_of
from spreadsheet_autograd.language.places import moved, way
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Number, Unary, pieces, shifted

MOST_STEPS = 6
"""The most formulas between a step and its gradient."""
Offset = tuple[int, int]
"""Rows and columns from one cell to another."""


def gradient_behind(
    graph: SpreadsheetGraph, node: Node, at: Place, back: Offset, is_averaged: bool
) -> tuple[Node, Place]:
    """Return the gradient of an update's step, without state, the root of the squares, corrections and clipping.

    For B6 `=B5-F1*C5`, where C5 is `=0.9*C4+D5`, it is (D5, C5): the velocity C5 is state, the gradient is D5.

    Args:
        graph: the workbook.
        node: the step without the learning rate, a reference to C5.
        at: the cell whose formula has the step, B6.
        back: (rows, columns) from the next value to the old one, (-1, 0) if it lies a row above.
        is_averaged: True if the step is known to be an average of gradients, so that (1-0.9)*D5 is a share of D5.

    Returns:
        The gradient, and the cell that is it or whose formula has it.
    """
    has_state = False  # one state is enough: an average is made of the gradient, not of another average
    for _ in range(MOST_STEPS):
        place = node.place if isinstance(node, Cell) else None
        formula = graph.formulas.get(place) if place else node
        if formula is None or (place and has_state):
            break
        operator, left, right = (
            (formula.operator, formula.left, formula.right) if isinstance(formula, Binary) else ("", ONE, ONE)
        )
        rest = without_state(graph, place, formula, back) if place else None
        if rest is not None:
            node, is_averaged, has_state = rest, True, True
        elif operator == "/" and (_is_correction(right) if place else is_root_or_correction(right)):
            node, is_averaged = left, True
        elif operator == "*" and is_averaged and (_is_share(graph, left) or _is_share(graph, right)):
            node, has_state = right if _is_share(graph, left) else left, True
        else:
            break
        at = place or at
    return node, at


def without_state(graph: SpreadsheetGraph, at: Place, node: Node, back: Offset) -> Node | None:
    """Return the gradient of a formula that also has an optimizer's state: D5 for `=0.9*C4+D5`.

    None for a formula without state, such as `=0.1*D5`.

    Args:
        graph: the workbook.
        at: the formula's cell, C5.
        node: the formula.
        back: (rows, columns) to the step before: with (-1, 0), C4 is the state before.
    """
    before = _before(graph, at, node) or moved(at, *back)
    kept, rest = list[tuple[int, Node]](), list[tuple[int, Node]]()
    for sign, term in terms_of(node):
        reads = any(isinstance(piece, Cell) and piece.place == before for piece in pieces(term))
        (kept if reads else rest).append((sign, term))
    # The state before, or a share of it; not a target that is subtracted and lies as far back.
    if len(rest) != 1 or not any(sign > 0 or not isinstance(term, Cell) for sign, term in kept):
        return None
    [(sign, term)] = rest
    return term if sign > 0 else Unary("-", term)


def _before(graph: SpreadsheetGraph, at: Place, node: Node) -> Place | None:
    """Return the cell before `at` in a line of copies that its formula reads; None without one."""
    for other in (piece.place for piece in pieces(node) if isinstance(piece, Cell)):
        step = way(other, at)
        is_in_line = other[0] == at[0] and step in ((0, 1), (1, 0))
        copies = [moved(at, k * step[0], k * step[1]) for k in (-1, 1, 2)] if is_in_line else []
        if any(graph.formulas.get(cell) == shifted(node, *way(at, cell)) for cell in copies):
            return other
        if any(graph.repeated(moved(other, *step)) == at != moved(other, *step) for step in ((1, 0), (0, 1))):
            return other
    return None


def is_root_or_correction(node: Node) -> bool:
    """Return whether a formula has a root, as SQRT(B2)+E1, or is Adam's correction 1-0.9^B1; False for B2+1."""
    return any(map(is_root, pieces(node))) or _is_correction(node)


def is_root(node: Node) -> bool:
    """Return whether a formula is a square root: True for SQRT(B2) and B2^0.5, False for SQRT(B2)+1."""
    if isinstance(node, Call):
        return node.name == "SQRT"
    return isinstance(node, Binary) and node.operator == "^" and node.right == Number(0.5)


def _is_share(graph: SpreadsheetGraph, node: Node) -> bool:
    """Return whether a formula is 1 − β, a cell that holds it, or a number between 0 and 1."""
    formula = graph.formulas.get(node.place, node) if isinstance(node, Cell) else node
    return 0 < formula.value < 1 if isinstance(formula, Number) else of_one_less(formula) is not None


def correction_of(node: Node) -> tuple[Node, Node] | None:
    """Return (B2, 0.9) for B2/(1-0.9^B1), Adam's correction of an average of gradients; None for other formulas."""
    power = of_one_less(node.right) if isinstance(node, Binary) and node.operator == "/" else None
    if isinstance(power, Binary) and power.operator == "^":
        return node.left, power.left  # type: ignore[union-attr]
    if isinstance(power, Call) and power.name == "POWER":
        return node.left, power.arguments[0]  # type: ignore[union-attr]
    return None


def _is_correction(node: Node) -> bool:
    """Return whether a formula is 1 − β^t."""
    return of_one_less(node) is not None and any(
        (isinstance(piece, Binary) and piece.operator == "^") or (isinstance(piece, Call) and piece.name == "POWER")
        for piece in pieces(node)
    )
