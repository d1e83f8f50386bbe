"""getitem: indexing and slicing, x[…], where some of what stands between brackets is on the sheet; index_put: x[i] = y."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch

from excel_export.formulas import Phrases, Places, Tensor, operator
from excel_export.ops.gather import LookUp
from excel_export.ops.scatter import ADDED_WORDS, Send

Item = int | slice | None | torch.Tensor | Tensor | Sequence[int]
Chosen = Item | tuple[Item, ...]


class HasBrackets:
    """A mixin for operators with an index between brackets, x[i, 2:]: numbers, slices, None, …, tensors, masks."""

    input: Tensor

    between: ClassVar[str]
    """The name of the field that holds this index: 'index'."""

    @property
    def only_moves(self) -> bool:
        return not self.indices

    @cached_property
    def _items(self) -> list[Any]:
        """The index between the brackets in parts, masks as the places at which they are true."""
        items: list[Any] = []
        index: Chosen = getattr(self, self.between)
        for part in index if isinstance(index, tuple) else (index,):
            item = torch.as_tensor(part) if isinstance(part, (list, np.ndarray)) else part
            if isinstance(item, torch.Tensor) and item.dtype in (torch.bool, torch.uint8):
                items += item.nonzero(as_tuple=True)
            else:
                items.append(item)
        return items

    @cached_property
    def _tensors(self) -> dict[int, torch.Tensor | Tensor]:
        """The tensors between the brackets, by the dimension of the input in which they choose."""
        found, axis = {}, 0
        for item in self._items:
            if item is ...:
                axis += len(self.input.shape) - sum(each is not None and each is not ... for each in self._items)
            elif item is not None:
                if isinstance(item, (torch.Tensor, Tensor)):
                    found[axis] = item
                axis += 1
        return found

    @cached_property
    def indices(self) -> Mapping[int, Tensor]:
        """The tensors on the sheet that hold indices, by the dimension of the input, from 0 on: {0: i} for x[i, 2:]."""
        return {axis: item for axis, item in self._tensors.items() if isinstance(item, Tensor)}

    @cached_property
    def spread(self) -> tuple[int, ...]:
        """The shape that PyTorch broadcasts the index tensors to: (2, 3) for (2, 1) and (3,)."""
        return np.broadcast_shapes(*(tuple(item.shape) for item in self._tensors.values()))

    @cached_property
    def places(self) -> Places:
        """The place of each chosen element in the input, if a tensor stands between the brackets.

        Places((3, 4), [None, [[2, 3], [2, 3]]], [[0, 0], [1, 1]]) for x[i, 2:] of (3, 4) with two indices i on the
        sheet: the columns are known, and the rows stand in cells number 0 and 1.
        """
        shape, count = self.input.shape, int(np.prod(self.spread, dtype=int))
        number = torch.arange(count).reshape(self.spread)
        first, *others = self._tensors
        lengths = [1 if axis in others else count if axis == first else n for axis, n in enumerate(shape)]

        def chosen(along: int) -> np.ndarray:
            places = torch.arange(lengths[along]).reshape([-1 if axis == along else 1 for axis in range(len(lengths))])
            zeros, tensors = torch.zeros_like(number), iter(self._tensors)
            items = tuple(
                (number if next(tensors) == first else zeros) if isinstance(item, (torch.Tensor, Tensor)) else item
                for item in self._items
            )
            return places.expand(lengths)[items].numpy()

        numbers = chosen(first)
        known: list[np.ndarray | None] = []
        for axis, length in enumerate(shape):
            item = self._tensors.get(axis)
            if isinstance(item, Tensor):
                known.append(None)
            elif item is None:
                known.append(chosen(axis))
            else:
                known.append((item % length).expand(self.spread).flatten().numpy()[numbers])
        return Places(shape, known, numbers)


def refusal(index: Chosen) -> str | None:
    """Return why an index between brackets can't be exported, 'how many elements the mask picks …'; None if it can.

    It can't if it has a mask that was computed from inputs, as in x[x > 0], or a list that holds tensors. `index` is
    what stands between the brackets: (0, slice(1, None)) for x[0, 1:].
    """
    for item in index if isinstance(index, tuple) else (index,):
        if isinstance(item, Tensor) and item.is_truth:
            return "how many elements the mask picks depends on the inputs, and a sheet cannot grow: use torch.where, multiply by the mask, or freeze it as it is now (freeze_branches=True, --freeze-branches)"
        if isinstance(item, (list, tuple)) and any(isinstance(part, (torch.Tensor, Tensor)) for part in item):
            return "a list that holds tensors is not supported between brackets: use torch.stack"
    return None


@operator(torch.Tensor.__getitem__)
class getitem(HasBrackets, LookUp):
    """`x[index]`, with numbers, slices, None, …, lists, masks, and tensors of places, which may be inputs."""

    index: Chosen

    between = "index"
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


def _written(item: object) -> str:
    """Return a part of an index as Python writes it: '1:3'."""
    if isinstance(item, slice):
        first, last, step = ("" if part is None else str(part) for part in (item.start, item.stop, item.step))
        return f"{first}:{last}" + (f":{step}" if step else "")
    return "…" if item is ... else str(item)


@operator(torch.index_put, torch.Tensor.index_put, torch.Tensor.__setitem__)
class index_put(HasBrackets, Send):
    """`x[chosen] = values`, or `+=` if `accumulate`, as a new tensor. Of several at one place, the last one counts."""

    chosen: Chosen
    values: Tensor | float
    accumulate: bool = False

    between = "chosen"
    called = "{input}, replaced at places"
    forward_words = (
        "Each number goes to its place and replaces what was there. Of several at one place, the last one stays."
    )
    phrases = (
        Phrases(
            lambda self, y: self.accumulate,
            forward_words="Each number goes to its place and is added to what is there. Several at one place add up.",
            forward_math="yₖ = xₖ + Σ s over the places i = k",
            backward_words=ADDED_WORDS,
            backward_math="∂L/∂x = g,  ∂L/∂s = g at the places i",
        ),
    )
    lowest = -1

    def check(self) -> str | None:
        return refusal(self.chosen) or super().check()

    @property
    def adds(self) -> bool:  # type: ignore[override]
        return self.accumulate

    @property
    def sends(self) -> Tensor | float:
        return self.values

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if function is not torch.Tensor.__setitem__:
            return function(*args, **kwargs)
        input, indices, values = args
        written = input.clone()
        written[indices] = values
        return written
