"""Two or three small layers behind one another: the numbers that each reads stand above its weights; then the error.

score       adder 1                      adder 2                              sum it gives
0 −0.8453   digit read  number           −6.6166   3.4584  …                   8.4739  −5.1297  …
1 −2.4691       3         5    bias       weights            bias                weights           bias
3  8.7998   −0.9043   −0.8214  0.2031    −6.6166  …                 8.4739                            =  8.0264
…            0.6433    0.4215  …          3.4584                   −5.1297          true sum: 5 + 3   −  8
                                                                                              error   =  0.0264

A second row above has the numbers for a decided number that is 1 larger: so much larger is the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from excel_export.formulas import ABS, IF, MAX, SUMPRODUCT, OperandLike, Reference, equal, joined
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps.branch_items import BranchItems, Item
from excel_export.sheets.steps.matrix import MatrixProduct, product_of
from excel_export.sheets.steps.network_boxes import decides
from excel_export.sheets.steps.step_sheet import EXACTLY, MARGIN, WIDTH, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole
from excel_export.sheets.steps.written import equals, products_in_a_row, sum_as_shown

ROW = 22
"""The height of a row, in pixels."""
LINES = 11
"""The number of rows."""
LINE = 24
"""The height of a line below the layers, in pixels."""
NEAR_ONE = 0.05
"""The largest distance from 1 of such a growth with which the sheet says that numbers are added."""
MOST_LAYERS = 3
MOST_SCORES = 11
"""The most scores."""
SCORES = (24, 58, 12)
"""The widths of a class, a score and a gap, in pixels."""
LABEL, NUMBER, BIAS, SIGN, MADE, LAST, GAP = 62, 48, 46, 16, 54, 66, 8
"""The widths of a row's name, a weight, a bias, =, a result, the last result, and the space before a layer, in
pixels."""


@dataclass(frozen=True)
class SmallLayers:
    """Two or three layers behind one another, and the values before and behind them, for one sheet."""

    inputs: Sequence[Item]
    """The numbers that the first layer reads."""
    chain: Sequence[MatrixProduct]
    """The layers, each as a vector times a matrix."""
    scores: Value | None
    """The value by which the first number is decided; None for none."""
    targets: Sequence[Item]
    """The target, at most one."""
    loss: Item | None
    """The loss; None for none."""


def find(teller: Teller, items: BranchItems, columns: Sequence[Sequence[Item]]) -> SmallLayers | None:
    """Return small layers that can share a sheet; None if one reads anything but the column before, or they are too
    large.

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
    is_chain = 1 < len(chain) == len(layers) <= MOST_LAYERS and len(chain[-1].rows) == 1
    if not is_chain or len(sources) > 1 or sum(map(len, behind)) > 1:
        return None
    scores = next(iter(sources), None)
    wanted = [item for item in columns[at + len(chain) - 1] if item.value is not layers[-1].outputs[0]]
    numbers = sum(len(product.vector) for product in chain)
    width = sum(SCORES) + LABEL + NUMBER * numbers + (BIAS + SIGN + 2 * MADE + GAP) * len(chain)
    has_room = width <= WIDTH - MARGIN + 2 * MADE - LAST and max(len(each.rows) for each in chain) <= LINES - 3
    if not has_room or len(wanted) > 1 or (scores and scores.data.size > MOST_SCORES):
        return None
    return SmallLayers(columns[at - 1], chain, scores, wanted, behind[0][0] if behind else None)


def draw(sheet: StepSheet, teller: Teller, items: BranchItems, layers: SmallLayers) -> None:
    """Draw the scores, the layers from left to right, and below the last one the target and the loss."""
    names = [items.moved_name(call.outputs[0]) for call in items.layers]
    titles, first = sheet.row(24), sheet.rows(LINES, ROW)
    scores = _draw_scores(sheet, teller, items, layers.scores, first, titles) if layers.scores else None
    label = sheet.col(LABEL)
    decided = next((k for k, item in enumerate(layers.inputs) if _decided_by(teller, item)), None)
    rows = range(first + 1, first + 2 + (decided is not None))
    sheet.say(rows.stop, label, "weights", "note_small")
    blocks: list[_Block] = []
    for name, product in zip(names, layers.chain, strict=True):
        if blocks:
            sheet.col(GAP)
        block = _add_block(sheet, teller, product, rows, is_last=product is layers.chain[-1])
        said = f"{'→ ' * bool(blocks)}{name}, {len(product.rows)} × {len(product.vector)} weights"
        sheet.say(titles, block.weights.col, said, "head")
        if blocks:
            for row, cells in zip(rows, blocks[-1].made, strict=True):
                for col, cell in enumerate(cells, start=block.weights.col):
                    sheet.number(row, col, cell, "small")
        else:
            _draw_inputs(sheet, teller, items, layers.inputs, (rows, block.weights.col, decided), scores)
        _add_results(sheet, block, rows)
        blocks.append(block)
    sheet.colour(*(block.weights for block in blocks))
    result, made = blocks[-1].made[0][0], items.layers[-1].outputs[0]
    sheet.check(rows[-1], result.col - 1, result, teller.value(made))
    sheet.say(first, result.col - 1, names[-1], "middle_small", width=2)
    items.place(made, (0,) * len(made.shape), result)
    texts = blocks[-1].weights.col, result.col - 1 - blocks[-1].weights.col
    tried = _draw_try(sheet, blocks, (rows, label, decided), texts) if decided is not None else None
    parts: list[OperandLike] = []
    if tried and decided is not None:
        teller.counts[layers.inputs[decided].value] = made, tried
        more = sheet.at(rows[1], blocks[0].weights.col + decided)
        parts = ["A try: with ", more, " the result is larger by ", spelled(tried, EXACTLY)]
        parts += [IF(ABS(tried - 1) < NEAR_ONE, ", nearly 1: so it adds.  ", ".  ")]
    line = _draw_loss(sheet, teller, items, layers, sheet.at((tried or result).row, result.col - 1), texts)
    sheet.head(
        f"A second way to the loss: {len(layers.chain)} small layers", _sentence(teller, layers, rows, blocks[0])
    )
    sheet.write_out(sheet.row(LINE), f"The first of {names[0]}: ", *_first_result(layers, rows, blocks[0]))
    if line:
        sheet.write_out(sheet.row(LINE), *line)
    sheet.add_note(LINE, *parts, f"All {items.weights} weights and biases are learned, like those of the other layers.")


