"""Random numbers that are in no cell: with other seeds, the graph must be the same.

What PyTorch draws is an input, and so is a tensor of what Python or NumPy draw. But a plain number that is drawn may
choose a branch, or be a factor: then no cell holds it, and every workbook and each step of a training would have the
same.
"""

from __future__ import annotations

from torch import nn

from excel_export.compiler.reference.arguments import Inputs
from excel_export.compiler.reference.chance import SEED
from excel_export.compiler.trace.same_formula import equal_arguments
from excel_export.compiler.trace.tracer import calls_again
from excel_export.graph.graph import Call, Frozen, Graph, Value
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import mapped

_SEEDS = 8
"""How many other seeds are tried where plain numbers are drawn: a branch may be taken seldom."""


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
        depends &= not (graph.settings.created or _mark_drawn(graph, module, inputs))
        depends |= not all(_is_same(graph, module, inputs, seed) for seed in range(1, _SEEDS if others else 2))
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


def _mark_drawn(graph: Graph, module: nn.Module, inputs: Inputs) -> bool:
    """Mark the constants that are others with another seed, such as those of a layer that is made on the way."""
    found = False
    for call, other in zip(graph.calls, calls_again(module, inputs, graph, seed=SEED + 1) or (), strict=False):
        for value, moved in zip(call.inputs, other.inputs, strict=False):
            if value.kind == "constant" and not equal_arguments(value.data, moved.data):
                value.drawn = found = True
    return found


def _is_same(graph: Graph, module: nn.Module, inputs: Inputs, seed: int) -> bool:
    """Whether the calls are the same with another seed, but for the tensors that they read."""
    calls = calls_again(module, inputs, graph, seed=seed)
    return calls is not None and all(
        equal_arguments(_settings(call), _settings(other)) for call, other in zip(graph.calls, calls, strict=True)
    )


def _settings(call: Call) -> list[object]:
    return [mapped(argument, Value, lambda value: None) for argument in call.operator.arguments.values()]
