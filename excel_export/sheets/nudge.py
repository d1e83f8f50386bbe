"""The Nudge sheet: the loss computed again with one number a little larger and a little smaller. Is its gradient right?

Two more forward passes are live, each on a sheet of its own. Their parameters are the network's, but for the one
that was chosen on the Explain sheet, which is nudged by ε. What no parameter touches is not computed again.
"""

from __future__ import annotations

import numpy as np
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.formulas.formula import decimal_format, each
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Band
from excel_export.graph.graph import forward_from_parameters
from excel_export.sheets import check, explain
from excel_export.sheets.draft import Draft, elsewhere
from excel_export.sheets.explain import Explained
from excel_export.sheets.names import (
    EPSILON,
    EXPLAIN_ELEMENT,
    EXPLAIN_GRADIENT,
    EXPLAIN_LABEL,
    EXPLAIN_VALUE,
    LOSS,
    NUDGE,
)
from excel_export.sheets.network import network_sheet
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import FORWARD, PARAMETER, verdict_rules

NAME = "Nudge"
WHAT = "is a gradient right? Nudge its parameter and watch the loss"
UP, DOWN = "Nudged up", "Nudged down"
PASS_WHAT = {
    UP: "the forward pass with the chosen parameter a little larger",
    DOWN: "the forward pass with the chosen parameter a little smaller",
}
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD AGAIN  →   from the first parameter on; what comes before stays as it is on the Network sheet",
    "parameters": "PARAMETERS   the same, but for the nudged one",
}
DEFAULT, SMALLEST, LARGEST = 1e-4, 1e-12, 1
TOLERANCE = "1E-6"

CHOICE, EPSILON_ROW, LOSSES, SLOPES, VERDICT, TALK = 5, 6, 9, 14, 20, 22
LABEL, LEFT, MIDDLE, RIGHT, PASTED = 2, 3, 4, 5, 8
PASTED_FROM = 8
_TALK = (
    "Why they agree. The slope of a curve at w is almost the slope of the line through its points at w − ε and at "
    "w + ε: what the curve's bend adds on one side it takes away on the other. What is left shrinks with ε²: take "
    "ε ten times smaller, and the difference becomes about a hundred times smaller.",
    "Why not exactly. A spreadsheet keeps some 16 digits of each loss, and dividing by 2ε makes the error in the "
    "last of them larger. So a very small ε is no better: try 0.1, 0.01, 0.001, and on to 0.000000001.",
    "When they differ. A ReLU bends where its input is 0, a max pool where two pixels tie: if such a kink lies "
    "between w − ε and w + ε, the slopes to the left and to the right differ, and the gradient is the slope on one "
    "side. Arg-max jumps: if the nudge changes what it picks, the loss leaps, and no slope says by how much. A "
    "smaller ε stays clear of both.",
    "What it costs. This takes two forward passes for a single number. Backpropagation finds the gradients of all "
    "numbers in one pass back: that is why networks can learn.",
)


def draw(draft: Draft) -> None:
    """Draw the sheet and the two passes, where there is a number to explain that the loss depends on."""
    if not draft.placement.is_one_picture:
        return
    items = explain.explained(draft)
    if not items or forward_from_parameters(draft.graph).loss is draft.graph.loss:
        return
    up, down = _nudged_pass(draft, items, UP, "+"), _nudged_pass(draft, items, DOWN, "-")
    draft.add(_page(draft, items, up, down), WHAT)


