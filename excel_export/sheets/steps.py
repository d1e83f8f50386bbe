"""The Steps sheet: the passes as a list of steps, each in words, as an equation, and with its numbers.

The Network sheet shows one step at a time: what comes later is veiled, what happens now is framed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.compiler.place import Block, shape_text
from excel_export.formulas.formula import decimal_format
from excel_export.formulas.grid import Grid, quoted
from excel_export.graph.graph import Call, Value
from excel_export.sheets import update
from excel_export.sheets.draft import Draft
from excel_export.xlsx.canvas import Canvas, cell, link
from excel_export.xlsx.styles import FORWARD

NAME = "Steps"
WHAT = "the list of steps that the Network sheet can show"
FIRST_ROW = 6
STEP, CHOICE = "step_number", "step_choice"
NETWORK_CHOICE = "step_on_network"
AS_ON_START = "as on the Start sheet"
MOST_VALUES = 6
FORMATS = {2: "$F$3", 4: "$G$3"}
"""The cell that holds the format, by the number of decimals."""
LOSS_WORDS = "The backward pass begins at its end: when the loss grows by a little, the loss grows by just that."
UPDATE_WORDS = (
    "Each parameter takes a step against its gradient, as long as the learning rate says. "
    f"The {update.NAME} sheet shows the parameters before and after, the Start sheet the loss after the step."
)


@dataclass(frozen=True)
class Step:
    """One step: its name in the list, what happens, the equation, and the element that shows it."""

    name: str
    words: str
    math: str
    element: tuple[Grid, tuple[int, ...]] | None = None
    """A grid of the Network sheet and the index of an element whose formula is spelled out."""
    decimals: int = 2
    """One of those in FORMATS."""


class Plan:
    """The steps of a graph, and the step in which each block of the picture appears."""

    def __init__(self, draft: Draft) -> None:
        graph, tensors = draft.graph, draft.placement.tensors
        self.steps = [
            Step("the inputs", "The network is given its inputs and its parameters. Nothing is computed yet.", "")
        ]
        self._made: dict[Value, int] = {}
        self._known: dict[Value, int] = {}
        self._back: dict[Value, int] = {}
        for call in graph.calls:
            y = call.outputs[0]
            self.steps.append(
                Step(f"{y.name}  →", _forward_words(call), call.operator.forward_math,
                     (tensors[y].value, _largest(y.data)))
            )  # fmt: skip
            self._made |= dict.fromkeys(call.outputs, len(self.steps))
        if graph.loss in graph.seeds:
            self.steps.append(Step("←  the loss", LOSS_WORDS, "∂L/∂L = 1"))
        self._known[graph.loss] = len(self.steps)
        for call in reversed(graph.calls):
            gaining = [value for value in dict.fromkeys(call.inputs) if tensors[value].grad]
            if not gaining or call.outputs[0].grad is None:
                continue
            shown = max(gaining, key=lambda value: (value.kind != "intermediate", _size(value)))
            grid = tensors[shown].grad
            assert grid is not None
            assert shown.grad is not None
            self.steps.append(
                Step(f"←  {call.outputs[0].name}", _backward_words(call, gaining), call.operator.backward_math,
                     (grid, _largest(shown.grad)), decimals=4)
            )  # fmt: skip
            self._known |= dict.fromkeys(gaining, len(self.steps))
            self._back |= dict.fromkeys(call.outputs, len(self.steps))
        if graph.of_kind("parameter"):
            self.steps.append(Step("the updated parameters", UPDATE_WORDS, "w ← w − learning_rate · ∂L/∂w"))

    def label(self, number: int) -> str:
        """The step's line in the list."""
        return f"{number} · {self.steps[number - 1].name}"

    def of(self, block: Block) -> int:
        """The step, counted from 1, in which a block appears."""
        if block.role in ("grad", "seed"):
            return self._known.get(block.owner, len(self.steps))
        if block.role == "work":
            return (self._made if block.band == "forward" else self._back).get(block.owner, 1)
        return self._made.get(block.owner, 1)


