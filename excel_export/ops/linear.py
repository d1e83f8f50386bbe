"""linear: every output is a weighted sum of all inputs."""

from typing import Any

import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Region, Tensor, operator, total
from excel_export.formulas.arrays import reduce, sum_of_products, table
from excel_export.formulas.idioms import WRITTEN_OUT, along
from excel_export.formulas.operator import Phrases


@operator(F.linear)
class linear(Operator):
    """y = x Wᵀ + b with x of shape (…, in), W of shape (out, in), b of shape (out,), and y of shape (…, out)."""

    input: Tensor
    weight: Tensor
    bias: Tensor | None = None

    called = "linear of {input}"
    forward_words = "{each} adds up {terms}{and_bias}.{each_sample}"
    forward_math = "yₒ = Σᵢ Wₒᵢ xᵢ{plus_bias}"
    backward_words = "{of_weight} An input's gradient is g times the weight, summed over the {weight.shape[0]} outputs."
    backward_math = "∂L/∂xᵢ = Σₒ gₒ Wₒᵢ,  ∂L/∂Wₒᵢ = {several}gₒ xᵢ{by_bias}{over}"
    phrases = (
        Phrases(
            lambda self, y: self.weight.shape[0] == 1,
            backward_words="{of_weight} An input's gradient is g times its weight.",
        ),
    )

    def pieces(self, y: Tensor) -> dict[str, Any]:
        outputs, inputs = self.weight.shape
        samples, has_bias = y.data.size // outputs, self.bias is not None
        several, added_up = ("Σ ", f", added up over its {samples} uses") if samples > 1 else ("", "")
        return {
            "each": "The output" if outputs == 1 else f"Each of {outputs} outputs",
            "terms": "the input, times its weight"
            if inputs == 1
            else f"{inputs} inputs, each times a weight of its own",
            "and_bias": ", plus a bias" if has_bias else "",
            "plus_bias": " + bₒ" if has_bias else "",
            "each_sample": f" So it goes for each of {samples} samples." if samples > 1 else "",
            "of_weight": f"A weight's gradient is its input times g at its output{added_up}.",
            "several": several,
            "by_bias": f",  ∂L/∂bₒ = {several}gₒ" if has_bias else "",
            "over": ", Σ over all uses" if several else "",
        }

    def check(self) -> str | None:
        return None if len(self.weight.shape) == 2 else "only a weight of shape (out, in) is supported"

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        # SUMPRODUCT wants both ranges in the same direction, and the rows of W lie across. The features of
        # x (N, in) lie down, those of x (N, T, in) across.
        x, (outputs, inputs) = self.input, self.weight.shape
        if len(x.shape) <= 2 and inputs > WRITTEN_OUT:
            rows = x.shape if len(x.shape) == 2 else (1, inputs)
            return {"row": Helper(rows, "x, laid across", lambda: x.cells.reshape(*rows), layout="matrix")}
        if len(x.shape) > 2 and outputs > WRITTEN_OUT and x.has_grad and y.has_grad:
            return {
                "turned": Helper((inputs, outputs), "Wᵀ", lambda: self.weight.cells.T, "parameters", layout="matrix")
            }
        return {}

    def forward(self, y: Tensor) -> OperandLike:
        x, weight = self.input, self.weight

        def features(*n: int) -> Region:
            return y.helpers["row"][n[0] if n else 0, :] if "row" in y.helpers else x[(*n, slice(None))]

        def written_out(*index: int) -> Expression:
            *n, o = index
            return total(weight.at(o, i) * x.at(*n, i) for i in range(weight.shape[1]))

        if weight.shape[1] > WRITTEN_OUT:
            result: Expression = sum_of_products(y.shape, lambda *index: (weight[index[-1], :], features(*index[:-1])))
        else:
            result = table(y.shape, written_out)
        return result if self.bias is None else result + self.bias

    def backward(self, y: Tensor) -> Gradients:
        x, weight, turned = self.input, self.weight, y.helpers.get("turned")
        lead = range(len(x.shape) - 1)
        if x.has_grad:
            yield x, sum_of_products(x.shape, lambda *index: (
                y.grad[(*index[:-1], slice(None))],
                weight[:, index[-1]] if turned is None else turned[index[-1], :],
            ))  # fmt: skip
        yield weight, sum_of_products(weight.shape, lambda o, i: (
            along(y.grad, lead, (*lead, o)), along(x.value, lead, (*lead, i)),
        ))  # fmt: skip
        if self.bias is not None:
            uses = y.data.size // self.bias.data.size
            if len(x.shape) <= 2 and uses <= WRITTEN_OUT:
                cells = y.grad.cells.reshape(uses, *self.bias.shape)
                yield self.bias, total(cells[k] for k in range(uses))
            else:
                yield self.bias, reduce("SUM", self.bias.shape, lambda o: along(y.grad, lead, (*lead, o)))
