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
    """Check the arguments, record a module, and return its graph and a remark for the user, '' for none.

    The file's name must have one of the `endings`, as net.xlsx has of ('.xlsx',). Where only a part of the module is
    wanted (`is_part`), the module may be large.

    Raises:
        UnsupportedOperator: an operator that has no file.
        ExportError: the file's name has another ending; the learning rate is no number; the module cannot be traced,
            or the trace is not what PyTorch computes; or it is too large.
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
