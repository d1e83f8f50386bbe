"""PyTorch's own code, changed while a module runs, so that what it does can be recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Patch = tuple[Any, str, Any]
"""A module or a class of PyTorch's, the name of an attribute, and what stands there meanwhile."""


@contextmanager
def patched(patches: Iterable[Patch]) -> Iterator[None]:
    """While it is active, attributes are others; what a class only inherits, it inherits again afterwards."""
    before: list[Patch] = []
    inherited: list[tuple[Any, str]] = []
    try:
        for owner, name, new in patches:
            if name in vars(owner):
                before.append((owner, name, vars(owner)[name]))
            else:
                inherited.append((owner, name))
            setattr(owner, name, new)
        yield
    finally:
        for owner, name, own in before:
            setattr(owner, name, own)
        for owner, name in inherited:
            delattr(owner, name)
