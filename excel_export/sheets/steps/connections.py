"""Small layers behind one another: all of them together as one layer; and every weight where a number meets it.

digit read             number
     3   ×  0.9844273  +  5   ×  0.9998738  +  0.0734  =  8.0264

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

from excel_export.formulas import ABS, AND, IF, SUMPRODUCT, Expression, OperandLike, Reference, joined, total
from excel_export.sheets.steps.matrix import MatrixProduct, operand_of
from excel_export.sheets.steps.step_sheet import StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller

ROW, CELL, SIGN, RESULT = 18, 64, 22, 90
FACTOR, EXACT, DIGITS, MOST_READ = 60, 116, 7, 4
"""Of all layers together: the pixels of a number that is read, and of how much it counts; and the digits of that."""
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
        numbers = layers[-1].results if k else read
        layer = (_across if k % 2 else _down)(sheet, numbers, len(product.rows), name)
        for n, (weights, added) in enumerate(zip(product.rows, product.added, strict=True)):
            places = [met.each()[n] for met in layer.met]
            for place, cell in zip(places, weights, strict=True):
                sheet.number(place.row, place.col, operand_of(teller, cell), "small")
            bias, result = layer.biases.each()[n], layer.results.each()[n]
            inside = sheet.number(bias.row, bias.col, operand_of(teller, added) if added else 0, "small")
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
    bias, equals, made = sheet.col(CELL), sheet.col(SIGN), sheet.col(RESULT)
    sheet.say_all(row - 1, {cell.col: "×" for cell in read.each()} | {bias: "+ bias"}, "center")
    sheet.say(row - 1, made, name, "middle")
    for k in range(count):
        sheet.say(row + k, equals, "=", "center")
    return Layer(read, met, sheet.at(row, bias, count), sheet.at(row, made, count))


def draw_together(
    sheet: StepSheet, layers: Sequence[Layer], names: Sequence[OperandLike], rows: tuple[int, int], style: str
) -> tuple[OperandLike, list[Reference]]:
    """Draw what all layers are together, in rows above; return it as a line with its numbers, and how much each counts.

    As seen from the last number: how much each number counts there is the sum of its weights, each times how much that
    counts which is made.
    """
    counts, last = layers[-1].met[0].to(layers[-1].met[-1]), layers[-1]
    constant: Expression = last.biases.cells
    for k, layer in reversed([*enumerate(layers[1:-1], start=1)]):
        constant = constant + SUMPRODUCT(counts, layer.biases)
        if k % 2:  # below its weights
            places = sheet.at(layer.met[0].last.row + 1, layer.read.col, 1, layer.read.width)
            sheet.say(places.row, layers[0].read.col - 1, f"counts in {names[-1]}", "note_small")
        else:
            places = sheet.at(layer.read.row, layers[k + 1].results.col, layer.read.height)
        for place, weights in zip(places.each(), layer.met, strict=True):
            sheet.number(place.row, place.col, SUMPRODUCT(counts.fixed, weights), "small")
        counts = places
    constant = constant + SUMPRODUCT(counts, layers[0].biases)
    parts: list[OperandLike] = []
    sums: list[Expression] = []
    found: list[Reference] = []
    titles, row = rows
    slots = iter(sheet.slots(2, *[FACTOR, SIGN, EXACT, SIGN] * layers[0].read.size, EXACT, SIGN, EXACT))
    for read, met, name in zip(layers[0].read.each(), layers[0].met, names, strict=False):
        (col, width), times, (by, wide), plus = (next(slots) for _ in range(4))
        sheet.say(titles, col, name, "middle_small", width=width)
        number = sheet.number(row, col, read.cells, style, width=width)
        found.append(sheet.number(row, by, SUMPRODUCT(counts, met), "fine", width=wide))
        for (at, span), sign in ((times, "×"), (plus, "+")):
            sheet.say(row, at, sign, "sign_small", width=span)
        sums.append(number * found[-1])
        parts += [" + "] * bool(parts) + [number if style == "whole" else bracketed(number), " × ", _exact(found[-1])]
    (col, width), (equals, span), (at, wide) = slots
    sheet.say(titles, col, "bias", "middle_small", width=width)
    sheet.say(titles, at, names[-1], "middle_small", width=wide)
    added = sheet.number(row, col, constant, "fine", width=width)
    sheet.say(row, equals, "=", "sign_small", width=span)
    made = sheet.number(row, at, total([*sums, added]), "result", width=wide)
    ones = AND(*[ABS(by - 1) < NEAR_ONE for by in found])
    adds = IF(ones, "  Each counts nearly 1: it adds.", "")
    return joined(*parts, " + ", _exact(added), " = ", spelled(made), ".", adds), found


def _exact(number: Reference) -> Expression:
    """A number with so many digits that what is written out comes out on a calculator; below 0 in brackets."""
    return joined(IF(number < 0, "(", ""), spelled(number, DIGITS), IF(number < 0, ")", ""))
