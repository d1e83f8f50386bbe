"""A formula written out with its numbers: 0.3806 / √(1.9442 + 0.00001)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from excel_export.formulas import IF, ROUND, Expression, OperandLike, Reference, as_expression, equal, joined, total
from excel_export.formulas.analysis.linear_form import Cell
from excel_export.sheets.steps.step_sheet import DECIMALS, bracketed, spelled
from excel_export.views.terms import Account


def written(account: Account, number: Callable[[Cell | Expression, bool], OperandLike]) -> list[OperandLike]:
    """Return the texts of a readable formula, with its numbers between them: ['max(', 0.5, ', 0)']; [] for a plain sum.

    `number` returns a number as text; it gets the cell, and True if a number below 0 needs no brackets there.
    """
    if not account.spelled:
        return []
    parts: list[OperandLike] = [*account.spelled[:1]]
    for term, bare, text in zip(account.terms, account.bare, account.spelled[1:], strict=True):
        parts += [number(term.cell, bare), text]
    return [part for part in parts if not (isinstance(part, str) and not part)]


def read_from(places: Mapping[Reference, Reference]) -> Callable[[Cell | Expression, bool], Expression]:
    """Return a function for `written`: a number is read from the cell in `places`, {Network!B5: C7}, else its own."""

    def number(cell: Cell | Expression, bare: bool) -> Expression:
        known = places.get(cell.plain, cell) if isinstance(cell, Reference) else cell
        assert isinstance(known, (Reference, Expression))
        return at_its_sign(known, bare)

    return number


def multiplied(a: OperandLike, b: OperandLike, product: OperandLike) -> list[OperandLike]:
    """Return the parts of a text 'a × b = product': 0.1876 × 2.7165 ≈ 0.5097, with = if the shown digits give it."""
    return [spelled(a), " × ", bracketed(b), equals(sum_as_shown([(a, b)]), product), spelled(product)]


def sum_as_shown(terms: Iterable[OperandLike | tuple[OperandLike, OperandLike]]) -> Expression:
    """Return a formula for a sum of numbers and products of two, each rounded as shown: ROUND(B5,4)*ROUND(C5,4)+…."""
    shown = [_as_shown(term[0]) * _as_shown(term[1]) if isinstance(term, tuple) else _as_shown(term) for term in terms]
    return total(shown)


def _as_shown(number: OperandLike) -> Expression:
    return ROUND(as_expression(number), DECIMALS)


def equals(shown: Expression, result: OperandLike) -> Expression:
    """Return a formula for the sign before a result, ' = ' if the shown digits give it exactly, else ' ≈ '."""
    return joined(" ", sign_of(shown, result), " ")


def sign_of(shown: Expression, result: OperandLike) -> Expression:
    """Return a formula for the sign in a cell before a result: '=' if the shown digits give it exactly, else '≈'."""
    return IF(equal(ROUND(shown, DECIMALS), _as_shown(result)), "=", "≈")


def products_in_a_row(
    pairs: Iterable[tuple[OperandLike, OperandLike]], *, are_whole: bool = False
) -> list[OperandLike]:
    """Return the parts of a text: 0.1876 × 2.7165 + 0.0963 × (−1.2000); or 2 × 2.7165 + … if `are_whole`."""
    parts: list[OperandLike] = []
    for a, b in pairs:
        first = a if are_whole else bracketed(a) if parts else spelled(a)
        parts += [*[" + "] * bool(parts), first, " × ", bracketed(b)]
    return parts


def added_up(cells: Sequence[OperandLike], result: OperandLike, *, bare: bool = False) -> list[OperandLike]:
    """Return the parts of a text: 0.3981 + (−0.0007) = 0.3974; with `bare`, without brackets."""
    return [*in_a_row(cells, " + ", bare=bare), equals(sum_as_shown(cells), result), spelled(result)]


def in_a_row(cells: Iterable[OperandLike], sign: str, *, bare: bool = False) -> list[OperandLike]:
    """Return the parts of a text of numbers, 0.3981 + (−0.0007) for the `sign` ' + '; `bare`, without brackets."""
    first, *others = cells
    return [spelled(first), *(part for cell in others for part in (sign, at_its_sign(cell, bare)))]


def at_its_sign(number: OperandLike, bare: bool) -> Expression:
    """Return a formula for a number as text: '0.5000', or '(−0.5000)', which is '−0.5000' if `bare`."""
    return spelled(number) if bare else bracketed(number)
