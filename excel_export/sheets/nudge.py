"""The Nudge sheet: the loss with one number a little larger and a little smaller. Is its gradient right?

Two more forward passes are live, each on a sheet of its own. Their parameters are the network's, but the chosen number
is changed by ε. A value that depends on no parameter is not computed again.
"""

from math import ceil

import numpy as np

from excel_export.book import names
from excel_export.book.book import Book
from excel_export.book.input_cell import Between, InputCell
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.compiler.place.panels import Zone
from excel_export.formulas import Expression, Operand, equal, joined, look_up, number
from excel_export.formulas.functions import ABS, IF, INDEX, INT, MAX, MOD, TEXT
from excel_export.formulas.reference import Reference
from excel_export.graph.graph import Value
from excel_export.graph.subgraphs import loss_is_learned
from excel_export.sheets.book_elements import followed_by
from excel_export.sheets.explain import explain_sheet as explain
from excel_export.sheets.explain.chosen_number import ChosenNumber
from excel_export.sheets.explain.explain_tables import Tables
from excel_export.sheets.explain.scratch_columns import ScratchColumns
from excel_export.sheets.network.again import DIGITS, changed_forward
from excel_export.sheets.sheet_parts import number_format
from excel_export.views.views import learning_parameters
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas, Page

NAME = "Nudge"
UP, DOWN, FAR_UP, FAR_DOWN = "Nudged up", "Nudged down", "Nudged far up", "Nudged far down"
PASSES = {
    UP: (1, names.NUDGE, names.LOSS_UP), DOWN: (-1, names.NUDGE, names.LOSS_DOWN),
    FAR_UP: (1, names.NUDGE_FAR, names.LOSS_FAR_UP), FAR_DOWN: (-1, names.NUDGE_FAR, names.LOSS_FAR_DOWN),
}  # fmt: skip
"""The sign and the size of the change in each pass, and the name of its loss. The far ones are for the curve."""
SHOWS_A_PASS = "the passes that Nudge compares, and those for the loss curve"
HEADINGS: dict[Zone, str] = {
    "forward": "FORWARD AGAIN  →   from the first parameter on; what comes before stays as it is on the Network sheet",
    "parameters": "PARAMETERS   the same, but for the nudged one",
}
DEFAULT = 1e-4
"""The ε at first."""
SMALLEST = 1e-12
LARGEST = 1
DECIMALS = 12
TOLERANCE = 1e-6
"""The largest relative difference of two slopes that agree."""
LAST_DIGITS = 5e-14
"""The part of a number that is not to be trusted: the last of 16 digits, after many steps of computation."""
MIDDLE_PART = 0.2
"""The largest distance of the gradient from the mean of the slopes on both sides, as a part of their difference."""

CHOICE, HINTS, EPSILON_ROW, LOSSES, SLOPES, VERDICT, TALK = 5, 6, 7, 9, 14, 20, 22
LABEL, LEFT, MIDDLE, RIGHT, LAST, PASTED = 2, 3, 4, 5, 6, 8
INDICES = (LEFT, MIDDLE, RIGHT, LAST)
PASTED_FROM = 12
"""The first row of PyTorch's gradients."""
PASTED_ROWS = 1000
"""The most gradients in a column: LibreOffice, saving an .xlsx, loses numbers below row 1,025 of hidden columns."""
SUBTITLE = (
    "A gradient says how fast the loss grows as a number grows. Here the number is made a little larger in one "
    "live copy of the network and a little smaller in another."
)
_TALK = (
    "Why do they agree? The slope of a curve at w is almost the slope of the line through its points at w − ε and w + "
    "ε: what the curvature adds on one side, it takes away on the other. The remaining difference shrinks with ε²: if "
    "ε is ten times smaller, the difference is about a hundred times smaller.",
    "Why not exactly? A spreadsheet keeps about 16 digits of each loss, and dividing by 2ε magnifies the error in the "
    "last one. So a very small ε is no better: try 0.1, 0.01, 0.001, and so on down to 0.000000001.",
    "When do they differ? A ReLU has a kink where its input is 0, a max pool where two numbers tie: if such a kink "
    "lies between w − ε and w + ε, the slopes on its left and right differ, and the gradient is the slope on one side "
    "only. Arg-max jumps: if the nudge changes what it picks, the loss jumps too, and no slope shows by how much. A "
    "smaller ε avoids both problems.",
    "What it costs. Nudging takes two forward passes for a single number. Backpropagation finds the gradients of all "
    "numbers in one backward pass. This makes training feasible.",
)


