"""One step of a network by itself, computed by PyTorch on the numbers that a student has above it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from excel_export.formulas import Operator, Tensor
from excel_export.graph.graph import Call, Value

Numbers = Mapping[str, np.ndarray]
"""A student's tensors by their keys, as in `read_tensors`; NaN where a cell holds no number."""


class CallVjp:
    """A call on given numbers: its first result, and what the gradients of its inputs gain through it."""

    def __init__(self, call: Call, numbers: Numbers, instead: Mapping[Value, np.ndarray] | None = None) -> None:
        """Compute the call; `instead` has other numbers for some of its inputs.

        Raises:
            RuntimeError: PyTorch cannot compute it on these numbers.
        """
        self._tensors: dict[Tensor, torch.Tensor] = {}
        for value in call.inputs:
            data = (instead or {}).get(value, numbers.get(value.name, value.data))
            self._tensors[value] = _tensor(value, data)
        operator = _evaluable(call.operator, self._tensors)
        with torch.enable_grad():
            result = _evaluate(operator)
        self._result: torch.Tensor = result[0] if isinstance(result, (tuple, list)) else result

    @property
    def value(self) -> np.ndarray:
        """The result."""
        return self._result.detach().numpy()

    def vjp(self, of: Value, grad: np.ndarray) -> np.ndarray:
        """What the gradient of an input gains, given the gradient of the first result."""
        wanted = self._tensors[of]
        if not wanted.requires_grad or not self._result.requires_grad:
            return np.zeros(of.shape)
        upstream = torch.as_tensor(np.asarray(grad, dtype=np.float64)).reshape(self._result.shape)
        (found,) = torch.autograd.grad(self._result, wanted, upstream, retain_graph=True, allow_unused=True)
        return np.zeros(of.shape) if found is None else found.detach().numpy()


def is_known(call: Call) -> bool:
    """Whether the call by itself gives PyTorch's own number: only then can what it would give be trusted."""
    try:
        computed = CallVjp(call, {}).value
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        return False
    expected = np.asarray(call.outputs[0].data, dtype=np.float64)
    return computed.shape == expected.shape and np.allclose(computed.astype(np.float64), expected, 1e-9, 1e-12)


def _tensor(value: Value, data: np.ndarray) -> torch.Tensor:
    if value.is_float:
        return torch.tensor(np.asarray(data, dtype=np.float64), requires_grad=True)
    return torch.as_tensor(np.nan_to_num(np.asarray(data)).astype(bool if value.is_truth else value.data.dtype))


def _evaluable(operator: Operator, tensors: Mapping[Tensor, torch.Tensor]) -> Operator:
    change: Any = tensors.__getitem__
    return operator.on(change)


def _evaluate(operator: Operator) -> Any:
    function, arguments = operator.functions[0], operator.arguments
    try:
        return operator.evaluate(function, **arguments)
    except TypeError:
        return operator.evaluate(function, *arguments.values())
