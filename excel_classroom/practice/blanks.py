"""What a learner is asked for: cells of the workbook that are left empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from excel_export.graph.graph import Graph

Direction = Literal["forward", "backward", "update"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ONE_PRODUCT, SUM_OF_PRODUCTS, WHOLE_GRADIENT = LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class Blank:
    """One empty cell, and what belongs into it."""

    tensor: str
    """Its key as in `read_tensors`: 'relu', 'grad.fc1.weight'. Of an update, the parameter's: 'fc1.weight'."""
    index: tuple[int, ...]
    """Which element of the tensor."""
    sheet: str
    cell: str
    """Where, on its sheet: 'C7'."""
    direction: Direction
    level: int
    """1: one product, or a function of one number. 2: a sum of products. 3: one of all elements of a gradient."""
    idea: str
    """What one must understand for it: 'relu, backward'."""
    wanted: str
    """What is asked for, in words: 'gradient of fc1.weight [0, 2]'."""
    formula: str
    """The cell's own formula, without '=', as it stands on its sheet."""
    reads: tuple[int, ...] = ()
    """Which of the other blanks, counted from 0, its number may depend on."""


def right_number(
    graph: Graph, tensor: str, index: tuple[int, ...], direction: Direction, learning_rate: float
) -> float:
    """PyTorch's number for a blank, whose fields these are, in a network with some numbers."""
    tensors = graph.tensors
    number = tensors[tensor][index]
    if direction == "update":
        number = number - learning_rate * tensors[f"grad.{tensor}"][index]
    return float(number)