def _nudged_pass(draft: Draft, items: list[Explained], name: str, sign: str) -> Grid:
    """Draw a forward pass on a sheet at the end of the book; return where its loss lies."""
    again = forward_from_parameters(draft.graph)
    tensors = draft.placement.tensors
    given = {value: elsewhere(value, tensors[value].value) for value in again.values if value in tensors}
    placement, contents = draft.place_again(again, name, given)
    nudged = {value.name: placement.tensors[value].value for value in again.of_kind("parameter") if value not in given}
    for item in items:
        if item.value.name in nudged:
            numbers = np.arange(item.first, item.first + item.value.data.size).reshape(item.value.shape)
            source = item.place.value.seen_from_elsewhere()
            template = f"={{}}{sign}IF({EXPLAIN_ELEMENT}={{}},{NUDGE},0)"
            contents[nudged[item.value.name]] = each(template, source, numbers)
    for sheet in placement.sheets:
        for block in sheet.blocks:
            if block.role == "parameter":
                block.role = "value"  # a copy, not the learner's to change
        canvas = network_sheet(sheet, contents, name, FORWARD, HEADINGS)
        moved = "plus" if sign == "+" else "minus"
        canvas.put(2, 2, f'={EXPLAIN_LABEL}&" {moved} ε; all else as on the Network sheet"', "label")
        canvas.put(3, 2, link(NAME, "A1", f"← {NAME}"), "link")
        draft.add_last(canvas, PASS_WHAT[name])
    return placement.tensors[again.loss].value.seen_from_elsewhere()


def _page(draft: Draft, items: list[Explained], up: Grid, down: Grid) -> Canvas:
    canvas = Canvas(NAME, PARAMETER, freeze=f"A{CHOICE - 1}")
    canvas.widths = {1: 2, LABEL: 46, LEFT: 22, MIDDLE: 22, RIGHT: 22, 6: 50, 7: 3, PASTED: 20}
    canvas.heights[1] = 28
    canvas.say(1, LABEL, "Is the gradient right? Nudge the number and see", "title")
    canvas.say(2, LABEL, "A gradient says how fast the loss grows when a number grows. Here the number really does "
               "grow a little, and shrink a little, in two live copies of the network.", "subtitle")  # fmt: skip
    canvas.put(3, LABEL, link("Start", "A1", "← Start"), "link")
    canvas.put(3, LEFT, link(explain.NAME, "A1", "← Explain it"), "link")

    canvas.say(CHOICE, LABEL, "The number w", "label")
    canvas.put(CHOICE, LEFT, f"={EXPLAIN_LABEL}", "answer")
    canvas.put(CHOICE, RIGHT, link(explain.NAME, cell(explain.CHOICE, explain.NUMBER), "choose another →"), "link")
    canvas.say(EPSILON_ROW, LABEL, "ε, how far it is nudged", "label")
    canvas.put(EPSILON_ROW, LEFT, DEFAULT, "epsilon")
    canvas.put(EPSILON_ROW, MIDDLE, f'=IF({NUDGE}={EPSILON},"yours to change: try 0.01 and 0.000001",'
               f'"taken as "&TEXT({NUDGE},{decimal_format(12)}))', "hint")  # fmt: skip
    canvas.validations.append(_positive(cell(EPSILON_ROW, LEFT)))
    canvas.say(4, PASTED, "ε in use", "fixed")
    canvas.put(5, PASTED, f"=IF(COUNT({EPSILON})=1,MAX({SMALLEST},MIN({LARGEST},{EPSILON})),{DEFAULT})", "fixed")
    draft.names |= {EPSILON: f"{NAME}!{_place(EPSILON_ROW, LEFT)}", NUDGE: f"{NAME}!{_place(5, PASTED)}"}

    for col, head in enumerate(("", "a little smaller", "as it is", "a little larger"), start=LABEL):
        canvas.say(LOSSES - 1, col, head, "head")
    losses = {LEFT: down.refs[()], MIDDLE: LOSS, RIGHT: up.refs[()]}
    for row, label in ((LOSSES, "the number"), (LOSSES + 1, "the loss"), (LOSSES + 2, "the whole network")):
        canvas.say(row, LABEL, label, "label")
    for col, shift in ((LEFT, f"-{NUDGE}"), (MIDDLE, ""), (RIGHT, f"+{NUDGE}")):
        canvas.put(LOSSES, col, f"={EXPLAIN_VALUE}{shift}", "long_number")
        canvas.put(LOSSES + 1, col, f"={losses[col]}", "long_number")
    for col, grid in ((LEFT, down), (MIDDLE, draft.placement.tensors[draft.graph.loss].value), (RIGHT, up)):
        canvas.put(LOSSES + 2, col, link(grid.sheet, cell(grid.row, grid.col), f"{grid.sheet} →"), "link")

    _compare_slopes(canvas, _paste(canvas, items))
    for row, text in enumerate(_TALK, start=TALK):
        canvas.say(row, LABEL, text, "text")
        canvas.merged.append(f"{cell(row, LABEL)}:{cell(row, 6)}")
        canvas.heights[row] = 34 if len(text) < 320 else 50
    canvas.printed = f"A1:{cell(TALK + len(_TALK) - 1, 6)}"
    return canvas


