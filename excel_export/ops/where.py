"""where: one tensor where a condition holds, another where it does not."""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from excel_export.formulas.formula import each, unbroadcast
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(torch.where, torch.Tensor.where)
class where(Operator):
    """Choose element by element, with broadcasting. The gradient goes to what was chosen."""

    forward_math = "y = a if c, else b"
    backward_math = "∂L/∂a = g if c, else 0,  ∂L/∂b = 0 if c, else g"

    def bind(self, function: Callable, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if function is torch.Tensor.where:  # x.where(c, b) is where(c, x, b)
            first, condition, *rest = (*args, *(kwargs.pop(name) for name in ("condition", "other") if name in kwargs))
            args = (condition, first, *rest)
        return super().bind(function, *args, **kwargs)

    def workspace(self, y: Any, condition: Any, input: Any, other: Any) -> dict[str, Workspace]:
        spread = {"chosen": input, "other": other}
        texts = {"chosen": "g where c holds", "other": "g where c does not hold"}
        return {
            name: Workspace(y.shape, texts[name] + ", before it is added up", "backward")
            for name, x in spread.items()
            if not isinstance(x, (int, float)) and tuple(x.shape) != tuple(y.shape)
        }

    def fill(self, y: Any, condition: Any, input: Any, other: Any) -> dict[str, Expressions]:
        templates = {"chosen": "IF({}<>0,{},0)", "other": "IF({}<>0,0,{})"}
        return {name: each(templates[name], condition, y.grad) for name in y.work}

    def forward(self, y: Any, condition: Any, input: Any, other: Any) -> Expressions:
        return each("IF({}<>0,{},{})", condition, input, other)

    def backward(self, y: Any, condition: Any, input: Any, other: Any) -> Iterator[tuple[Any, Expressions]]:
        for name, x, template in (("chosen", input, "IF({}<>0,{},0)"), ("other", other, "IF({}<>0,0,{})")):
            if name in y.work:
                yield x, unbroadcast(x, y.work[name])
            elif not isinstance(x, (int, float)):
                yield x, each(template if x.is_float else "0*{1}", condition, y.grad)
        yield condition, each("0*{}", condition)
