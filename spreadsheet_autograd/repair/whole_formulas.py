"""Writes formulas of which a gradient is only a part, with another gradient."""

from collections.abc import Sequence

from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.optimizer_state import is_root_or_correction
from spreadsheet_autograd.find.updates import Update
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.algebra import terms_of
from spreadsheet_autograd.language.syntax import Binary, Node, Part, Unary, pieces, replaced, walk


def with_gradient(graph: SpreadsheetGraph, claim: Claim, updates: Sequence[Update], gradient: Node) -> Node | None:
    """Return the formula of an update, or of a step such as Δw, with another gradient; None if that can't be told.

    B3-B7*(2*B4) for B3-B7*(B4*B1) and the gradient 2*B4. `claim` is a claim within that formula, `updates` those of the
    workbook.
    """
    own = graph.formulas.get(claim.cell)
    if own is None or isinstance(own, Part) or claim.formula is None:
        return None
    for path, piece in walk(own):
        if piece == claim.formula:
            return replaced(own, path, gradient)
    if any(is_root_or_correction(piece) for piece in pieces(own)):
        return None
    update = next((each for each in updates if each.at == claim.cell and each.old == claim.of), None)
    return _with_step(own, update, gradient) if update else None


def _with_step(formula: Node, update: Update, gradient: Node) -> Node | None:
    """Return the sum with rate · gradient in place of the term that has the rate; None if no term has it."""
    terms = [*terms_of(formula)]
    place = next((k for k, (_, term) in enumerate(terms) if update.factor in pieces(term)), None)
    if place is None:
        return None
    is_added = update.at != update.new and update.adds == update.is_turned
    sign = 1 if is_added else -1
    while isinstance(gradient, Unary) and gradient.operator == "-":
        sign, gradient = -sign, gradient.operand
    terms[place] = sign, Binary("*", update.factor, gradient)
    whole: Node | None = None
    for sign, term in terms:
        if whole is None:
            whole = term if sign > 0 else Unary("-", term)
        else:
            whole = Binary("+" if sign > 0 else "-", whole, term)
    return whole
