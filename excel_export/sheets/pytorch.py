"""The PyTorch sheet: beside each number of the workbook PyTorch's own, and the difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from excel_export.canvas import Canvas
from excel_export.formula import each
from excel_export.graph import Graph
from excel_export.grid import Grid
from excel_export.place import Placement
from excel_export.sheets.beside import Sections
from excel_export.styles import PARAMETER, grad_scale, nonzero_rule, value_scale

NAME = "PyTorch"


@dataclass(frozen=True)
class Comparison:
    """One tensor beside its reference."""

    key: str
    given: bool
    """Whether it is an input or a parameter, whose reference is the number it was exported with."""
    here: Grid
    reference: Grid
    difference: Grid


def pytorch_sheet(graph: Graph, placement: Placement) -> tuple[Canvas, list[Comparison]]:
    """Compare inputs, parameters, the loss and every gradient with PyTorch's numbers, element by element."""
    canvas = Canvas(NAME, PARAMETER, freeze="A4", zoom=80)
    canvas.say(1, 2, "The same numbers, computed by PyTorch", "title")
    canvas.say(2, 2, "PyTorch's numbers were pasted when this file was made, in double precision. They belong to "
               "the numbers it was made with: change an input, and the differences show what your change did.",
               "subtitle")  # fmt: skip
    canvas.widths[1] = 2
    sections, comparisons = Sections(canvas), []
    for value in [*graph.of_kind("input"), *graph.of_kind("parameter"), graph.loss]:
        given = value is not graph.loss
        heads = ("in this workbook", "exported with" if given else "PyTorch", "difference")
        place = placement.tensors[value].value
        comparisons.append(_compare(sections, value.name, given, place, value.data, heads))
    for value in graph.values:
        model = placement.tensors[value].grad
        if model is not None and value.grad is not None:
            heads = ("gradient in this workbook", "PyTorch's gradient", "difference")
            comparisons.append(_compare(sections, f"grad.{value.name}", False, model, value.grad, heads))
    return canvas, comparisons


def _compare(
    sections: Sections, key: str, given: bool, model: Grid, reference: np.ndarray, heads: tuple[str, str, str]
) -> Comparison:
    here, theirs, difference = sections.add(key, model, heads)
    canvas = sections.canvas
    canvas.fill(here, each("={}", model.seen_from_elsewhere()), "given" if given else "grad")
    canvas.fill(theirs, reference, "given_reference" if given else "reference")
    canvas.fill(difference, each("={}-{}", here, theirs), "difference")
    if reference.size > 1:
        scale = value_scale if given else grad_scale
        canvas.rules += [(grid.area, scale(grid.area)) for grid in (here, theirs)]
    canvas.rules.append((difference.area, nonzero_rule()))
    return Comparison(key, given, *(grid.seen_from_elsewhere() for grid in (here, theirs, difference)))
