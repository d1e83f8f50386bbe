"""Refusals of networks that are too large for a workbook, before a formula is written."""

import math
from collections.abc import Iterable

from torch import nn

from excel_export.compiler.place.gradient_accumulation import contributions_of
from excel_export.compiler.place.panels import shape_text
from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError

# LibreOffice opens 1.2 million formulas in 18 s, and writing them takes 1 GB.
MOST_CELLS = 2_000_000
# A parameter that learns stands there as its value, its gradient, its value after the step, PyTorch's gradient, and the
# difference.
CELLS_A_PARAMETER = 5


def refuse_large_module(module: nn.Module) -> None:
    """Refuse a module whose parameters alone would fill more than 2,000,000 cells: five a number, one if it is frozen.

    Raises:
        ExportError: they would fill more.
    """
    sizes = (
        (name, tuple(parameter.shape), parameter.numel() * (CELLS_A_PARAMETER if parameter.requires_grad else 1))
        for name, parameter in module.named_parameters()
    )
    _refuse(sizes, "at least")


def refuse_large_graph(graph: Graph) -> None:
    """Refuse a graph that fills more than 2,000,000 cells: of a result three a number, of a parameter five, of an input
    two, or one without a gradient; and helper tensors.

    Raises:
        ExportError: it would fill more.
    """
    made = {value: value.data.size * (2 if value.gradient is None else 3) for value in graph.of_kind("intermediate")}
    for call in graph.calls:
        for helper in call.helpers.values():
            times = 1 if helper.band == "backward" else 2
            made[call.outputs[0]] += math.prod(helper.shape) * times
    contributions = contributions_of(graph)

    def cells(value: Value) -> int:
        a_number = CELLS_A_PARAMETER if value.kind == "parameter" else 2
        given = value.data.size * (a_number if value.has_grad else 1)
        return (made.get(value) or given) + contributions.get(value, 0) * value.data.size

    _refuse(((value.name, value.shape, cells(value)) for value in graph.values), "about")


def refuse_many_steps(graph: Graph, steps: int, states: int = 0) -> None:
    """Refuse a training whose steps would fill more than 2,000,000 cells, as 50 steps of 50,000 cells each do.

    Args:
        graph: one step.
        steps: the number of steps.
        states: the number of states that the learning rule keeps of each parameter, such as 2 for Adam.

    Raises:
        ExportError: they would fill more.
    """
    cells = sum(value.data.size * (2 if value.has_grad else 1) for value in graph.values)
    cells += sum(math.prod(helper.shape) for call in graph.calls for helper in call.helpers.values())
    cells += sum(value.data.size * count for value, count in contributions_of(graph).items())
    cells += states * parameters_that_learn(graph)
    if steps * cells > MOST_CELLS:
        raise ExportError(
            f"{steps:,} steps of training would fill {steps * cells:,} cells, {cells:,} each, but more than "
            f"{MOST_CELLS:,} are too many to open: take fewer steps, fewer learning rates or a smaller network"
        )


def parameters_that_learn(graph: Graph) -> int:
    """Return the number of weights that a step of training changes: 8 for Linear(3, 2), 6 weights and 2 biases."""
    return sum(value.data.size for value in graph.of_kind("parameter") if value.has_grad)


def _refuse(cells: Iterable[tuple[str, tuple[int, ...], int]], about: str) -> None:
    tensors = list(cells)
    total = sum(count for _, _, count in tensors)
    if total > MOST_CELLS:
        name, shape, count = max(tensors, key=lambda tensor: tensor[2])
        raise ExportError(
            f"the workbook would have {about} {total:,} cells, {count:,} of them for '{name}' "
            f"{shape_text(shape)}, but more than {MOST_CELLS:,} are too many to open: take a smaller batch, "
            "pool or crop the input, or make only some layers live (start and stop, --from and --to)"
        )
