"""A sample of a suite, the same every time, that is small enough for each push."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from tests.support.coverage.case import Case, Group


def sampled(groups: Iterable[Group], one_in: int, most: int) -> list[Group]:
    """Return one in so many groups, each with so many cases at most, and the two passes only.

    A group is chosen by its name, so that others may come and go.
    """
    return [
        replace(group, cases=partial(_first, group, most))
        for group in groups
        if zlib.crc32(group.name.encode()) % one_in == 0
    ]


def _first(group: Group, most: int) -> list[Case]:
    return [replace(case, whole=False) for case in group.cases()[:most]]
