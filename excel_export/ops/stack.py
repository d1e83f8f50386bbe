"""stack: tensors side by side along a new dimension."""

from collections.abc import Sequence

import numpy as np
import torch

from excel_export.formulas import Gradients, OperandLike, Operator, Tensor, operator, rearranged


@operator(torch.stack)
class stack(Operator):
    """Join tensors of one shape along a new dimension `dim`."""

    tensors: Sequence[Tensor]
    dim: int = 0

    forward_words = "The inputs are put side by side."
    backward_words = "Each input takes back the gradient of its own place."
    forward_math = "y = (x₁, x₂, …)"
    backward_math = "∂L/∂xₖ = gₖ"

    def forward(self, y: Tensor) -> OperandLike:
        return rearranged([x.cells for x in self.tensors], lambda *texts: np.stack(texts, axis=self.dim))

    def backward(self, y: Tensor) -> Gradients:
        for k, x in enumerate(self.tensors):
            yield (
                x,
                rearranged([y.grad.cells], lambda g, k=k: np.take(g, k, axis=self.dim)),
            )
