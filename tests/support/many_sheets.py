"""Networks on several sheets, without the many numbers that fill one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from excel_export.compiler.place import placement


@contextmanager
def many_sheets(network: int, layer: int) -> Iterator[None]:
    """Let `network` cells be the most of a network on one sheet, and `layer` of a layer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placement, "ONE_SHEET", network)
        patch.setattr(placement, "ONE_LAYER", layer)
        yield
