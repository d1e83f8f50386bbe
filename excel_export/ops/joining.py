"""cat: tensors one after another along a dimension they have; stack: side by side along a new one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from excel_export.formulas import Cases, Example, Extreme, Gradients, OperandLike, Operator, Tensor, operator
from excel_export.formulas.expression import rearranged
from excel_export.ops._numbers import EXTREME, NARROW, ROW, randn


class _Joined(Operator):
    tensors: Sequence[Tensor]
    dim: int = 0

    called = "{tensors}"
    backward_words = (
        "The numbers only moved: each input takes back the part of the gradient that stands where its numbers went."
    )
    forward_math = "y = (x₁, x₂, …)"


@operator(torch.cat, torch.concat, torch.concatenate)
class cat(_Joined):
    """Join tensors along the existing dimension `dim`."""

    forward_words = "The inputs are joined, one after the other: {parts} = {whole}. Nothing is computed."
    backward_math = "∂L/∂xₖ = the part of g that came from xₖ"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"parts": " + ".join(str(x.shape[self.dim]) for x in self.tensors), "whole": y.shape[self.dim]}

    def forward(self, y: Tensor) -> OperandLike:
        return rearranged([x.cells for x in self.tensors], lambda *texts: np.concatenate(texts, axis=self.dim))

    def backward(self, y: Tensor) -> Gradients:
        ends = np.cumsum([x.shape[self.dim] for x in self.tensors])
        for k, x in enumerate(self.tensors):
            yield x, rearranged([y.grad.cells], lambda g, k=k: np.split(g, ends[:-1], axis=self.dim)[k])

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: torch.cat((x, y), dim=1), ROW, ROW)
        yield Example("three", lambda x, y: torch.cat([x, y, x], dim=1), randn(3, 4), randn(3, 2))
        yield Example("negative dim", lambda x, y: torch.cat([x, y], -1), randn(3, 4), randn(3, 2))
        yield Extreme("", lambda x, y: torch.cat((x, y)), EXTREME, NARROW)


@operator(torch.stack)
class stack(_Joined):
    """Join tensors of one shape along a new dimension `dim`."""

    forward_words = "{inputs} inputs are put side by side. Nothing is computed."
    backward_math = "∂L/∂xₖ = gₖ"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"inputs": len(self.tensors)}

    def forward(self, y: Tensor) -> OperandLike:
        return rearranged([x.cells for x in self.tensors], lambda *texts: np.stack(texts, axis=self.dim))

    def backward(self, y: Tensor) -> Gradients:
        for k, x in enumerate(self.tensors):
            yield x, rearranged([y.grad.cells], lambda g, k=k: np.take(g, k, axis=self.dim))

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x, y: torch.stack((x, y)), ROW, ROW)
        yield Example("three", lambda x, y: torch.stack((x, y, x), dim=1), randn(3, 4), randn(3, 4))
        yield Example("last", lambda x, y: torch.stack((x, y), -1), randn(3), randn(3) + 1)
        yield Extreme("", lambda x, y: torch.stack((x, y)), NARROW, NARROW + 1)
