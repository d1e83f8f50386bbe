"""split: a tensor cut into parts of given sizes."""

import torch

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, ROW, randn


@operator(torch.split, torch.Tensor.split)
class split(Movement):
    """Cut into parts of size `split_size_or_sections` along `dim`."""

    split_size_or_sections: int | list[int]
    dim: int = 0

    called = "part {result} of {input}"
    forward_words = "The numbers are cut into parts."
    forward_math = "(y₁, y₂, …) = x"

    def move(self, elements: torch.Tensor) -> Moved:
        return torch.split(elements, self.split_size_or_sections, self.dim)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x.split((1, 2), dim=1)[1], ROW)
        yield Example("product", lambda x: (parts := torch.split(x, [3, 1], dim=1))[0][:, :1] * parts[1], randn(3, 4))
        yield Example("evenly", lambda x: x.split(2)[1], randn(5, 2))
        yield Extreme("", lambda x: x.split(2, 1)[1], EXTREME)
