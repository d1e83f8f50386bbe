"""nll_loss: minus the log-probability that the label's class was given."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each, number, pick, table
from excel_export.formulas.operator import Expressions, operator
from excel_export.ops._labelled_loss import NO_LABEL, LabelledLoss, class_numbers, classes, for_each_class, samples_of


@operator(F.nll_loss)
class nll_loss(LabelledLoss):
    """The (weighted) mean or sum of −x_label, of log-probabilities (C), (N, C) or (N, C, …)."""

    forward_math = "y = −Σ w_label · x_label / Σ w_label"
    backward_math = "∂L/∂xₖ = −g · w_label / Σ w_label if k = label, else 0"

    def losses(self, y: Any, input: Any, target: Any, weight: Any = None, size_average: Any = None,
               ignore_index: int = NO_LABEL, reduce: Any = None, reduction: str = "mean") -> Expressions:  # fmt: skip
        def loss(*n: int) -> str:
            label = target.refs[n]
            minus = f"-{pick(classes(input.value, n), f'{label}+1')}"
            if "weight" in y.work:
                minus += f"*{y.work['weight'].refs[n]}"
            return minus if ignore_index == NO_LABEL else f"IF({label}={number(ignore_index)},0,{minus})"

        return table(samples_of(input.shape), loss)

    def backward(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        label, arriving = (for_each_class(input.shape, cells) for cells in (target.refs, y.grad.refs))
        gain = each("-{}", arriving)
        if "weight" in y.work:
            gain = each("{}*{}", gain, for_each_class(input.shape, y.work["weight"].refs))
        divisor = self.divisor(y, input, settings["reduction"])
        yield input, each(f"IF({{}}={{}},{{}}{divisor},0)", label, class_numbers(input.shape), gain)
