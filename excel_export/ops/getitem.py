"""getitem: indexing and slicing, x[…]; and what stands between brackets, where some of it is on the sheet."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from excel_export.formulas import Cases, Example, Extreme, Places, Tensor, operator
from excel_export.ops._indexed import LookUp
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn

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
    def only_moves(self) -> bool:
        return not self.indices

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
            return "how many elements the mask picks depends on the inputs, and a sheet cannot grow: use torch.where, multiply by the mask, or freeze it as it is now (freeze_branches=True, --freeze-branches)"
        if isinstance(item, (list, tuple)) and any(isinstance(part, (torch.Tensor, Tensor)) for part in item):
            return "a list that holds tensors is not supported between brackets: use torch.stack"
    return None


@operator(torch.Tensor.__getitem__)
class getitem(HasBrackets, LookUp):
    """Between the brackets: numbers, slices, None, …, lists, masks, and tensors of places, which may be inputs."""

    index: Chosen

    settings_or_values = ("index",)
    lowest = -1
    forward_words = "{y.data.size} of the {input.data.size} numbers, chosen by their places."
    forward_math = "y = the chosen elements of x"

    def text(self, what: str, y: Tensor) -> str:
        if what != "called":
            return super().text(what, y)
        chosen = self.index if isinstance(self.index, tuple) else (self.index,)
        if all(item is None or item is ... or isinstance(item, (int, slice)) for item in chosen):
            return "{input}[" + ", ".join(map(_written, chosen)) + "]"
        return "{input} at places" if self.indices else "part of {input}"

    def check(self) -> str | None:
        return refusal(self.index) or super().check()

    @property
    def between(self) -> Chosen:
        return self.index

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x[:, 1:], ROW)
        yield Example("number", lambda x: x[0], randn(3, 4))
        yield Example("one element", lambda x: x[1, 2] * x, randn(3, 4))
        yield Example("slices", lambda x: x[:, 1:, ::2, -1], IMAGE)
        yield Example("dots and none", lambda x: x[..., None, 0] * x[1:, None], randn(3, 4))
        yield Example("list", lambda x: x[[0, 2, 2]] * x[:, [1]].sum(), randn(3, 4))
        yield Example("pairs", lambda x: x[torch.arange(3), torch.tensor([3, 0, 0])], randn(3, 4))
        yield Example("of an input", lambda x, i: x[i], randn(4), torch.tensor([2, 0, 2]))
        yield Example("rows", lambda x, i: x[i], randn(4, 3), torch.tensor([2, -1, 2, 0]))
        yield Example("one row", lambda x, i: x[i], randn(4, 3), torch.tensor(-2))
        yield Example("columns", lambda x, i: x[:, i], randn(3, 4), torch.tensor([[3, 0], [1, 1]]))
        yield Example("of images", lambda x, i: x[:, i, 1:, 0], IMAGE, torch.tensor([2, 2, 0, 1]))
        yield Example("first of images", lambda x, i: x[i, ..., None, 1], IMAGE, torch.tensor([1, 1, 0]))
        yield Example("a class for each", lambda x, i: x[torch.arange(3), i], randn(3, 4), torch.tensor([3, 0, 0]))
        yield Example("two inputs", lambda x, i: x[i[:, None], i], randn(3, 4), torch.tensor([2, 0, -2]))
        yield Example("before a constant", lambda x, i: x[i, :, [1, 0]], randn(3, 2, 4), torch.tensor([2, 0]))
        yield Example("with a mask", lambda x, i: x[torch.tensor([True, False, True]), i], randn(3, 4),
                      torch.tensor([3, 1]))  # fmt: skip
        yield Example("computed places", lambda x: x[x.argmax(1)], randn(4, 4))
        yield Extreme("", lambda x: x[:, ::2], EXTREME)


def _written(item: object) -> str:
    """What stands between brackets, as Python writes it."""
    if isinstance(item, slice):
        first, last, step = ("" if part is None else str(part) for part in (item.start, item.stop, item.step))
        return f"{first}:{last}" + (f":{step}" if step else "")
    return "…" if item is ... else str(item)
