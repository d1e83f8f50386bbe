"""The total weight of each number in two or three small layers: together they are one sum, which a table adds up.

how much each counts, through the 5 units of adder 1
            to adder 2          digit read              number            bias
last layer   ▪▪▪▪▪  counts    weight    × counts     weight   × counts
unit 1       ▪▪▪▪▪  −0.6466   −0.9043  →  0.5847     −0.8214 →  0.5311     ▪
unit 2       ▪▪▪▪▪   0.4908    0.6433  →  0.3157      0.4215 →  0.2069     ▪
                             added up     0.9844               0.9999

Each coloured square is a weight, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from excel_export.formulas import SUM, SUMPRODUCT, Expression, OperandLike, Reference, as_expression
from excel_export.sheets.steps.matrix import MatrixProduct
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller

MOST_LAYERS = 3
UNIT, GAP, SQUARE, SIGN, COUNTS, WEIGHT, PRODUCT = 60, 5, 18, 16, 58, 56, 72
"""The widths in pixels of a unit's name, a gap, a weight drawn as a square, a sign, and the three kinds of numbers."""


class CountedNumber(NamedTuple):
    """The total weight of one number that the layers read."""

    weights: Reference
    """The number's weights in the first layer."""
    products: Reference
    """Each of these times the weight of its result in the last number."""
    total: Reference
    """The sum of the products."""


class Connections(NamedTuple):
    """The cells of the layers."""

    counts: Reference
    """The total weight of each result of the first layer."""
    numbers: list[CountedNumber]
    """The total weight of each number that the layers read."""
    constant: Expression
    """The sum of all biases, each times its total weight."""


def rows_of(chain: Sequence[MatrixProduct]) -> int:
    """Return the number of rows that the layers take."""
    return len(chain[0].rows) + 4


def width_of(chain: Sequence[MatrixProduct]) -> int:
    """Return the pixels that the layers take."""
    between = SQUARE * sum(len(product.rows) for product in chain[1:-1])
    return UNIT + GAP + between + SIGN + COUNTS + (2 * SIGN + WEIGHT + PRODUCT) * len(chain[0].vector) + SIGN + SQUARE


def draw(
    sheet: StepSheet, teller: Teller, chain: Sequence[MatrixProduct], names: Sequence[str], labels: Sequence[OperandLike],
    first: int,
) -> Connections:  # fmt: skip
    """Draw two or three layers whose last one makes one number.

    Args:
        sheet: the sheet.
        teller: the story.
        chain: the layers.
        names: the names of their results.
        labels: the names of the numbers that the first one reads.
        first: the first row.
    """
    layer, last, count, first = chain[0], chain[-1], len(chain[0].rows), first + 1
    unit, below = sheet.col(UNIT), first + 1 + count
    sheet.say(first - 2, unit, f"how much each counts, through the {count} units of {names[0]}", "head")
    for k in range(count):
        sheet.say(first + 1 + k, unit, f"unit {k + 1}", "right")
    sheet.say(below, unit, "biases", "right")
    sheet.col(GAP)
    between = chain[1] if len(chain) > 2 else None
    wide = len(between.rows) if between else 0
    squares = sheet.cols(wide, SQUARE) if between else 0
    sign, col = sheet.col(SIGN), sheet.col(COUNTS)
    sheet.say(first, col, "counts", "center")
    counts = sheet.at(first + 1, col, count)
    ends = sheet.at(below, sign)
    sheet.squares(ends, [[_bias(teller, last, 0)]])
    constant, coloured = ends.cells, [ends]
    if between:
        above, met, added = (
            sheet.at(row, squares, height, wide) for row, height in ((first, 1), (first + 1, count), (below, 1))
        )
        sheet.say(first - 1, squares, f"to {names[1]}", "middle", width=wide)
        sheet.say(first, unit, "last layer", "right")
        sheet.squares(above, [[teller.content_of(cell) for cell in last.rows[0]]])
        sheet.squares(met, [[teller.content_of(row[k]) for row in between.rows] for k in range(count)])
        sheet.squares(added, [[_bias(teller, between, k) for k in range(wide)]])
        constant += SUMPRODUCT(above, added)
        coloured += [above, met, added]
    for k in range(count):
        weight = teller.content_of(last.rows[0][k])
        formula = SUMPRODUCT(met.at(k).to(met.at(k, wide - 1)), above.fixed) if between else weight
        sheet.number(counts.row + k, col, formula, "small")
    found = [
        _draw_total_weight(sheet, teller, [row[n] for row in layer.rows], called, counts)
        for n, called in enumerate(labels)
    ]
    sheet.col(SIGN)
    biases = sheet.at(first + 1, sheet.col(SQUARE), count)
    sheet.say(first - 1, biases.col, "bias", "center_small")
    sheet.squares(biases, [[_bias(teller, layer, k)] for k in range(count)])
    sheet.colour(*coloured, biases)
    sheet.colour(*(each.weights for each in found))
    return Connections(counts, found, constant + SUMPRODUCT(counts, biases))


def _draw_total_weight(
    sheet: StepSheet, teller: Teller, weights: Sequence[Reference], called: OperandLike, counts: Reference
) -> CountedNumber:
    """Draw the total weight of one number: its weights, each times the total weight of the result."""
    gap, col, arrow, product = (sheet.col(pixels) for pixels in (SIGN, WEIGHT, SIGN, PRODUCT))
    first, count = counts.row, counts.height
    sheet.say(first - 2, gap, called, "middle", width=4)
    sheet.say_all(first - 1, {col: "weight", product: "× counts"}, "center")
    for k, weight in enumerate(weights):
        sheet.say(first + k, arrow, "→", "center")
        here = sheet.number(first + k, col, teller.content_of(weight), "small")
        sheet.number(first + k, product, counts.at(k).fixed_col * here, "small")
    products = sheet.at(first, product, count)
    sheet.say(first + count, col, "added up", "right")
    total = sheet.number(first + count, product, SUM(products), "fine_small")
    return CountedNumber(sheet.at(first, col, count), products, total)


def _bias(teller: Teller, product: MatrixProduct, k: int) -> Expression:
    added = product.biases[k]
    return as_expression(teller.content_of(added) if added else 0)