def _draw_inputs(
    sheet: StepSheet, teller: Teller, items: BranchItems, inputs: Sequence[Item], at: tuple[range, int, int | None],
    scores: Reference | None,
) -> None:  # fmt: skip
    """Draw the numbers that the first layer reads. `at`: rows, first column, which one is 1 more in the second row."""
    rows, first, decided = at
    for k, item in enumerate(inputs):
        sheet.say(rows.start - 1, first + k, items.label(item.value, item.index or ()), "middle_small")
        cell = _draw_read(sheet, teller, items, item, sheet.at(rows.start, first + k), scores)
        style = "whole" if is_whole(item.value) else "small"
        for row in rows[1:]:
            sheet.number(row, first + k, cell + 1 if k == decided else cell.cells, style)


def _draw_try(
    sheet: StepSheet, blocks: Sequence[_Block], at: tuple[range, int, int], texts: tuple[int, int]
) -> Reference:
    """Draw the names of both rows of numbers, and below the result the other one and their difference; return it."""
    rows, label, decided = at
    tries = [joined("with ", sheet.at(row, blocks[0].weights.col + decided)) for row in rows]
    for t, (row, tried) in enumerate(zip(rows, tries, strict=True)):
        sheet.say(row, label, tried, "note_small")
        for block in blocks[:-1]:
            sheet.say(rows.start - 1, block.made[t][0].col, tried, "middle_small")
    [[result], [more]] = blocks[-1].made
    sheet.say(more.row, texts[0], tries[1], "right", width=texts[1])
    sheet.say(more.row + 1, texts[0], "so it grows by", "right", width=texts[1])
    return sheet.number(more.row + 1, more.col, more - result, "fine_tiny")


def _first_result(layers: SmallLayers, rows: range, block: _Block) -> list[OperandLike]:
    weights = block.weights.at(0).to(block.weights.at(0, block.weights.width - 1))
    above = [Reference(cell.sheet, rows.start, cell.col) for cell in weights.each()]
    pairs, bias = [*zip(above, weights.each(), strict=True)], block.biases.at(0)
    are_whole = all(is_whole(item.value) for item in layers.inputs)
    same = equals(sum_as_shown([*pairs, bias]), block.made[0][0])
    return [*products_in_a_row(pairs, are_whole=are_whole), " + ", bracketed(bias), same, spelled(block.made[0][0])]


class _Block(NamedTuple):
    """The cells of a layer."""

    weights: Reference
    biases: Reference
    made: list[list[Reference]]
    """The results, for each row of numbers above the weights."""


def _add_block(sheet: StepSheet, teller: Teller, product: MatrixProduct, rows: range, *, is_last: bool) -> _Block:
    count, first = len(product.vector), rows.stop
    weights = sheet.at(first, sheet.cols(count, NUMBER), len(product.rows), count)
    for row, cells in enumerate(product.rows):
        for col, cell in enumerate(cells):
            sheet.number(first + row, weights.col + col, teller.content_of(cell), "small")
    biases = sheet.at(first, sheet.col(BIAS), len(product.rows))
    sheet.say(rows.start - 1, biases.col, "bias", "middle_small")
    for cell, added in zip(biases.each(), product.biases, strict=True):
        sheet.number(cell.row, cell.col, teller.content_of(added) if added else 0, "small")
    sign = sheet.col(SIGN)
    for row in range(first, first + len(product.rows)):
        sheet.say(row, sign, "=", "center")
    if is_last:
        col = sheet.col(LAST)
        return _Block(weights, biases, [[sheet.at(first + t, col)] for t in range(len(rows))])
    col = sheet.cols(len(rows), MADE)
    return _Block(weights, biases, [[*sheet.at(first, col + t, len(product.rows)).each()] for t in range(len(rows))])


