"""cast: the same number as another type; one_hot: a whole number as zeros with a single one. Those have no gradient."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import IF, TRUNC, OperandLike, Tensor, equal, is_true, operator
from excel_export.formulas.operator import Phrases
from excel_export.ops._elementwise import Elementwise

_FLOATS = (torch.Tensor.float, torch.Tensor.double, torch.Tensor.half, torch.Tensor.bfloat16)
_WHOLE = (torch.Tensor.long, torch.Tensor.int, torch.Tensor.bool)

SHORT = (torch.uint8, torch.int8, torch.int16)
"""Types of whole numbers so small that a learner leaves them: PyTorch begins anew at their other end, and no cell does."""


@operator(*_FLOATS, *_WHOLE, torch.Tensor.to, torch.Tensor.type)
class cast(Elementwise):
    """`x.float()`, `x.long()`, `x.to(dtype)`: floats become whole numbers cut off at the point, −1.7 becomes −1."""

    dtype: torch.dtype = torch.float64
    passes_on: ClassVar[bool] = True
    """True: integers pass as they are, so limits of the result are limits of the input, too."""

    called = "{input} as an integer"
    forward_words = "The same whole numbers, as another type."
    forward_math = "y = x"
    backward_words = "Whole numbers jump: there is no small nudge, so this path adds 0."
    backward_math = "∂L/∂x = 0: a whole number cannot be nudged"
    phrases = (
        Phrases(
            lambda self, y: self.truth,
            forward_words="1 where the number is not 0, else 0.",
            forward_math="y = 1 if x ≠ 0, else 0",
            called="{input} ≠ 0",
        ),
        Phrases(
            lambda self, y: self.input.is_float and not y.is_float,
            forward_words="Each number becomes a whole one: what stands behind the point is cut off.",
            forward_math="y = x, cut off at the point",
        ),
        Phrases(
            lambda self, y: y.is_float,
            forward_words="The same numbers, now stored as floats.",
            called="{input} as a float",
        ),
        Phrases(
            lambda self, y: self.input.is_float and y.is_float,
            backward_words="The numbers are the same, so the gradient passes as it is.",
            backward_math="∂L/∂x = g",
        ),
    )

    @property
    def only_moves(self) -> bool:
        return True

    @property
    def truth(self) -> bool:
        """True if `dtype` is torch.bool: numbers other than 0 become 1."""
        return self.dtype == torch.bool

    @property
    def rounds(self) -> bool:
        """True for floats to 16 bits or fewer, as by `x.half()`, which rounds visibly; no formula shows it."""
        return self.input.is_float and self.dtype.is_floating_point and self.dtype.itemsize < 4

    def check(self) -> str | None:
        if self.dtype not in SHORT or self.input.is_truth:
            return None
        bits, low = self.dtype.itemsize * 8, -torch.iinfo(self.dtype).min
        anew = f"(n + {low}) % {2**bits} - {low}" if low else f"n % {2**bits}"
        return f"whole numbers of {bits} bits begin anew at the other end of their range, and a cell does not: use .long(), and {anew} where they shall begin anew"

    def origins(self) -> list[np.ndarray]:
        return [np.arange(self.input.data.size).reshape(self.input.shape)]

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if result.dtype == args[0].dtype or not result.is_floating_point():
            return result  # which may be the tensor itself, or a copy of it
        # Everything is computed in float64, whatever floating type the module asks for.
        return args[0].double()

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        return cls(args[0], function(torch.empty(0, dtype=args[0].dtype), *args[1:], **kwargs).dtype)

    def forward(self, y: Tensor) -> OperandLike:
        if self.truth:
            return IF(is_true(self.input), 1, 0)
        return TRUNC(self.input) if self.input.is_float and not y.is_float else self.input

    def gradient(self, y: Tensor) -> OperandLike:
        return y.grad if self.input.is_float and y.is_float else 0 * y.grad


@operator(F.one_hot)
class one_hot(Elementwise):
    """1 at the position that the number names, 0 elsewhere: [0, 0, 1] of 2 for 3 classes."""

    num_classes: int = -1

    called = "{input}, one-hot"
    forward_words = (
        "A whole number becomes {classes} numbers: a 1 at the place that it names, counted from 0, and zeros."
    )
    forward_math = "yₖ = 1 if k = x, else 0"
    backward_words = "A whole number jumps from one to the next: there is no small nudge, so this path adds 0."
    backward_math = "∂L/∂x = 0: a whole number cannot be nudged"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"classes": y.shape[-1]}

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        return 0, y.shape[-1] - 1

    def forward(self, y: Tensor) -> OperandLike:
        return IF(equal(self.input.cells[..., None], np.arange(y.shape[-1])), 1, 0)

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * y.grad.cells[..., 0]
