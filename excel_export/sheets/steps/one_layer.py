"""Small layers without a bend between them are one sum: each number, its total weight, the product; and the error.

scores              value      counts     product      how much each counts, layer by layer
0   −0.8453   digit read  3 × 0.9844273 =  2.9533      unit 1    −0.6466 × −0.9043  =  0.5847
…             number      5 × 0.9999369 =  4.9997      unit 2     0.4908 ×  0.6433  =  0.3157
3    8.7998   bias                         0.0734
…             sum it gives              =  8.0264                                      0.9844273
              true sum: 5 + 3           −  8
              error                     =  0.0264
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import ABS, AND, IF, MAX, SUM, Expression, OperandLike, Reference, equal, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps import connections
from excel_export.sheets.steps.branch_items import BranchItems, Item
from excel_export.sheets.steps.matrix import MatrixProduct, product_of
from excel_export.sheets.steps.network_boxes import decides
from excel_export.sheets.steps.step_sheet import EXACTLY, MARGIN, WIDTH, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole
from excel_export.sheets.steps.written import multiplied

ROW = 22
"""The height of a row, in pixels."""
LINE = 24
"""The height of a line below the table, in pixels."""
LINES = 11
"""The number of rows."""
MOST_SCORES = 11
"""The most scores."""
MOST_READ = 4
"""The most numbers that the layers read."""
TABLE = (142, 50, 20, 84, 20, 84, 22, 56)
"""The pixels of a name, a number, ×, how much it counts, =, a product, ✓ and the network's own number."""
SCORES = (30, 66, 10)
"""The widths of a class, a score and a gap, in pixels."""
GAP = 24
"""The space before the layers, in pixels."""
NEAR_ONE = 0.05
"""The largest distance from 1 of total weights with which the sheet says that numbers are added."""


@dataclass(frozen=True)
class OneLayer:
    """Some layers that are one sum: the numbers that they read, their products, and the values before and behind."""

    inputs: Sequence[Item]
    chain: Sequence[MatrixProduct]
    scores: Value | None
    """The value by which the first number is decided; None for none."""
    targets: Sequence[Item]
    """The target, at most one."""
    loss: Item | None
    """The loss; None for none."""


def find(teller: Teller, items: BranchItems, columns: Sequence[Sequence[Item]]) -> OneLayer | None:
    """Return some layers as one sum; None if one reads anything else than the column before, or they are too large.

    Before the layers there is at most the value that a decision reads, and behind them the target and the loss.
    """
    layers = items.layers
    at = next((k for k, column in enumerate(columns) if layers and column[0].value is layers[0].outputs[0]), 0)
    chain: list[MatrixProduct] = []
    read = columns[at - 1] if at else []
    for call, column in zip(layers, columns[at:], strict=False):
        value = call.outputs[0]
        product = product_of(teller, value, (0,) * len(value.shape))
        cells = product.vector if product else ()
        same = [{*items.same(item.value, item.index)} if item.index is not None else set() for item in read]
        if (
            product is None
            or len(cells) != len(read)
            or any(c.plain not in s for c, s in zip(cells, same, strict=True))
        ):
            return None
        chain.append(product)
        read = [item for item in column if item.value is value]
    before, behind = columns[: max(0, at - 1)], columns[at + len(chain) :]
    sources = {item.value for column in before for item in column}
    is_one = 1 < len(chain) == len(layers) <= connections.MOST_LAYERS and len(chain[-1].rows) == 1
    if not is_one or len(chain[0].vector) > MOST_READ or len(sources) > 1 or sum(map(len, behind)) > 1:
        return None
    scores = next(iter(sources), None)
    wanted = [item for item in columns[at + len(chain) - 1] if item.value is not layers[-1].outputs[0]]
    width = sum((*TABLE, GAP, *(SCORES if scores else ()))) + connections.width_of(chain)
    has_room = width <= WIDTH - MARGIN and connections.rows_of(chain) <= LINES
    if not has_room or len(wanted) > 1 or (scores and scores.data.size > MOST_SCORES):
        return None
    return OneLayer(columns[at - 1], chain, scores, wanted, behind[0][0] if behind else None)