def _add_results(sheet: StepSheet, block: _Block, rows: range) -> None:
    width = block.weights.width
    for t, cells in enumerate(block.made):
        above = sheet.at(rows[t], block.weights.col, 1, width).fixed_row
        for k, cell in enumerate(cells):
            weights = block.weights.at(k).to(block.weights.at(k, width - 1))
            style = "small_box" if block.weights.height == 1 and t == 0 else "small"
            sheet.number(cell.row, cell.col, SUMPRODUCT(weights, above) + block.biases.at(k), style)
    right = block.made[-1][-1].col - block.weights.col + 1
    sheet.listings.append(sheet.at(rows.start, block.weights.col, len(rows) + block.weights.height, right))


def _sentence(teller: Teller, layers: SmallLayers, rows: range, block: _Block) -> OperandLike:
    said = "each number above, times the weight below it, added up, plus the bias, makes the number at the right."
    read = next((k for k, item in enumerate(layers.inputs) if _decided_by(teller, item) == "arg-max"), None)
    if read is None or not layers.scores:
        return f"{said[:1].upper()}{said[1:]}"
    cell = Reference(block.weights.sheet, rows.start, block.weights.col + read)
    return joined("Arg-max takes the class of the largest score: ", cell, f". Then, in each layer, {said}")


def _decided_by(teller: Teller, item: Item) -> str:
    """Return the name of the operator that decides a number, such as 'arg-max'; '' for any other number."""
    maker = teller.elements.makers.get(item.value)
    return maker.operator.name.replace("argmax", "arg-max").replace("_", " ") if maker and decides(maker) else ""


def _draw_scores(
    sheet: StepSheet, teller: Teller, items: BranchItems, scores: Value, first: int, titles: int
) -> Reference:
    label, col, _ = (sheet.col(pixels) for pixels in SCORES)
    is_scores = scores in teller.scores
    sheet.say(titles, col, "score" if is_scores else scores.called, "middle")
    for k, index in enumerate(indices_of(scores)):
        sheet.canvas.put(first + k, label, k if is_scores else k + 1, "story_label")
        items.place(scores, index, sheet.number(first + k, col, teller.operand(scores, index), "small"))
    area = sheet.at(first, col, scores.data.size)
    sheet.frame(area, equal(area.at(0), MAX(area.fixed)))
    return area


def _draw_read(
    sheet: StepSheet, teller: Teller, items: BranchItems, item: Item, at: Reference, scores: Reference | None
) -> Reference:
    index = item.index or ()
    formula: OperandLike = items.formula(item.value, index)
    if scores and _decided_by(teller, item):
        formula = moved(teller.elements.formula(item.value, index), items.places, area=scores)
    cell = sheet.number(at.row, at.col, formula, "whole" if is_whole(item.value) else "small")
    items.place(item.value, index, cell)
    return cell


def _draw_loss(
    sheet: StepSheet, teller: Teller, items: BranchItems, layers: SmallLayers, at: Reference, texts: tuple[int, int]
) -> list[OperandLike]:
    """Draw the target and the loss below the row of `at`, which has a sign; return the loss as parts of a line, if it
    is no squared error.

    `texts` are the first column of the texts, and their number of columns.
    """
    if not layers.loss:
        return []
    loss, row, made = layers.loss.value, at.row, items.places[teller.value(items.layers[-1].outputs[0])]
    col, wanted = at.col + 1, [*layers.targets]

    def line_of(text: OperandLike, sign: str, formula: OperandLike, style: str) -> Reference:
        sheet.say(row, texts[0], text, "right", width=texts[1])
        sheet.say_all(row, {at.col: sign}, "center")
        return sheet.number(row, col, formula, style)

    for item in wanted:
        row, index = row + 1, item.index or ()
        is_error = type(teller.elements.makers[loss].operator).__name__ == "mse_loss"
        cell = line_of(
            items.label(item.value, index),
            "−" * is_error,
            items.formula(item.value, index),
            "whole" if is_whole(item.value) else "small",
        )
        items.place(item.value, index, cell)
    index = (0,) * len(loss.shape)
    formula: OperandLike = items.formula(loss, index)
    line, name = [*items.written(loss, index)], loss.called
    if wanted and is_error:
        row += 1
        error = line_of("error", "=", made - cell, "fine_tiny")
        teller.errors[teller.gradient(items.layers[-1].outputs[0])] = loss, error
        formula, name, line = error * error, f"{loss.called}: error × error", []
    row += 1
    result = line_of(name, "=", formula, "small_box")
    sheet.check(row + 1, at.col, result, teller.value(loss))
    return [*line, " = ", spelled(result), f", {loss.called}."] if line else []
