"""binary_cross_entropy_with_logits: sigmoid and binary cross-entropy in one, safe for logits of any size."""

import torch.nn.functional as F

from excel_export.formulas import ABS, EXP, IF, MAX, Expression, Gradients, Helper, Tensor, operator
from excel_export.formulas.idioms import log1p
from excel_export.ops._elementwise_loss import ElementwiseLoss


@operator(F.binary_cross_entropy_with_logits)
class binary_cross_entropy_with_logits(ElementwiseLoss):
    """The mean (or sum) of −p t ln σ(x) − (1 − t) ln(1 − σ(x)); `pos_weight` p weighs the yes side."""

    weight: Tensor | None = None
    size_average: bool | None = None
    reduce: bool | None = None
    reduction: str = "mean"
    pos_weight: Tensor | None = None

    forward_math = "y = (1/n) · Σ w · ((1 − t) x + (1 + (p − 1) t) · (ln(1 + e^−|x|) + max(0, −x)))"
    backward_math = "∂L/∂x = g · w · ((1 − t) σ(x) − p t (1 − σ(x))) / n"

    @property
    def weighs(self) -> bool:
        return True

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        exp = Helper(self.input.shape, "exp(−|x|)", lambda: EXP(-ABS(self.input)))
        return {"exp": exp} | super().helpers(y)

    def _surprise(self, y: Tensor) -> Expression:
        """−ln σ(x)."""
        return log1p(y.helpers["exp"]) + MAX(0, -self.input)

    def losses(self, y: Tensor) -> Expression:
        x, t, surprise = self.input, self.target, self._surprise(y)
        if self.pos_weight is not None:
            surprise = (1 + (self.pos_weight - 1) * t) * surprise
        return self._weighted((1 - t) * x + surprise)

    def slopes(self, y: Tensor) -> Gradients:
        x, t, exp = self.input, self.target, y.helpers["exp"]
        yes = IF(x > 0, 1, exp) / (1 + exp)
        no = IF(x > 0, exp, 1) / (1 + exp)
        missed = t * no if self.pos_weight is None else self.pos_weight * t * no
        yield x, self._weighted((1 - t) * yes - missed)
        by_target = -x if self.pos_weight is None else (self.pos_weight - 1) * self._surprise(y) - x
        yield t, self._weighted(by_target)

    def _weighted(self, each: Expression) -> Expression:
        return each if self.weight is None else self.weight * each
