"""The mistakes that are known: for each, the number that a student would have got who made it.

All are computed from what the student has further up, so that a mistake is recognised after another one, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from excel_classroom.grading.vjp import CallVjp, Numbers, is_known
from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.judgement import STANDARD, Tolerance, is_right
from excel_export.formulas import Operator
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
_GATES = ("relu", "relu6", "leaky_relu", "threshold")
_PRODUCTS = ("linear", "matmul", "mm", "bmm", "addmm", "baddbmm")
# Their slope is written with the result: who puts the input there has made a mistake of his own.
_SLOPE_BY_RESULT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y * y,
    "exp": lambda y: y,
    "sqrt": lambda y: 0.5 / y,
}
_REFUSALS = (RuntimeError, TypeError, ValueError, IndexError, ZeroDivisionError)


class StudentsBlank(NamedTuple):
    """A blank in its network, and the numbers that a student has for all tensors."""

    graph: Graph
    value: Value
    """The tensor, or the one whose gradient or whose next value is asked for."""
    place: tuple[int, ...]
    numbers: Numbers
    learning_rate: float

    def grad(self, value: Value) -> np.ndarray:
        """The gradient of a tensor as the student has it."""
        if value.gradient is None:
            return np.zeros(value.shape)
        return self.numbers.get(f"grad.{value.name}", value.gradient)

    def at(self, tensor: np.ndarray) -> float:
        """The element that is asked for."""
        return float(np.asarray(tensor)[self.place])

    @property
    def uses(self) -> list[Call]:
        """The calls through which the tensor's gradient comes."""
        return [
            call
            for call in self.graph.calls
            if call.outputs[0].has_grad and self.value in call.inputs and is_known(call)
        ]


Found = Iterator[tuple[str, float]]


def nearest_mistake(
    blank: Blank, asked: StudentsBlank, number: float, right: float, within: Tolerance = STANDARD
) -> str:
    """Name the mistake that gives the number; '' where none does, or where the right way gives it, too.

    Args:
        blank: what is asked for.
        asked: where.
        number: what the student has.
        right: what is right, given what the student has further up.
        within: how far from it a number may be.
    """
    direction = blank.direction
    found = {"forward": _forward, "backward": _backward, "update": _update}[direction](asked)
    best, nearest = "", np.inf
    with np.errstate(all="ignore"):
        for name, candidate in [(SIGN, -right), *_each(found)]:
            if not np.isfinite(candidate) or is_right(candidate, right, direction, within):
                continue
            distance = abs(candidate - number)
            if is_right(number, candidate, direction, within) and distance < nearest * (1 - 1e-9):
                best, nearest = name, distance
    return best


def _each(found: Found) -> Found:
    """Yield what can be computed; what PyTorch refuses on such numbers is no mistake that is known."""
    try:
        yield from found
    except _REFUSALS:
        return


def _forward(asked: StudentsBlank) -> Found:
    call = next((call for call in asked.graph.calls if call.outputs[0] is asked.value and is_known(call)), None)
    if not call:
        return
    step, operator = CallVjp(call, asked.numbers), call.operator
    if operator.name in _GATES:
        yield MASK, asked.at(_numbers(asked, call.inputs[0]))
    for turned in _turned(asked, call):
        yield TRANSPOSED, asked.at(turned.value)
    for terms in _terms(asked, call, step):
        yield ONE_PATH, terms
    for n in _counts(operator, call):
        yield NO_MEAN, asked.at(step.value) * n
    for n in _summed(call):
        yield MEAN_FOR_SUM, asked.at(step.value) / n
    bias = operator.arguments.get("bias")
    if isinstance(bias, Value):
        yield NO_BIAS, asked.at(CallVjp(call, asked.numbers, {bias: np.zeros(bias.shape)}).value)


def _backward(asked: StudentsBlank) -> Found:
    steps = [(call, CallVjp(call, asked.numbers), asked.grad(call.outputs[0])) for call in asked.uses]
    shares = [asked.at(step.vjp(asked.value, grad)) for _, step, grad in steps]
    for k, (call, step, grad) in enumerate(steps):
        yield from _of_one_use(asked, call, step, grad, shares[k], sum(shares[:k] + shares[k + 1 :]))
        for gate in _gates_behind(asked.graph, call.outputs[0]):
            yield MASK, asked.at(step.vjp(asked.value, asked.grad(gate.outputs[0])))
    if len(shares) > 1:
        total = sum(shares)
        for share in shares:
            yield ONE_PATH, share
            yield ONE_PATH, total - share


