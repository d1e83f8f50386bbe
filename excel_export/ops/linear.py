"""linear: every output is a weighted sum of all inputs."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import WRITTEN_OUT, along, call, dot, plus, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator
from excel_export.formulas.terms import Terms


@operator(F.linear)
class linear(Operator):
    """y = x Wᵀ + b with x of shape (…, in) and W of shape (out, in)."""

    forward_words = "Each output adds up all inputs, each times its own weight, plus a bias."
    backward_words = (
        "A weight's gradient is the gradient of its output times the input it multiplied. An input's gradient "
        "adds up what it sent through each weight."
    )
    forward_math = "yₒ = Σᵢ Wₒᵢ xᵢ + bₒ"
    backward_math = "∂L/∂xᵢ = Σₒ gₒ Wₒᵢ,  ∂L/∂Wₒᵢ = gₒ xᵢ,  ∂L/∂bₒ = gₒ"

    def check(self, **arguments: Any) -> str | None:
        return None if len(arguments["weight"].shape) == 2 else "only a weight of shape (out, in) is supported"

    def workspace(self, y: Any, input: Any, weight: Any, bias: Any = None) -> dict[str, Workspace]:
        # SUMPRODUCT wants both ranges in the same direction, and the rows of W lie across. The features of
        # x (N, in) lie down, those of x (N, T, in) across.
        work, (outputs, inputs) = {}, weight.shape
        if len(input.shape) <= 2 and inputs > WRITTEN_OUT:
            rows = input.shape if len(input.shape) == 2 else (1, inputs)
            work["row"] = Workspace(rows, "x, laid across", matrix=True)
        if len(input.shape) > 2 and outputs > WRITTEN_OUT and input.grad is not None:
            work["turned"] = Workspace((inputs, outputs), "Wᵀ", "parameters", matrix=True)
        return work

    def fill(self, y: Any, input: Any, weight: Any, bias: Any = None) -> dict[str, Expressions]:
        cells = {"row": input.refs.reshape(-1, weight.shape[1]), "turned": weight.refs.T}
        return {name: cells[name] for name in y.work}

    def forward(self, y: Any, input: Any, weight: Any, bias: Any = None) -> Expressions:
        def weighted_sum(*index: int) -> str:
            *n, o = index
            if "row" in y.work:
                total = dot(weight.value[o, :], y.work["row"][n[0] if n else 0, :])
            elif weight.shape[1] > WRITTEN_OUT:
                total = dot(weight.value[o, :], input.value[(*n, slice(None))])
            else:
                total = plus(f"{w}*{x}" for w, x in zip(weight.refs[o], input.refs[tuple(n)], strict=True))
            return total if bias is None else f"{total}+{bias.refs[o]}"

        return table(y.shape, weighted_sum)

    def backward(self, y: Any, input: Any, weight: Any, bias: Any = None) -> Iterator[tuple[Any, Expressions]]:
        turned, lead = y.work.get("turned"), range(len(input.shape) - 1)
        if input.grad is not None:
            yield input, table(input.shape, lambda *index: dot(
                y.grad[(*index[:-1], slice(None))],
                weight.value[:, index[-1]] if turned is None else turned[index[-1], :],
            ))  # fmt: skip
        yield (
            weight,
            table(
                weight.shape, lambda o, i: dot(along(y.grad, lead, (*lead, o)), along(input.value, lead, (*lead, i)))
            ),
        )
        if bias is not None:
            if len(input.shape) <= 2 and y.refs[..., 0].size <= WRITTEN_OUT:
                yield bias, table(bias.shape, lambda o: plus(y.grad.refs[..., o].ravel()))
            else:
                yield bias, table(bias.shape, lambda o: call("SUM", along(y.grad, lead, (*lead, o))))

    def terms(self, y: Any, input: Any, weight: Any, bias: Any = None) -> Iterator[tuple[Any, Terms]]:
        sizes = input.shape[:-1]
        letters = ("n", "t", *(f"t{k}" for k in range(2, len(sizes))))[: len(sizes)]
        places = {letter: n for letter, n in zip(letters, sizes, strict=True) if n > 1}
        at = "".join(f"{letter}, " for letter in places)
        total = ("Σ  ", f"    over all {', '.join(places)}") if places else ("", "")
        once = "once for each sample" if places else "once"
        yield weight, Terms(
            {"o": "output", "i": "input"}, places, (*letters, "o"), (*letters, "i"),
            f"∂L/∂W(o, i)  =  {total[0]}g({at}o) · x({at}i){total[1]}",
            f"This weight is used {once}: it carries input i to output o. Its gradient is what arrives at the "
            "output, g, times what it carried, x.",
        )  # fmt: skip
        if bias is not None:
            yield bias, Terms(
                {"o": "output"}, places, (*letters, "o"), None, f"∂L/∂b(o)  =  {total[0]}g({at}o){total[1]}",
                f"The bias is added to its output {once}, so the gradient g that arrives at the output is its own.",
            )  # fmt: skip
