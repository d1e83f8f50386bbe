"""one_hot: a whole number as a row of zeros with a single one."""

import numpy as np
import torch
import torch.nn.functional as F

from excel_export.formulas import OperandLike, Tensor, equal, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import IF
from excel_export.ops._elementwise import Elementwise
from excel_export.ops._numbers import EXTREME


@operator(F.one_hot)
class one_hot(Elementwise):
    """1 at the position that the number names, 0 elsewhere."""

    num_classes: int = -1

    called = "{input}, one-hot"
    backward_words = "A whole number jumps from one to the next: there is no small nudge, so this path adds 0."
    forward_math = "yₖ = 1 if k = x, else 0"
    backward_math = "∂L/∂x = 0: a whole number cannot be nudged"

    def forward_words_here(self, y: Tensor) -> str:
        return (
            f"A whole number becomes {y.shape[-1]} numbers: a 1 at the place that it names, counted from 0, and zeros."
        )

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        return 0, y.shape[-1] - 1

    def forward(self, y: Tensor) -> OperandLike:
        return IF(equal(self.input.cells[..., None], np.arange(y.shape[-1])), 1, 0)

    def gradient(self, y: Tensor) -> OperandLike:
        return 0 * y.grad.cells[..., 0]

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: F.one_hot(x.long(), 3), torch.tensor([2.0]))
        yield Example("several", lambda x: F.one_hot(x.long(), 4).float(), torch.tensor([0.0, 3, 1]))
        yield Example("image", lambda x: F.one_hot(x.long(), 3) * x[..., None], torch.tensor([[0.0, 2], [1, 1]]))
        yield Extreme("", lambda x: F.one_hot((x > 0.25).long(), 2) * x[..., None], EXTREME)
