"""binary_cross_entropy_with_logits: sigmoid and binary cross-entropy in one, safe for logits of any size."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import each, log1p
from excel_export.formulas.operator import Expressions, Workspace, operator
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.binary_cross_entropy_with_logits)
class binary_cross_entropy_with_logits(ElementwiseLoss):
    """The mean (or sum) of −p t ln σ(x) − (1 − t) ln(1 − σ(x)); `pos_weight` p weighs the yes side."""

    forward_math = "y = (1/n) · Σ w · ((1 − t) x + (1 + (p − 1) t) · (ln(1 + e^−|x|) + max(0, −x)))"
    backward_math = "∂L/∂x = g · w · ((1 − t) σ(x) − p t (1 − σ(x))) / n"

    def workspace(self, y: Any, input: Any, **settings: Any) -> dict[str, Workspace]:
        exp = {"exp": Workspace(input.shape, "exp(−|x|)")}
        return exp | super().workspace(y, input, **settings)

    def fill(self, y: Any, **arguments: Any) -> dict[str, Expressions]:
        return {"exp": each("EXP(-ABS({}))", arguments["input"])} | super().fill(y, **arguments)

    def losses(self, y: Any, input: Any, target: Any, weight: Any = None, size_average: Any = None,
               reduce: Any = None, reduction: str = "mean", pos_weight: Any = None) -> Expressions:  # fmt: skip
        surprise = f"({log1p('{2}')}+MAX(0,-{{0}}))"
        factor = "" if pos_weight is None else "(1+({3}-1)*{1})*"
        loss = each(f"(1-{{1}})*{{0}}+{factor}{surprise}", input, target, y.work["exp"], *_given(pos_weight))
        return loss if weight is None else each("{}*({})", weight, loss)

    def slopes(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        pos_weight, weight = settings["pos_weight"], settings["weight"]
        exp, more = y.work["exp"], _given(pos_weight)
        yes = "IF({0}>0,1,{2})/(1+{2})"
        no = "IF({0}>0,{2},1)/(1+{2})"
        factor = "" if pos_weight is None else "{3}*"
        slope = each(f"((1-{{1}})*{yes}-{factor}{{1}}*{no})", input, target, exp, *more)
        yield input, slope if weight is None else each("{}*{}", weight, slope)
        log1p_exp = log1p("{2}")
        # −x + (p − 1) · (ln(1 + e^−|x|) + max(0, −x))
        by_target = "-{0}" if pos_weight is None else f"({{3}}-1)*({log1p_exp}+MAX(0,-{{0}}))-{{0}}"
        slope = each(f"({by_target})", input, target, exp, *more)
        yield target, slope if weight is None else each("{}*{}", weight, slope)


def _given(tensor: Any) -> tuple[Any, ...]:
    return () if tensor is None else (tensor,)
