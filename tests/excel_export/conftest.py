from collections.abc import Callable
from functools import cache

import pytest

from tests.support.kinds import Made, make


@pytest.fixture(scope="session")
def made_of(tmp_path_factory) -> Callable[[str], Made]:
    """Gives the workbook of a kind, made when first asked for; see tests/support/kinds.py."""
    return cache(lambda kind: make(kind, tmp_path_factory.mktemp("kinds")))