def draw(sheet: StepSheet, teller: Teller, items: BranchItems, layer: OneLayer) -> None:
    """Draw the scores, the sum as a table, the target, and at the right the total weight of each number."""
    names = [items.moved_name(call.outputs[0]) for call in items.layers]
    titles, first = sheet.row(24), sheet.rows(LINES, ROW)
    scores = _draw_scores(sheet, teller, items, layer.scores, first, titles) if layer.scores else None
    cols = [sheet.col(pixels) for pixels in TABLE]
    label, number, times, counts, equals, product, check, _ = cols
    sheet.say_all(titles, {number: "value", counts: "counts", product: "product"}, "middle")
    read = [
        _draw_read(sheet, teller, items, item, sheet.at(first + k, number), scores)
        for k, item in enumerate(layer.inputs)
    ]
    sheet.col(GAP)
    said = [items.label(item.value, item.index or ()) for item in layer.inputs]
    layers = connections.draw(sheet, teller, layer.chain, names, said, first)
    for k, (item, cell, each) in enumerate(zip(layer.inputs, read, layers.numbers, strict=True)):
        how = _decided_by(teller, item)
        sheet.say(first + k, label, joined(f"{how} → ", said[k]) if how else said[k], "right")
        sheet.say_all(first + k, {times: "×", equals: "="}, "center")
        weight = sheet.number(first + k, counts, each.total.cells, "fine_small")
        sheet.number(first + k, product, cell * weight, "strong")
        teller.counts[item.value] = items.layers[-1].outputs[0], weight
    row = first + len(read)
    sheet.say(row, label, "biases together", "right")
    bias = sheet.number(row, product, layers.constant, "strong")
    made, row = items.layers[-1].outputs[0], row + 1
    sheet.say(row, label, names[-1], "right")
    sheet.say(row, equals, "=", "center")
    result = sheet.number(row, product, SUM(sheet.at(first, product, len(read) + 1)), "strong_box")
    sheet.check(row, check, result, teller.value(made))
    items.place(made, (0,) * len(made.shape), result)
    weights = [sheet.at(first + k, counts) for k in range(len(read))]
    line: list[OperandLike] = []
    for item, cell, weight in zip(layer.inputs, read, weights, strict=True):
        line += [" + "] * bool(line) + [
            cell if is_whole(item.value) else bracketed(cell),
            " × ",
            bracketed(weight, EXACTLY),
        ]
    adds = IF(AND(*[ABS(weight - 1) < NEAR_ONE for weight in weights]), "  Each counts nearly 1: it adds.", "")
    written = joined(*line, " + ", bracketed(bias), " = ", spelled(result), ".", adds)
    ends = _draw_loss(sheet, teller, items, layer, (label, equals, product, check), result)
    decided = next((k for k, item in enumerate(layer.inputs) if _decided_by(teller, item) == "arg-max"), None)
    sheet.head(
        "A second way to the loss: a small network adds", _sentence(layer, None if decided is None else read[decided])
    )
    sheet.write_out(sheet.row(LINE), written)
    if ends:
        sheet.write_out(sheet.row(LINE), *ends)
    one = layers.numbers[0]
    parts = multiplied(layers.counts.at(0), one.weights.at(0), one.products.at(0))
    sheet.add_note(
        LINE, "Through unit 1, ", said[0], " counts ", *parts, "; added up, ", spelled(one.total, EXACTLY), "."
    )
    if len(layer.chain) > 2:
        here = f"Coloured squares are weights and biases, too: click one. There are {items.weights} in all."
        counts_one = bracketed(layers.counts.at(0))
        sheet.add_note(LINE, f"{here} Unit 1 counts ", counts_one, ": its squares × those of the last layer, added up.")


def _sentence(layer: OneLayer, decided: Reference | None) -> OperandLike:
    said = f"No ReLU lies between the {len(layer.chain)} small layers{' behind it' * (decided is not None)}: together they are one sum."
    if not (layer.scores and decided):
        return said
    return joined(f"Arg-max asks which of the {layer.scores.data.size} scores is the largest: ", decided, f". {said}")


def _decided_by(teller: Teller, item: Item) -> str:
    """Return the name of the operator that decides a number, such as 'arg-max'; '' for any other number."""
    maker = teller.elements.makers.get(item.value)
    return maker.operator.name.replace("argmax", "arg-max").replace("_", " ") if maker and decides(maker) else ""


def _draw_scores(
    sheet: StepSheet, teller: Teller, items: BranchItems, scores: Value, first: int, titles: int
) -> Reference:
    """Draw the scores, the largest in a frame; return their cells."""
    label, col, _ = (sheet.col(pixels) for pixels in SCORES)
    is_scores = scores in teller.scores
    sheet.say(titles, col, "score" if is_scores else scores.called, "middle")
    for k, index in enumerate(indices_of(scores)):
        sheet.canvas.put(first + k, label, k if is_scores else k + 1, "story_label")
        items.place(scores, index, sheet.number(first + k, col, teller.operand(scores, index), "number"))
    area = sheet.at(first, col, scores.data.size)
    sheet.frame(area, equal(area.at(0), MAX(area.fixed)))
    return area


def _draw_read(
    sheet: StepSheet, teller: Teller, items: BranchItems, item: Item, at: Reference, scores: Reference | None
) -> Reference:
    """Draw a number that the layers read, a decided one by the scores beside it; return its cell."""
    index = item.index or ()
    formula: OperandLike = items.formula(item.value, index)
    if scores and _decided_by(teller, item):
        formula = moved(teller.elements.formula(item.value, index), items.places, area=scores)
    cell = sheet.number(at.row, at.col, formula, "whole" if is_whole(item.value) else "number")
    items.place(item.value, index, cell)
    return cell


def _draw_loss(
    sheet: StepSheet, teller: Teller, items: BranchItems, layer: OneLayer, cols: tuple[int, int, int, int], made: Reference
) -> list[OperandLike]:  # fmt: skip
    """Draw the target and the loss below the sum; return the loss as parts of a line, if it is no squared error."""
    label, sign, col, check = cols
    if not layer.loss:
        return []
    loss, row, wanted = layer.loss.value, made.row, [*layer.targets]
    for item in wanted:
        row, index = row + 1, item.index or ()
        sheet.say(row, label, items.label(item.value, index), "right")
        cell = sheet.number(row, col, items.formula(item.value, index), "whole" if is_whole(item.value) else "number")
        items.place(item.value, index, cell)
    index = (0,) * len(loss.shape)
    formula: Expression | OperandLike = items.formula(loss, index)
    line = [*items.written(loss, index)]
    name = loss.called
    if wanted and type(teller.elements.makers[loss].operator).__name__ == "mse_loss":
        sheet.say(row, sign, "−", "center")
        row += 1
        sheet.say(row, label, "error", "right")
        sheet.say(row, sign, "=", "center")
        error = sheet.number(row, col, made - cell, "fine_small")
        teller.errors[teller.gradient(items.layers[-1].outputs[0])] = loss, error
        formula, name, line = error * error, f"{loss.called}: its square", []
    sheet.say(row + 1, label, name, "right")
    result = sheet.number(row + 1, col, formula, "strong_box")
    sheet.check(row + 1, check, result, teller.value(loss))
    return [*line, " = ", spelled(result), f", {loss.called}."] if line else []
