"""The places of numbers in a slot: a window of a tensor keeps its shape, other numbers follow one another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from excel_export.formulas import Grid, Index, Reference
from excel_export.views.groups import ROOM, places_of


class Corners:
    """Hands out the places of slots one after another, as many as a grid of numbers has; a window keeps its shape."""

    def __init__(
        self,
        cells: Sequence[object],
        owner: Callable[[Any], Grid | None],
        index_of: Callable[[Reference], Index | None],
    ) -> None:
        self._taken: dict[int, set[int]] = {}
        self._window: dict[object, int] = {}
        self._given: dict[tuple[int, object], int] = {}
        tensors: dict[int, dict[Reference, Index]] = {}
        for cell in cells:
            index = index_of(cell) if isinstance(cell, Reference) else None
            if isinstance(cell, Reference) and index is not None:
                tensors.setdefault(id(owner(cell)), {})[cell] = index
        for cells_of_one in tensors.values():
            found = dict(sorted(cells_of_one.items(), key=lambda item: item[1]))
            places = places_of([*found.values()]) if len(found) > 1 else None
            self._window |= zip(found, places or (), strict=False)

    def next(self, slot: int, cell: object = None) -> int:
        """The place of a cell in its window, or the next one of a slot; beyond the last one nothing is shown."""
        if cell is None or (slot, cell) not in self._given:
            taken = self._taken.setdefault(slot, set())
            place = self._window.get(cell, -1)
            if place < 0 or place in taken:
                place = next(k for k in itertools.count() if k not in taken)
            taken.add(place)
            self._given[slot, cell] = min(place, ROOM)
        return self._given[slot, cell]

    def take(self, slot: int, place: int) -> None:
        """Keep a place of a slot."""
        self._taken.setdefault(slot, set()).add(place)
