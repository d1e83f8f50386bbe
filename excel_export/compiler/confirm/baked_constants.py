"""Numbers that stand in no cell though they should: computed from parameters or inputs elsewhere, or drawn at random.

The loss and the gradients of such a workbook are right until somebody changes a parameter. So the module is traced
once more, forward only, with all numbers moved, a little and far, and after other seeds: what is constant in a graph
must not move with them. What PyTorch draws is an input, and so is a tensor of what Python or NumPy draw. But a plain
number that is drawn may choose a branch, or be a factor: then each workbook, and each step of a training, has the same.
"""

from contextlib import redirect_stdout
from functools import partial
from io import StringIO

import numpy as np
import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.reference.chance import SEED
from excel_export.compiler.trace.same_formula import same_given
from excel_export.compiler.trace.tracer import calls_again
from excel_export.graph.graph import Call, Frozen, Graph
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Change

_STEP = 2.0**-20
"""So little that no branch, no label and no place of a maximum changes, and so much that every sum shows it."""
_SEEDS = 8
"""How many other seeds are tried where plain numbers are drawn: a branch may be taken seldom."""


def refuse_baked_constants(graph: Graph, module: nn.Module, inputs: Inputs) -> None:
    """Refuse a graph in which something that is no cell depends on parameters or inputs.

    Raises:
        ExportError: a constant, or a setting of an operator, does, and the operator that reads it is named.
    """

    def refuse_moving(*moves: tuple[Change, Change]) -> None:
        """Change parameters and inputs in the first way that leaves the calls the same: no constant may move, too."""
        runs = (calls_again(module, mapped_inputs(inputs, move), graph, of_parameters) for of_parameters, move in moves)
        for call, same in zip(graph.calls, next(filter(None, runs), graph.calls), strict=True):
            if not same_given(call, same):
                again = calls_again(module, inputs, graph)
                raise _refusal(call, moves_alone=not again or not all(map(same_given, graph.calls, again)))

    with redirect_stdout(StringIO()):  # what the module prints of such numbers means nothing
        # Some numbers, such as probabilities, can be moved in one direction only.
        refuse_moving(*((partial(_step, step), partial(_scaled, 1 + step, 0)) for step in (_STEP, -_STEP)))
        # Truth values and whole numbers move only where others move far.
        refuse_moving((torch.neg, partial(_scaled, -1.5, -0.5)))
        if any(not value.is_float for value in graph.of_kind("input")):
            refuse_moving((lambda parameter: parameter, _others))


def _refusal(call: Call, *, moves_alone: bool) -> ExportError:
    what = f"'{call.name}'" + (f" in module '{call.module_path}'" if call.module_path else "")
    if moves_alone:
        return ExportError(
            f"{what} reads numbers that are others in each call: forward() keeps them outside of the module, as in a "
            "global variable or a closure; keep them in an attribute, or give them as inputs"
        )
    return ExportError(
        f"{what} reads numbers that were computed from parameters or inputs outside of the trace, so they would stay "
        "as they are when a cell is changed: in forward(), compute with tensors and PyTorch's own functions only"
    )


def _step(step: float, parameter: torch.Tensor) -> torch.Tensor:
    return parameter + step * (1 + parameter.abs())


def _scaled(factor: float, by: float, tensor: torch.Tensor) -> torch.Tensor:
    return factor * tensor.detach().double() + by if tensor.is_floating_point() else tensor


def _others(tensor: torch.Tensor) -> torch.Tensor:
    """Return other whole numbers of the same range, as they may be places, and other truth values."""
    if tensor.is_floating_point() or not tensor.numel():
        return tensor
    if tensor.dtype == torch.bool:
        return ~tensor
    least, most = tensor.min(), tensor.max()
    return least + most - tensor if least < most else tensor + 1


def confirm_chance(graph: Graph, module: nn.Module, inputs: Inputs, *, may_freeze: bool) -> str:
    """Mark the constants of a graph that were drawn at random, and refuse, or freeze, what else was.

    Returns:
        what to say of the random numbers; '' if there are none.

    Raises:
        ExportError: a plain number that is drawn at random has decided something, and nothing may be frozen.
    """
    others = [name for name in graph.chance if name]
    depends = bool(others)  # until a tensor is found that holds them
    if graph.chance:
        runs = [calls_again(module, inputs, graph, seed=seed) for seed in range(1, _SEEDS + 1 if others else 2)]
        depends &= not (graph.settings.created or _mark_drawn(graph, runs[0] or []))
        depends |= not all(
            calls and all(map(partial(same_given, constants=False), graph.calls, calls)) for calls in runs
        )
    if depends:
        by = " and ".join(others) or "PyTorch"
        if not may_freeze:
            raise ExportError(
                f"forward() draws plain numbers at random, from {by}, which stand in no tensor, and so in no cell: "
                "draw tensors, with torch.rand or torch.randn, or freeze what the numbers decide as it is now "
                "(freeze_branches=True, --freeze-branches)"
            )
        graph.frozen.append(Frozen(by, "", f"as after the seed {SEED}", ()))
    if not (depends or any(value.drawn for value in graph.values)):
        return ""
    seeds = ["torch.manual_seed", *(["random.seed", "numpy.random.seed"] if others else [])]
    said = f"random numbers are those after {', '.join(f'{seed}({SEED})' for seed in seeds)}"
    is_pasted = depends or any(value.drawn for value in graph.of_kind("constant"))
    return said + (", and some of them stay as they are" if is_pasted else ", and stand on the sheet as inputs")


def _mark_drawn(graph: Graph, calls: list[Call]) -> bool:
    """Mark the constants that are others with another seed, such as those of a layer that is made on the way."""
    found = False
    for call, other in zip(graph.calls, calls, strict=False):
        for value, moved in zip(call.inputs, other.inputs, strict=False):
            if value.kind == "constant" and not np.array_equal(value.data, moved.data, equal_nan=True):
                value.drawn = found = True
    return found
