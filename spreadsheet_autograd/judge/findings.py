"""What is told of how a sheet learns, and what most of its updates do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from excel_export.shared.a1_notation import Place
from excel_export.shared.grouped import grouped
from spreadsheet_autograd.find.updates import Update

T = TypeVar("T", bound=Hashable)
MOST = 0.6
"""The share of updates that must do alike before one that doesn't is told."""


class Finding(NamedTuple):
    """Something wrong in how a sheet learns."""

    cell: Place
    kind: str
    words: str


def most(items: Sequence[T]) -> T | None:
    """What most of them are; None where there is no such thing."""
    if not items:
        return None
    best, count = Counter(items).most_common(1)[0]
    return best if count >= max(2, MOST * len(items)) else None


def by_sheet(updates: Iterable[Update]) -> list[list[Update]]:
    """The updates of each sheet."""
    return [*grouped(updates, lambda update: update.new[0]).values()]
