"""What stands between the brackets of x[…], dimension by dimension, where some of it is on the sheet."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from excel_export.formulas import Tensor
from excel_export.formulas.lookups import Places

Item = int | slice | None | torch.Tensor | Tensor | Sequence[int]
Chosen = Item | tuple[Item, ...]


class Brackets:
    """The items between brackets, and the dimension that each of them belongs to.

    Args:
        shape: that of the tensor before the brackets.
        index: what stands between them; tensors of the sheet are live.
    """

    def __init__(self, shape: Sequence[int], index: Chosen) -> None:
        self._shape = tuple(shape)
        self._items: list[Any] = []
        for part in index if isinstance(index, tuple) else (index,):
            item = torch.as_tensor(part) if isinstance(part, (list, np.ndarray)) else part
            if isinstance(item, torch.Tensor) and item.dtype in (torch.bool, torch.uint8):
                self._items += item.nonzero(as_tuple=True)
            else:
                self._items.append(item)
        self.tensors: dict[int, torch.Tensor | Tensor] = {}
        """The tensors between the brackets, by the dimension in which they choose."""
        axis = 0
        for item in self._items:
            if item is ...:
                axis += len(shape) - sum(each is not None and each is not ... for each in self._items)
            elif item is not None:
                if isinstance(item, (torch.Tensor, Tensor)):
                    self.tensors[axis] = item
                axis += 1

    @property
    def live(self) -> dict[int, Tensor]:
        """The tensors of the sheet, by the dimension in which they choose."""
        return {axis: item for axis, item in self.tensors.items() if isinstance(item, Tensor)}

    @cached_property
    def spread(self) -> tuple[int, ...]:
        """The shape that PyTorch broadcasts the tensors to."""
        return np.broadcast_shapes(*(tuple(item.shape) for item in self.tensors.values()))

    def places(self) -> Places:
        """Where the elements that are chosen lie."""
        count = int(np.prod(self.spread, dtype=int))
        number = torch.arange(count).reshape(self.spread)
        first, *others = self.tensors
        lengths = [1 if axis in others else count if axis == first else n for axis, n in enumerate(self._shape)]

        def chosen(along: int) -> np.ndarray:
            """Of each element that is chosen, its place in a dimension: which of the tensors' elements, in theirs."""
            places = torch.arange(lengths[along]).reshape([-1 if axis == along else 1 for axis in range(len(lengths))])
            zeros, tensors = torch.zeros_like(number), iter(self.tensors)
            items = tuple(
                (number if next(tensors) == first else zeros) if isinstance(item, (torch.Tensor, Tensor)) else item
                for item in self._items
            )
            return places.expand(lengths)[items].numpy()

        numbers = chosen(first)
        known: list[np.ndarray | None] = []
        for axis, length in enumerate(self._shape):
            item = self.tensors.get(axis)
            if isinstance(item, Tensor):
                known.append(None)
            elif item is None:
                known.append(chosen(axis))
            else:
                known.append((item % length).expand(self.spread).flatten().numpy()[numbers])
        return Places(self._shape, known, numbers)


class HasBrackets:
    """An operator whose places stand between brackets."""

    input: Tensor

    @property
    def between(self) -> Chosen:
        """What stands between them."""
        raise NotImplementedError

    @cached_property
    def _brackets(self) -> Brackets:
        return Brackets(self.input.shape, self.between)

    @property
    def indices(self) -> Mapping[int, Tensor]:
        """By dimension of the input, the tensors on the sheet that hold places in it."""
        return self._brackets.live

    @property
    def spread(self) -> tuple[int, ...]:
        """The shape that PyTorch broadcasts the indices to."""
        return self._brackets.spread

    @cached_property
    def places(self) -> Places:
        """Where the elements that are chosen lie in the input."""
        return self._brackets.places()


def refusal(index: Chosen) -> str | None:
    """What between the brackets cannot be exported."""
    for item in index if isinstance(index, tuple) else (index,):
        if isinstance(item, Tensor) and item.is_truth:
            return "how many elements the mask picks depends on the inputs, and a sheet cannot grow: use torch.where, or multiply by the mask"
        if isinstance(item, (list, tuple)) and any(isinstance(part, (torch.Tensor, Tensor)) for part in item):
            return "a list that holds tensors is not supported between brackets: use torch.stack"
    return None
