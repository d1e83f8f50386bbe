"""A disk that is full: the system itself refuses to write more."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(most: int = 1024) -> Iterator[None]:
    """Within it, no file of this process gets longer than `most` bytes: what writes more gets an OSError."""
    resource = pytest.importorskip("resource", reason="the system sets no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
