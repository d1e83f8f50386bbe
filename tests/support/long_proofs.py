"""Which of a family of like cases are quick tests; the others are long proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import settings

Test = Callable[..., Any]


def only_quick(cases: Iterable[object], *quick: object) -> list[object]:
    """Give the cases as parameters of a test, all but those named marked as slow.

    A case that is a tuple is that of several parameters.
    """
    cases = list(cases)
    assert all(case in cases for case in quick), "a case that there is not"
    return [case if case in quick else _slow(case) for case in cases]


def often(given: Test, test: Test, few: settings, many: settings) -> list[Test]:
    """Give a test of random cases twice: of a few, and, as a long proof, of many."""
    return [few(given(test)), pytest.mark.slow(many(given(test)))]


def _slow(case: object) -> object:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
