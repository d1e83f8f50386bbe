"""reshape (which view is), flatten, unflatten, squeeze, unsqueeze, expand, repeat: numbers in another shape.

pad puts a frame around them; clone is a copy, and contiguous is one too, where it does anything.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Cases, Example, Extreme, Phrases, Tensor, figure, operator
from excel_export.ops._movement import CONSTANT, Moved, Movement
from excel_export.ops._numbers import EXTREME, IMAGE, MATRIX, NUMBERS, PICTURE, ROW, randn


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

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.reshape(3, 2), MATRIX)
        yield Example("to fit", lambda x: x.reshape(2, -1) * 2, randn(3, 4))
        yield Example("tuple", lambda x: torch.reshape(x, (4, 3)), randn(3, 4))
        yield Example("view", lambda x: x.view(x.size(0), -1), IMAGE)
        yield Example("view tuple", lambda x: x.view((2, 6)), randn(3, 4))
        yield Example("view flat", lambda x: x.view(-1) * 2, randn(3, 4))
        yield Extreme("", lambda x: x.reshape(4, 3), EXTREME)


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

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.flatten(1), PICTURE)
        yield Example("random", lambda x: torch.flatten(x, 1), IMAGE)
        yield Example("module", nn.Flatten(), IMAGE)
        yield Example("middle", lambda x: x.flatten(1, 2) * 2, IMAGE)
        yield Extreme("", torch.flatten, EXTREME)


@operator(torch.squeeze, torch.Tensor.squeeze)
class squeeze(Movement):
    """Drop the dimension `dim`, or any if None, where its size is 1: (1, 3, 1) becomes (3,)."""

    dim: int | tuple[int, ...] | None = None

    called = "{input}, squeezed"
    forward_words = "The same numbers; a dimension of size 1 is dropped."
    forward_math = "y = x, with fewer dimensions"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.squeeze(elements) if self.dim is None else torch.squeeze(elements, self.dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.squeeze(0), ROW)
        yield Example("all", lambda x: x.squeeze(), randn(1, 3, 1))
        yield Example("one", lambda x: torch.squeeze(x, 0), randn(1, 3, 1))
        yield Extreme("", lambda x: x[:, :1].squeeze(1), EXTREME)


@operator(torch.unsqueeze, torch.Tensor.unsqueeze)
class unsqueeze(Movement):
    """Add a dimension of size 1 at `dim`: (3,) becomes (3, 1) for −1."""

    dim: int

    called = "{input}, unsqueezed"
    forward_words = "The same numbers, with a new dimension of size 1."
    forward_math = "y = x, with one more dimension"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.unsqueeze(0), ROW)
        yield Example("product", lambda x: x.unsqueeze(-1) * x, randn(3))
        yield Extreme("", lambda x: x.unsqueeze(0), EXTREME)


@operator(torch.Tensor.expand, torch.broadcast_to, torch.Tensor.broadcast_to)
class expand(Movement):
    """Repeat along dimensions of size 1: (2, 1) becomes (2, 3) for −1, 3, as −1 leaves a dimension as it is."""

    size: tuple[int, ...]

    called = "{input}, repeated"
    forward_words = "The same numbers, used again and again."
    forward_math = "y = x, repeated"
    variadic = True

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.expand(2, 3), ROW)
        yield Example("new dimension", lambda x: x.expand(3, -1, 2), randn(4, 1))
        yield Example("hundreds", lambda x: x.expand(300), randn(1))
        yield Extreme("", lambda x: x[:1].expand(3, -1), EXTREME)


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

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.repeat(2, 1), ROW)
        yield Example("both ways", lambda x: x.repeat(2, 3), randn(3, 2))
        yield Extreme("", lambda x: x.repeat(1, 2), EXTREME)


@operator(torch.clone, torch.Tensor.clone, torch.Tensor.contiguous)
class clone(Movement):
    """A copy of the numbers, in the same order and shape."""

    memory_format: torch.memory_format | None = None

    called = "copy of {input}"
    forward_words = "A copy of the same numbers."
    forward_math = "y = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return elements

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", torch.clone, ROW)
        yield Example("contiguous", lambda x: x.permute(1, 0).contiguous().view(2, 6) * x.clone().sum(), randn(3, 4))
        yield Extreme("", torch.clone, NUMBERS, by_element=True)


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

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: F.pad(x, (1, 0), value=0.5), ROW)
        yield Example("zeros", lambda x: F.pad(x, (1, 2)), randn(3, 4))
        yield Example("value", nn.ConstantPad2d((1, 0, 2, 1), -1.5), IMAGE)
        yield Example("empty", lambda x: F.pad(x, (0, 0)) * 2, randn(3, 4))
        yield Example("cropping", lambda x: F.pad(x, (-1, 1), value=3), randn(3, 4))
        yield Example("reflect", nn.ReflectionPad2d(2), IMAGE)
        yield Example("replicate", lambda x: F.pad(x, (2, 3), mode="replicate"), randn(2, 2, 3))
        yield Extreme("", lambda x: F.pad(x, (1, 2), value=-1e300), EXTREME)
