"""Small layers behind one another, with every weight where a number meets it; and how much each number counts.

                  adder 1
digit read  3  ×  −0.9043   1.1216  …
number      5  ×  −0.8214   0.2036  …
               +   0.2035  −0.9244  …
               =  −6.6166   3.4584  …
                                         adder 2
               ×  −0.8213   0.3021  …   0.1   8.4739   ×   0.6540
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import SUMPRODUCT, Expression, Reference
from excel_export.sheets.steps.matrix import MatrixProduct
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller

Counted = tuple[Reference, Reference]
"""The weights that a number meets, and how much each number that is made counts in the last one."""
CELL, SIGN = 54, 18
"""The pixels of a number, and of a sign."""


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
    return sum(SIGN + CELL * len(each.rows) if k % 2 == 0 else SIGN + 2 * CELL for k, each in enumerate(chain))


def draw(
    sheet: StepSheet, teller: Teller, chain: Sequence[MatrixProduct], names: Sequence[str], read: Reference
) -> list[Layer]:
    """Draw layers of which the first reads some numbers below one another, each of the others what the one before makes."""
    layers: list[Layer] = []
    for k, (product, name) in enumerate(zip(chain, names, strict=True)):
        numbers = layers[-1].results if k else read
        layer = (_across if k % 2 else _down)(sheet, numbers, len(product.rows), name)
        for n, (weights, added) in enumerate(zip(product.rows, product.added, strict=True)):
            places = [met.each()[n] for met in layer.met]
            for place, cell in zip(places, weights, strict=True):
                sheet.number(place.row, place.col, teller.content_of(cell), "small")
            bias, result = layer.biases.each()[n], layer.results.each()[n]
            inside = sheet.number(bias.row, bias.col, teller.content_of(added) if added else 0, "small")
            fixed = numbers.fixed_row if k % 2 else numbers.fixed_col
            formula = SUMPRODUCT(fixed, places[0].to(places[-1])) + inside
            sheet.number(result.row, result.col, formula, "small_box")
        first, last = layer.met[0], layer.met[-1].last
        sheet.colour(first.at(0).to(last))
        layers.append(layer)
    return layers


def _down(sheet: StepSheet, read: Reference, count: int, name: str) -> Layer:
    """Numbers below one another, each with its weights in its row; the biases and the results in rows below."""
    sign, first = sheet.col(SIGN), sheet.cols(count, CELL)
    sheet.say(read.row - 1, first, name, "head")
    sheet.say(read.last.row + 1, read.col, "bias", "right")
    for k, text in enumerate(["×"] * read.size + ["+", "="]):
        sheet.say(read.row + k, sign, text, "center")
    *met, biases, results = (sheet.at(read.row + k, first, 1, count) for k in range(read.size + 2))
    return Layer(read, met, biases, results)


def _across(sheet: StepSheet, read: Reference, count: int, name: str) -> Layer:
    """Numbers beside one another, each with its weights in its column; the biases and the results in columns behind."""
    row = read.row + 2
    met = [sheet.at(row, cell.col, count) for cell in read.each()]
    bias, equals, made = sheet.col(CELL), sheet.col(SIGN), sheet.col(CELL)
    sheet.say_all(row - 1, {cell.col: "×" for cell in read.each()} | {bias: "+ bias"}, "center")
    sheet.say(row - 1, made, name, "middle")
    for k in range(count):
        sheet.say(row + k, equals, "=", "center")
    return Layer(read, met, sheet.at(row, bias, count), sheet.at(row, made, count))


def counts_of(
    sheet: StepSheet, layers: Sequence[Layer], called: tuple[int, str]
) -> tuple[list[Expression], Expression, list[Counted]]:
    """How much each number that is read counts in the last one, and what is added: all layers as one.

    As seen from the last number: how much each number counts there is the sum of its weights, each times how much that
    counts which is made. What numbers between count stands beside them, `called` so in a column. Also returned is how
    the first number that each layer reads counts, the first layer first.
    """
    counts, last = layers[-1].met[0].to(layers[-1].met[-1]), layers[-1]
    constant: Expression = last.biases.cells
    between: list[Counted] = []
    for k, layer in reversed([*enumerate(layers[1:-1], start=1)]):
        constant = constant + SUMPRODUCT(counts, layer.biases)
        if k % 2:  # below its weights
            places = sheet.at(layer.met[0].last.row + 1, layer.read.col, 1, layer.read.width)
            sheet.say(places.row, *called, "note_small")
        else:
            places = sheet.at(layer.read.row, layers[k + 1].results.col, layer.read.height)
        for place, weights in zip(places.each(), layer.met, strict=True):
            sheet.number(place.row, place.col, SUMPRODUCT(counts.fixed, weights), "small")
        between.insert(0, (layer.met[0], counts))
        counts = places
    constant = constant + SUMPRODUCT(counts, layers[0].biases)
    return [SUMPRODUCT(counts, met) for met in layers[0].met], constant, [(layers[0].met[0], counts), *between]
