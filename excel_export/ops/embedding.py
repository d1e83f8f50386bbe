"""embedding: a row of a table, looked up by its number."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formulas.formula import along, dot, each, pick, table
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator


@operator(F.embedding)
class embedding(Operator):
    """Rows of a (V, D) table by index. A row that is looked up twice gains both gradients, `padding_idx` none."""

    forward_math = "y = the x-th row of W"
    backward_math = "∂L/∂W_v = Σ g over the places where x = v"

    def check(self, **arguments: Any) -> str | None:
        defaults = {"max_norm": None, "scale_grad_by_freq": False, "sparse": False}
        changed = [name for name, default in defaults.items() if arguments[name] != default]
        return f"{changed[0]} is not supported" if changed else None

    def workspace(self, y: Any, input: Any, weight: Any, *_: Any, **__: Any) -> dict[str, Workspace]:
        return {"asked": Workspace((*input.shape, weight.shape[0]), "1 where x = v", "backward")}

    def fill(self, y: Any, input: Any, weight: Any, *_: Any, **__: Any) -> dict[str, Expressions]:
        return {"asked": each("IF({}={},1,0)", input.refs[..., None], np.arange(weight.shape[0]))}

    def forward(self, y: Any, input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None,
                norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                sparse: bool = False) -> Expressions:  # fmt: skip
        return table(y.shape, lambda *index: pick(weight.value[:, index[-1]], f"{input.refs[index[:-1]]}+1"))

    def backward(self, y: Any, input: Any, weight: Any, padding_idx: int | None = None,
                 *_: Any, **__: Any) -> Iterator[tuple[Any, Expressions]]:  # fmt: skip
        unchanged = None if padding_idx is None else padding_idx % weight.shape[0]
        places = range(len(input.shape))

        def gained(v: int, d: int) -> str:
            if v == unchanged:
                return "0"
            asked, arriving = (along(grid, places, (*places, k)) for grid, k in ((y.work["asked"], v), (y.grad, d)))
            return dot(asked, arriving)

        yield weight, table(weight.shape, gained)
        yield input, each("0*{}", input)