def is_drawn(book: Book) -> bool:
    """Return whether a workbook gets the sheet Nudge.

    It does if the author wants it, the network takes at most 30,000 cells, and a parameter has an effect on the loss.
    """
    wanted = any(sheet.name == NAME for sheet in book.sheets)
    parameters = learning_parameters(book.graph, book.placement.tensors)
    return bool(wanted and book.placement.is_one_picture and parameters and loss_is_learned(book.graph))


def draw(book: Book) -> Drawn[None] | None:
    """Draw the sheet Nudge and its further forward passes; None if `is_drawn` is False or Explain is not drawn."""
    tables = book.result(explain.SHEET)
    if not (tables and is_drawn(book)):
        return None
    parameters, drawn = learning_parameters(book.graph, book.placement.tensors), Drawn[None]()
    has_curve = names.NUDGE_FAR.text in book.names
    losses = {name: _nudged_pass(book, drawn, parameters, name) for name in (PASSES if has_curve else (UP, DOWN))}
    drawn.define({PASSES[name][2]: loss for name, loss in losses.items()})
    drawn.add(_page(book, drawn, parameters, tables, losses[UP], losses[DOWN]))
    return drawn


def _nudged_pass(book: Book, drawn: Drawn[None], parameters: list[Value], name: str) -> Reference:
    nudged: dict[str, Expression] = {}
    (sign, size, _), first = PASSES[name], 0
    for value in parameters:
        numbers = np.arange(first, first + value.data.size).reshape(value.shape)
        original = book.placement.tensors[value].value.relative
        shift = IF(equal(names.NUDGED_ELEMENT, numbers), size, 0)
        nudged[value.name] = original + shift if sign > 0 else original - shift
        first += value.data.size
    found = changed_forward(book, nudged, name, HEADINGS)
    by = joined(" plus " if sign > 0 else " minus ", size)
    for canvas in found.canvases:
        canvas.put(2, 2, joined(names.NUDGED_LABEL, by, "; all else as on the Network sheet"), "label")
        canvas.link(3, 2, Reference(NAME, 1, 1), f"← {NAME}", "link")
        canvas.digits = DIGITS if size is names.NUDGE_FAR else None
        drawn.add_hidden(canvas, SHOWS_A_PASS)
    return found.loss.first


def _page(
    book: Book, drawn: Drawn[None], parameters: list[Value], tables: Tables, up: Reference, down: Reference
) -> Canvas:  # fmt: skip
    canvas = Canvas(NAME, styles.PARAMETER, freeze=f"A{CHOICE - 1}", page=Page(one_page=True))
    canvas.widths = {1: 2, LABEL: 46, LEFT: 22, MIDDLE: 22, RIGHT: 22, LAST: 38, 7: 3, PASTED: 20}
    canvas.heights[1] = 28
    canvas.put(1, LABEL, "Is the gradient right? Nudge the number and see", "title")
    canvas.put(2, LABEL, SUBTITLE, "subtitle")
    canvas.link(3, LABEL, Reference("Start", 1, 1), "← Start", "link")
    canvas.link(3, LEFT, Reference(explain.NAME, 1, 1), "← Explain", "link")
    # PyTorch's gradients, in the order of the running numbers.
    canvas.put(PASTED_FROM - 1, PASTED, "PyTorch's gradients", "fixed")
    gradients = np.concatenate([np.ravel(value.gradient) for value in parameters if value.gradient is not None])
    columns = range(PASTED, PASTED + ceil(gradients.size / PASTED_ROWS))
    for k, col in enumerate(columns):
        part = gradients[k * PASTED_ROWS : (k + 1) * PASTED_ROWS]
        canvas.fill(canvas.column(PASTED_FROM, col, part.size), part, "reference")
    pasted = canvas.at(PASTED_FROM, PASTED, min(gradients.size, PASTED_ROWS), len(columns))
    value, gradient = _choose(book, drawn, canvas, parameters, tables, ScratchColumns(canvas, columns.stop + 2))
    _choose_epsilon(drawn, canvas)
    _compare_losses(book, canvas, value, up, down)
    _compare_slopes(canvas, gradient, pasted)
    _judge(canvas, gradient, is_detached=book.graph.is_detached)
    for row, text in enumerate(_TALK, start=TALK):
        canvas.paragraph(row, LABEL, LAST, text)
    canvas.printed = canvas.at(1, 1).to(canvas.at(TALK + len(_TALK) - 1, LAST))
    return canvas


