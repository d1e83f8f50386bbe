"""The Check sheet: one line per tensor says whether it agrees with PyTorch."""

from __future__ import annotations

import numpy as np

from excel_export.formulas.formula import number
from excel_export.formulas.grid import Grid
from excel_export.sheets import pytorch
from excel_export.sheets.draft import Draft
from excel_export.sheets.pytorch import Comparison
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import PARAMETER, verdict_rules

NAME = "Check"
WHAT = "does it agree with PyTorch? One line per tensor"
TOLERANCE = "1E-9"
FIRST_ROW = 6
# Sums of larger numbers, and of the squares of larger ones, may overflow.
MOST_SUMMED, MOST_SQUARED = 1e300, 1e100
VERDICT, CHANGED = "verdict", "inputs_changed"


def draw(draft: Draft) -> None:
    """Compare with PyTorch: the summary on this sheet, the numbers on the one after it."""
    numbers, comparisons = pytorch.pytorch_sheet(draft.graph, draft.placement)
    draft.add(_summary(draft, comparisons), WHAT)
    draft.add(numbers, pytorch.WHAT)


def _summary(draft: Draft, comparisons: list[Comparison]) -> Canvas:
    canvas = Canvas(NAME, PARAMETER, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 44, 3: 20, 4: 20, 5: 22, 6: 22}
    canvas.say(1, 2, "Is it right?", "title")
    for col, head in enumerate(("tensor", "largest difference", "largest number", "verdict", ""), start=2):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    row = FIRST_ROW
    for item in comparisons:
        _computed(canvas, row, item)
        row += 1
    last = row - 1
    row += 2
    canvas.say(row - 1, 2, "given", "head")
    for col, head in enumerate(("change of the sums", "sums", "verdict", ""), start=3):
        canvas.say(row - 1, col, head, "head")
    first_given = row
    for value in (*draft.graph.of_kind("input"), *draft.graph.of_kind("parameter")):
        _given(canvas, row, value.name, draft.placement.tensors[value].value, value.data)
        row += 1
    canvas.rules += [(f"E{FIRST_ROW}:E{row}", rule) for rule in verdict_rules(f"E{FIRST_ROW}")]
    canvas.say(3, 2, "Inputs or parameters changed since the export?", "label")
    canvas.put(3, 3, f'=IF(COUNTIF(E{first_given}:E{row},"changed")>0,"yes","no")', "answer")
    agreeing = f'COUNTIF(E{FIRST_ROW}:E{last},"agrees")'
    every = len(comparisons)
    canvas.put(2, 2, f'=IF({CHANGED}="yes","You changed an input: PyTorch\'s numbers belong to the exported ones",'
               f'IF({agreeing}={every},"All {every} tensors agree with PyTorch",'
               f'"Only "&{agreeing}&" of {every} tensors agree: the others differ"))', "verdict")  # fmt: skip
    canvas.merged.append("B2:F2")
    canvas.rules += [("B2", rule) for rule in verdict_rules("B2")]
    draft.names |= {VERDICT: f"{NAME}!$B$2", CHANGED: f"{NAME}!$C$3"}
    return canvas


def _computed(canvas: Canvas, row: int, item: Comparison) -> None:
    difference, reference = (grid.prefix + grid.area for grid in (item.difference, item.reference))
    canvas.say(row, 2, item.key, "cell")
    canvas.put(row, 3, f"=MAX(MAX({difference}),-MIN({difference}))", "cell_number")
    canvas.put(row, 4, f"=MAX(MAX({reference}),-MIN({reference}))", "cell_number")
    size, scale = cell(row, 3), cell(row, 4)
    # Where an edit made something overflow, the difference is an error value.
    agrees = f'IF(ISNUMBER({size}),IF({size}<={TOLERANCE}*MAX(1,{scale}),"agrees","differs"),"differs")'
    canvas.put(row, 5, f'=IF({CHANGED}="yes","inputs changed",{agrees})', "cell")
    target = cell(item.reference.row, item.reference.col)
    canvas.put(row, 6, link(pytorch.NAME, target, "number by number"), "small_link")


def _given(canvas: Canvas, row: int, key: str, place: Grid, data: np.ndarray) -> None:
    """Notice a change by two sums, of the numbers and of their squares, which need no copy of the tensor."""
    far = place.seen_from_elsewhere()
    area = far.prefix + far.area
    numbers = np.asarray(data, dtype=np.float64)
    largest = float(np.abs(numbers).max(initial=0))
    if largest < MOST_SUMMED:
        change = f"ABS(SUM({area})-({number(float(numbers.sum()))}))"
        scale = float(np.abs(numbers).sum())
    else:  # their sum could overflow
        ends = (("MAX", numbers.max()), ("MIN", numbers.min()))
        change = "+".join(f"ABS({end}({area})/4-({number(float(at) / 4)}))" for end, at in ends)
        scale = largest
    if largest < MOST_SQUARED:
        squares = float((numbers**2).sum())
        change, scale = f"{change}+ABS(SUMPRODUCT({area},{area})-{number(squares)})", scale + squares
    canvas.say(row, 2, key, "cell")
    canvas.put(row, 3, f"={change}", "cell_number")
    canvas.put(row, 4, scale, "cell_reference")
    same = f'IF({cell(row, 3)}<={TOLERANCE}*MAX(1,{cell(row, 4)}),"as exported","changed")'
    # A number whose square overflows was typed in.
    canvas.put(row, 5, f'=IF(ISNUMBER({cell(row, 3)}),{same},"changed")', "cell")
    canvas.put(row, 6, link(place.sheet, cell(place.row, place.col), "show"), "small_link")
