"""The layout of each step: it follows from what the step is and from the cells that its element reads."""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.formulas import Index
from excel_export.graph.graph import Call, Value
from excel_export.sheets.steps import (
    branch,
    channels,
    dead_end,
    losses,
    maps,
    matrix,
    operations,
    path,
    picture,
    score_gradients,
    shares,
    switches,
    table,
    terms,
    update_step,
    weight_gradient,
    window,
)
from excel_export.sheets.steps.step_sheet import StepSheet
from excel_export.sheets.steps.teller import Teller
from excel_export.views.story import StoryStep


def draw_step(sheet: StepSheet, teller: Teller, step: StoryStep) -> None:
    """Draw a step of the story on an empty sheet, in the layout for its kind: a convolution's result as a window, that
    of a ReLU as maps, a Linear's as a matrix, the gradient of an element term by term, ….
    """
    if step.what in OF_THE_WHOLE:
        OF_THE_WHOLE[step.what](sheet, teller)
    elif step.what == "switches":
        switches.draw(sheet, teller, step.calls)
    elif step.call and step.what in OF_A_CALL:
        OF_A_CALL[step.what](sheet, teller, step.call)
    else:
        assert step.call
        assert step.value
        if step.what == "backward":
            _draw_backward(sheet, teller, step.call, step.value, step.index, step.calls)
        elif step.what == "weight":
            weight_gradient.draw(sheet, teller, step.call, step.value, step.index)
        elif step.what == "branch" and (plan := branch.plan(teller, step.calls)):
            branch.draw(sheet, teller, *plan)
        else:
            _draw_forward(sheet, teller, step.value, step.index)


def _draw_forward(sheet: StepSheet, teller: Teller, value: Value, index: Index) -> None:
    """Draw an element in the first layout that has a plan for it, else as terms: a plan is all that a layout needs."""
    for layout in (shares, window, channels, maps, operations, matrix, table):
        if plan := layout.plan(teller, value, index):
            layout.draw(sheet, teller, value, index, plan)
            return
    terms.draw_forward(sheet, teller, value, index)


def _draw_backward(
    sheet: StepSheet, teller: Teller, call: Call, value: Value, index: Index, behind: Sequence[Call]
) -> None:
    if call.kind == "cross_entropy" and shares.plan(teller, call.outputs[0]):
        score_gradients.draw(sheet, teller, call)
    elif windows := channels.plan_back(teller, call, value, index):
        channels.draw_back(sheet, teller, call, value, index, windows, behind)
    else:
        terms.draw_backward(sheet, teller, call, value, index, behind=behind)


OF_THE_WHOLE = {"inputs": picture.draw, "path": path.draw, "update": update_step.draw}
OF_A_CALL = {"losses": losses.draw, "dead end": dead_end.draw}
"""The function that draws each kind of step; these tables differ in its arguments."""
