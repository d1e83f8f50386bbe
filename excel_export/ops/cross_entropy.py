"""cross_entropy: how surprised the probabilities are by the label."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formula import call, each, plus, table
from excel_export.operator import Expressions, Operator, Workspace, operator


@operator(F.cross_entropy)
class cross_entropy(Operator):
    """The mean over the batch of −ln p(label), with p = softmax(logits).

    The largest logit is taken off before EXP and added back after LN: no logit is too large.
    """

    forward_math = "y = mean of ln Σⱼ exp(xⱼ) − x_label"
    backward_math = "∂L/∂xₖ = g · (pₖ − [k = label]) / N,  p = softmax(x)"

    def check(self, **arguments: Any) -> str | None:
        input, target = arguments["input"], arguments["target"]
        if len(input.shape) != 2 or target.is_float:
            return "only (N, C) logits with class-index labels are supported"
        plain = {"weight": None, "ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0}
        changed = [name for name, default in plain.items() if arguments[name] != default]
        return f"{changed[0]} is not supported" if changed else None

    def workspace(self, y: Any, input: Any, target: Any, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {
            "exp": Workspace(input.shape, "exp(x − max x)"),
            "probability": Workspace(input.shape, "p = softmax(x)"),
        }

    def fill(self, y: Any, input: Any, target: Any, *_: Any, **__: Any) -> dict[str, Expressions]:
        n = (input.shape[0], 1)
        exp = y.work["exp"]
        return {
            "exp": each("EXP({}-{})", input, table(n, lambda n, _: call("MAX", input.value[n, :]))),
            "probability": each("{}/{}", exp, table(n, lambda n, _: call("SUM", exp[n, :]))),
        }

    def forward(self, y: Any, input: Any, target: Any, weight: Any = None, size_average: Any = None,
                ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
                label_smoothing: float = 0.0) -> Expressions:  # fmt: skip
        def surprise(n: int) -> str:
            (x,), (exp,) = (grid[n, :].ranges for grid in (input.value, y.work["exp"]))
            return f"LN(SUM({exp}))+MAX({x})-INDEX({x},{target.refs[n]}+1)"

        n = input.shape[0]
        total = plus(surprise(k) for k in range(n))
        return np.array(total if n == 1 else f"({total})/{n}", dtype=object)

    def backward(self, y: Any, input: Any, target: Any, *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:
        n, classes = input.shape
        slope = "{}*({}-IF({}={},1,0))" if n == 1 else "{}*({}-IF({}={},1,0))/" + str(n)
        yield input, each(slope, y.grad, y.work["probability"], target.refs[:, None], np.arange(classes))
