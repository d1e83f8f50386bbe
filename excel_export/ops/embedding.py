"""embedding: a row of a table, looked up by its number."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch.nn.functional as F

from excel_export.formulas import Expression, Gradients, Helper, OperandLike, Operator, Tensor, operator, pick, table
from excel_export.formulas.expression import as_expression, rearranged
from excel_export.formulas.lookups import Places
from excel_export.formulas.operator import Phrases

_MAX_NORM = (
    "max_norm is not supported: it changes the table itself. "
    "Look up the rows without it, and shorten them: rows * (longest / rows.norm(dim=-1, keepdim=True)).clamp(max=1)"
)


@operator(F.embedding)
class embedding(Operator):
    """Rows of a (V, D) table by index, (2, 5) to (2, 5, D). A row gains all its gradients, `padding_idx` none."""

    input: Tensor
    weight: Tensor
    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False

    called = "embedding of {input}"
    forward_words = "Each whole number looks up its row in a table of {weight.shape[0]} rows, counted from 0: {weight.shape[1]} numbers."
    forward_math = "y = the x-th row of W"
    backward_words = (
        "A row adds up the gradients of all places where it was looked up. A row that nobody asked for gets 0."
    )
    backward_math = "∂L/∂W_v = Σ g over the places where x = v"
    phrases = (
        Phrases(
            lambda self, y: self.padding_idx is not None,
            backward_words=f"{backward_words} Row {{padding_idx}} is padding: it always gets 0.",
        ),
    )

    def check(self) -> str | None:
        unsupported = {
            _MAX_NORM: self.max_norm is not None,
            "scale_grad_by_freq is not supported": self.scale_grad_by_freq,
        }
        return next((reason for reason, used in unsupported.items() if used), None)

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return PyTorch's result with sparse=False: a sparse gradient leaves out zeros, which have cells here."""
        return function(*args[:6], **kwargs | {"sparse": False})

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        return (0, self.weight.shape[0] - 1) if tensor is self.input else None

    @cached_property
    def places(self) -> Places:
        """The place of each element of the result, (…, D), in the table, (V, D): its row stands in a cell.

        Places((4, 3), [None, [[0, 1, 2], [0, 1, 2]]], [[0, 0, 0], [1, 1, 1]]) for two indices: columns, then cells.
        """
        part = (*self.input.shape, self.weight.shape[1])
        asked = np.arange(self.input.data.size).reshape(*self.input.shape, 1)
        return Places(self.weight.shape, [None, np.indices(part)[-1]], np.broadcast_to(asked, part))

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        def arranged() -> OperandLike:
            return self.places.arranged(self.input.cells[..., None], (*self.input.shape, 1))

        # Beside the gradients of the rows, in the same direction, so that one SUMIF goes through all of them.
        return {"rows": Helper(self.places.live_shape, "the rows that were looked up", arranged, "backward")}

    def forward(self, y: Tensor) -> OperandLike:
        def looked_up(*index: int) -> Expression:
            return pick(self.weight[:, index[-1]], self.input.element(*index[:-1]) + 1)

        return table(y.shape, looked_up)

    def backward(self, y: Tensor) -> Gradients:
        gained = self.places.scattered_sum(y.helpers["rows"], y.grad)
        if self.padding_idx is not None:
            unchanged = np.zeros(self.weight.shape, dtype=bool)
            unchanged[self.padding_idx] = True
            gained = rearranged((gained, as_expression(0)), lambda texts, zero: np.choose(unchanged, (texts, zero)))
        yield self.weight, gained
        yield self.input, 0 * self.input
