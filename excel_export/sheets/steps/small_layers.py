"""Two or three small layers behind one another: the numbers that each reads stand above its weights; then the error.

class       0        1        2        3     …
score    −0.8453  −2.4691  −1.6996   8.7998  …
         ↓ arg-max: class of the largest score
         adder 1                           → adder 2                         → sum it gives
         digit read  number    bias          −6.6166   3.4584  …               8.4739  −5.1297  …
              3         5
          −0.9043   −0.8214   0.2035  =      −0.7270   0.5710  …               0.6540  −0.3844  …   =  8.0264
           0.6433    0.4215  −0.5790  =       0.4453  −0.3053  …               true sum: 5 + 3      −  8
                                                                               error                =  0.0264

Nothing bends between them, so they work as one layer, whose weights follow below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from excel_export.formulas import ABS, AND, IF, MAX, SUMPRODUCT, OperandLike, Reference, equal, joined, total
from excel_export.formulas.analysis.moved import moved
from excel_export.graph.graph import Value
from excel_export.sheets.steps import matrix
from excel_export.sheets.steps.branch_items import BranchItems, Item
from excel_export.sheets.steps.matrix import MatrixProduct
from excel_export.sheets.steps.network_boxes import decides
from excel_export.sheets.steps.step_sheet import MARGIN, WIDTH, StepSheet, bracketed, spelled
from excel_export.sheets.steps.teller import Teller, indices_of, is_whole, quoted
from excel_export.sheets.steps.written import equals, products_in_a_row, sum_as_shown

ROW = 22
"""The largest height of a row, in pixels."""
ROOM = 120
"""The height of all rows of weights, in pixels."""
LEAST = 4
"""The least rows of weights."""
NOTE = 20
"""The height of a line of text, in pixels."""
NEAR_ONE = 0.05
"""The largest distance from 1 of weights with which the sheet says that numbers are added."""
MOST_LAYERS = 3
COUNTED = {2: "two", 3: "three"}
MOST_SCORES = 11
"""The most scores."""
NARROW, WIDE = 44, 60
"""The least and the largest width of a column, in pixels. All are alike, so that scores stand above layers."""
CHECK = (22, 62)
"""The widths of ✓ and of the network's own number, in pixels."""
AROUND = 3
"""The columns of a layer besides its weights: the bias, =, and the result."""


@dataclass(frozen=True)
class SmallLayers:
    """Two or three layers behind one another, and the values before and behind them, for one sheet."""

    inputs: Sequence[Item]
    """The numbers that the first layer reads."""
    chain: Sequence[MatrixProduct]
    """The layers, each as a vector times a matrix."""
    scores: Value | None
    """The scores, if an argmax of them is one of the inputs; else None."""
    targets: Sequence[Item]
    """The number with which the loss compares the result: [Item(target, ())]; [] for none."""
    loss: Item | None
    """The loss: Item(loss, ()); None for none."""


def find(teller: Teller, items: BranchItems, columns: Sequence[Sequence[Item]]) -> SmallLayers | None:
    """Return the layers of a branch, from `columns` of boxes, if they can share a sheet: two or three layers.

    None for one layer or four, if a layer is no product of a matrix and the column before, if the last layer has
    several results, or if there is no room.

    Before the layers' inputs, `columns` may only have scores, and behind the last result one target and one loss.
    """
    layers = items.layers
    at = next((k for k, column in enumerate(columns) if layers and column[0].value is layers[0].outputs[0]), 0)
    chain: list[MatrixProduct] = []
    read = columns[at - 1] if at else []
    for call, column in zip(layers, columns[at:], strict=False):
        value = call.outputs[0]
        product = matrix.plan(teller, value, (0,) * len(value.shape))
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
    has_room = _columns(chain) * NARROW <= WIDTH - 2 * MARGIN - sum(CHECK)
    if not has_room or len(wanted) > 1 or (scores and scores.data.size > MOST_SCORES):
        return None
    return SmallLayers(columns[at - 1], chain, scores, wanted, behind[0][0] if behind else None)


def _columns(chain: Sequence[MatrixProduct]) -> int:
    """Return the number of columns of layers, with one before each for a label or as a space."""
    return sum(1 + len(product.vector) + AROUND for product in chain)


