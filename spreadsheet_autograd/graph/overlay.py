"""Values of cells with others laid over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from excel_export.shared.a1_notation import Place


class Over(Mapping[Place, object]):
    """Values with others laid over them."""

    def __init__(self, over: Mapping[Place, object], below: Mapping[Place, object]) -> None:
        self._over, self._below = over, below

    def __getitem__(self, at: Place) -> object:
        return self._over[at] if at in self._over else self._below[at]

    def get(self, at: Place, default: object = None) -> object:
        """The value of a cell."""
        return self._over[at] if at in self._over else self._below.get(at, default)

    def __iter__(self) -> Iterator[Place]:
        return iter({**self._below, **self._over})

    def __len__(self) -> int:
        return len({*self._below, *self._over})