def _choose(
    book: Book, drawn: Drawn[None], canvas: Canvas, parameters: list[Value], tables: Tables, scratch: ScratchColumns
) -> list[Reference]:  # fmt: skip
    followed = next((bead for bead in followed_by(book) if bead.value in parameters), None)
    example = parameters.index(followed.value) if followed else 0
    # A lesson may ask for another element than 'auto' is.
    at_first = followed.index if followed and followed.index != tables.items[example].example else ()
    indices = [names.nudge_index(k) for k in range(len(INDICES))]
    choice = ChosenNumber(
        scratch, tables, names.NUDGE_TENSOR, indices, count=len(parameters), example=example + 1, called="name"
    )
    drawn.define({
        names.NUDGED_ELEMENT: scratch.cell("element", choice.field("element") + choice.number),
        names.NUDGED_LABEL: choice.label,
    })  # fmt: skip
    canvas.put(CHOICE - 1, LABEL, "Choose a parameter,", "hint")
    canvas.put(CHOICE - 1, LEFT, "which of its elements is w; 'auto' takes the one with the largest gradient.", "hint")
    at = canvas.at(CHOICE, LABEL)
    longest = max(1, *(max(value.shape, default=1) for value in parameters))
    numbers = scratch.keep("allowed indices", longest + 2).box
    drawn.define(
        choice.draw(
            canvas, at, tables.items[example].name, "Choose a parameter from the list.", "", INDICES, numbers, at_first
        )
    )
    placed = [book.placement.tensors[value] for value in parameters]
    found = []
    for what, grids in (("number", [each.value for each in placed]), ("gradient", [each.grad for each in placed])):
        # Each formula reads its own tensor, and nothing else of the Network sheet.
        here = [IF(equal(choice.tensor, k), look_up(grid, choice.index[: len(grid.shape)]), 0).reshape(1)
                for k, grid in enumerate(grids, start=1)]  # fmt: skip
        each = scratch.column(f"{what} of each parameter", *here)
        found.append(scratch.cell(f"the chosen {what}", INDEX(each.box.fixed, choice.tensor)))
    drawn.define({names.NUDGED_VALUE: found[0], names.NUDGED_GRADIENT: found[1]})
    return found


def _choose_epsilon(drawn: Drawn[None], canvas: Canvas) -> None:
    epsilon, in_use = canvas.at(EPSILON_ROW, LEFT), canvas.at(CHOICE, PASTED)
    canvas.put(EPSILON_ROW, LABEL, "ε, how far it is nudged", "label")
    flag, remark = canvas.at(in_use.row, in_use.col + 1), canvas.at(EPSILON_ROW, MIDDLE)
    asked = f"A number from {number(SMALLEST)} to {number(LARGEST)}"
    input_cell = InputCell(epsilon, Between(SMALLEST, LARGEST, title="ε", words=asked), DEFAULT, flag, in_use)
    words, shown = "yours to change: try 0.01 and 0.000001", TEXT(names.NUDGE, number_format(DECIMALS))
    input_cell.remark(canvas, remark, words, "hint", shown=shown)
    canvas.format(remark, format_rules.warning_rule(flag))
    input_cell.draw(canvas, "epsilon")
    canvas.hide_columns(PASTED)
    canvas.put(in_use.row - 1, PASTED, "ε in use", "fixed")
    drawn.define({names.EPSILON: epsilon, names.NUDGE: in_use})


