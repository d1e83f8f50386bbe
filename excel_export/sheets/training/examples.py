"""The Examples sheet: the data of a training, as numbers that a learner may change and choose from.

The examples have equal places below one another, so that a step finds an example by its number.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.book import names
from excel_export.book.sheet import Drawn
from excel_export.compiler.place.layout import matrix, upright
from excel_export.compiler.place.panels import IMAGE_CELL_WIDTH, TITLE, shape_text
from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.mean_of_examples import numbered, together
from excel_export.formulas import MATCH, MOD, Grid, OperandLike, Reference
from excel_export.shared.errors import ExportError
from excel_export.sheets.sheet_parts import Stack
from excel_export.sheets.training.step_table import Cells, Choice, Column, Feed
from excel_export.workbook import format_rules, styles
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.read import Entry

SHOWS = "the examples that the network learns from: change any of them"
HELD_OUT = "Held-out examples"
SHOWS_HELD_OUT = "the examples not used for training: does the network get them right?"
EACH_STEP_TAKES = "Each training step uses one of them. You can change any number."
EACH_STEP_TAKES_SOME = "Each training step uses some consecutive ones. You can change any number."
NO_STEP_TAKES = (
    "No training step uses them, so they show how well the network does on new data. You can change any number."
)
EXAMPLE, PLACE = "example", "place"
FIRST_ROW, LIST_COL, TITLE_COL, FIRST_COL = 6, 2, 3, 4
NUMBER_WIDTH = 8

Examples = Sequence[Inputs] | Mapping[str, Inputs]
"""The inputs of one step after another, [(x1, y1), (x2, y2)], or the same by names, {'first': (x1, y1)}."""


@dataclass(frozen=True)
class Listed:
    """Examples with their names: Listed([1, 2], [{'x': array1}, {'x': array2}])."""

    names: list[str | int]
    """The name of each example as the list offers it, or its number from 1 on."""
    tensors: list[dict[str, np.ndarray]]
    """The tensors of each example, by the names of `forward`'s arguments."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor, the same in all examples: {'x': (1, 4)}."""
        return {name: tensor.shape for name, tensor in self.tensors[0].items()}


def named(examples: Examples) -> dict[str | int, Inputs]:
    """Return the examples by the names that a learner chooses from; without names, by numbers from 1 on.

    Example:
        >>> named([{"x": 1}, {"x": 2}]), named({"3": {"x": 1}, "cat": {"x": 2}})
        ({1: {'x': 1}, 2: {'x': 2}}, {3: {'x': 1}, 'cat': {'x': 2}})
    """
    if not isinstance(examples, Mapping):
        return dict(enumerate(examples, start=1))
    offered = names.choices([str(name) for name in examples])
    # A list offers the text 3, but what a learner chooses there may arrive as the number.
    return {
        int(name) if name.isdecimal() and str(int(name)) == name else name: inputs
        for name, inputs in zip(offered, examples.values(), strict=True)
    }


