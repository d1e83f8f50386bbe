"""cross_entropy: how surprised the probabilities are by the label."""

from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F

from excel_export.formulas.formula import call, dot, each, number, pick, table
from excel_export.formulas.operator import Expressions, Workspace, operator
from excel_export.ops._labelled_loss import (
    NO_LABEL,
    LabelledLoss,
    class_axis,
    class_numbers,
    classes,
    for_each_class,
    samples_of,
)


@operator(F.cross_entropy)
class cross_entropy(LabelledLoss):
    """The mean (or sum) over the samples of −ln p(label), with p = softmax(logits).

    The largest logit is taken off before EXP: no logit is too large. Class weights, label smoothing and
    targets that are probabilities all say how much of each class is `wanted`; the loss is then
    Σ wanted · −ln p.
    """

    forward_words = (
        "How surprised the network is by the label: minus the logarithm of the probability that it gave to it."
    )
    backward_words = (
        "The gradient of a logit is its probability, less 1 for the true label. It pulls the true one up and "
        "pushes the others down, each by how wrong it was."
    )
    forward_math = "y = mean of ln Σⱼ exp(xⱼ) − x_label"
    backward_math = "∂L/∂xₖ = g · (pₖ − [k = label]) / N,  p = softmax(x)"

    def workspace(self, y: Any, input: Any, target: Any, **settings: Any) -> dict[str, Workspace]:
        work = {
            "exp": Workspace(input.shape, "exp(x − max x)"),
            "probability": Workspace(input.shape, "p = softmax(x)"),
        }
        common = super().workspace(y, input, target, **settings)
        if "weight" in common or settings["label_smoothing"] or target.is_float:
            work["surprise"] = Workspace(input.shape, "−ln p")
            work["wanted"] = Workspace(input.shape, "how much of each class is wanted")
        return work | common

    def fill(self, y: Any, input: Any, target: Any, **settings: Any) -> dict[str, Expressions]:
        largest, total = (
            for_each_class(input.shape, table(samples_of(input.shape), lambda *n, f=f, x=x: call(f, classes(x, n))))
            for f, x in (("MAX", input.value), ("SUM", y.work["exp"]))
        )
        cells = {
            "exp": each("EXP({}-{})", input, largest),
            "probability": each("{}/{}", y.work["exp"], total),
        }
        if "wanted" in y.work:
            cells["surprise"] = each("LN({})-({}-{})", total, input, largest)
            cells["wanted"] = _wanted(y, input, target, **settings)
        return cells | super().fill(y, input, target, **settings)

    def losses(self, y: Any, input: Any, target: Any, weight: Any = None, size_average: Any = None,
               ignore_index: int = NO_LABEL, reduce: Any = None, reduction: str = "mean",
               label_smoothing: float = 0.0) -> Expressions:  # fmt: skip
        def surprise(*n: int) -> str:
            if "wanted" in y.work:
                return dot(classes(y.work["wanted"], n), classes(y.work["surprise"], n))
            x, exp = (classes(grid, n) for grid in (input.value, y.work["exp"]))
            return f"LN({call('SUM', exp)})-({pick(x, f'{target.refs[n]}+1')}-{call('MAX', x)})"

        return table(samples_of(input.shape), surprise)

    def backward(self, y: Any, input: Any, target: Any, **settings: Any) -> Iterator[tuple[Any, Expressions]]:
        arriving = for_each_class(input.shape, y.grad.refs)
        divisor, probability = self.divisor(y, input, settings["reduction"]), y.work["probability"]
        if "wanted" not in y.work:
            label = for_each_class(input.shape, target.refs)
            slope = f"{{}}*({{}}-IF({{}}={{}},1,0)){divisor}"
            yield input, each(slope, arriving, probability, label, class_numbers(input.shape))
            return
        wanted = y.work["wanted"]
        total = table(samples_of(input.shape), lambda *n: call("SUM", classes(wanted, n)))
        slope = f"{{}}*({{}}*{{}}-{{}}){divisor}"
        yield input, each(slope, arriving, probability, for_each_class(input.shape, total), wanted)
        if target.is_float:
            share = each("{}", y.work["surprise"])
            if settings["weight"] is not None:
                share = each("({})*{}", share, _by_class(settings["weight"], input))
            yield target, each(f"{{}}*{{}}*{{}}{divisor}", arriving, 1 - settings["label_smoothing"], share)


def _wanted(y: Any, input: Any, target: Any, weight: Any, ignore_index: int, label_smoothing: float,
            **_: Any) -> Expressions:  # fmt: skip
    """How much of each class the target asks for, class weights included."""
    kept, evenly = number(1 - label_smoothing), number(label_smoothing / input.shape[class_axis(input.shape)])
    if target.is_float:
        wanted = each(f"({kept}*{{}}+{evenly})" if label_smoothing else "{}", target)
        return wanted if weight is None else each("{}*{}", wanted, _by_class(weight, input))
    label, numbers = for_each_class(input.shape, target.refs), class_numbers(input.shape)
    own = for_each_class(input.shape, y.work["weight"].refs) if "weight" in y.work else 1
    if not label_smoothing:
        return each("IF({}={},{},0)", label, numbers, own)
    every = evenly if weight is None else each(f"{evenly}*{{}}", _by_class(weight, input))
    wanted = each(f"IF({{}}={{}},{kept}*{{}},0)+{{}}", label, numbers, own, every)
    return wanted if ignore_index == NO_LABEL else each("IF({}={},0,{})", label, ignore_index, wanted)


def _by_class(weight: Any, input: Any) -> Expressions:
    return weight.refs.reshape((-1,) + (1,) * (len(input.shape) - 1 - class_axis(input.shape)))
