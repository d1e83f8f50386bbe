"""Checkpoints of activations, run as plain code: nothing is computed a second time in the backward pass.

PyTorch calls a function with `use_reentrant=False` again in the backward pass, where nothing is recorded, and refuses
what then saves other tensors than before. With `use_reentrant=True` it is a custom autograd function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torch.utils import checkpoint

from excel_export.compiler.trace.patches import Patch

# The first is PyTorch's up to 2.13; both are there in 2.15.
_GENERATORS = ("_checkpoint_without_reentrant_generator", "_checkpoint_without_reentrant_generator_impl")


def _once(*args: object, **kwargs: object) -> Iterator[None]:
    """Do nothing before the function is called, and nothing after."""
    yield


def _called(function: Callable[..., Any], preserve: bool, *args: Any) -> Any:
    return function(*args)


CHECKPOINTS_LEFT_OUT: list[Patch] = [
    (checkpoint.CheckpointFunction, "apply", staticmethod(_called)),
    *((checkpoint, name, _once) for name in _GENERATORS if hasattr(checkpoint, name)),
]
"""With these, `checkpoint(…)` only calls its function."""
