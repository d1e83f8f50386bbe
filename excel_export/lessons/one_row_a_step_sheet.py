"""The sheet One row a step: a 2-2-2 network that learns, each step a row of formulas that is copied down."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from excel_export.authoring import BACKWARD, Book, Canvas, Drawn, Page, SheetSpec, gradient_rules
from excel_export.book.names import RATE_IN_USE
from excel_export.formulas import EXP, MIN, Expression, Reference, as_expression
from excel_export.lessons import text_layout
from excel_export.lessons.lesson_places import find

NAME = "One row a step"
STEPS = 40
WEIGHTS = tuple(f"w{k}" for k in range(1, 9))
GRADIENTS = tuple(f"∂E/∂{weight}" for weight in WEIGHTS)
HEADS = (
    *WEIGHTS[:4], "h1", "a_h1", "h2", "a_h2", *WEIGHTS[4:], "o1", "a_o1", "o2", "a_o2", "E1", "E2", "E_total",
    *GRADIENTS,
)  # fmt: skip
"""The heads of the columns, in the order in which numbers flow: forward, then backward."""
CONSTANTS = {"i1": "i[0]", "i2": "i[1]", "t1": "t[0]", "t2": "t[1]", "η": ""}
"""The place of each number that is the same at all steps; '' for the learning rate, which has a defined name."""
STEP_COL, FIRST_COL = 2, 3
CONSTANTS_ROW, HEAD_ROW = 3, 5
FIRST_ROW = HEAD_ROW + 1
TEXT = (
    "Each row is one step, forward and backward. The next row starts from the updated weights, w − η·∂E/∂w. Only the "
    "first row takes its weights from the Network sheet. From step 3 on, every row has the same formulas as the row "
    "for step 2, copied down."
)


def at(head: str, step: int = 1) -> Callable[[Book], Reference]:
    """Return a function find(book) that returns a cell by its column's head and its step, from 1 on: C6 for 'w1', 1."""
    return lambda book: cell(head, step)


def constant(name: str) -> Reference:
    """Return the cell of 'i1', 'i2', 't1', 't2' or the learning rate, 'η': $C$4 for 'i1'; a ValueError for others."""
    return Reference(NAME, CONSTANTS_ROW + 1, FIRST_COL + [*CONSTANTS].index(name)).fixed


def cell(head: str, step: int) -> Reference:
    """Return the cell of a step, from 1 on, by its column's head: C6 for 'w1' and step 1."""
    return Reference(NAME, HEAD_ROW + step, FIRST_COL + HEADS.index(head))


def copied_down() -> list[tuple[str, int, int]]:
    """Return the formulas of the sheet that are copied down, each with the row and column of its first cell, from 1 on.

    [('C6*$C$4+D6*$D$4', 6, 7), …]: those of step 1, then those of the weights, which begin with step 2.
    """
    first = [(cell(head, 1), content) for head, content in _passes(1).items()]
    first += [(cell(head, 2), content) for head, content in zip(WEIGHTS, _learned(2), strict=True)]
    return [(as_expression(content).text(NAME), home.row, home.col) for home, content in first]


def _draw(book: Book) -> Drawn[None]:
    canvas = Canvas(NAME, BACKWARD, freeze=f"C{FIRST_ROW}", page=Page(one_page=True))
    last = FIRST_COL + len(HEADS) - 1
    canvas.widths = {1: 1, STEP_COL: 4.5} | dict.fromkeys(range(FIRST_COL, last + 1), 5.6)
    text_layout.title(canvas, "The whole training run, one row per step", STEP_COL)
    canvas.paragraph(2, STEP_COL, last, TEXT)
    for name, place in CONSTANTS.items():
        home = constant(name)
        canvas.say(CONSTANTS_ROW, home.col, name, "head_center")
        canvas.put(home.row, home.col, find(book, place) if place else RATE_IN_USE, "step_value")
    beside = FIRST_COL + len(CONSTANTS) + 1
    canvas.link(
        CONSTANTS_ROW + 1, beside, find(book, "i[0]"), "change the inputs, the targets and the weights →", "link"
    )
    canvas.link(CONSTANTS_ROW + 1, beside + 8, Canvas("Start", "").at(1, 1), "change η on Start →", "link")
    canvas.say(HEAD_ROW, STEP_COL, "step", "head_center")
    for head in HEADS:
        canvas.say(HEAD_ROW, cell(head, 1).col, head, "small_head")
    canvas.heights |= {CONSTANTS_ROW: 18, CONSTANTS_ROW + 1: 18, HEAD_ROW: 20}
    for step in range(1, STEPS + 1):
        canvas.put(HEAD_ROW + step, STEP_COL, step, "step_number")
        weights = dict(zip(WEIGHTS, _learned(step) if step > 1 else _first(book), strict=True))
        for head, content in (weights | _passes(step)).items():
            style = "row_grad" if head in GRADIENTS else "row_value"
            canvas.put(HEAD_ROW + step, cell(head, 1).col, content, style)
    canvas.format(canvas.at(FIRST_ROW, FIRST_COL, STEPS, len(HEADS)), *gradient_rules())
    return Drawn(canvas)


