"""The Through time sheet: the states of a recurrent network at each step, and the gradients that reach them."""

from collections import defaultdict

from excel_export.book.book import Book
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.formulas import ABS, SQRT, SUMPRODUCT, Grid, PlacedTensor, Reference, gradient_name
from excel_export.graph.graph import Value
from excel_export.views.index_names import STATE
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.charts import Chart, Line

NAME = "Through time"
FEWEST_STEPS = 3
"""The least number of steps for which there is a sheet."""
MOST_NUMBERS = 6
"""The most numbers of a state that are shown."""
STEP, FIRST_SIZE, HEAD = 2, 3, 6
CHART_ROWS = 15
_SUBTITLE = (
    "The gradient begins at the loss, after the last time step, and goes back in time, since each state is computed "
    "from the one before it. A state with a small gradient hardly affects the loss, so little is learned from it."
)
Steps = list[tuple[Value, PlacedTensor]]
"""A state (such as the hidden state) at each step of time, with its place: [(value, tensor), …]."""


def draw(book: Book) -> Drawn[None] | None:
    """Draw the sizes of the gradients of the first recurrent layer's states, step by step in time.

    None for a network without a recurrent layer of at least three steps.
    """
    found = _memory(book)
    if not found:
        return None
    states, gates = found
    count = len(next(iter(states.values())))
    canvas = Canvas(NAME, styles.BACKWARD, freeze=f"A{HEAD + 1}")
    canvas.widths |= {1: 2, STEP: 10, FIRST_SIZE: 18, FIRST_SIZE + 1: 18}
    canvas.put(1, STEP, "How far back in time does the error reach?", "title")
    canvas.paragraph(2, STEP, STEP + 13, _SUBTITLE)
    canvas.link(HEAD - 1, STEP, Reference("Start", 1, 1), "← Start", "link")
    canvas.put(HEAD, STEP, "step", "head")
    for k in range(1, count + 1):
        canvas.put(HEAD + k, STEP, k, "table_label")
    sizes = []
    for place, (what, steps) in enumerate(states.items()):
        column = FIRST_SIZE + place
        canvas.put(HEAD - 1, column, "length of the gradient", "note")
        canvas.put(HEAD, column, gradient_name(what), "head")
        for k, (_, tensor) in enumerate(steps, start=1):
            vector = tensor.grad.box
            # One engine takes no single cells for a range.
            length = SQRT(SUMPRODUCT(vector, vector)) if vector.size > 1 else ABS(vector)
            canvas.put(HEAD + k, column, length, "table_grad")
        area = canvas.at(HEAD + 1, column, height=count)
        canvas.format(area, format_rules.grad_scale(area))
        sizes.append(Line(column, canvas.at(HEAD, column), (styles.BACKWARD, styles.FORWARD)[place]))
    column = FIRST_SIZE + len(states) + 1
    canvas.widths[column - 1] = 3
    for what, steps in (states | gates).items():
        column = _numbers(canvas, column, what, steps, gradients=False)
        if what in states:
            column = _numbers(canvas, column, gradient_name(what), steps, gradients=True)
    last = HEAD + count
    area = canvas.at(last + 2, STEP, CHART_ROWS, 12)
    alt = "The length of the gradient of each state, step of time by step of time."
    canvas.charts.append(
        Chart(area, "The gradient on its way back in time", "step", "length", sizes, STEP, HEAD + 1, last, alt)
    )
    return Drawn(canvas)


def _numbers(canvas: Canvas, column: int, what: str, steps: Steps, *, gradients: bool) -> int:
    width = min(steps[0][0].shape[-1], MOST_NUMBERS)
    canvas.say(HEAD - 1, column, what, "title_backward" if gradients else "title_forward")
    for j in range(width):
        canvas.widths[column + j] = 8
        canvas.say(HEAD, column + j, j, "head")
        for k, (value, tensor) in enumerate(steps, start=1):
            grid: Grid = tensor.grad if gradients else tensor.value
            number = grid.at(*[0] * (len(value.shape) - 1), j)
            canvas.put(HEAD + k, column + j, number, "table_grad" if gradients else "table_value")
    area = canvas.at(HEAD + 1, column, len(steps), width)
    canvas.format(area, format_rules.grad_scale(area) if gradients else format_rules.value_scale(area))
    canvas.widths[column + width] = 3
    return column + width + 1


def _memory(book: Book) -> tuple[dict[str, Steps], dict[str, Steps]] | None:
    """Return states and gates, each step by step, of the first layer with enough steps; None without one."""
    layers: dict[tuple[str, str], dict[str, Steps]] = defaultdict(lambda: defaultdict(list))
    for value in book.graph.of_kind("intermediate"):
        found = STATE.search(value.name)
        tensor = book.placement.tensors[value]
        if found and tensor.has_grad:
            layers[value.module_path, found[2]][found[1].replace("_", " ")].append((value, tensor))
    for kinds in layers.values():
        counts = {len(steps) for steps in kinds.values()}
        if len(counts) == 1 and counts.pop() >= FEWEST_STEPS:
            states = {what: steps for what, steps in kinds.items() if what.endswith("state")}
            return dict(sorted(states.items(), reverse=True)), {k: v for k, v in kinds.items() if k not in states}
    return None


SHEET = SheetSpec(NAME, "how far back in time the gradient reaches", draw, order=90)
