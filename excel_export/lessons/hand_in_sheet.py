"""The sheet Hand-in: the equations of a 2-2-2 network in symbols, numbers and words, and six learning rates."""

from __future__ import annotations

from collections.abc import Iterator

from excel_export.authoring import BACKWARD, PALETTE, Book, Canvas, Chart, Drawn, Line, Page, SheetSpec
from excel_export.formulas import Expression, Operand, Reference, joined
from excel_export.lessons import one_row_a_step_sheet as rows
from excel_export.lessons import text_layout
from excel_export.lessons.lesson_places import indexed, styled
from excel_export.sheets.training import learning_rates

NAME = "Hand-in"
SYMBOLS, NUMBERS, RESULT, WORDS = range(2, 6)
WIDTHS = {1: 2, SYMBOLS: 50, NUMBERS: 48, RESULT: 11, WORDS: 50}
CHART_ROWS = 20
DATA_COL = WORDS + 3
Equation = tuple[str, Expression, Operand, str]
"""An equation in symbols, with the numbers of step 1, its result, and in words."""


def sheet(rates: int, steps: int) -> SheetSpec[None]:
    """Return the sheet Hand-in, drawn by `Book.draw`: equations with the numbers of step 1, and a chart of losses.

    The numbers are those of the sheet One row a step, of the lesson `two_layers_assignment`. The chart shows the first
    `steps` losses, 60, of the first `rates` trainings, 6, of the sheet Learning rates.
    """
    what = "each equation in symbols, numbers and words, along with six learning rates, all on one printed page"
    return SheetSpec(NAME, what, lambda book: _draw(book, rates, steps))


def _draw(book: Book, rates: int, steps: int) -> Drawn[None]:
    canvas = Canvas(NAME, BACKWARD, page=Page(one_page=True))
    canvas.widths = dict(WIDTHS)
    text_layout.title(canvas, "Backpropagation by hand: two inputs, two hidden neurons, two outputs", SYMBOLS)
    canvas.say(2, SYMBOLS, "Name, course, date:", "label")
    canvas.stripe(2, NUMBERS, NUMBERS, "own_words")
    canvas.heights[2] = 22
    canvas.link(2, WORDS, rows.at("w1")(book), "the numbers are those of step 1: One row a step →", "link")
    row = 3
    for title, equations in (("Forward", _forward()), ("Backward", _backward()), ("One step", _update())):
        row = text_layout.heading(canvas, row, title, SYMBOLS)
        for symbols, numbers, result, words in equations:
            canvas.say(row, SYMBOLS, symbols, "text")
            canvas.put(row, NUMBERS, numbers, "label")
            canvas.put(row, RESULT, result, "live_fine")
            canvas.say(row, WORDS, words, "text")
            canvas.heights[row] = max(
                text_layout.height(text, WIDTHS[col]) for col, text in ((SYMBOLS, symbols), (WORDS, words))
            )
            row += 1
    canvas.heights[row] = text_layout.SPACE
    area = canvas.at(row + 1, SYMBOLS, CHART_ROWS, WORDS - SYMBOLS + 1)
    canvas.charts.append(_chart(canvas, area, book, rates, steps))
    canvas.printed = canvas.at(1, 1, row + CHART_ROWS, WORDS)
    return Drawn(canvas)


def _forward() -> Iterator[Equation]:
    w1, w2, w5, w6, h1, a_h1, a_h2, o1, a_o1, e1, e2, total = _of_step_1(
        "w1", "w2", "w5", "w6", "h1", "a_h1", "a_h2", "o1", "a_o1", "E1", "E2", "E_total"
    )
    i1, i2, t1 = map(rows.constant, ("i1", "i2", "t1"))
    yield (
        "h1 = w1·i1 + w2·i2", _text(w1, "·", i1, " + ", w2, "·", i2), h1,
        "The input to a hidden neuron: the weighted sum of i1 and i2. The weights for h2 are w3 and w4.",
    )  # fmt: skip
    yield (
        "a_h1 = σ(h1) = 1 / (1 + e^(−h1))", _text("1 / (1 + e^(−", h1, "))"), a_h1,
        "Its output: the sigmoid of its input, a number between 0 and 1.",
    )  # fmt: skip
    yield (
        "o1 = w5·a_h1 + w6·a_h2", _text(w5, "·", a_h1, " + ", w6, "·", a_h2), o1,
        "An output neuron's input: the weighted sum of a_h1 and a_h2. o2 uses w7 and w8.",
    )  # fmt: skip
    yield "a_o1 = σ(o1)", _text("1 / (1 + e^(−", o1, "))"), a_o1, "Its output: the sigmoid."
    yield "E1 = ½·(t1 − a_o1)²", _text("½·(", t1, " − ", a_o1, ")²"), e1, "Half the squared error of this output."
    yield "E_total = E1 + E2", _text(e1, " + ", e2), total, "The loss, computed from the errors of both outputs."