def _of_one_use(
    asked: StudentsBlank, call: Call, step: CallVjp, grad: np.ndarray, share: float, others: float
) -> Found:
    """Yield mistakes in what the gradient gains through one call, with what comes through the others as it is."""
    operator, value = call.operator, asked.value
    if operator.name in _GATES:
        yield MASK, others + asked.at(grad)
    for turned in _turned(asked, call):
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
    for n in _counts(operator, call):
        yield NO_MEAN, others + share * n
    for n in {*_summed(call), *_examples(value, call)}:
        yield MEAN_FOR_SUM, others + share / n
    for without in _without_target(asked, call, grad):
        yield NO_TARGET, others + without
    if isinstance(operator, Elementwise) and step.value.shape == value.shape:
        x, y = _numbers(asked, value), step.value
        yield WRONG_POINT, others + asked.at(CallVjp(call, asked.numbers, {value: y}).vjp(value, grad))
        if operator.name in _SLOPE_BY_RESULT:
            yield WRONG_POINT, others + asked.at(grad * _SLOPE_BY_RESULT[operator.name](x))


def _update(asked: StudentsBlank) -> Found:
    before, slope = asked.at(_numbers(asked, asked.value)), asked.at(asked.grad(asked.value))
    yield SIGN, before + asked.learning_rate * slope
    yield NO_RATE, before - slope


def _numbers(asked: StudentsBlank, value: Value) -> np.ndarray:
    return np.asarray(asked.numbers.get(value.name, value.data), dtype=np.float64)


def _turned(asked: StudentsBlank, call: Call) -> Iterator[CallVjp]:
    """Yield the call with a square weight the other way round."""
    if call.operator.name in _PRODUCTS:
        for value in dict.fromkeys(call.inputs[1:]):
            if len(value.shape) >= 2 and value.shape[-1] == value.shape[-2] and value is not asked.value:
                yield CallVjp(call, asked.numbers, {value: np.swapaxes(_numbers(asked, value), -1, -2)})


def _terms(asked: StudentsBlank, call: Call, step: CallVjp) -> Iterator[float]:
    """Yield each term alone of a result that is a sum of products."""
    if call.operator.name in _PRODUCTS:
        one = np.zeros(asked.value.shape)
        one[asked.place] = 1
        x = call.inputs[0]
        terms = (_numbers(asked, x) * step.vjp(x, one)).ravel()
        rest = asked.at(step.value) - terms.sum()
        for term in terms[np.nonzero(terms)][:MOST_PATHS]:
            yield float(term)
            yield float(term + rest)


def _counts(operator: Operator, call: Call) -> list[int]:
    """By what a mean divides, as far as it is one."""
    x, y = call.inputs[0], call.outputs[0]
    if operator.name == "mean" or "avg_pool" in operator.name:
        counts = {x.data.size // max(1, y.data.size)}
    elif getattr(operator, "reduction", None) == "mean":
        counts = {x.data.size, x.shape[0] if x.shape else 1}
    else:
        counts = set()
    return sorted(counts - {0, 1})


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
        x, axis = _numbers(asked, asked.value), call.operator.class_axis  # type: ignore[attr-defined]
        probability = np.exp(x - x.max(axis=axis, keepdims=True))
        probability /= probability.sum(axis=axis, keepdims=True)
        mean = getattr(call.operator, "reduction", "") == "mean"
        yield asked.at(probability) * float(grad.reshape(-1)[0]) / (x.size // x.shape[axis] if mean else 1)
    elif target.is_float:
        yield asked.at(CallVjp(call, asked.numbers, {target: np.zeros(target.shape)}).vjp(asked.value, grad))


def _gates_behind(graph: Graph, value: Value) -> list[Call]:
    return [call for call in graph.calls if call.operator.name in _GATES and call.inputs[0] is value]
