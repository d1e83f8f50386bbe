"""What a symptom is, and what somebody can write instead: `tests/excel_export/test_ways_round.py` exports each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from excel_export.graph.graph import Graph, Value
from excel_export.shared.errors import ExportError

_NOT_FINITE = {
    ("sqrt", "rsqrt", "pow", "log", "log2", "log10", "log1p"): (
        "a root or a logarithm of what has none: torch.where computes it also where it is not chosen; give it what it "
        "can take there, as in torch.where(x > 0, torch.where(x > 0, x, 1.0).sqrt(), 0.0)"
    ),
    ("std", "var"): "of a single number there is no spread: give more rows, or correction=0",
    ("div", "reciprocal", "mean"): (
        "it is divided by 0, as a mean of nothing is: divide by count.clamp(min=1), or leave out what may be empty"
    ),
}
_NO_NUMBERS = "a mean of nothing is NaN: leave it out where there are no elements, as by x.sum() / max(x.numel(), 1)"
_OVERFLOWS = "use smaller inputs or parameters, or a form that cannot overflow, such as log_softmax"


def of_not_finite(graph: Graph, value: Value) -> str:
    """Say what to do about a value that is infinite or NaN: by the operator that has made it."""
    maker = next((call.operator.name for call in graph.calls if value in call.outputs), "")
    if value.kind == "constant":
        return _NO_NUMBERS
    return next((way for names, way in _NOT_FINITE.items() if maker in names), _OVERFLOWS)


def of_a_gradient_that_changes(found: Sequence[Any] | None, grads: Sequence[torch.Tensor | None]) -> str:
    """Say what to do about a hook: a factor has a rewrite, a bound has none."""
    pairs = [(one, other) for one, other in zip(found or (), grads, strict=False) if one is not None]
    ratios = [(one / other)[other != 0] for one, other in pairs if other is not None and other.any()]
    if ratios and all(torch.allclose(ratio, ratios[0][:1].expand_as(ratio)) for ratio in ratios):
        return "as it takes f times the gradient of x, go on with f * x + (1 - f) * x.detach()"
    return "the sheet shows gradients as they are: remove it before the export, and bound them where the step is taken"


def of_another_loss(run: Callable[[], np.ndarray]) -> str:
    """Say why a loss may be another one than PyTorch's: it is another one in each run, or code is not followed."""
    try:
        is_same = bool(run() == run())
    except ExportError:
        is_same = True
    if not is_same:
        return (
            "PyTorch itself gives another loss in each run, so forward() reads what changes from one to the next, as a "
            "global variable or the clock: keep it in an attribute of the module, or give it as an input"
        )
    return (
        "it may come from code that is not PyTorch's, as in an extension, or from a question about how a tensor is "
        "held in memory"
    )
