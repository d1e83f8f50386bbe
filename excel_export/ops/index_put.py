"""index_put: x[i] = y, where the places stand on the sheet."""

from collections.abc import Callable
from typing import Any

import torch

from excel_export.formulas import Cases, Example, Extreme, Phrases, Tensor, operator
from excel_export.ops._numbers import EXTREME, MATRIX, randn
from excel_export.ops._send import ADDED_WORDS, Send
from excel_export.ops.getitem import Chosen, HasBrackets, refusal


@operator(torch.index_put, torch.Tensor.index_put, torch.Tensor.__setitem__)
class index_put(HasBrackets, Send):
    """Replaces the elements at the places `indices`, or adds to them. Of several at one place, the last one counts."""

    chosen: Chosen
    values: Tensor | float
    accumulate: bool = False

    called = "{input}, replaced at places"
    forward_words = (
        "Each number goes to its place and replaces what was there. Of several at one place, the last one stays."
    )
    phrases = (
        Phrases(
            lambda self, y: self.accumulate,
            forward_words="Each number goes to its place and is added to what is there. Several at one place add up.",
            forward_math="yₖ = xₖ + Σ s over the places i = k",
            backward_words=ADDED_WORDS,
            backward_math="∂L/∂x = g,  ∂L/∂s = g at the places i",
        ),
    )
    lowest = -1

    def check(self) -> str | None:
        return refusal(self.chosen) or super().check()

    @property
    def adds(self) -> bool:  # type: ignore[override]
        return self.accumulate

    @property
    def sends(self) -> Tensor | float:
        return self.values

    @property
    def between(self) -> Chosen:
        return self.chosen

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if function is not torch.Tensor.__setitem__:
            return function(*args, **kwargs)
        input, indices, values = args
        written = input.clone()
        written[indices] = values
        return written

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, i: x.index_put((torch.arange(2), i), torch.tensor(9.0).double()), MATRIX,
                      torch.tensor([2, 0]))  # fmt: skip
        yield Example("added", lambda x, y: x.index_put((torch.tensor([1, 1, -1]),), y, accumulate=True), randn(4, 3),
                      randn(3, 3))  # fmt: skip
        yield Example("twice", lambda x, y: x.index_put((torch.tensor([1, 1, 0]),), y), randn(3), randn(3))
        yield Example("broadcast", lambda x, y: torch.index_put(x, (torch.tensor([[0], [2]]), torch.tensor([1, 0])), y),
                      randn(3, 3), randn(2))  # fmt: skip
        yield Extreme("", lambda x: x.index_put((torch.tensor([2]),), x[0]), EXTREME)
