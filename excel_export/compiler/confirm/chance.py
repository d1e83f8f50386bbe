"""Random numbers in a module: each stands in a cell as an input, or stays fixed, and the workbook says so.

Tensors that PyTorch draws are inputs, and so are tensors made of what Python or NumPy draw. A plain number that is
drawn may choose a branch or be a factor: then the workbook has the same one for ever. Runs with other seeds show it.
"""

import numpy as np
from torch import nn

from excel_export.compiler.reference.arguments import Inputs
from excel_export.compiler.reference.chance import SEED
from excel_export.compiler.trace.replay import follows
from excel_export.compiler.trace.tracer import trace_forward
from excel_export.graph.graph import Frozen, Graph
from excel_export.shared.errors import ExportError

_SEEDS = 8
"""The number of other seeds that are tried if plain numbers are drawn: a branch may be taken seldom."""


def confirm_chance(graph: Graph, module: nn.Module, inputs: Inputs, *, may_freeze: bool) -> str:
    """Find the random numbers that no input of a graph holds, by runs with other seeds; refuse, or freeze, plain ones.

    Args:
        graph: the recorded graph. A constant that differs with another seed gets `drawn` True; for plain numbers, as of
            random.random(), that no tensor holds, a `Frozen` is added to `frozen`.
        module: the module.
        inputs: its arguments.
        may_freeze: True if plain random numbers may stay as they are; False to refuse them.

    Returns:
        'random numbers are those after torch.manual_seed(0), and stand on the sheet as inputs', or, if plain ones are
        frozen, '…, and some of them stay as they are'; '' if there are none.

    Raises:
        ExportError: a plain number is drawn that no tensor holds, and `may_freeze` is false.
    """
    others = [name for name in graph.chance if name]
    depends = bool(others)  # until a tensor is found that holds them
    if graph.chance:
        runs = [_run(graph, module, inputs, seed) for seed in range(1, _SEEDS + 1 if others else 2)]
        depends &= not (graph.settings.created or _mark_drawn(graph, runs[0]))
        depends |= not all(other and follows(graph, other) for other in runs)
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


def _run(graph: Graph, module: nn.Module, inputs: Inputs, seed: int) -> Graph | None:
    try:
        return trace_forward(module, inputs, graph, seed=seed)
    except ExportError:
        return None


def _mark_drawn(graph: Graph, run: Graph | None) -> bool:
    found = False
    for call, other in zip(graph.calls, run.calls if run else (), strict=False):
        for value, moved in zip(call.inputs, other.inputs, strict=False):
            if value.kind == "constant" and not np.array_equal(value.data, moved.data, equal_nan=True):
                value.drawn = found = True
    return found