def _compare_losses(book: Book, canvas: Canvas, value: Reference, up: Reference, down: Reference) -> None:
    same = book.placement.tensors[book.graph.loss].value.first
    canvas.across(LOSSES - 1, LABEL, ("", "a little smaller", "as it is", "a little larger"), "head")
    canvas.put(LOSSES, LABEL, joined("w = ", names.NUDGED_LABEL), "label")
    canvas.put(LOSSES + 1, LABEL, "the loss", "label")
    canvas.put(LOSSES + 2, LABEL, "the whole network", "label")
    canvas.across(LOSSES, LEFT, (value - names.NUDGE, value, value + names.NUDGE), "long_number")
    canvas.across(LOSSES + 1, LEFT, (down, names.LOSS, up), "long_number")
    canvas.format(
        canvas.at(LOSSES, LEFT).to(canvas.at(LOSSES + 1, RIGHT)), format_rules.beyond_rule(*format_rules.LONG)
    )
    for col, place in ((LEFT, down), (RIGHT, up)):
        canvas.put(LOSSES + 2, col, f"hidden sheet {place.sheet}", "hint")
    canvas.link(LOSSES + 2, MIDDLE, same, f"{same.sheet} →", "link")


def _compare_slopes(canvas: Canvas, gradient: Reference, pasted: Reference) -> None:
    left, same, right = (canvas.at(LOSSES + 1, col) for col in (LEFT, MIDDLE, RIGHT))
    canvas.across(SLOPES - 1, LABEL, ("how fast the loss grows with the number", "", "difference", ""), "head")
    pytorch, before = SLOPES + 2, names.NUDGED_ELEMENT
    changed = "of the numbers as exported; you changed some"
    lines: tuple[tuple[str, Operand, str | Expression], ...] = (
        ("by nudging: (loss₊ − loss₋) / 2ε", (right - left) / (2 * names.NUDGE), "two forward passes"),
        ("by backpropagation: ∂L/∂w", gradient, "one backward pass, on the Network sheet"),
        ("by PyTorch", INDEX(pasted, MOD(before, PASTED_ROWS) + 1, INT(before / PASTED_ROWS) + 1),
         IF(equal(names.CHANGED, "yes"), changed, "pasted when this file was made")),
        ("on the left alone: (loss − loss₋) / ε", (same - left) / names.NUDGE,
         "these two differ where the loss is curved,"),
        ("on the right alone: (loss₊ − loss) / ε", (right - same) / names.NUDGE, "and by much more at a kink"),
    )  # fmt: skip
    canvas.format(canvas.at(SLOPES, LEFT, height=len(lines)), format_rules.beyond_rule(*format_rules.LONG))
    for row, (label, slope, remark) in enumerate(lines, start=SLOPES):
        main = row <= pytorch
        canvas.put(row, LABEL, label, "label" if main else "hint")
        canvas.put(row, LEFT, slope, "slope" if main else "slope_aside")
        if slope is not gradient:
            canvas.put(row, MIDDLE, canvas.at(row, LEFT) - gradient, "slope_difference")
        canvas.put(row, RIGHT, remark, "hint")


def _judge(canvas: Canvas, gradient: Reference, *, is_detached: bool) -> None:
    error, difference = ABS(canvas.at(SLOPES, MIDDLE)), canvas.at(LOSSES, PASTED)
    left, right = canvas.at(SLOPES + 3, LEFT), canvas.at(SLOPES + 4, LEFT)
    canvas.put(difference.row, difference.col, ABS(right - left), "fixed")
    small = error <= TOLERANCE * MAX(1, ABS(gradient))
    unmoved = "They agree: here the loss does not change with this number"
    agree = IF(equal(gradient, 0), unmoved, "They agree: the gradient is right")
    # At a kink the slope by nudging lies in the middle between the two sides, and the gradient is one of them. Where
    # the curve only bends, both lie in the middle.
    bends = "They agree up to the curvature, which shrinks with ε²: an ε ten times smaller shows it"
    rounds = "They agree as far as the loss has digits: so small an ε leaves few of them. Try a larger one"
    differ = "They differ: a kink or a jump lies within ε. Try a smaller ε"
    if is_detached:
        differ = "They differ: a detach stops a part of the gradient, or a kink or a jump lies within ε"
    verdict = canvas.at(VERDICT, LABEL)
    rounding = LAST_DIGITS * MAX(1, ABS(names.LOSS)) / names.NUDGE
    otherwise = IF(error <= rounding, rounds, IF(error <= MIDDLE_PART * difference, bends, differ))
    canvas.put(VERDICT, LABEL, IF(small, agree, otherwise), "verdict", width=LAST - LABEL + 1)
    canvas.format(verdict, *format_rules.verdict_rules(verdict))


SHEET = SheetSpec(NAME, "is a gradient right? Nudge its parameter and watch the loss", draw, order=120, also=(UP, DOWN))
