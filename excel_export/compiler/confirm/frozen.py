"""Modules with frozen reads: what Python read out of tensors stays as it was, and all else must follow."""

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from excel_export.compiler.confirm.other_numbers import SETS, NumberSet
from excel_export.compiler.reference.arguments import Inputs, mapped_inputs
from excel_export.compiler.reference.eager import silence
from excel_export.compiler.trace.replay import follows
from excel_export.compiler.trace.tracer import trace_forward
from excel_export.graph.graph import Frozen, Graph
from excel_export.shared.errors import ExportError


def refuse_unfollowed(graph: Graph, module: nn.Module, inputs: Inputs) -> int:
    """Try a graph on the 13 sets of numbers of `SETS`, while `graph.frozen`, what Python read, keeps its results.

    Returns:
        The number of sets on which `module` could be run; `inputs` are the arguments that the sets change.

    Raises:
        ExportError: on some numbers the graph's loss is not the module's.
    """
    tried = 0
    for seed, other in enumerate(SETS, start=1):
        run = _run(graph, graph.frozen, module, inputs, other, seed)
        if run and not follows(graph, run):
            raise ExportError(
                f"on numbers {other.name} the sheet's loss would not be the module's: something is computed from "
                "parameters or inputs outside of the trace; in forward(), compute with tensors and PyTorch's own "
                "functions only"
            )
        tried += run is not None
    return tried


def without_idle(graph: Graph, module: nn.Module, inputs: Inputs) -> list[Frozen]:
    """Return `graph.frozen`, the values that Python read, without truth values that decide nothing.

    Frozen('bool', 'net.py, line 9', True, …) is left out if the calls that are recorded with False give the same loss,
    on these inputs and on other numbers.
    """
    kept = []
    for k, item in enumerate(graph.frozen):
        if not isinstance(item.result, bool):
            kept.append(item)
            continue
        again = [*graph.frozen[:k], replace(item, result=not item.result), *graph.frozen[k + 1 :]]
        runs = [_run(graph, again, module, inputs, other, seed) for seed, other in enumerate([None, *SETS])]
        if not runs[0] or not all(follows(graph, run) for run in runs if run):
            kept.append(item)
    return kept


def _run(
    graph: Graph, frozen: Sequence[Frozen], module: nn.Module, inputs: Inputs, other: NumberSet | None, seed: int
) -> Graph | None:
    """Record the module on other numbers with the frozen reads; None if it cannot be recorded."""
    before = replace(graph, frozen=[*frozen])
    moved = other.parameter_changed(seed) if other else None
    given = mapped_inputs(inputs, other.input_changed({}, seed)) if other else inputs
    try:
        with silence():
            return trace_forward(module, given, before, moved)
    except ExportError:
        return None
