"""TorchScript runs where no recorder sees it: the function that a script was made of is called in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from excel_export.compiler.reference.tensors import tensors_in
from excel_export.compiler.refuse.users_code import calling_line
from excel_export.compiler.trace.patches import Patch
from excel_export.shared.errors import ExportError

_FUNCTION: Any = torch.jit.ScriptFunction
_METHOD: Any = torch.ScriptMethod


def scripts_looked_into(is_live: Callable[[torch.Tensor], bool]) -> list[Patch]:
    """Return patches with which a scripted function runs as the Python that it was made of.

    Args:
        is_live: whether a tensor depends on inputs or parameters.

    Raises:
        ExportError: where a script without Python, as one from a file, is given such a tensor.
    """
    before = _FUNCTION.__call__, _METHOD.__call__

    def call_function(script: Any, *args: Any, **kwargs: Any) -> Any:
        made_of = getattr(script, "_torchdynamo_inline", None)  # where torch.compile looks for it, too
        return made_of(*args, **kwargs) if made_of else run(before[0], script, args, kwargs)

    def call_method(script: Any, *args: Any, **kwargs: Any) -> Any:
        return run(before[1], script, args, kwargs)

    def run(call: Callable[..., Any], script: Any, args: Any, kwargs: Any) -> Any:
        if any(map(is_live, tensors_in((args, kwargs)))):
            raise ExportError(
                f"TorchScript in {calling_line()} has calls that cannot be recorded: use the Python that it was made of"
            )
        return call(script, *args, **kwargs)

    return [(_FUNCTION, "__call__", call_function), (_METHOD, "__call__", call_method)]
