"""The Check sheet: one line per tensor says whether it agrees with PyTorch."""

from __future__ import annotations

from excel_export.canvas import Canvas, cell, link
from excel_export.sheets import pytorch
from excel_export.sheets.pytorch import Comparison
from excel_export.styles import PARAMETER, verdict_rules

NAME = "Check"
TOLERANCE = "1E-9"
FIRST_ROW = 6
VERDICT, CHANGED = "verdict", "inputs_changed"


def check_sheet(comparisons: list[Comparison]) -> tuple[Canvas, dict[str, str]]:
    """Summarise the comparisons; return the sheet and the defined names it provides."""
    canvas = Canvas(NAME, PARAMETER, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 44, 3: 20, 4: 20, 5: 22, 6: 22}
    canvas.say(1, 2, "Is it right?", "title")
    given = [item for item in comparisons if item.given]
    computed = [item for item in comparisons if not item.given]
    for col, head in enumerate(("tensor", "largest difference", "largest number", "verdict", ""), start=2):
        canvas.say(FIRST_ROW - 1, col, head, "head")
    for row, item in enumerate(given + computed, start=FIRST_ROW):
        area, reference = (grid.prefix + grid.area for grid in (item.difference, item.reference))
        canvas.say(row, 2, item.key, "cell")
        canvas.put(row, 3, f"=MAX(MAX({area}),-MIN({area}))", "cell_number")
        canvas.put(row, 4, f"=MAX(MAX({reference}),-MIN({reference}))", "cell_number")
        size, scale = cell(row, 3), cell(row, 4)
        if item.given:
            verdict = f'=IF({size}=0,"as exported","changed")'
        else:
            verdict = f'=IF({CHANGED},"inputs changed",IF({size}<={TOLERANCE}*MAX(1,{scale}),"agrees","differs"))'
        canvas.put(row, 5, verdict, "cell")
        canvas.put(row, 6, link(pytorch.NAME, cell(item.here.row, item.here.col), "number by number"), "small_link")
    first, middle, last = FIRST_ROW, FIRST_ROW + len(given), FIRST_ROW + len(comparisons) - 1
    canvas.rules += [(f"E{first}:E{last}", rule) for rule in verdict_rules(f"E{first}")]
    canvas.say(3, 2, "Inputs or parameters changed since the export?", "label")
    canvas.put(3, 3, f"=MAX(C{first}:C{middle - 1})>0", "answer")
    agreeing = f'COUNTIF(E{middle}:E{last},"agrees")'
    canvas.put(2, 2, f'=IF({CHANGED},"You changed an input: PyTorch\'s numbers belong to the exported ones",'
               f'IF({agreeing}={len(computed)},"All {len(computed)} tensors agree with PyTorch",'
               f'"Only "&{agreeing}&" of {len(computed)} tensors agree: the others differ"))', "verdict")  # fmt: skip
    canvas.merged.append("B2:F2")
    canvas.rules += [("B2", rule) for rule in verdict_rules("B2")]
    return canvas, {VERDICT: f"{NAME}!$B$2", CHANGED: f"{NAME}!$C$3"}
