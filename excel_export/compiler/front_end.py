"""Checks the arguments of an export and returns the confirmed graph, for workbooks and pages."""

import math
from collections.abc import Callable
from pathlib import Path

from torch import nn

from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.place.limits import refuse_large_module
from excel_export.compiler.reference.arguments import Inputs
from excel_export.compiler.refuse.kinds import refuse_kinds
from excel_export.graph.graph import Graph
from excel_export.shared.errors import ExportError


def recorded(
    module: nn.Module,
    inputs: Inputs,
    path: Path,
    endings: tuple[str, ...],
    learning_rate: float,
    *,
    freeze_branches: bool,
    is_part: bool = False,
    progress: Callable[[str, float], None],
) -> tuple[Graph, str]:
    """Check the arguments of an export, and record its module; the file is not written yet.

    Args:
        module: its result is a scalar loss.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        path: the file to be written.
        endings: the endings that its name may have: ('.xlsx',).
        learning_rate: any finite number.
        freeze_branches: True to let numbers that Python reads out of tensors, as for a branch, stay as they are.
        is_part: True if only a part of the module will be shown: then the module may be large.
        progress: called with the name of the stage and the fraction that is done: progress('trace', 0).

    Returns:
        The graph, and a remark for the user, 'computed in float64 where …', '' for none.

    Raises:
        UnsupportedOperator: an operator that no file under `excel_export/ops/` covers.
        ExportError: the file's name has another ending; the learning rate is infinite or NaN; the module cannot be
            traced, is too large, or its trace is not what PyTorch computes.
    """
    if path.suffix.lower() not in endings:
        raise ExportError(f"{path}: name a file that ends in {endings[0]}")
    if not math.isfinite(learning_rate):
        raise ExportError(f"the learning rate must be a number, not {learning_rate}")
    progress("trace", 0)
    refuse_kinds(module)
    if not is_part:
        refuse_large_module(module)
    return confirmed_trace(module, inputs, freeze_branches=freeze_branches)
