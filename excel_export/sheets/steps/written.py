"""A formula written out with its numbers: 0.3806 / √(1.9442 + 1e-05)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from excel_export.formulas import Expression, OperandLike, Reference
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.sheets.steps.step_sheet import bracketed, spelled
from excel_export.views.terms import Account


def written(account: Account, number: Callable[[Cell | Expression, bool], OperandLike]) -> list[OperandLike]:
    """Return the texts of a readable formula, with its numbers between them; nothing for any other account.

    `number` returns a number as text from its cell, and from True if a number below 0 needs no brackets there.
    """
    if not account.spelled:
        return []
    parts: list[OperandLike] = [*account.spelled[:1]]
    for term, bare, text in zip(account.terms, account.bare, account.spelled[1:], strict=True):
        parts += [number(term.cell, bare), text]
    return [part for part in parts if not (isinstance(part, str) and not part)]


def read_from(places: Mapping[Reference, Reference]) -> Callable[[Cell | Expression, bool], Expression]:
    """Return a function for `written` that reads numbers from the cells in `places`, others from their own cells."""

    def number(cell: Cell | Expression, bare: bool) -> Expression:
        known = places.get(cell.plain, cell) if isinstance(cell, Reference) else cell
        assert isinstance(known, (Reference, Expression))
        return at_its_sign(known, bare)

    return number


def multiplied(a: OperandLike, b: OperandLike, product: OperandLike) -> list[OperandLike]:
    """Return the parts of a product with its numbers: 0.1876 × 2.7165 = 0.5097."""
    return [spelled(a), " × ", bracketed(b), " = ", spelled(product)]


def products_in_a_row(pairs: Iterable[tuple[OperandLike, OperandLike]]) -> list[OperandLike]:
    """Return the parts of a sum of products: 0.1876 × 2.7165 + 0.0963 × (−1.2000)."""
    parts: list[OperandLike] = []
    for a, b in pairs:
        parts += [*([" + ", bracketed(a)] if parts else [spelled(a)]), " × ", bracketed(b)]
    return parts


def in_a_row(cells: Iterable[OperandLike], sign: str, *, bare: bool = False) -> list[OperandLike]:
    """Return numbers with a sign between them: 0.3981 + (−0.0007); with `bare`, without brackets."""
    first, *others = cells
    return [spelled(first), *(part for cell in others for part in (sign, at_its_sign(cell, bare)))]


def at_its_sign(number: OperandLike, bare: bool) -> Expression:
    """Return a number as text within a formula, in brackets if it is below 0 and not `bare`."""
    return spelled(number) if bare else bracketed(number)
