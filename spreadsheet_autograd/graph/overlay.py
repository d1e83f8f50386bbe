"""Values of cells with others laid over them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, MutableMapping

from excel_export.shared.a1_notation import Place


class Over(MutableMapping[Place, object]):
    """Values with others laid over them. Those of hidden cells, and of ranges, are not seen, and don't change."""

    def __init__(
        self,
        over: MutableMapping[Place, object],
        below: MutableMapping[Place, object],
        hidden: Collection[Place] = (),
    ) -> None:
        self._over, self._below, self._hidden = over, below, hidden

    def _is_above(self, at: Place) -> bool:
        return at in self._hidden or (bool(self._hidden) and at[2] == 0)

    def __contains__(self, at: object) -> bool:
        return at in self._over or (at in self._below and not self._is_above(at))  # type: ignore[arg-type]

    def __getitem__(self, at: Place) -> object:
        if at in self._over or self._is_above(at):
            return self._over[at]
        return self._below[at]

    def get(self, at: Place, default: object = None) -> object:
        """The value of a cell."""
        if at in self._over:
            return self._over[at]
        return default if self._is_above(at) else self._below.get(at, default)

    def __setitem__(self, at: Place, value: object) -> None:
        (self._over if self._is_above(at) or at in self._over else self._below)[at] = value

    def __delitem__(self, at: Place) -> None:
        del self._over[at]

    def __iter__(self) -> Iterator[Place]:
        return iter({**self._below, **self._over})

    def __len__(self) -> int:
        return len({*self._below, *self._over})
