"""flatten: the same numbers in fewer dimensions."""

import torch
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.words import size
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, IMAGE, PICTURE


@operator(torch.flatten, torch.Tensor.flatten)
class flatten(Movement):
    """Merge dimensions `start_dim` to `end_dim` into one."""

    start_dim: int = 0
    end_dim: int = -1

    called = "{input} as a vector"
    forward_words = "The same numbers, written as one list."
    forward_math = "y = x, in another shape"

    def forward_words_here(self, y: Tensor) -> str:
        if y.shape[0] > 1 and len(y.shape) > 1:
            return f"The same numbers, written as {y.shape[0]} lists of {size(y.shape[1:])}. Nothing is computed."
        if y.data.size == 1:
            return "The same number, written as a list of one. Nothing is computed."
        return f"The same {size(self.input.shape)} numbers, written as one list of {y.data.size}. Nothing is computed."

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.flatten(elements, self.start_dim, self.end_dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.flatten(1), PICTURE)
        yield Example("random", lambda x: torch.flatten(x, 1), IMAGE)
        yield Example("module", nn.Flatten(), IMAGE)
        yield Example("middle", lambda x: x.flatten(1, 2) * 2, IMAGE)
        yield Extreme("", torch.flatten, EXTREME)
