"""Small layers behind one another, with every weight where a number meets it; and all of them together as one layer.

                  adder 1                   all together
digit read  3  ×  −0.9043   1.1216  …          0.9844
number      5  ×  −0.8214   0.2036  …          0.9999
               +   0.2035  −0.9244  …          0.0734
               =  −6.6166   3.4584  …          8.0264
                                         adder 2
               ×  −0.8213   0.3021  …   0.1   8.4739   ×   0.6540
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import ABS, AND, IF, SUMPRODUCT, Expression, OperandLike, Reference, joined
from excel_export.sheets.steps.matrix import MatrixProduct, operand_of
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller

ROW, CELL, SIGN, RESULT = 20, 64, 22, 90
NEAR_ONE = 0.05


@dataclass(frozen=True)
class Layer:
    """A layer as it is drawn: what it reads stands below one another and it makes a row; or the other way round."""

    read: Reference
    met: Sequence[Reference]
    """For each number that is read, the weights that it meets."""
    biases: Reference
    results: Reference


def rows_of(chain: Sequence[MatrixProduct]) -> int:
    """How many rows they take."""
    last = len(chain[-1].rows) if len(chain) % 2 == 0 else 0
    return sum(1 if k % 2 else len(product.vector) + 2 for k, product in enumerate(chain)) + last


def width_of(chain: Sequence[MatrixProduct]) -> int:
    """The pixels that they take."""
    return sum(SIGN + CELL * len(each.rows) if k % 2 == 0 else CELL + SIGN + RESULT for k, each in enumerate(chain))


def draw(
    sheet: StepSheet, teller: Teller, chain: Sequence[MatrixProduct], names: Sequence[str], read: Reference
) -> list[Layer]:
    """Draw layers of which the first reads some numbers below one another, each of the others what the one before makes."""
    layers: list[Layer] = []
    for k, (product, name) in enumerate(zip(chain, names, strict=True)):
        layers.append((_across if k % 2 else _down)(sheet, teller, product, layers[-1].results if k else read, name))
    return layers


def _down(sheet: StepSheet, teller: Teller, product: MatrixProduct, read: Reference, name: str) -> Layer:
    """Numbers below one another, each with its weights in its row; the biases and the results in rows below."""
    count, row = len(product.vector), read.row
    sign, first = sheet.col(SIGN), sheet.cols(len(product.rows), CELL)
    sheet.say(row - 1, first, name, "head")
    for k, text in enumerate(["×"] * count + ["+", "="]):
        sheet.say(row + k, sign, text, "center")
    sheet.say(row + count, read.col, "bias", "right")
    biases, results = (sheet.at(row + count + k, first, 1, len(product.rows)) for k in (0, 1))
    for n, weights in enumerate(product.rows):
        for k, cell in enumerate(weights):
            sheet.number(row + k, first + n, operand_of(teller, cell), "small")
        _result(
            sheet, teller, (read.fixed_col, sheet.at(row, first + n, count)), product.added[n], (biases, results, n)
        )
    sheet.colour(sheet.at(row, first, count, len(product.rows)))
    return Layer(read, [sheet.at(row + k, first, 1, len(product.rows)) for k in range(count)], biases, results)


def _across(sheet: StepSheet, teller: Teller, product: MatrixProduct, read: Reference, name: str) -> Layer:
    """Numbers beside one another, each with its weights in its column; the biases and the results in columns behind."""
    count, row, first = len(product.rows), read.row + 2, read.col
    biases, equals = sheet.at(row, sheet.col(CELL), count), sheet.col(SIGN)
    results = sheet.at(row, sheet.col(RESULT), count)
    sheet.say(row - 1, biases.col, "+ bias", "center")
    sheet.say(row - 1, results.col, name, "middle")
    for n, weights in enumerate(product.rows):
        for k, cell in enumerate(weights):
            sheet.number(row + n, first + k, operand_of(teller, cell), "small")
        sheet.say(row + n, equals, "=", "center")
        own = sheet.at(row + n, first, 1, read.width)
        _result(sheet, teller, (read.fixed_row, own), product.added[n], (biases, results, n))
    sheet.say_all(row - 1, dict.fromkeys(range(first, first + read.width), "×"), "center")
    sheet.colour(sheet.at(row, first, count, read.width))
    return Layer(read, [sheet.at(row, first + k, count) for k in range(read.width)], biases, results)


def _result(
    sheet: StepSheet, teller: Teller, factors: tuple[Reference, Reference], added: Reference | None,
    at: tuple[Reference, Reference, int],
) -> None:  # fmt: skip
    """A bias, and a result."""
    biases, results, n = at
    bias, result = biases.each()[n], results.each()[n]
    inside = sheet.number(bias.row, bias.col, operand_of(teller, added) if added else 0, "small")
    sheet.number(result.row, result.col, SUMPRODUCT(*factors) + inside, "strong_box")


def draw_together(sheet: StepSheet, layers: Sequence[Layer], *, of_whole: bool) -> OperandLike:
    """What all layers are together, at the right of the first one's weights; return it as a line with its numbers.

    As seen from the last number: how much each number counts there is the sum of its weights, each times how much that
    counts which is made.
    """
    counts, last = layers[-1].met[0].to(layers[-1].met[-1]), layers[-1]
    constant: Expression = last.biases.cells
    for k, layer in reversed([*enumerate(layers[:-1])]):
        constant = constant + SUMPRODUCT(counts, layer.biases)
        if k % 2:  # below its weights
            places = sheet.at(layer.met[0].last.row + 1, layer.read.col, 1, layer.read.width)
            sheet.say(places.row, layer.biases.col, "← together", "note_small")
        else:
            places = sheet.at(layer.read.row, layers[k + 1].results.col, layer.read.height)
        for place, weights in zip(places.each(), layer.met, strict=True):
            sheet.number(place.row, place.col, SUMPRODUCT(counts.fixed, weights), "small" if k else "strong")
        counts = places
    row, col, read = counts.last.row, counts.col, layers[0].read
    sheet.say(counts.row - 1, col, "all together", "middle")
    for k, sign in enumerate(["×"] * read.size + ["+", "="]):
        sheet.say(counts.row + k, col - 1, sign, "center")
    added = sheet.number(row + 1, col, constant, "strong")
    made = sheet.number(row + 2, col, SUMPRODUCT(read, counts) + added, "strong_box")
    parts: list[OperandLike] = []
    for number, by in zip(read.each(), counts.each(), strict=True):
        first = number if of_whole else bracketed(number)
        parts += [" + "] * bool(parts) + [first, " × ", bracketed(by)]
    ones = AND(*[ABS(by - 1) < NEAR_ONE for by in counts.each()])
    adds = IF(ones, "  Each counts nearly 1: it adds.", "")
    return joined("All together: ", *parts, " + ", bracketed(added), " = ", spelled(made), ".", adds)
