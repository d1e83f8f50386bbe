"""Parts of a tensor: split, chunk and unbind take it apart, narrow and select give one part, unfold gives windows.

And the same numbers in another order: permute, flip, transpose (x.T, x.mT and x.t() swap the last two dimensions).
x[…] is in `getitem.py`.
"""

from collections.abc import Callable
from typing import Any, Self

import torch
import torch.nn.functional as F

from excel_export.formulas import Phrases, operator
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._windows import Setting


@operator(torch.split, torch.Tensor.split)
class split(Movement):
    """Cut into parts of size `split_size_or_sections`, one or a list, along `dim`: 5 numbers by 2 into 2, 2 and 1."""

    split_size_or_sections: int | list[int]
    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are cut into parts."
    forward_math = "(y₁, y₂, …) = x"


@operator(torch.chunk, torch.Tensor.chunk)
class chunk(Movement):
    """Cut into `chunks` parts along `dim`, the last one smaller: 5 numbers by 3 into 2, 2 and 1."""

    chunks: int
    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are cut into parts of equal size; the last may be smaller."
    forward_math = "(y₁, y₂, …) = x"


@operator(torch.unbind, torch.Tensor.unbind)
class unbind(Movement):
    """The slices along `dim`, one by one: (2, 3) along 0 becomes two tensors of shape (3,)."""

    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are taken apart, slice by slice."
    forward_math = "(y₁, y₂, …) = x"


@operator(torch.narrow, torch.Tensor.narrow)
class narrow(Movement):
    """The `length` slices from `start` along `dim`: [20, 30] of [10, 20, 30, 40] from 1, of length 2."""

    dim: int
    start: int
    length: int

    called = "part of {input}"
    forward_words = "A part of the numbers, side by side."
    forward_math = "y = a part of x"


@operator(torch.select, torch.Tensor.select)
class select(Movement):
    """The slice at `index` along `dim`, without this dimension: [40, 50] of [[10, 20], [40, 50]] at 1 along 0."""

    dim: int
    index: int

    called = "part of {input}"
    forward_words = "One slice, chosen by its place."
    forward_math = "y = x at one index"


@operator(F.unfold)
class unfold(Movement):
    """(N, C, H, W) or (C, H, W) to (N, C · k, L): windows of k elements at L stops; (1, 4, 9) for 4×4 and 2."""

    kernel_size: Setting
    dilation: Setting = 1
    padding: Setting = 0
    stride: Setting = 1

    called = "windows of {input}"
    forward_words = "A window slides over the image. What it sees at each stop stands in a column of its own."
    forward_math = "y(·, stop) = the numbers of x under the window"

    def move(self, elements: torch.Tensor) -> Moved:
        # Padding is 0, as the number of the first element would be: counted from 1, what is none becomes −1.
        return F.unfold(elements + 1, self.kernel_size, self.dilation, self.padding, self.stride) - 1


_SWAPS = (torch.transpose, torch.swapaxes, torch.swapdims)
_METHODS = (torch.Tensor.transpose, torch.Tensor.swapaxes, torch.Tensor.swapdims)
_LAST_TWO = (torch.t, torch.Tensor.t, torch.Tensor.T.__get__, torch.Tensor.mT.__get__)  # type: ignore[attr-defined]


@operator(*_SWAPS, *_METHODS, *_LAST_TWO)
class transpose(Movement):
    """Swap the dimensions `dim0` and `dim1`: (2, 3, 4) becomes (4, 3, 2) for 0 and 2."""

    dim0: int
    dim1: int

    called = "transpose of {input}"
    forward_words = "The same numbers; two of their dimensions have changed places."
    forward_math = "yᵢⱼ = xⱼᵢ"
    phrases = (
        Phrases(
            lambda self, y: len(self.input.shape) == 2,
            forward_words="Rows become columns, and columns rows.",
            called="{input}ᵀ",
        ),
    )

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        if function not in _LAST_TWO:
            return super().bind(function, *args, **kwargs)
        rank = args[0].dim()
        if rank > 2 and function != _LAST_TWO[-1]:
            raise TypeError("x.T of more than two dimensions is not supported: use x.mT or x.permute")
        return cls(args[0], -1, -2 if rank > 1 else -1)


@operator(torch.permute, torch.Tensor.permute)
class permute(Movement):
    """Put the dimensions in the order `dims`: (2, 3, 4) becomes (4, 2, 3) for (2, 0, 1)."""

    dims: tuple[int, ...]

    called = "{input}, permuted"
    forward_words = "The same numbers; their dimensions stand in another order."
    forward_math = "y(i, j, …) = x(the same indices in another order)"
    variadic = True


@operator(torch.flip, torch.Tensor.flip)
class flip(Movement):
    """Reverse the order along `dims`: [[2, 1], [4, 3]] of [[1, 2], [3, 4]] for (1,)."""

    dims: tuple[int, ...]

    called = "{input}, flipped"
    forward_words = "The same numbers in the opposite order."
    forward_math = "yₖ = x at n − 1 − k, along each flipped dimension of n"
    variadic = True
