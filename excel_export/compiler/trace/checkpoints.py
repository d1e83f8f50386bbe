"""Checkpoints of activations, run as plain code: nothing is computed a second time in the backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch.utils import checkpoint

# The first is PyTorch's up to 2.13; both are there in 2.15.
_GENERATORS = ("_checkpoint_without_reentrant_generator", "_checkpoint_without_reentrant_generator_impl")


@contextmanager
def checkpoints_left_out() -> Iterator[None]:
    """While it is active, `checkpoint(…, use_reentrant=False)` only calls its function.

    PyTorch calls the function again in the backward pass, where nothing is recorded, and refuses what then saves other
    tensors than before. With `use_reentrant=True` it does not compare.
    """
    real = {name: getattr(checkpoint, name) for name in _GENERATORS if hasattr(checkpoint, name)}
    for name in real:
        setattr(checkpoint, name, _once)
    try:
        yield
    finally:
        for name, generator in real.items():
            setattr(checkpoint, name, generator)


def _once(*args: object, **kwargs: object) -> Iterator[None]:
    """Do nothing before the function is called, and nothing after."""
    yield