def _backward() -> Iterator[Equation]:
    w5, w7, a_h1, a_o1, a_o2, of_w1, of_w5 = _of_step_1("w5", "w7", "a_h1", "a_o1", "a_o2", "∂E/∂w1", "∂E/∂w5")
    i1, t1, t2 = map(rows.constant, ("i1", "t1", "t2"))
    error, slope = a_o1 - t1, a_o1 * (1 - a_o1)
    yield (
        "∂E_total/∂a_o1 = a_o1 − t1", _text(a_o1, " − ", t1), error,
        "The slope of ½·x² is x. Here x is t1 − a_o1, which falls when a_o1 grows.",
    )  # fmt: skip
    yield (
        "∂a_o1/∂o1 = a_o1·(1 − a_o1)", _text(a_o1, "·(1 − ", a_o1, ")"), slope,
        "The sigmoid's slope, computed from its output.",
    )  # fmt: skip
    yield (
        "∂E_total/∂w5 = (a_o1 − t1) · a_o1·(1 − a_o1) · a_h1", _text(error, " · ", slope, " · ", a_h1), of_w5,
        "The chain rule: a product of three slopes. The last of them is ∂o1/∂w5 = a_h1 for w5 and a_h2 for w6.",
    )  # fmt: skip
    ways = rows.ways(t1, t2, a_o1, a_o2, (w5, w7))
    other, other_slope = a_o2 - t2, a_o2 * (1 - a_o2)
    yield (
        "∂E_total/∂a_h1 = (a_o1 − t1)·a_o1·(1 − a_o1)·w5\n+ (a_o2 − t2)·a_o2·(1 − a_o2)·w7",
        _text(error, "·", slope, "·", w5, " + ", other, "·", other_slope, "·", w7), ways,
        "a_h1 affects both outputs: add the gradients along both paths.",
    )  # fmt: skip
    yield (
        "∂E_total/∂w1 = ∂E_total/∂a_h1 · a_h1·(1 − a_h1) · i1", _text(ways, " · ", a_h1 * (1 - a_h1), " · ", i1), of_w1,
        "Then it goes through the hidden neuron's sigmoid to that neuron's weight.",
    )  # fmt: skip


def _update() -> Iterator[Equation]:
    w5, of_w5 = _of_step_1("w5", "∂E/∂w5")
    rate = rows.constant("η")
    yield (
        "w5 after the step = w5 − η·∂E_total/∂w5", _text(w5, " − ", rate, "·", of_w5), w5 - rate * of_w5,
        "Each weight moves against its gradient, downhill. All move at once.",
    )  # fmt: skip


def _of_step_1(*heads: str) -> list[Reference]:
    return [rows.cell(head, 1) for head in heads]


def _text(*parts: str | Operand) -> Expression:
    return joined(*(part if isinstance(part, str) else text_layout.factor(part) for part in parts))


def _chart(canvas: Canvas, area: Reference, book: Book, rates: int, steps: int) -> Chart:
    head = area.row + 1
    canvas.say(head - 1, DATA_COL, "chart data: the numbers from the Learning rates sheet", "hint")
    canvas.say(head, DATA_COL, "step", "head_wrapped")
    for step in range(steps):
        canvas.put(head + 1 + step, DATA_COL, step + 1, "step_number")
    lines = []
    for number in range(rates):
        col = DATA_COL + 1 + number
        canvas.put(head, col, styled(learning_rates.NAME, "head_wrapped", 0, 1 + number)(book), "head_wrapped")
        for step in range(steps):
            loss = indexed("loss", learning_rates.each_step_at(number + 1), step)(book)
            canvas.put(head + 1 + step, col, loss, "chart_data")
        lines.append(Line(col, canvas.at(head, col), *PALETTE[number % len(PALETTE)]))
    return Chart(
        area, f"E_total over {steps} steps at six learning rates", "step", "E_total", lines, DATA_COL, head + 1,
        head + steps, f"E_total falls over {steps} steps, the faster the larger the rate is.", 0.0, 0.3,
        plot_height=0.64,
    )  # fmt: skip
