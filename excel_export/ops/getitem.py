"""getitem: indexing and slicing, x[…]."""

import torch

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._brackets import Chosen, HasBrackets, refusal
from excel_export.ops._look_up import LookUp
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn


@operator(torch.Tensor.__getitem__)
class getitem(HasBrackets, LookUp):
    """Between the brackets: numbers, slices, None, …, lists, masks, and tensors of places, which may be inputs."""

    index: Chosen

    forward_words = "A part of the numbers, chosen by their places."
    forward_math = "y = the chosen elements of x"
    settings_or_values = ("index",)
    lowest = -1

    def check(self) -> str | None:
        return refusal(self.index) or super().check()

    @property
    def between(self) -> Chosen:
        return self.index

    def forward_words_here(self, y: Tensor) -> str:
        if self.indices:
            return super().forward_words_here(y)
        return f"{y.data.size} of the {self.input.data.size} numbers, chosen by their places."

    def called_here(self, y: Tensor) -> str:
        chosen = self.index if isinstance(self.index, tuple) else (self.index,)
        if all(item is None or item is ... or isinstance(item, (int, slice)) for item in chosen):
            return "{input}[" + ", ".join(map(_written, chosen)) + "]"
        return "{input} at places" if self.indices else "part of {input}"

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: x[:, 1:], ROW)
        yield Example("number", lambda x: x[0], randn(3, 4))
        yield Example("one element", lambda x: x[1, 2] * x, randn(3, 4))
        yield Example("slices", lambda x: x[:, 1:, ::2, -1], IMAGE)
        yield Example("dots and none", lambda x: x[..., None, 0] * x[1:, None], randn(3, 4))
        yield Example("list", lambda x: x[[0, 2, 2]] * x[:, [1]].sum(), randn(3, 4))
        yield Example("pairs", lambda x: x[torch.arange(3), torch.tensor([3, 0, 0])], randn(3, 4))
        yield Example("of an input", lambda x, i: x[i], randn(4), torch.tensor([2, 0, 2]))
        yield Example("rows", lambda x, i: x[i], randn(4, 3), torch.tensor([2, -1, 2, 0]))
        yield Example("one row", lambda x, i: x[i], randn(4, 3), torch.tensor(-2))
        yield Example("columns", lambda x, i: x[:, i], randn(3, 4), torch.tensor([[3, 0], [1, 1]]))
        yield Example("of images", lambda x, i: x[:, i, 1:, 0], IMAGE, torch.tensor([2, 2, 0, 1]))
        yield Example("first of images", lambda x, i: x[i, ..., None, 1], IMAGE, torch.tensor([1, 1, 0]))
        yield Example("a class for each", lambda x, i: x[torch.arange(3), i], randn(3, 4), torch.tensor([3, 0, 0]))
        yield Example("two inputs", lambda x, i: x[i[:, None], i], randn(3, 4), torch.tensor([2, 0, -2]))
        yield Example("before a constant", lambda x, i: x[i, :, [1, 0]], randn(3, 2, 4), torch.tensor([2, 0]))
        yield Example("with a mask", lambda x, i: x[torch.tensor([True, False, True]), i], randn(3, 4),
                      torch.tensor([3, 1]))  # fmt: skip
        yield Example("computed places", lambda x: x[x.argmax(1)], randn(4, 4))
        yield Extreme("", lambda x: x[:, ::2], EXTREME)


def _written(item: object) -> str:
    """What stands between brackets, as Python writes it."""
    if isinstance(item, slice):
        first, last, step = ("" if part is None else str(part) for part in (item.start, item.stop, item.step))
        return f"{first}:{last}" + (f":{step}" if step else "")
    return "…" if item is ... else str(item)
