"""The mistakes that are known: for each, the number that a student would have got who made it.

All are computed by PyTorch from what the student has further up, so that one is recognised after another, too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch

from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.judgement import STANDARD, Tolerance, is_right
from excel_export.formulas import Tensor
from excel_export.graph.graph import Call, Graph, Value
from excel_export.ops._elementwise import Elementwise

SIGN = "the wrong sign"
MASK = "the mask of the ReLU is missing"
TRANSPOSED = "the weight is transposed"
ONE_PATH = "one path only: the sum over the others is missing"
NO_MEAN = "the 1/N of the mean is missing"
WRONG_POINT = "the derivative is taken at the wrong point"
NO_RATE = "the learning rate is missing"
NO_TARGET = "the target is not taken away: p instead of p − y"
MEAN_FOR_SUM = "the mean instead of the sum"
NO_BIAS = "the bias is forgotten"
MOST_PATHS = 256
_GATES = ("relu", "relu6", "leaky_relu")
_PRODUCTS = ("linear", "matmul", "mm", "bmm", "addmm", "baddbmm")
# Their slope is written with the result: who puts the input there has made a mistake of his own.
_SLOPE_BY_RESULT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y * y,
    "exp": lambda y: y,
    "sqrt": lambda y: 0.5 / y,
}
_REFUSALS = (RuntimeError, TypeError, ValueError, IndexError, ZeroDivisionError)
Numbers = Mapping[str, np.ndarray]
"""A student's tensors by their keys, as in `read_tensors`; NaN where a cell holds no number."""
Found = Iterator[tuple[str, float]]


class _Step:
    """A call on given numbers: its first result, and what the gradients of its inputs gain through it."""

    def __init__(self, call: Call, numbers: Numbers, instead: Mapping[Value, np.ndarray] | None = None) -> None:
        """Compute the call; `instead` has other numbers for some of its inputs.

        Raises:
            RuntimeError: PyTorch cannot compute it on these numbers.
        """
        self._tensors: dict[Tensor, torch.Tensor] = {}
        for value in call.inputs:
            data = np.asarray((instead or {}).get(value, numbers.get(value.name, value.data)))
            if value.is_float:
                self._tensors[value] = torch.tensor(data.astype(np.float64), requires_grad=True)
            else:
                kind = bool if value.is_truth else value.data.dtype
                self._tensors[value] = torch.as_tensor(np.nan_to_num(data).astype(kind))
        change: Any = self._tensors.__getitem__
        operator = call.operator.on(change)
        function, arguments = operator.functions[0], operator.arguments
        with torch.enable_grad():
            try:
                result: Any = operator.evaluate(function, **arguments)
            except TypeError:
                result = operator.evaluate(function, *arguments.values())
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


def _is_known(call: Call) -> bool:
    """Whether the call by itself gives PyTorch's own number: only then can what it would give be trusted."""
    try:
        computed = _Step(call, {}).value
    except (RuntimeError, TypeError, ValueError, IndexError):
        return False
    expected = np.asarray(call.outputs[0].data, dtype=np.float64)
    return computed.shape == expected.shape and np.allclose(computed.astype(np.float64), expected, 1e-9, 1e-12)


class StudentsBlank(NamedTuple):
    """A blank in its network, and the numbers that a student has for all tensors."""

    graph: Graph
    value: Value
    """The tensor, or the one whose gradient or whose next value is asked for."""
    place: tuple[int, ...]
    numbers: Numbers
    learning_rate: float

    def own(self, value: Value) -> np.ndarray:
        """A tensor as the student has it."""
        return np.asarray(self.numbers.get(value.name, value.data), dtype=np.float64)

    def grad(self, value: Value) -> np.ndarray:
        """The gradient of a tensor as the student has it."""
        if value.gradient is None:
            return np.zeros(value.shape)
        return self.numbers.get(f"grad.{value.name}", value.gradient)

    def at(self, tensor: np.ndarray) -> float:
        """The element that is asked for."""
        return float(np.asarray(tensor)[self.place])

    def turned(self, call: Call) -> Iterator[_Step]:
        """The call with a square weight the other way round."""
        if call.operator.name in _PRODUCTS:
            for value in dict.fromkeys(call.inputs[1:]):
                if len(value.shape) >= 2 and value.shape[-1] == value.shape[-2] and value is not self.value:
                    yield _Step(call, self.numbers, {value: np.swapaxes(self.own(value), -1, -2)})


def nearest_mistake(
    blank: Blank, asked: StudentsBlank, number: float, right: float, within: Tolerance = STANDARD
) -> str:
    """Name the mistake that gives the number; '' where none does, or where the right way gives it, too.

    `right` is what is right, given what the student has further up.
    """
    direction = blank.direction
    found = {"forward": _forward, "backward": _backward, "update": _update}[direction](asked)
    best, nearest = "", np.inf
    # What PyTorch refuses on such numbers is no mistake that is known.
    with np.errstate(all="ignore"), suppress(*_REFUSALS):
        for name, candidate in chain([(SIGN, -right)], found):
            if not np.isfinite(candidate) or is_right(candidate, right, direction, within):
                continue
            distance = abs(candidate - number)
            if is_right(number, candidate, direction, within) and distance < nearest * (1 - 1e-9):
                best, nearest = name, distance
    return best


