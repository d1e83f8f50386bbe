"""clone: a copy; contiguous is one too, where it does anything."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import NUMBERS, ROW, randn


@operator(torch.clone, torch.Tensor.clone, torch.Tensor.contiguous)
class clone(Movement):
    """The same numbers once more."""

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
