"""The Start sheet: what this is, how to read it, the result, and where to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.formulas.grid import Grid
from excel_export.sheets import check
from excel_export.sheets.draft import Draft
from excel_export.sheets.names import LEARNING_RATE, LOSS_AFTER
from excel_export.sheets.steps import CHOICE, Plan, chooser
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import FORWARD, verdict_rules

NAME = "Start"


@dataclass(frozen=True)
class Story:
    """What the author of a workbook tells its readers."""

    title: str
    intro: Sequence[str] = ()
    """Paragraphs."""
    results: Mapping[str, str] = field(default_factory=dict)
    """Lines of the result: a label, and an expression in which {name} stands for the cells of a traced value."""


LEGEND = (
    ("input", "0.5", "yours to change: inputs, parameters, the learning rate"),
    ("value", "1.25", "forward: computed from the numbers before it"),
    ("grad", "-0.031", "backward: how much the loss changes when this number grows a little"),
    ("work", "0.8", "worked out on the side"),
)


def draw(draft: Draft, story: Story, plan: Plan | None) -> None:
    """Write the page a reader sees first, and put it before the others."""
    graph, placement = draft.graph, draft.placement
    canvas = Canvas(NAME, FORWARD, one_page=True)
    canvas.widths = {1: 3, 2: 32, 3: 24, 4: 86}
    canvas.say(2, 2, story.title, "title")
    canvas.heights[2] = 32
    row = 4
    for paragraph in story.intro:
        canvas.say(row, 2, paragraph, "text")
        canvas.merged.append(f"B{row}:D{row}")
        canvas.heights[row] = 16 * (1 + len(paragraph) // 125)
        row += 1

    row = _heading(canvas, row + 1, "The result")
    cells = {value.name: _range(placement.tensors[value].value) for value in graph.values}
    for label, template in story.results.items():
        try:
            expression = template.format_map(cells)
        except KeyError:  # a part of a network may lack the value
            continue
        canvas.say(row, 2, label, "label")
        canvas.put(row, 3, f"=ROUND({expression},3)", "result")
        row += 1
    canvas.say(row, 2, "Loss", "label")
    canvas.put(row, 3, f"=ROUND({cells[graph.loss.name]},3)", "result")
    if LOSS_AFTER in draft.names:
        row += 1
        canvas.say(row, 2, "Loss after one step", "label")
        canvas.put(row, 3, f"=ROUND({LOSS_AFTER},3)", "result")
    canvas.say(row + 1, 2, "Does it agree with PyTorch?", "label")
    canvas.put(row + 1, 3, f"={check.VERDICT}", "verdict")
    canvas.merged.append(f"C{row + 1}:D{row + 1}")
    canvas.rules += [(f"C{row + 1}", rule) for rule in verdict_rules(f"C{row + 1}")]

    if plan:
        row = _heading(canvas, row + 3, "Step through it")
        canvas.say(row, 2, "Show the Network sheet up to", "label")
        chooser(canvas, row, 3, plan, on_start=True)
        canvas.merged.append(f"C{row}:D{row}")
        draft.names[CHOICE] = f"{NAME}!$C${row}"
        row -= 1

    row = _heading(canvas, row + 3, "Change something")
    for control in draft.controls:
        canvas.say(row, 2, control.label, "label")
        put = canvas.say if isinstance(control.content, str) else canvas.put
        put(row, 3, control.content, "choice")
        canvas.say(row, 4, control.hint, "label")
        validation = DataValidation("list", formula1=control.choices, allow_blank=False)
        validation.add(cell(row, 3))
        canvas.validations.append(validation)
        draft.names[control.name] = f"{NAME}!$C${row}"
        row += 1
    for value in graph.of_kind("input"):
        grid = placement.tensors[value].value
        if draft.contents[grid].dtype == object:  # it follows a control
            continue
        canvas.put(row, 2, link(grid.sheet, cell(grid.row, grid.col), f"{value.name} →"), "link")
        if grid.width == grid.height == 1:
            canvas.put(row, 3, f"={grid.seen_from_elsewhere().refs.ravel()[0]}", "result")
        canvas.say(row, 4, f"an input, on the {grid.sheet} sheet", "label")
        row += 1
    for value in graph.of_kind("parameter")[:1]:
        grid = placement.tensors[value].value
        canvas.put(row, 2, link(grid.sheet, cell(grid.row, grid.col), "the parameters →"), "link")
        canvas.say(row, 4, f"any of them, from the {grid.sheet} sheet on", "label")
        row += 1
    canvas.say(row, 2, "Learning rate", "label")
    canvas.put(row, 3, draft.learning_rate, "edit")
    canvas.say(row, 4, "here: it scales the step on the Update sheet", "label")
    draft.names[LEARNING_RATE] = f"{NAME}!$C${row}"

    row = _heading(canvas, row + 2, "How to read it")
    for style, sample, meaning in LEGEND:
        canvas.put(row, 2, float(sample), style)
        canvas.say(row, 3, meaning, "label")
        row += 1

    row = _heading(canvas, row + 1, "Where to go")
    for sheet, what in draft.directory:
        canvas.put(row, 2, link(sheet, "A1", sheet), "link")
        canvas.say(row, 3, what, "label")
        row += 1
    draft.canvases.insert(0, canvas)


def _heading(canvas: Canvas, row: int, text: str) -> int:
    canvas.say(row, 2, text, "heading")
    return row + 1


def _range(grid: Grid) -> str:
    """The grid's area as a formula on another sheet writes it."""
    far = grid.seen_from_elsewhere()
    return far.defined_name or far.prefix + far.area
