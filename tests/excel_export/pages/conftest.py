"""What the tests of pages share."""

import pytest

from tests.support.chromium import chromium


@pytest.fixture(scope="module")
def browser():
    """A page in Chromium, for all tests of a file."""
    with chromium() as opened:
        yield opened
