"""A vector times a matrix: the vector stands above, and each output is a row of weights.

           3.0000    5.0000                bias        made
output 1   0.8211   −0.1200   added up  +  0.4411  =   2.3043
output 2   …
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from excel_export.formulas import SUMPRODUCT, Expression, Index, Reference
from excel_export.graph.graph import Value
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller
from excel_export.sheets.steps.written import products_in_a_row
from excel_export.views.terms import Account

MOST_IN = 8
"""The most numbers of the vector."""
MOST_OUT = 10
"""The most outputs."""
ROW = 28
"""The height of a row, in pixels."""
LABEL = 230
"""The width of an output's name, in pixels."""
WIDE = 90
"""The width of a number, in pixels, up to FEW in a row; so the columns end where links end."""
NARROW = 60
"""The width of a number, in pixels, if there are more."""
FEW = 5
"""The most numbers in a row that are WIDE."""


@dataclass(frozen=True)
class MatrixProduct:
    """The outputs of one sample, as of a Linear: y[k] = vector · rows[k] + biases[k]."""

    vector: tuple[Reference, ...]
    """The cells of the numbers that all outputs read: (B5, C5)."""
    rows: tuple[tuple[Reference, ...], ...]
    """The cells of the weights, a tuple for each output: ((B8, C8), (B9, C9))."""
    biases: tuple[Reference | None, ...]
    """The cell of each output's bias: (D8, D9); None for none."""
    results: tuple[Reference, ...]
    """The cells of the outputs: (F8, F9)."""
    indices: tuple[Index, ...]
    """The indices of the outputs, from 0 on: ((0, 0), (0, 1))."""


def plan(teller: Teller, value: Value, index: Index) -> MatrixProduct | None:
    """Return `value[index[:-1]]`, the outputs of a sample, as a product of a matrix and a vector.

    None if there are more than 10, or one is no sum of 2 to 8 products, or they do not all read the same numbers.
    """
    if not value.shape or not 1 <= value.shape[-1] <= MOST_OUT:
        return None
    indices = tuple((*index[:-1], k) for k in range(value.shape[-1]))
    accounts = [teller.elements.forward(value, each) for each in indices]
    pairs = [pairs_of(account) for account in accounts]
    if any(not 1 < len(each) <= MOST_IN for each in pairs):
        return None
    if any(not isinstance(part, Reference) for each in pairs for pair in each for part in pair):
        return None
    added = tuple(account.alone for account in accounts)
    if any(each is not None and not isinstance(each, Reference) for each in added):
        return None
    for side in (0, 1):
        vectors = {tuple(pair[side].plain for pair in each) for each in pairs}
        if len(vectors) == 1:
            rows = tuple(tuple(pair[1 - side] for pair in each) for each in pairs)
            made = tuple(teller.value(value, each) for each in indices)
            return MatrixProduct(vectors.pop(), rows, added, made, indices)  # type: ignore[arg-type]
    return None


def pairs_of(account: Account) -> list[tuple[Any, Any]]:
    """Return the factors of each product of a sum: [(B5, B8), (C5, C8)] for B5·B8 + C5·C8 + D8; [] for max(B5, 0)."""
    if not account.spelled:
        return [(term.cell, term.factor) for term in account.terms]
    inner = list(account.spelled[1:-1])
    if account.spelled[0] or account.spelled[-1]:  # as of the root of it
        return []
    if len(account.terms) % 2 or inner[::2] != [" · "] * len(inner[::2]) or inner[1::2] != [" + "] * len(inner[1::2]):
        return []
    cells = [term.cell for term in account.terms]
    return list(zip(cells[::2], cells[1::2], strict=True))


def draw(sheet: StepSheet, teller: Teller, value: Value, index: Index, product: MatrixProduct) -> None:
    """Draw `value[index[:-1]]`, all outputs beside an element, as a vector times a matrix; the element is in a box."""
    call = teller.elements.makers[value]
    count = len(product.vector)
    sheet.head(
        teller.idea(call, "idea"),
        f"Each number on the right is a weighted sum of the {count} numbers above, with the weights of its row.",
    )
    titles, above = sheet.row(24), sheet.row(34)
    sheet.row(8)
    first = sheet.rows(len(product.rows), ROW)
    worked = sheet.row(30)
    label = sheet.col(LABEL)
    number = WIDE if count <= FEW else NARROW
    weights = sheet.cols(count, number)
    sheet.say(above, label, teller.tensor_of(product.vector[0]), "right")
    for k, cell in enumerate(product.vector):
        sheet.number(above, weights + k, teller.content_of(cell), "strong")
    header = Reference(sheet.name, above, weights, 1, count, True, False)
    sign = sheet.col(34)
    has_bias = any(each is not None for each in product.biases)
    bias = sheet.col(72) if has_bias else 0
    equals, made, check = sheet.col(34), sheet.col(110), sheet.col(28)
    sheet.col(90)
    sheet.say(titles, weights, teller.tensor_of(product.rows[0][0]), "head")
    sheet.say(titles, made, value.called, "middle")
    for k, row_cells in enumerate(product.rows):
        row = first + k
        called = teller.called(value, product.indices[k]) if len(product.rows) < 4 else f"number {k + 1}"
        sheet.say(row, label, called, "right")
        for n, cell in enumerate(row_cells):
            sheet.number(row, weights + n, teller.content_of(cell))
        formula: Expression = SUMPRODUCT(sheet.at(row, weights, 1, count), header)
        added = product.biases[k]
        if bias and added is not None:
            sheet.say(row, sign, "+", "center")
            formula = formula + sheet.number(row, bias, teller.content_of(added))
        sheet.say(row, equals, "=", "center")
        result = sheet.number(row, made, formula, "result" if product.indices[k] == index else "strong")
        sheet.check(row, check, result, product.results[k])
    if bias:
        sheet.say(titles, bias, "bias", "middle")
    sheet.colour(sheet.at(first, weights, len(product.rows), count))
    sheet.colour(sheet.at(above, weights, 1, count))
    which = product.indices.index(index) if index in product.indices else 0
    plain = (cell.plain for cell in header.each())
    parts = products_in_a_row(zip(plain, sheet.at(first + which, weights, 1, count).each(), strict=True))
    if bias:
        parts += [" + ", bracketed(sheet.at(first + which, bias))]
    shown = parts if count <= FEW else [*parts[:11], " + …"]
    sheet.write_out(worked, *shown, " = ", spelled(sheet.at(first + which, made)))
    sheet.canvas.heights[worked] = 22