def draw(drawn: Drawn[Any], title: str, module: nn.Module, examples: Examples, batch: int = 1) -> Feed:
    """Draw the examples on a sheet, and return the `Feed`, by which steps read their inputs.

    Examples without names whose tensors are single numbers get no sheet: they are columns of the table of the steps.

    Args:
        drawn: gets the sheet, and rows of the index, 'example 1' of x, with the cells.
        title: the name of the sheet.
        module: the module for a single example.
        examples: the inputs of each, [(x1, y1), (x2, y2)]; or by names, {'cat': (x1, y1)}.
        batch: the number of examples that a step takes, one after another in the list; a learner chooses the first.

    Raises:
        ExportError: there are fewer than `batch`; they do not fit the module, differ in shape or type, or hold NaN.
    """
    listed, given = _listed(module, examples), [*named(examples).values()]
    count, is_one = len(given), batch == 1
    if not 1 <= batch <= count:
        raise ExportError(f"a step takes from 1 to all {count} examples, not {batch}")
    are_numbers = all(math.prod(shape) == 1 for shape in listed.shapes.values())
    if is_one and are_numbers and not isinstance(examples, Mapping):
        keys = {name: f"input {name}" for name in listed.shapes}  # no column of results is called so
        choices = [Choice(key, name, [float(own[name].item()) for own in listed.tensors]) for name, key in keys.items()]
        return Feed(given, choices, lambda cells: {name: cells.column(key) for name, key in keys.items()})
    canvas, stacks = _sheet(title, listed, "The examples", EACH_STEP_TAKES if is_one else EACH_STEP_TAKES_SOME)
    drawn.add(canvas, SHOWS)
    _index(drawn, "example", listed, stacks)
    offered = canvas.at(FIRST_ROW, LIST_COL, height=count).fixed
    if count == 1:  # there is nothing to choose
        return Feed(given, (), lambda cells: {key: stack.first for key, stack in stacks.items()})
    places = [PLACE, *(f"{PLACE}_{number}" for number in range(2, batch + 1))]

    def inputs(cells: Cells) -> dict[str, OperandLike]:
        return {
            key if is_one else numbered(key, number): stack.pick(cells.column(where))
            for number, where in enumerate(places, start=1)
            for key, stack in stacks.items()
        }

    def follower(further: int) -> Column:
        def formula(cells: Cells) -> OperandLike:
            return MOD(cells.column(PLACE) + (further - 1), count) + 1

        return Column(places[further], "and", formula, "whole", width=5)

    place = Column(PLACE, "place in list", lambda cells: MATCH(cells.column(EXAMPLE), offered, 0), "whole", width=6)
    firsts = [step * batch % count for step in range(count // math.gcd(count, batch))]
    choice = Choice(
        EXAMPLE, "example" if is_one else "first of the batch", [listed.names[first] for first in firsts], offered, 12
    )
    if not is_one:
        given = [together(module, [given[(first + k) % count] for k in range(batch)]) for first in firsts]
    return Feed(given, (choice,), inputs, (place, *map(follower, range(1, batch))))


def draw_held_out(
    drawn: Drawn[Any], module: nn.Module, examples: Examples
) -> tuple[list[Inputs], list[dict[str, Grid]]]:
    """Draw examples that no step takes; return their inputs and cells: ([(x1, y1), …], [{'x': grid, 'y': grid}, …]).

    Raises:
        ExportError: there are none, they do not fit the module, differ in shape or type, or hold NaN.
    """
    listed = _listed(module, examples)
    canvas, stacks = _sheet(HELD_OUT, listed, "The held-out examples", NO_STEP_TAKES)
    drawn.add(canvas, SHOWS_HELD_OUT)
    _index(drawn, "held out", listed, stacks)
    places = [{key: stack.place(k) for key, stack in stacks.items()} for k in range(len(listed.names))]
    return [*named(examples).values()], places


def _index(drawn: Drawn[Any], what: str, listed: Listed, stacks: Mapping[str, Stack]) -> None:
    for key, stack in stacks.items():
        drawn.entries += [Entry(key, f"{what} {name}", stack.place(k)) for k, name in enumerate(listed.names)]


def _listed(module: nn.Module, examples: Examples) -> Listed:
    by_name = named(examples)
    if not by_name:
        raise ExportError("there is no example to train on")
    arguments = []
    for name, inputs in by_name.items():
        if not isinstance(inputs, (tuple, list, Mapping)):
            what = f"example {name} is a {type(inputs).__name__}"
            raise ExportError(f"{what}: give the inputs of each example as a tuple, or as a dict by argument name")
        try:
            arguments.append(bind(module, inputs).named)
        except ExportError as error:
            raise ExportError(f"example {name}: {error}") from error
    for name, own in zip(by_name, arguments, strict=True):
        for key, item in own.items():
            _refuse_different(f"example {name}: '{key}'", item, arguments[0][key])
    tensors = [
        {key: item.detach().numpy() for key, item in own.items() if isinstance(item, torch.Tensor)} for own in arguments
    ]
    return Listed([*by_name], tensors)


def _refuse_different(what: str, item: object, first: object) -> None:
    if isinstance(item, torch.Tensor) and isinstance(first, torch.Tensor):
        if item.shape != first.shape or item.dtype != first.dtype:
            both = f"{_described(item)}, but {_described(first)}"
            raise ExportError(f"{what} is {both} in the first example: all need the same")
        if not item.isfinite().all():
            raise ExportError(f"{what} holds an infinite number or NaN, which a spreadsheet cannot hold")
    elif isinstance(item, torch.Tensor) or isinstance(first, torch.Tensor) or item != first:
        raise ExportError(f"{what} is another than in the first example: only tensors may differ")


def _described(tensor: torch.Tensor) -> str:
    return f"{shape_text(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"


def _sheet(sheet: str, listed: Listed, title: str, words: str) -> tuple[Canvas, dict[str, Stack]]:
    canvas = Canvas(sheet, styles.FORWARD, freeze=f"A{FIRST_ROW}", zoom=80, row_height=15, page=None)
    canvas.put(1, 2, title, "title")
    canvas.put(2, 2, words, "subtitle")
    canvas.link(3, 2, Reference("Start", 1, 1), "← Start", "link")
    canvas.put(FIRST_ROW - 1, LIST_COL, "the list", "head")
    stacks = _placed(sheet, listed)
    in_rows = all(stack.apart == 1 for stack in stacks.values())
    canvas.widths = {1: 2, LIST_COL: 16, TITLE_COL: 2 if in_rows else 16}
    for key, stack in stacks.items():
        grid = stack.first
        canvas.put(FIRST_ROW - 1, grid.col, f"{key}  {shape_text(grid.shape)}", "title_forward")
        across = range(grid.col, grid.col + grid.width)
        canvas.widths |= dict.fromkeys(across, IMAGE_CELL_WIDTH if _is_picture(grid) else NUMBER_WIDTH)
    for k, (name, tensors) in enumerate(zip(listed.names, listed.tensors, strict=True)):
        canvas.put(FIRST_ROW + k, LIST_COL, name, "answer")
        for key, stack in stacks.items():
            grid = stack.place(k)
            if not in_rows:
                canvas.put(grid.row, TITLE_COL, f"example {name}", "title_forward")
            canvas.fill(grid, tensors[key], "image" if _is_picture(grid) else "input", key)
            if _is_picture(grid):
                canvas.format(grid.box, format_rules.image_scale())
    return canvas, stacks


def _placed(title: str, listed: Listed) -> dict[str, Stack]:
    grids: dict[str, Grid] = {}
    col = FIRST_COL
    for key, shape in listed.shapes.items():
        # Numbers lie in a row, a batch of rows below one another, and pictures as pictures.
        strides = ((0,), (1,)) if len(shape) == 1 else matrix(shape) if len(shape) == 2 else upright(shape)
        grids[key] = Grid(title, FIRST_ROW, col, shape, *strides)
        title_width = math.ceil(TITLE * len(f"{key}  {shape_text(shape)}") / IMAGE_CELL_WIDTH)
        col += max(grids[key].width, title_width) + 1
    tallest = max(grid.height for grid in grids.values())
    # A row for each, or room between those that take several.
    apart = tallest + 1 if tallest > 1 else 1
    stacks = {key: Stack(grid, apart, len(listed.names)) for key, grid in grids.items()}
    for key, stack in stacks.items():
        if not stack.place(stack.count - 1).fits:
            raise ExportError(f"the examples of '{key}' do not fit on a sheet: take fewer or smaller ones")
    return stacks


def _is_picture(grid: Grid) -> bool:
    return len(grid.shape) > 2 and grid.height > 1 and grid.width > 1