def _paste(canvas: Canvas, items: list[Explained]) -> str:
    """Keep PyTorch's gradients in a column, in the order of the running numbers; return its range."""
    canvas.say(PASTED_FROM - 1, PASTED, "PyTorch's gradients", "fixed")
    gradients = np.concatenate([np.ravel(np.asarray(item.value.grad)) for item in items]).tolist()
    for row, gradient in enumerate(gradients, start=PASTED_FROM):
        canvas.put(row, PASTED, gradient, "reference")
    return f"{_place(PASTED_FROM, PASTED)}:{_place(PASTED_FROM + len(gradients) - 1, PASTED)}"


def _compare_slopes(canvas: Canvas, pasted: str) -> None:
    """The slope of the loss by nudging, by backpropagation and by PyTorch, and what to think of it."""
    smaller, same, larger = (_place(LOSSES + 1, col) for col in (LEFT, MIDDLE, RIGHT))
    for col, head in enumerate(("how fast the loss grows with the number", "", "difference", ""), start=LABEL):
        canvas.say(SLOPES - 1, col, head, "head")
    nudging, pytorch = SLOPES, SLOPES + 2
    changed, pasted_then = "of the numbers as exported; you changed some", "pasted when this file was made"
    lines = (
        ("by nudging: (loss₊ − loss₋) / 2ε", f"({larger}-{smaller})/(2*{NUDGE})", "two forward passes"),
        ("by backpropagation: ∂L/∂w", EXPLAIN_GRADIENT, "one backward pass, on the Network sheet"),
        ("by PyTorch", f"INDEX({pasted},{EXPLAIN_ELEMENT}+1)", pasted_then),
        (
            "on the left alone: (loss − loss₋) / ε",
            f"({same}-{smaller})/{NUDGE}",
            "these two differ by the curve's bend,",
        ),
        ("on the right alone: (loss₊ − loss) / ε", f"({larger}-{same})/{NUDGE}", "and by much more at a kink"),
    )
    for row, (label, slope, remark) in enumerate(lines, start=SLOPES):
        main = row <= pytorch
        canvas.say(row, LABEL, label, "label" if main else "hint")
        canvas.put(row, LEFT, f"={slope}", "slope" if main else "slope_aside")
        if slope != EXPLAIN_GRADIENT:
            canvas.put(row, MIDDLE, f"={_place(row, LEFT)}-{EXPLAIN_GRADIENT}", "slope_difference")
        canvas.say(row, RIGHT, remark, "hint")
    canvas.put(pytorch, RIGHT, f'=IF({check.CHANGED}="yes","{changed}","{pasted_then}")', "hint")
    small = f"ABS({_place(nudging, MIDDLE)})<={TOLERANCE}*MAX(1,ABS({EXPLAIN_GRADIENT}))"
    agree = (
        f'IF({EXPLAIN_GRADIENT}=0,"They agree: here the loss does not change with this number",'
        '"They agree: the gradient is right")'
    )
    differ = '"They differ: a kink or a jump lies within ε, or ε is too large or too small. Try another ε"'
    canvas.put(VERDICT, LABEL, f"=IF({small},{agree},{differ})", "verdict")
    canvas.merged.append(f"{cell(VERDICT, LABEL)}:{cell(VERDICT, 6)}")
    canvas.rules += [(cell(VERDICT, LABEL), rule) for rule in verdict_rules(_place(VERDICT, LABEL))]


def _positive(place: str) -> DataValidation:
    validation = DataValidation(
        "decimal", operator="between", formula1=str(SMALLEST), formula2=str(LARGEST), allow_blank=False,
        showErrorMessage=True, error=f"ε is a number between {SMALLEST} and {LARGEST}.",
    )  # fmt: skip
    validation.add(place)
    return validation


def _place(row: int, col: int) -> str:
    return f"${get_column_letter(col)}${row}"