def _passes(step: int) -> dict[str, Expression | Reference]:
    i1, i2, t1, t2, _ = map(constant, CONSTANTS)
    w1, w2, w3, w4, w5, w6, w7, w8 = (cell(weight, step) for weight in WEIGHTS)
    h1, a_h1, h2, a_h2, o1, a_o1, o2, a_o2, e1, e2 = (
        cell(head, step) for head in ("h1", "a_h1", "h2", "a_h2", "o1", "a_o1", "o2", "a_o2", "E1", "E2")
    )
    by_a_h1, by_a_h2 = ways(t1, t2, a_o1, a_o2, (w5, w7)), ways(t1, t2, a_o1, a_o2, (w6, w8))
    gradients = [
        by_a_h1 * a_h1 * (1 - a_h1) * i1, by_a_h1 * a_h1 * (1 - a_h1) * i2,
        by_a_h2 * a_h2 * (1 - a_h2) * i1, by_a_h2 * a_h2 * (1 - a_h2) * i2,
        (a_o1 - t1) * a_o1 * (1 - a_o1) * a_h1, (a_o1 - t1) * a_o1 * (1 - a_o1) * a_h2,
        (a_o2 - t2) * a_o2 * (1 - a_o2) * a_h1, (a_o2 - t2) * a_o2 * (1 - a_o2) * a_h2,
    ]  # fmt: skip
    passes: dict[str, Expression | Reference] = {
        "h1": w1 * i1 + w2 * i2, "a_h1": _sigmoid(h1),
        "h2": w3 * i1 + w4 * i2, "a_h2": _sigmoid(h2),
        "o1": w5 * a_h1 + w6 * a_h2, "a_o1": _sigmoid(o1),
        "o2": w7 * a_h1 + w8 * a_h2, "a_o2": _sigmoid(o2),
        "E1": (t1 - a_o1) * (t1 - a_o1) / 2, "E2": (t2 - a_o2) * (t2 - a_o2) / 2, "E_total": e1 + e2,
    }  # fmt: skip
    return passes | dict(zip(GRADIENTS, gradients, strict=True))


def _first(book: Book) -> Sequence[Expression | Reference]:
    return [find(book, f"{layer}.weight[{k},{n}]") for layer in ("hidden", "output") for k in (0, 1) for n in (0, 1)]


def _learned(step: int) -> Sequence[Expression | Reference]:
    pairs = zip(WEIGHTS, GRADIENTS, strict=True)
    return [cell(weight, step - 1) - constant("η") * cell(gradient, step - 1) for weight, gradient in pairs]


def ways(
    t1: Reference, t2: Reference, a_o1: Reference, a_o2: Reference, weights: tuple[Reference, Reference]
) -> Expression:
    """Return the formula of ∂E_total/∂a_h of a hidden neuron: (a_o1 − t1)·a_o1·(1 − a_o1)·w1 + the same for output 2.

    `t1` and `t2` are the cells of the targets, `a_o1` and `a_o2` of the outputs, `weights` of the weights from the
    neuron to both.
    """
    return (a_o1 - t1) * a_o1 * (1 - a_o1) * weights[0] + (a_o2 - t2) * a_o2 * (1 - a_o2) * weights[1]


def _sigmoid(x: Reference) -> Expression:
    # e to a number above 709 is an error; a sigmoid of −700 is 0 in all digits that count.
    return 1 / (1 + EXP(MIN(700, -x)))


SHEET = SheetSpec(NAME, "forty training steps, each a row of formulas copied down", _draw)
