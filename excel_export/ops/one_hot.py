"""one_hot: a whole number as a row of zeros with a single one."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formulas.formula import each
from excel_export.formulas.operator import Expressions, Operator, operator


@operator(F.one_hot)
class one_hot(Operator):
    """1 at the position that the number names, 0 elsewhere."""

    forward_words = "The whole number becomes a row of zeros with a single one, at the place that it names."
    backward_words = "A whole number cannot be nudged, so no gradient passes through it."
    forward_math = "yₖ = 1 if k = x, else 0"
    backward_math = "∂L/∂x = 0: a whole number cannot be nudged"

    def forward(self, y: Any, input: Any, num_classes: int = -1) -> Expressions:
        return each("IF({}={},1,0)", input.refs[..., None], np.arange(y.shape[-1]))

    def backward(self, y: Any, input: Any, num_classes: int = -1) -> Iterator[tuple[Any, Expressions]]:
        yield input, each("0*{}", y.grad.refs[..., 0])