def draw(sheet: StepSheet, teller: Teller, items: BranchItems, layers: SmallLayers) -> None:
    """Draw the scores, below them the layers from left to right, below the last one the target and the loss, and below
    all the layers as one.
    """
    names = [items.moved_name(call.outputs[0]) for call in items.layers]
    count = max(_columns(layers.chain), 1 + layers.scores.data.size if layers.scores else 0)
    width = min(WIDE, (WIDTH - 2 * MARGIN - sum(CHECK)) // count)
    label = sheet.cols(count, width)
    sign = sheet.col(CHECK[0])
    sheet.col(CHECK[1])
    scores = _draw_scores(sheet, teller, items, layers, label) if layers.scores else None
    titles, above, numbers = sheet.row(ROW), sheet.row(NOTE - 2), sheet.row(ROW)
    most = max(LEAST, *(len(product.rows) for product in layers.chain))
    first = sheet.rows(most, min(ROW, ROOM // most))
    blocks: list[_Block] = []
    for name, product in zip(names, layers.chain, strict=True):
        col = blocks[-1].made.col + 2 if blocks else label + 1
        block = _add_block(sheet, teller, product, (numbers, first, col))
        sheet.say(titles, col, f"{'→ ' * bool(blocks)}{name}", "head")
        sheet.say_all(above, {block.biases.col: "bias"}, "middle_small")
        if blocks:
            for k, cell in enumerate(blocks[-1].made.each()):
                sheet.number(numbers, col + k, cell, "small")
        else:
            for k, item in enumerate(layers.inputs):
                sheet.say(above, col + k, items.label(item.value, item.index or ()), "middle_small")
                _draw_read(sheet, teller, items, item, sheet.at(numbers, col + k), scores)
        _add_results(sheet, block)
        blocks.append(block)
    sheet.colour(*(block.weights for block in blocks))
    last, made = blocks[-1], items.layers[-1].outputs[0]
    result = last.made
    sheet.check(first, sign, result, teller.value(made))
    sheet.say(above, result.col - 1, names[-1], "middle_small", width=2)
    items.place(made, (0,) * len(made.shape), result)
    texts = last.weights.col, last.biases.col + 1 - last.weights.col
    line = _draw_loss(sheet, teller, items, layers, sheet.at(first, result.col - 1), texts)
    sheet.row(4)
    together = _draw_together(sheet, blocks, names, teller.value(made))
    decided = next((k for k, item in enumerate(layers.inputs) if _decided_by(teller, item)), None)
    if decided is not None:
        teller.counts[layers.inputs[decided].value] = made, together.weights.at(0, decided)
    are_near = IF(AND(*[ABS(weight - 1) < NEAR_ONE for weight in together.weights.each()]),
                  ".  The weights are nearly 1: the network has learned to add.", "")  # fmt: skip
    sheet.write_out(sheet.row(26), "As one layer: ", *_as_products(layers, together), are_near)
    sheet.head(
        f"A second path to the loss: {len(layers.chain)} small layers",
        "In each layer, the output on the right is the sum of the numbers at the top, each multiplied by the weight below it, plus the bias.",
    )
    if line:
        sheet.add_note(NOTE, *line)
    else:
        sheet.add_note(NOTE, f"{names[0][:1].upper()}{names[0][1:]}, first number: ", *_as_products(layers, blocks[0]))


class _Block(NamedTuple):
    """The cells of a layer, or of several as one."""

    numbers: Reference
    """The numbers that it reads, in a row."""
    weights: Reference
    biases: Reference
    made: Reference
    """The results, in a column."""


def _add_block(sheet: StepSheet, teller: Teller, product: MatrixProduct, at: tuple[int, int, int]) -> _Block:
    """Draw a layer's weights and biases; `at`: the row of the numbers, that of the first weights, the first column."""
    numbers, first, left = at
    count, height = len(product.vector), len(product.rows)
    for row, cells in enumerate(product.rows, start=first):
        for col, cell in enumerate(cells, start=left):
            sheet.number(row, col, teller.content_of(cell), "small")
    biases = sheet.at(first, left + count, height)
    for cell, added in zip(biases.each(), product.biases, strict=True):
        sheet.number(cell.row, cell.col, teller.content_of(added) if added else 0, "small")
        sheet.say(cell.row, cell.col + 1, "=", "center")
    above = sheet.at(numbers, left, 1, count)
    return _Block(above, sheet.at(first, left, height, count), biases, sheet.at(first, left + count + 2, height))


def _add_results(sheet: StepSheet, block: _Block) -> None:
    width, above = block.weights.width, block.numbers.fixed_row
    for k, cell in enumerate(block.made.each()):
        weights = block.weights.at(k).to(block.weights.at(k, width - 1))
        style = "small_box" if block.made.size == 1 else "small"
        sheet.number(cell.row, cell.col, SUMPRODUCT(weights, above) + block.biases.at(k), style)
    sheet.listings += [block.numbers.to(block.made.at(block.made.height - 1))]


def _draw_together(sheet: StepSheet, blocks: Sequence[_Block], names: Sequence[str], own: Reference) -> _Block:
    """Draw the weights of the last layers as one, a row for each further layer from the right; return those of all."""
    first, count = blocks[0], len(blocks)
    said = f"With no ReLU between them, the {COUNTED[count]} layers act as one"
    sheet.say(sheet.row(NOTE), first.weights.col, said, "head")
    weights, bias, of = blocks[-1].weights, blocks[-1].biases, f"weights of {quoted(names[-1])}"
    for k in reversed(range(count - 1)):
        block, row, width = blocks[k], sheet.row(ROW), weights.width
        added = total([*[weights.at(0, m) * block.biases.at(m) for m in range(width)], bias])
        for j, col in enumerate(range(block.weights.col, block.biases.col)):
            made_of = total([weights.at(0, m) * block.weights.at(m, j) for m in range(width)])
            sheet.number(row, col, made_of, "small" if k else "small_box")
        weights = sheet.at(row, block.weights.col, 1, block.weights.width)
        alone, bias = bias, sheet.number(row, block.biases.col, added, "small")
        note = joined(f"← {of} × each column of {names[k]}, added up; in the last column, plus ", bracketed(alone))
        sheet.say(row, block.biases.col + (1 if k else AROUND + 2), note, "note_small")
        of = "the row above"
    made = sheet.at(weights.row, first.made.col)
    sheet.say(made.row, made.col - 1, "=", "center")
    sheet.number(made.row, made.col, SUMPRODUCT(weights, first.numbers) + bias, "small_box")
    sheet.check(made.row, made.col + 1, made, own)
    return _Block(first.numbers, weights, bias, made)


def _as_products(layers: SmallLayers, block: _Block) -> list[OperandLike]:
    """Return the first result of a block as a sum of products with its numbers: 3 × 0.9844 + 6 × 0.9999 + … = 9.0263."""
    pairs, bias = [*zip(block.numbers.each(), block.weights.each(), strict=False)], block.biases.at(0)
    are_whole = all(is_whole(item.value) for item in layers.inputs)
    result = block.made.at(0)
    same = equals(sum_as_shown([*pairs, bias]), result)
    return [*products_in_a_row(pairs, are_whole=are_whole), " + ", bracketed(bias), same, spelled(result)]


def _decided_by(teller: Teller, item: Item) -> str:
    """Return the name of the operator that decides a number, such as 'arg-max'; '' for any other number."""
    maker = teller.elements.makers.get(item.value)
    return maker.kind.replace("argmax", "arg-max").replace("_", " ") if maker and decides(maker) else ""


def _draw_scores(sheet: StepSheet, teller: Teller, items: BranchItems, layers: SmallLayers, label: int) -> Reference:
    """Draw the numbers by which one is decided in a row, the largest in a frame, and an arrow to the decided one."""
    scores = layers.scores
    assert scores
    is_scores = scores in teller.scores
    decided = next((name for item in layers.inputs if (name := _decided_by(teller, item))), "")
    titles, row, arrow = sheet.row(NOTE - 2), sheet.row(ROW), sheet.row(NOTE - 2)
    sheet.say(titles, label, "class" if is_scores else "number", "middle_small")
    sheet.say(row, label, "score" if is_scores else scores.called, "middle_small")
    for k, index in enumerate(indices_of(scores)):
        number = k if is_scores or decided == "arg-max" else k + 1
        sheet.canvas.put(titles, label + 1 + k, number, "story_label")
        items.place(scores, index, sheet.number(row, label + 1 + k, teller.operand(scores, index), "small"))
    area = sheet.at(row, label + 1, 1, scores.data.size)
    sheet.frame(area, equal(area.at(0), MAX(area.fixed)))
    what = ("class", "score") if is_scores else ("place", "number")
    said = f": {what[0]} of the largest {what[1]}" if decided == "arg-max" else ""
    if decided:
        sheet.say(arrow, label + 1, f"↓ {decided}{said}", "left_small")
    return area


def _draw_read(
    sheet: StepSheet, teller: Teller, items: BranchItems, item: Item, at: Reference, scores: Reference | None
) -> None:
    index = item.index or ()
    formula: OperandLike = items.formula(item.value, index)
    if scores and _decided_by(teller, item):
        formula = moved(teller.elements.formula(item.value, index), items.places, area=scores)
    items.place(item.value, index, sheet.number(at.row, at.col, formula, "whole" if is_whole(item.value) else "small"))


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
        is_error = teller.elements.makers[loss].kind == "mse_loss"
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
    sheet.check(row, col + 1, result, teller.value(loss))
    return [*line, " = ", spelled(result), f", {loss.called}."] if line else []
