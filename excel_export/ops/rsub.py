"""rsub: a number or tensor minus the input, as in 1 - x."""

import torch

from excel_export.formulas import Gradients, OperandLike, Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.idioms import unbroadcast
from excel_export.formulas.words import figure
from excel_export.ops._numbers import NUMBERS, ROW, randn
from excel_export.ops._pairwise import Pairwise


@operator(torch.rsub, torch.Tensor.__rsub__)
class rsub(Pairwise):
    """The difference the other way round, with broadcasting."""

    alpha: float = 1

    called = "{other} − {input}"
    forward_words = "The first number is taken from the second."
    backward_words = "When the first grows, the result falls by just that: it gets the gradient with the opposite sign, the second as it is."
    forward_math = "y = b − a"
    backward_math = "∂L/∂a = −g,  ∂L/∂b = g"

    def forward_words_here(self, y: Tensor) -> str:
        if isinstance(self.other, Tensor):
            return self.forward_words
        return f"Each number is taken from {figure(self.other)}."

    def forward_math_here(self, y: Tensor) -> str:
        return self.forward_math if isinstance(self.other, Tensor) else f"y = {figure(self.other)} − a"

    def backward_words_here(self, y: Tensor) -> str:
        if isinstance(self.other, Tensor):
            return self.backward_words + self.sums(y)
        return "When the number grows by a little, the result falls by just that: the gradient changes its sign."

    def backward_math_here(self, y: Tensor) -> str:
        return self.backward_math if isinstance(self.other, Tensor) else "∂L/∂a = −g"

    def check(self) -> str | None:
        return "alpha other than 1 is not supported" if self.alpha != 1 else None

    def forward(self, y: Tensor) -> OperandLike:
        return self.other - self.input

    def backward(self, y: Tensor) -> Gradients:
        yield self.input, -unbroadcast(self.input, y.grad)
        if isinstance(self.other, Tensor):
            yield self.other, unbroadcast(self.other, y.grad)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: 1 - x, ROW)
        yield Example("random", lambda x: 1 - x, randn(3, 4))
        yield Example("negative number", lambda x: -1.5 - x, randn(3, 4))
        yield Example("tensor", torch.rsub, randn(4), randn(3, 4))
        yield Extreme("", lambda x: 1 - x, NUMBERS, by_element=True, cancels=True)