def draw(draft: Draft, plan: Plan) -> None:
    """List the steps with what the panel on the Network sheet says about each."""
    canvas = Canvas(NAME, FORWARD, freeze=f"A{FIRST_ROW}")
    canvas.widths = {1: 2, 2: 2, 3: 26, 4: 70, 5: 60, 6: 80, 7: 10}
    canvas.say(1, 2, "The steps of learning", "title")
    canvas.say(2, 2, "The Network sheet shows them one by one: choose one there, or on the Start sheet.", "subtitle")
    count = len(plan.steps)
    chosen = f'IF({NETWORK_CHOICE}="{AS_ON_START}",{CHOICE},{NETWORK_CHOICE})'
    steps = f"$C${FIRST_ROW}:$C${FIRST_ROW + count - 1}"
    canvas.say(3, 4, "the step that is shown now", "cell_small")
    canvas.put(3, 3, f"=IF(COUNTIF({steps},{chosen})=0,{count},MATCH({chosen},{steps},0))", "answer")
    draft.names[STEP] = f"{NAME}!$C$3"
    canvas.say(3, 5, "how numbers are written at the right: with the decimal sign of your language", "cell_small")
    for col, decimals in enumerate(FORMATS, start=6):
        written = decimal_format(decimals)
        canvas.put(3, col, f'={written}&";(-"&{written}&")"', "cell_small")
    for col, head in enumerate(("step", "what happens", "the equation", "the same with numbers", ""), start=3):
        canvas.say(FIRST_ROW - 2, col, head, "head")
    canvas.say(FIRST_ROW - 1, 3, AS_ON_START, "cell_small")
    for number, step in enumerate(plan.steps, start=1):
        row = FIRST_ROW + number - 1
        canvas.say(row, 3, plan.label(number), "cell")
        canvas.say(row, 4, step.words, "cell_wrapped")
        canvas.say(row, 5, step.math, "cell_wrapped")
        if step.element:
            grid, index = step.element
            canvas.put(row, 6, _with_numbers(draft, grid, index, step.decimals), "cell_wrapped")
            canvas.put(row, 7, link(grid.sheet, cell(grid.row, grid.col), "show"), "small_link")
        else:
            canvas.say(row, 6, "", "cell")
        canvas.heights[row] = 15 * max(1, -(-len(step.words) // 80), -(-len(step.math) // 68))
    draft.add(canvas, WHAT)


def chooser(canvas: Canvas, row: int, col: int, plan: Plan, *, on_start: bool) -> None:
    """Put a cell with the list of steps to choose from; on the network's sheet it may follow the start sheet."""
    shown, style = (plan.label(len(plan.steps)), "choice") if on_start else (AS_ON_START, "panel_choice")
    canvas.say(row, col, shown, style)
    first = FIRST_ROW if on_start else FIRST_ROW - 1
    last = FIRST_ROW + len(plan.steps) - 1
    validation = DataValidation("list", formula1=f"{NAME}!$C${first}:$C${last}", allow_blank=False)
    validation.add(cell(row, col))
    canvas.validations.append(validation)


def current(column: str, plan: Plan) -> str:
    """The formula of what a column of the Steps sheet says about the chosen step."""
    return f'=INDEX({NAME}!${column}${FIRST_ROW}:${column}${FIRST_ROW + len(plan.steps) - 1},{STEP})&""'


def _forward_words(call: Call) -> str:
    reads = _list([value.name for value in dict.fromkeys(call.inputs) if value.kind != "constant"])
    y = call.outputs[0]
    return f"{call.operator.forward_words} From {reads} it makes {y.name} ({shape_text(y.shape)})."


def _backward_words(call: Call, gaining: list[Value]) -> str:
    return (
        f"{call.operator.backward_words} What the loss owes to {call.outputs[0].name} is known; "
        f"now it is passed on to {_list([value.name for value in gaining])}."
    )


def _list(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _size(value: Value) -> float:
    return 0.0 if value.grad is None else float(np.abs(value.grad).max(initial=0))


def _largest(data: np.ndarray) -> tuple[int, ...]:
    """The index of the element that shows most: the largest."""
    numbers = np.abs(np.asarray(data, dtype=np.float64))
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(numbers)), numbers.shape)) if numbers.size else ()


_TOKEN = re.compile(
    r"SUMPRODUCT\((?P<left>\w+:\w+),(?P<right>\w+:\w+)\)(?P<plus>\+?)|(?P<area>\b[A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"
    r"|(?P<cell>\b[A-Z]{1,3}\d+\b)|(?P<name>\b[a-z_][a-z_0-9]*\b)|(?P<constant>\d+\.\d{4,})"
)


def _with_numbers(draft: Draft, grid: Grid, index: tuple[int, ...], decimals: int) -> str:
    """A formula that spells out an element's formula with its numbers: '0.31·1.20 + … = 0.85'."""
    formula = str(draft.contents[grid][index]).removeprefix("=")
    as_written = FORMATS[decimals]
    pieces: list[str] = []

    def text(words: str) -> None:
        if words:
            pieces.append('"' + words.replace('"', '""').replace("*", "·") + '"')

    def value(ref: str) -> None:
        # Rounded first: TEXT alone rounds 0.3149 twice in ironcalc, to 0.32.
        pieces.append(f"TEXT(ROUND({quoted(grid.sheet)}!{ref},{decimals}),{as_written})")

    products, end = 0, 0
    for token in _TOKEN.finditer(formula):
        text(formula[end : token.start()])
        end = token.end()
        if token["left"]:
            pairs = list(zip(_cells(token["left"]), _cells(token["right"]), strict=True))
            room = max(0, MOST_VALUES - products)
            for left, right in pairs[:room]:
                value(left)
                text("·")
                value(right)
                text(" + ")
            products += len(pairs)
            if pieces[-1] == '" + "' and len(pairs) <= room and not token["plus"]:
                pieces.pop()
            elif len(pairs) > room > 0:
                text("… + " if token["plus"] else "…")
        elif token["cell"]:
            value(token["cell"])
        elif token["area"]:
            refs = list(_cells(token["area"]))
            for k, ref in enumerate(refs[:MOST_VALUES]):
                text(", " if k else "")
                value(ref)
            text(", …" if len(refs) > MOST_VALUES else "")
        elif token["constant"]:
            text(f"{float(token['constant']):.6g}")
        else:
            pieces.append(f'TEXT({token["name"]},"0")' if token["name"] in draft.names else f'"{token["name"]}"')
    text(formula[end:])
    text(" = ")
    value(str(grid.refs[index]).removeprefix(grid.prefix))
    text(f"   ({products} products)" if products > MOST_VALUES else "")
    return "=" + "&".join(pieces)


def _cells(area: str) -> Iterator[str]:
    left, top, right, bottom = range_boundaries(area)
    for row in range(top, bottom + 1):
        for col in range(left, right + 1):
            yield cell(row, col)
