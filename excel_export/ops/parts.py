"""Parts of a tensor: split, chunk and unbind take it apart, narrow and select give one part. x[…] is in `getitem.py`."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.split, torch.Tensor.split)
class split(Movement):
    """Cut into parts of size `split_size_or_sections` along `dim`."""

    split_size_or_sections: int | list[int]
    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are cut into parts."
    forward_math = "(y₁, y₂, …) = x"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.split((1, 2), dim=1)[1], ROW)
        yield Example("product", lambda x: (parts := torch.split(x, [3, 1], dim=1))[0][:, :1] * parts[1], randn(3, 4))
        yield Example("evenly", lambda x: x.split(2)[1], randn(5, 2))
        yield Extreme("", lambda x: x.split(2, 1)[1], EXTREME)


@operator(torch.chunk, torch.Tensor.chunk)
class chunk(Movement):
    """Cut into `chunks` parts along `dim`."""

    chunks: int
    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are cut into parts of equal size; the last may be smaller."
    forward_math = "(y₁, y₂, …) = x"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.chunk(3, dim=1)[2], ROW)
        yield Example("product", lambda x: (parts := x.chunk(2, dim=1))[0] * parts[1], randn(3, 4))
        yield Example("one part unused", lambda x: torch.chunk(x, 3, -1)[1], randn(3, 7))
        yield Extreme("", lambda x: x.chunk(2)[0], EXTREME)


@operator(torch.unbind, torch.Tensor.unbind)
class unbind(Movement):
    """The slices along `dim`, one by one."""

    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are taken apart, slice by slice."
    forward_math = "(y₁, y₂, …) = x"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.unbind(1)[2], ROW)
        yield Example("product", lambda x: x.unbind(1)[0] * torch.unbind(x, 1)[2], randn(3, 4))
        yield Extreme("", lambda x: x.unbind(1)[0], EXTREME)


@operator(torch.narrow, torch.Tensor.narrow)
class narrow(Movement):
    """The `length` slices from `start` along `dim`."""

    dim: int
    start: int
    length: int

    called = "part of {input}"
    forward_words = "A part of the numbers, side by side."
    forward_math = "y = a part of x"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.narrow(1, 1, 2), ROW)
        yield Example("random", lambda x: x.narrow(1, 1, 2), randn(3, 4))
        yield Extreme("", lambda x: x.narrow(1, 1, 2), EXTREME)


@operator(torch.select, torch.Tensor.select)
class select(Movement):
    """The slice at `index` along `dim`."""

    dim: int
    index: int

    called = "part of {input}"
    forward_words = "One slice, chosen by its place."
    forward_math = "y = x at one index"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.select(1, 2), ROW)
        yield Example("last", lambda x: x.select(1, -1), randn(3, 4))
        yield Extreme("", lambda x: x.select(1, 0), EXTREME)
