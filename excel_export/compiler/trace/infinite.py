"""Infinity, as in a mask: the trace, like the sheets, has a large number in its place.

The confirmation finds out if that changes anything: PyTorch's own run has infinity. A learner can fill a tensor with
infinity by typing into a mask: a softmax of infinities alone is NaN.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch

from excel_export.compiler.trace.tape import Tape, version
from excel_export.graph.graph import Graph, Value
from excel_export.ops.comparison import where
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import INFINITY, LARGEST, is_infinite

_READABLE = 1e307
"""Excel reads no larger number in a formula; some masks hold the largest of float64."""
_NOT_FINITE = {
    ("sqrt", "rsqrt", "pow", "log", "log2", "log10", "log1p"): (
        "a root or a logarithm of what has none: torch.where computes it also where it is not chosen; give it what it "
        "can take there, as in torch.where(x > 0, torch.where(x > 0, x, 1.0).sqrt(), 0.0)"
    ),
    ("std", "var"): "of a single number there is no spread: give more rows, or correction=0",
    ("div", "rdiv", "reciprocal", "mean"): (
        "it is divided by 0, as a mean of nothing is: divide by count.clamp(min=1), or leave out what may be empty"
    ),
}
"""The advice for a value that is infinite or NaN, by the operators that compute it."""
_NO_NUMBERS = "a mean of nothing is NaN: leave it out where there are no elements, as by x.sum() / max(x.numel(), 1)"
_OVERFLOWS = "use smaller inputs or parameters, or a form that cannot overflow, such as log_softmax"


class Finite:
    """A function from a constant tensor to one with large numbers for infinity: tensor([-1e300, 1]) of [-inf, 1].

    NaN and numbers up to ±1e307 stay, as in `without_infinity`. The tape says which tensors are constant, and gets the
    constant's name for the new tensor, too.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._made: dict[int, tuple[int, torch.Tensor, torch.Tensor]] = {}

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return a constant tensor with large numbers in the place of infinity; any other tensor as it is."""
        if self._tape.is_live(tensor):
            return tensor
        before = self._made.get(id(tensor))
        if before and before[0] == version(tensor):
            return before[2]
        found = without_infinity(tensor)
        if id(tensor) in self._tape.constants:
            self._tape.constants[id(found)] = self._tape.constants[id(tensor)]
        self._made[id(tensor)] = version(tensor), tensor, found  # the tensor is kept, so that its id is
        return found


def finite(number: float) -> float:
    """Return a plain number, ±1e300 if it is infinite, and ±9.5e299 if it is above 1e307: -1e300 for -inf."""
    stand_in = INFINITY if math.isinf(number) else LARGEST
    return math.copysign(stand_in, number) if abs(number) > _READABLE else number


def without_infinity(tensor: torch.Tensor) -> torch.Tensor:
    """Return a float64 tensor with ±1e300 for infinite numbers and ±9.5e299 for other numbers beyond ±1e307.

    A tensor without such numbers is returned as it is.
    """
    wide = tensor.detach().double()
    if not tensor.is_floating_point() or not (wide.abs() > _READABLE).any():
        return tensor
    stand_ins = wide.sign() * torch.full_like(wide, LARGEST).masked_fill(wide.isinf(), INFINITY)
    return torch.where(wide.abs() > _READABLE, stand_ins, wide)


def mark_masked(graph: Graph) -> None:
    """Set `is_masked` of all inputs and results: True if they may be infinite, as scores.masked_fill(mask, -inf)."""
    for value in graph.of_kind("input"):
        value.is_masked = _is_infinite(value)
    for call in graph.calls:
        masked = any(value.is_masked for value in call.inputs)
        if isinstance(call.operator, where) and isinstance(call.operator.condition, Value):
            may_change = call.operator.condition.kind != "constant"
            masked |= may_change and (_is_infinite(call.operator.input) or _is_infinite(call.operator.other))
        for value in call.outputs:
            value.is_masked = masked


def _is_infinite(item: object) -> bool:
    if isinstance(item, Value) and item.kind == "intermediate":
        return False
    # A mask of the least finite number hides, too, but of nothing else a softmax has numbers.
    return bool((np.abs(np.asarray(item.data if isinstance(item, Value) else item)) >= INFINITY).any())


def refuse_infinite_arguments(what: str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Refuse inputs or parameters with a number that a cell cannot hold, {'x': tensor([nan])}.

    Args:
        what: 'input' or 'parameter', for the message.
        tensors: the tensors by name.

    Raises:
        ExportError: a number is infinite or NaN.
    """
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ExportError(f"the {what} '{name}' holds {_strange(tensor)}, which a spreadsheet cannot hold")


def refuse_infinite_values(graph: Graph) -> None:
    """Refuse a graph in which PyTorch computes infinity or NaN, as log(0); the error names the first tensor.

    Raises:
        ExportError: a number of a tensor or of a gradient is infinite or NaN, or the loss is ±1e300, for infinity.
    """
    for value in graph.values:
        # Elsewhere a large number may stand for a mask's infinity, which has to be gone in the end.
        if not np.isfinite(value.data).all() or (value is graph.loss and is_infinite(value.data).any()):
            maker = next((call.operator.name for call in graph.calls if value in call.outputs), "")
            way = next((way for names, way in _NOT_FINITE.items() if maker in names), _OVERFLOWS)
            raise ExportError(
                f"'{value.name}'{_within(value)} holds {_strange(value.data)} in PyTorch, which a spreadsheet cannot "
                f"hold: {_NO_NUMBERS if value.kind == 'constant' else way}"
            )
    for value in reversed(graph.values):
        if value.gradient is not None and not np.isfinite(value.gradient).all():
            raise ExportError(
                f"the gradient of '{value.name}'{_within(value)} holds {_strange(value.gradient)} in PyTorch, which a "
                "spreadsheet cannot hold: keep away from points without a slope, such as the root of 0, or scale "
                "the loss down"
            )


def _strange(numbers: torch.Tensor | np.ndarray) -> str:
    return "NaN" if torch.as_tensor(numbers).isnan().any() else "an infinite number"


def _within(value: Value) -> str:
    return f" in module '{value.module_path}'" if value.module_path else ""
