"""getitem: indexing and slicing, x[…]."""

from collections.abc import Sequence

import torch

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Example, Examples, Extreme, Extremes
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn

Chosen = int | slice | None | torch.Tensor | Sequence[int] | tuple["Chosen", ...]


@operator(torch.Tensor.__getitem__)
class getitem(Movement):
    """Numbers, slices, None, …, and constant lists, tensors or masks between the brackets."""

    index: Chosen

    forward_words = "A part of the numbers, chosen by their places."
    forward_math = "y = the chosen elements of x"
    settings = ("index",)

    def forward_words_here(self, y: Tensor) -> str:
        return f"{y.data.size} of the {self.input.data.size} numbers, chosen by their places."

    def called_here(self, y: Tensor) -> str:
        chosen = self.index if isinstance(self.index, tuple) else (self.index,)
        if all(item is None or item is ... or isinstance(item, (int, slice)) for item in chosen):
            return "{input}[" + ", ".join(map(_written, chosen)) + "]"
        return "part of {input}"

    def move(self, elements: torch.Tensor) -> Moved:
        return elements[self.index]

    @staticmethod
    def examples() -> Examples:
        yield Example("", lambda x: x[:, 1:], ROW)
        yield Example("number", lambda x: x[0], randn(3, 4))
        yield Example("one element", lambda x: x[1, 2] * x, randn(3, 4))
        yield Example("slices", lambda x: x[:, 1:, ::2, -1], IMAGE)
        yield Example("dots and none", lambda x: x[..., None, 0] * x[1:, None], randn(3, 4))
        yield Example("list", lambda x: x[[0, 2, 2]] * x[:, [1]].sum(), randn(3, 4))
        yield Example("pairs", lambda x: x[torch.arange(3), torch.tensor([3, 0, 0])], randn(3, 4))

    @staticmethod
    def extremes() -> Extremes:
        yield Extreme("", lambda x: x[:, ::2], EXTREME)


def _written(item: object) -> str:
    """What stands between brackets, as Python writes it."""
    if isinstance(item, slice):
        first, last, step = ("" if part is None else str(part) for part in (item.start, item.stop, item.step))
        return f"{first}:{last}" + (f":{step}" if step else "")
    return "…" if item is ... else str(item)
