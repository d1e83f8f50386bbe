"""atan2: the angle of a point."""

import torch

from excel_export.formulas import Expression, OperandLike, Tensor, equal, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.functions import AND, ATAN2, IF
from excel_export.ops._numbers import ROW, doubles, randn
from excel_export.ops._pairwise import Broadcasting

_FEW = doubles(1e-150, 1e-8, 0.5, 700, 1e150)
_PAIRS = torch.cartesian_prod(torch.cat((_FEW, -_FEW)), torch.cat((_FEW, -_FEW))).T


@operator(torch.atan2, torch.arctan2, torch.Tensor.atan2, torch.Tensor.arctan2)
class atan2(Broadcasting):
    """The angle of the point (other, input), from −π to π, with broadcasting. The point (0, 0) has the angle 0."""

    input: Tensor
    other: Tensor

    called = "angle of ({other}, {input})"
    forward_words = "The angle at which one sees a point: the first number is how high it is, the second how far right."
    backward_words = "The further away the point, the less a nudge turns the angle: slopes shrink with the distance."
    forward_math = "y = the angle of the point (b, a)"
    backward_math = "∂L/∂a = g · b / (a² + b²),  ∂L/∂b = −g · a / (a² + b²)"

    @property
    def operands(self) -> dict[str, tuple[Tensor | float | None, str]]:
        return {"first": (self.input, "what a gains"), "second": (self.other, "what b gains")}

    def gain(self, name: str, y: Tensor) -> Expression:
        a, b = self.input, self.other
        over = y.grad * b if name == "first" else -y.grad * a
        return IF(AND(equal(a, 0), equal(b, 0)), 0, over / (a * a + b * b))

    def forward(self, y: Tensor) -> OperandLike:
        # A spreadsheet takes the two in the other order.
        return IF(AND(equal(self.input, 0), equal(self.other, 0)), 0, ATAN2(self.other, self.input))

    @classmethod
    def cases(cls) -> Cases:
        corners = torch.tensor([[0.0, 1, -1]])
        yield Example("", torch.atan2, ROW, ROW + 0.5)
        yield Example("all sides, and the middle", torch.atan2, corners, corners.T)
        yield Example("broadcast", lambda x, y: x.atan2(y), randn(3, 4), randn(4))
        yield Extreme("", torch.atan2, *_PAIRS, by_element=True, decides=True)
