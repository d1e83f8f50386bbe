"""div: the quotient of two tensors, or of a tensor and a number."""

from collections.abc import Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(torch.div, torch.divide, torch.true_divide, torch.Tensor.div, torch.Tensor.divide, torch.Tensor.true_divide)
class div(Operator):
    """The quotient, with broadcasting."""

    forward_words = "The first number is divided by the second."
    backward_words = "What is divided by a number passes its gradient back divided by the same number."
    forward_math = "y = a / b"
    backward_math = "∂L/∂a = g / b,  ∂L/∂b = −g · y / b"

    def check(self, **arguments: Any) -> str | None:
        return "rounding_mode is not supported" if arguments["rounding_mode"] is not None else None

    def workspace(self, y: Any, input: Any, other: Any, rounding_mode: str | None = None) -> dict[str, Workspace]:
        spread = tuple(input.shape) != tuple(y.shape)
        return {"quotient": Workspace(y.shape, "g / b, before it is added up", "backward")} if spread else {}

    def fill(self, y: Any, input: Any, other: Any, rounding_mode: str | None = None) -> dict[str, Expressions]:
        return {"quotient": each("{}/{}", y.grad, other)} if y.work else {}

    def forward(self, y: Any, input: Any, other: Any, rounding_mode: str | None = None) -> Expressions:
        return each("{}/{}", input, other)

    def backward(
        self, y: Any, input: Any, other: Any, rounding_mode: str | None = None
    ) -> Iterator[tuple[Any, Expressions]]:
        yield input, unbroadcast(input, y.work["quotient"]) if y.work else each("{}/{}", y.grad, other)
        if not isinstance(other, (int, float)):
            template = "-{}/{}" if tuple(other.shape) == tuple(y.shape) else "-({})/{}"
            yield other, each(template, unbroadcast(other, y.grad, y), other)
