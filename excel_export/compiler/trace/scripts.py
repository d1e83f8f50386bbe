"""TorchScript runs where no recorder sees it: the function that a script was made of is called in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from excel_export.compiler.reference.tensors import tensors_in
from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError

_FUNCTION: Any = torch.jit.ScriptFunction
_METHOD: Any = torch.ScriptMethod


def refuse_scripted_modules(module: nn.Module) -> None:
    """Refuse a module of which a part is TorchScript.

    Raises:
        ExportError: there is one.
    """
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            raise ExportError(
                f"the module '{path}' is TorchScript, whose calls cannot be recorded: use the one that it was made of"
            )


@contextmanager
def scripts_looked_into(is_live: Callable[[torch.Tensor], bool]) -> Iterator[None]:
    """While it is active, a scripted function runs as the Python that it was made of.

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

    _FUNCTION.__call__, _METHOD.__call__ = call_function, call_method
    try:
        yield
    finally:
        _FUNCTION.__call__, _METHOD.__call__ = before