def _forward(asked: StudentsBlank) -> Found:
    call = next((call for call in asked.graph.calls if call.outputs[0] is asked.value and _is_known(call)), None)
    if not call:
        return
    step, operator = _Step(call, asked.numbers), call.operator
    result = asked.at(step.value)
    if operator.name in _GATES:
        yield MASK, asked.at(asked.own(call.inputs[0]))
    for turned in asked.turned(call):
        yield TRANSPOSED, asked.at(turned.value)
    if operator.name in _PRODUCTS:
        one = np.zeros(asked.value.shape)
        one[asked.place] = 1
        terms = (asked.own(call.inputs[0]) * step.vjp(call.inputs[0], one)).ravel()
        rest = result - terms.sum()
        for term in terms[np.nonzero(terms)][:MOST_PATHS]:
            yield ONE_PATH, float(term)
            yield ONE_PATH, float(term + rest)
    for n in _counts(call):
        yield NO_MEAN, result * n
    for n in _summed(call):
        yield MEAN_FOR_SUM, result / n
    bias = operator.arguments.get("bias")
    if isinstance(bias, Value):
        yield NO_BIAS, asked.at(_Step(call, asked.numbers, {bias: np.zeros(bias.shape)}).value)


def _backward(asked: StudentsBlank) -> Found:
    uses = [call for call in asked.graph.calls if call.outputs[0].has_grad and asked.value in call.inputs]
    steps = [(call, _Step(call, asked.numbers), asked.grad(call.outputs[0])) for call in uses if _is_known(call)]
    shares = [asked.at(step.vjp(asked.value, grad)) for _, step, grad in steps]
    for k, (call, step, grad) in enumerate(steps):
        yield from _of_one_use(asked, call, step, grad, shares[k], sum(shares[:k] + shares[k + 1 :]))
        for gate in asked.graph.calls:  # behind it
            if gate.operator.name in _GATES and gate.inputs[0] is call.outputs[0]:
                yield MASK, asked.at(step.vjp(asked.value, asked.grad(gate.outputs[0])))
    if len(shares) > 1:
        total = sum(shares)
        for share in shares:
            yield ONE_PATH, share
            yield ONE_PATH, total - share


def _of_one_use(asked: StudentsBlank, call: Call, step: _Step, grad: np.ndarray, share: float, others: float) -> Found:
    """Yield mistakes in what the gradient gains through one call, with what comes through the others as it is."""
    operator, value = call.operator, asked.value
    if operator.name in _GATES:
        yield MASK, others + asked.at(grad)
    for turned in asked.turned(call):
        yield TRANSPOSED, others + asked.at(turned.vjp(value, grad))
    if operator.name in _PRODUCTS and len(value.shape) == 2 and value.shape[0] == value.shape[1]:
        yield TRANSPOSED, others + asked.at(step.vjp(value, grad).T)
    if 1 < grad.size <= MOST_PATHS:
        for path in np.ndindex(*grad.shape):
            alone = np.zeros_like(grad)
            alone[path] = grad[path]
            part = asked.at(step.vjp(value, alone))
            if part:
                yield ONE_PATH, others + part
    for n in _counts(call):
        yield NO_MEAN, others + share * n
    for n in {*_summed(call), *_examples(value, call)}:
        yield MEAN_FOR_SUM, others + share / n
    for without in _without_target(asked, call, grad):
        yield NO_TARGET, others + without
    if isinstance(operator, Elementwise) and step.value.shape == value.shape:
        yield WRONG_POINT, others + asked.at(_Step(call, asked.numbers, {value: step.value}).vjp(value, grad))
        if operator.name in _SLOPE_BY_RESULT:
            yield WRONG_POINT, others + asked.at(grad * _SLOPE_BY_RESULT[operator.name](asked.own(value)))


def _update(asked: StudentsBlank) -> Found:
    before, slope = asked.at(asked.own(asked.value)), asked.at(asked.grad(asked.value))
    yield SIGN, before + asked.learning_rate * slope
    yield NO_RATE, before - slope


def _counts(call: Call) -> list[int]:
    """By what a mean divides, as far as it is one."""
    x, y, operator = call.inputs[0], call.outputs[0], call.operator
    if operator.name == "mean" or "avg_pool" in operator.name:
        return [n for n in (x.data.size // max(1, y.data.size),) if n > 1]
    is_mean = getattr(operator, "reduction", None) == "mean"
    return sorted({x.data.size, *x.shape[:1]} - {0, 1}) if is_mean else []


def _summed(call: Call) -> list[int]:
    """How many numbers a sum adds up, as far as it is one."""
    x, y = call.inputs[0], call.outputs[0]
    if call.operator.name == "sum" or getattr(call.operator, "reduction", None) == "sum":
        return [n for n in (x.data.size // max(1, y.data.size),) if n > 1]
    return []


def _examples(value: Value, call: Call) -> list[int]:
    """Over how many examples the gradient of a parameter is a sum."""
    y = call.outputs[0]
    is_summed = value.kind == "parameter" and len(y.shape) > 1 and y.data.size > value.data.size // max(1, y.shape[-1])
    return [n for n in (y.shape[0],) if n > 1] if is_summed else []


def _without_target(asked: StudentsBlank, call: Call, grad: np.ndarray) -> Iterator[float]:
    """Yield what the gradient of a prediction would be if nothing were taken away from it."""
    target = call.operator.arguments.get("target")
    if not isinstance(target, Value) or target is asked.value:
        return
    if call.operator.name == "cross_entropy":
        x, axis = asked.own(asked.value), call.operator.class_axis  # type: ignore[attr-defined]
        probability = np.exp(x - x.max(axis=axis, keepdims=True))
        probability /= probability.sum(axis=axis, keepdims=True)
        mean = getattr(call.operator, "reduction", "") == "mean"
        yield asked.at(probability) * float(grad.reshape(-1)[0]) / (x.size // x.shape[axis] if mean else 1)
    elif target.is_float:
        yield asked.at(_Step(call, asked.numbers, {target: np.zeros(target.shape)}).vjp(asked.value, grad))
