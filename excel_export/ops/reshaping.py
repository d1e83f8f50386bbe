"""reshape (which view is), flatten, unflatten, squeeze, unsqueeze, expand, repeat: numbers in another shape.

pad puts a frame around them; clone is a copy, and contiguous is one too, where it does anything.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas import Phrases, Tensor, figure, operator
from excel_export.ops._movement import CONSTANT, Moved, Movement


@operator(torch.reshape, torch.Tensor.reshape, torch.Tensor.view)
class reshape(Movement):
    """Reshape and view: the elements keep their reading order, and −1 is what is left: (2, 3) to (3, −1) is (3, 2)."""

    shape: tuple[int, ...]

    called = "{input}, reshaped"
    forward_words = "The same {y.data.size} numbers in the same order, in another shape. Nothing is computed."
    forward_math = "y = x, in another shape"
    phrases = (
        Phrases(
            lambda self, y: y.data.size == 1, forward_words="The same number, in another shape. Nothing is computed."
        ),
    )
    variadic = True

    def check(self) -> str | None:
        if any(isinstance(size, torch.dtype) for size in self.shape):
            return "x.view(dtype) takes the bits of a number for another one, which no formula does: use x.to(dtype)"
        return super().check()


@operator(torch.flatten, torch.Tensor.flatten)
class flatten(Movement):
    """Merge dimensions `start_dim` to `end_dim` into one: (2, 3, 4) from 1 to −1 becomes (2, 12)."""

    start_dim: int = 0
    end_dim: int = -1

    called = "{input} as a vector"
    forward_words = "The same {input.shape:size} numbers, written as one list of {y.data.size}. Nothing is computed."
    forward_math = "y = x, in another shape"
    phrases = (
        Phrases(
            lambda self, y: y.shape[0] > 1 and len(y.shape) > 1,
            forward_words="The same numbers, written as {y.shape[0]} lists of {of_each:size}. Nothing is computed.",
        ),
        Phrases(
            lambda self, y: y.data.size == 1,
            forward_words="The same number, written as a list of one. Nothing is computed.",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return super().pieces(y) | {"of_each": y.shape[1:]}


@operator(torch.squeeze, torch.Tensor.squeeze)
class squeeze(Movement):
    """Drop the dimension `dim`, or any if None, where its size is 1: (1, 3, 1) becomes (3,)."""

    dim: int | tuple[int, ...] | None = None

    called = "{input}, squeezed"
    forward_words = "The same numbers; a dimension of size 1 is dropped."
    forward_math = "y = x, with fewer dimensions"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.squeeze(elements) if self.dim is None else torch.squeeze(elements, self.dim)


@operator(torch.unsqueeze, torch.Tensor.unsqueeze)
class unsqueeze(Movement):
    """Add a dimension of size 1 at `dim`: (3,) becomes (3, 1) for −1."""

    dim: int

    called = "{input}, unsqueezed"
    forward_words = "The same numbers, with a new dimension of size 1."
    forward_math = "y = x, with one more dimension"


@operator(torch.Tensor.expand, torch.broadcast_to, torch.Tensor.broadcast_to)
class expand(Movement):
    """Repeat along dimensions of size 1: (2, 1) becomes (2, 3) for −1, 3, as −1 leaves a dimension as it is."""

    size: tuple[int, ...]

    called = "{input}, repeated"
    forward_words = "The same numbers, used again and again."
    forward_math = "y = x, repeated"
    variadic = True


@operator(torch.Tensor.repeat, torch.tile, torch.Tensor.tile)
class repeat(Movement):
    """Repeat the whole tensor `dims` times along each dimension: [1, 2] becomes [1, 2, 1, 2] for 2."""

    dims: tuple[int, ...]

    called = "{input}, repeated"
    forward_words = "The same numbers several times, side by side."
    forward_math = "y = x, repeated"
    variadic = True

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.tile(elements, self.dims)


@operator(torch.clone, torch.Tensor.clone, torch.Tensor.contiguous)
class clone(Movement):
    """A copy of the numbers, in the same order and shape."""

    memory_format: torch.memory_format | None = None

    called = "copy of {input}"
    forward_words = "A copy of the same numbers."
    forward_math = "y = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return elements


@operator(F.pad)
class pad(Movement):
    """Padding with a constant, or by reflection, replication or wrapping around: [0, 1, 2] of [1, 2] for (1, 0)."""

    pad: Sequence[int]
    mode: str = "constant"
    value: float | None = None

    called = "{input}, padded"
    forward_words = "Around the numbers stands {border}."
    forward_math = "y = x inside, the constant (0) or a copy of x around it"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        border = {
            "constant": f"a border of {figure(self.value or 0)}",
            "reflect": "their mirror image",
            "replicate": "copies of the outermost ones",
            "circular": "those from the other side",
        }
        return super().pieces(y) | {"border": border[self.mode]}

    def check(self) -> str | None:
        return None if math.isfinite(self.value or 0) else "padding with infinity is not supported"

    def move(self, elements: torch.Tensor) -> Moved:
        return F.pad(elements, self.pad, self.mode, CONSTANT if self.mode == "constant" else None)

    def constant(self) -> float:
        return self.value or 0
