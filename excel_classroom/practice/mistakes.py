"""The known mistakes: for each, the number that a student would get who made it.

There is one list of them. By it numbers are drawn that tell each mistake from the right answer; the key says which
mistakes no numbers tell; and the grader names a student's mistake. All are computed by PyTorch from the student's own
earlier numbers, so that a mistake is recognised after another one, too.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import torch

from excel_classroom.practice.blanks import Blank, Direction
from excel_classroom.practice.judgement import STANDARD, Tolerance, is_right
from excel_export.graph.graph import Call, Graph, Value

SIGN = "the wrong sign"
MASK = "the mask of the ReLU is missing"
NOT_APPLIED = "the function is left out, such as tanh or the square"
BEFORE = "the value before the activation is taken"
NO_SLOPE = "the slope of the function is left out"
WRONG_POINT = "the derivative is taken at the wrong point"
TRANSPOSED = "the weight is transposed"
NEIGHBOUR = "a neighbour's weight is taken"
NO_BIAS = "the bias is forgotten"
TERM = "a term of the sum is missing"
ONE_PATH = "one path only: the sum over the others is missing"
NO_MEAN = "the 1/N of the mean is missing"
MEAN_FOR_SUM = "the mean instead of the sum"
FACTOR = "a factor is missing, such as 2 or ½"
OTHER_FACTOR = "its own value instead of the other factor"
NO_TARGET = "the target is not taken away: p instead of p − y"
NO_RATE = "the learning rate is missing"
NO_STEP = "the step is missing: the value is the one before it"
ADVICE: dict[str, str] = tomllib.loads((files(__package__) / "advice.toml").read_text("utf-8"))
"""A sentence of advice for each mistake, by the mistake's text."""
OWN = (MASK, NOT_APPLIED, NO_SLOPE, WRONG_POINT, NO_TARGET, NO_MEAN, NO_RATE)
"""The mistakes about a blank's own idea: if no numbers tell one of them from the right answer, another blank
is chosen."""
FEW = 4
"""The number of terms up to which each term of a sum may be forgotten; of a longer sum, the first or the last."""
_GATES = ("relu", "relu6", "leaky_relu")
_PRODUCTS = ("linear", "matmul", "mm", "bmm", "addmm", "baddbmm")
_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
_SUMS = {"add": 1.0, "sub": -1.0}
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


class Mistake(NamedTuple):
    """A known mistake at a blank, and the number that it gives: Mistake('the wrong sign', 0, -6.0) if 6.0 is right."""

    name: str
    """The mistake, one of this module's constants."""
    which: int
    """The number, from 0 on, of the way to make it, such as the second term; the same for all students."""
    number: float
    """The number that a student gets who makes it."""


Found = Iterator[Mistake]


class _Step:
    """A call computed on some numbers: its first result, and the shares that it adds to the gradients of its inputs."""

    def __init__(self, call: Call, numbers: Numbers, instead: Mapping[Value, np.ndarray] | None = None) -> None:
        """Compute the call; `instead` replaces the numbers of some of its inputs."""
        self._tensors: dict[Value, torch.Tensor] = {}
        for value in call.inputs:
            data = np.asarray((instead or {}).get(value, numbers.get(value.name, value.data)))
            if value.is_float:
                self._tensors[value] = torch.tensor(data.astype(np.float64), requires_grad=True)
            else:
                kind = bool if value.is_truth else value.data.dtype
                self._tensors[value] = torch.as_tensor(np.nan_to_num(data).astype(kind))
        with torch.enable_grad():
            self._result = call.run(self._tensors.__getitem__)

    @property
    def value(self) -> np.ndarray:
        return self._result.detach().numpy()

    def vjp(self, of: Value, grad: np.ndarray) -> np.ndarray:
        wanted = self._tensors[of]
        if not wanted.requires_grad or not self._result.requires_grad:
            return np.zeros(of.shape)
        (found,) = torch.autograd.grad(self._result, wanted, self._upstream(grad), retain_graph=True, allow_unused=True)
        return np.zeros(of.shape) if found is None else found.detach().numpy()

    def paths(self, of: Value, place: tuple[int, ...], grad: np.ndarray) -> np.ndarray:
        wanted, upstream = self._tensors[of], self._upstream(grad).requires_grad_()
        (found,) = torch.autograd.grad(self._result, wanted, upstream, create_graph=True, allow_unused=True)
        if found is None or not found.requires_grad:
            return np.zeros(grad.shape)
        (slopes,) = torch.autograd.grad(found[place], upstream, allow_unused=True)
        return np.zeros(grad.shape) if slopes is None else (slopes * upstream).detach().numpy()

    def _upstream(self, grad: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(np.array(grad, dtype=np.float64)).reshape(self._result.shape)


def _is_known(call: Call) -> bool:
    """Return whether the call gives PyTorch's recorded result again: only then are its mistakes computed."""
    try:
        computed = _Step(call, {}).value
    except (RuntimeError, TypeError, ValueError, IndexError):
        return False
    expected = np.asarray(call.outputs[0].data, dtype=np.float64)
    return computed.shape == expected.shape and np.allclose(computed.astype(np.float64), expected, 1e-9, 1e-12)


class BlankWithNumbers(NamedTuple):
    """A blank, the element (0, 2) of a tensor w, with one student's numbers {'w': array}, for `known_mistakes`."""

    graph: Graph
    """The network."""
    value: Value
    """The tensor of the blank: the one whose value, gradient or updated value fills it."""
    place: tuple[int, ...]
    """The index of its element, from 0 on: (0, 2)."""
    numbers: Numbers
    """The numbers of all tensors, by key; a tensor that is missing has those of the graph."""
    learning_rate: float
    """The rate of the update."""

    def tensor(self, value: Value) -> np.ndarray:
        """Return the student's numbers of a tensor, float64 in its shape; all of the graph's if `numbers` lacks it."""
        return np.asarray(self.numbers.get(value.name, value.data), dtype=np.float64)

    def grad(self, value: Value) -> np.ndarray:
        """Return the student's numbers of a gradient, float64 in its shape; else the graph's; zeros if it has none."""
        if value.gradient is None:
            return np.zeros(value.shape)
        return self.numbers.get(f"grad.{value.name}", value.gradient)

    def at(self, tensor: np.ndarray) -> float:
        """Return the element of a tensor at the blank's index: 0.5 of [[0.1, 0.5]] for the index (0, 1)."""
        return float(np.asarray(tensor)[self.place])

    def producer(self, value: Value) -> Call | None:
        """Return the call whose first result a tensor is, the ReLU for 'relu'; None for an input or a weight."""
        return next((call for call in self.graph.calls if call.outputs[0] is value), None)

    def wrong_products(self, call: Call) -> Iterator[tuple[str, int, _Step]]:
        """Yield each mistake in the factors of a product or a convolution; nothing for other calls.

        The mistakes: a square weight is transposed, a neighbour's weight is taken, or the value before the activation.

        Yields:
            (mistake, k, step): one of this module's constants, the index from 0 on of the factor, and the call as
                computed with the wrong factor: `step.value` is its result, step.vjp(x, g) the gradient of its input x,
                where g is that of the result.
        """
        if call.kind not in _PRODUCTS + _CONVOLUTIONS:
            return
        bias = call.arguments.get("bias")
        if self.value is bias:
            return
        weights = [value for value in dict.fromkeys(call.inputs[1:]) if value is not bias and value is not self.value]
        for k, weight in enumerate(weights):
            own = self.tensor(weight)
            if own.ndim >= 2 and own.shape[-1] == own.shape[-2] > 1:
                yield TRANSPOSED, k, _Step(call, self.numbers, {weight: np.swapaxes(own, -1, -2)})
            axes = [axis for axis, size in enumerate(own.shape) if size > 1]
            if axes:
                yield NEIGHBOUR, k, _Step(call, self.numbers, {weight: np.roll(own, 1, axes[0])})
        for k, value in enumerate(dict.fromkeys(call.inputs[:2])):
            before = self.producer(value)
            is_function = before and value is not self.value and before.is_elementwise
            if before and is_function and before.inputs[0].shape == value.shape:
                yield BEFORE, k, _Step(call, self.numbers, {value: self.tensor(before.inputs[0])})


def known_mistakes(direction: Direction, case: BlankWithNumbers, right: float) -> list[Mistake]:
    """Return the mistakes that can be made at a blank: [Mistake('the wrong sign', 0, -6.0), …] if 6.0 is right.

    Some of them may give the right answer; those without a finite number are left out.

    Args:
        direction: the blank's part of the training step: 'forward', 'backward' or 'update'.
        case: the blank, with the numbers of its tensors.
        right: the right answer with these numbers.
    """
    found = {"forward": _forward, "backward": _backward, "update": _update}[direction](case)
    mistakes = [] if direction == "update" else [Mistake(SIGN, 0, -right)]
    # What PyTorch refuses on such numbers is no mistake that is known.
    with np.errstate(all="ignore"), suppress(*_REFUSALS):
        mistakes.extend(found)
    return [each for each in mistakes if np.isfinite(each.number)]


def nearest_mistake(
    blank: Blank, case: BlankWithNumbers, number: float, right: float, within: Tolerance = STANDARD
) -> str:
    """Return the known mistake whose number is nearest, within the tolerance: 'the wrong sign' for -6 where 6 is right.

    It is '' if there is none, and a mistake that gives the right answer is not named.

    Args:
        blank: the blank.
        case: its tensor's element, with the student's own earlier numbers.
        number: the number in the blank.
        right: the right answer with these numbers.
        within: the tolerance.
    """
    best, nearest = "", np.inf
    for name, _, given in known_mistakes(blank.direction, case, right):
        distance = abs(given - number)
        is_near = distance < nearest * (1 - 1e-9) and is_right(number, given, blank.direction, within)
        if is_near and not is_right(given, right, blank.direction, within):
            best, nearest = name, distance
    return best


def _forward(case: BlankWithNumbers) -> Found:
    call = case.producer(case.value)
    if not call or not _is_known(call):
        return
    step, name = _Step(call, case.numbers), call.kind
    result = case.at(step.value)
    if call.is_elementwise or name == "pow":
        yield Mistake(MASK if name in _GATES else NOT_APPLIED, 0, case.at(case.tensor(call.inputs[0])))
    for mistake, k, other in case.wrong_products(call):
        yield Mistake(mistake, k, case.at(other.value))
    if name in _PRODUCTS + _CONVOLUTIONS:
        one = np.zeros(case.value.shape)
        one[case.place] = 1
        yield from _without_one(TERM, case.tensor(call.inputs[0]) * step.vjp(call.inputs[0], one), result)
    if name in _SUMS:
        yield from _without_one(TERM, np.asarray(_addends(case, call)), result)
    if name in ("mul", "div"):
        for k, value in enumerate(call.inputs):
            yield Mistake(FACTOR, k, case.at(np.broadcast_to(case.tensor(value), case.value.shape)))
    if name == "mse_loss":
        yield Mistake(FACTOR, 0, result / 2)
    if name == "softmax":
        yield Mistake(FACTOR, 0, float(np.exp(case.at(case.tensor(call.inputs[0])))))
    for n in _counts(call):
        yield Mistake(NO_MEAN, n, result * n)
    for n in _summed(call):
        yield Mistake(MEAN_FOR_SUM, n, result / n)
    bias = call.arguments.get("bias")
    if isinstance(bias, Value):
        yield Mistake(NO_BIAS, 0, case.at(_Step(call, case.numbers, {bias: np.zeros(bias.shape)}).value))
    target = call.arguments.get("target")
    if isinstance(target, Value) and target.is_float:
        yield Mistake(NO_TARGET, 0, case.at(_Step(call, case.numbers, {target: np.zeros(target.shape)}).value))


def _addends(case: BlankWithNumbers, call: Call) -> list[float]:
    arguments, sign = call.arguments, _SUMS[call.kind]
    tensors = [
        case.tensor(each) if isinstance(each, Value) else each for each in (arguments["input"], arguments["other"])
    ]
    first, second = (case.at(np.broadcast_to(each, case.value.shape)) for each in tensors)
    return [first, sign * second * float(arguments.get("alpha") or 1)]


def _backward(case: BlankWithNumbers) -> Found:
    uses = [call for call in case.graph.calls if call.outputs[0].has_grad and case.value in call.inputs]
    steps = [(call, _Step(call, case.numbers), case.grad(call.outputs[0])) for call in uses if _is_known(call)]
    shares = [case.at(step.vjp(case.value, grad)) for _, step, grad in steps]
    for k, (call, step, grad) in enumerate(steps):
        for each in _of_one_use(case, call, step, grad, shares[k]):
            yield each._replace(which=each.which + 1000 * k, number=each.number + sum(shares) - shares[k])
    if len(shares) > 1:
        yield from _without_one(ONE_PATH, np.asarray(shares), sum(shares), first=-1000)


def _of_one_use(case: BlankWithNumbers, call: Call, step: _Step, grad: np.ndarray, share: float) -> Found:
    value, name = case.value, call.kind
    is_function = (call.is_elementwise or name == "pow") and step.value.shape == value.shape
    if is_function:
        yield Mistake(MASK if name in _GATES else NO_SLOPE, 0, case.at(grad))
    for mistake, k, other in case.wrong_products(call):
        yield Mistake(mistake, k, case.at(other.vjp(value, grad)))
    is_square = len(value.shape) == 2 and value.shape[0] == value.shape[1]
    if name in _PRODUCTS and is_square and case.place[0] != case.place[1]:  # on the diagonal, nothing is transposed
        yield Mistake(TRANSPOSED, 9, case.at(step.vjp(value, grad).T))
    if grad.size > 1:
        yield from _without_one(ONE_PATH, step.paths(value, case.place, grad), share, case.place)
    for n in _counts(call):
        yield Mistake(NO_MEAN, n, share * n)
    for n in {*_summed(call), *_examples(value, call)}:
        yield Mistake(MEAN_FOR_SUM, n, share / n)
    for without in _without_target(case, call, grad):
        yield Mistake(NO_TARGET, 0, without)
    if name in ("square", "mse_loss"):
        yield Mistake(FACTOR, 0, share / 2)
    if name == "pow" and isinstance(power := call.arguments.get("exponent"), int | float) and power not in (0, 1):
        yield Mistake(FACTOR, 0, share / power)
    if name in ("mul", "div") and grad.shape == value.shape:
        yield Mistake(FACTOR, 0, case.at(grad))
        others = [each for each in call.inputs if each is not value]
        if name == "mul" and others:
            yield Mistake(OTHER_FACTOR, 0, case.at(grad * case.tensor(value)))
    if is_function and name not in (*_GATES, "neg", "pow"):
        yield Mistake(WRONG_POINT, 0, case.at(_Step(call, case.numbers, {value: step.value}).vjp(value, grad)))
        if name in _SLOPE_BY_RESULT:
            yield Mistake(WRONG_POINT, 1, case.at(grad * _SLOPE_BY_RESULT[name](case.tensor(value))))
    for behind in case.graph.calls:
        if behind.is_elementwise and behind.inputs[0] is call.outputs[0] and behind.outputs[0].has_grad:
            mistake = MASK if behind.kind in _GATES else NO_SLOPE
            yield Mistake(mistake, 1, case.at(step.vjp(value, case.grad(behind.outputs[0]))))


def _without_one(name: str, terms: np.ndarray, total: float, also: tuple[int, ...] = (), first: int = 0) -> Found:
    flat, rest = terms.ravel(), total - float(terms.sum())
    there = np.flatnonzero(flat).tolist()
    if len(there) < 2:
        return
    chosen = {*there} if len(there) <= FEW else {there[0], there[-1]}
    if len(also) == terms.ndim and all(k < size for k, size in zip(also, terms.shape, strict=True)):
        chosen |= {int(np.ravel_multi_index(also, terms.shape))} & {*there} if also else set()
    for k in sorted(chosen):
        yield Mistake(name, first + 2 * k, total - float(flat[k]))
        yield Mistake(name, first + 2 * k + 1, float(flat[k]) + rest)


def _update(case: BlankWithNumbers) -> Found:
    before, slope = case.at(case.tensor(case.value)), case.at(case.grad(case.value))
    yield Mistake(SIGN, 0, before + case.learning_rate * slope)
    yield Mistake(NO_RATE, 0, before - slope)
    yield Mistake(NO_STEP, 0, before)


def _counts(call: Call) -> list[int]:
    x, y = call.inputs[0], call.outputs[0]
    if call.kind == "mean" or "avg_pool" in call.kind:
        return [n for n in (x.data.size // max(1, y.data.size),) if n > 1]
    is_mean = call.arguments.get("reduction") == "mean"
    return sorted({x.data.size, *x.shape[:1]} - {0, 1}) if is_mean else []


def _summed(call: Call) -> list[int]:
    x, y = call.inputs[0], call.outputs[0]
    if "sum" in (call.kind, call.arguments.get("reduction")):
        return [n for n in (x.data.size // max(1, y.data.size),) if n > 1]
    return []


def _examples(value: Value, call: Call) -> list[int]:
    """Return the number of examples over which a parameter's gradient is a sum, in a list; [] if it is none."""
    y = call.outputs[0]
    is_summed = value.kind == "parameter" and len(y.shape) > 1 and y.data.size > value.data.size // max(1, y.shape[-1])
    return [n for n in (y.shape[0],) if n > 1] if is_summed else []


def _without_target(case: BlankWithNumbers, call: Call, grad: np.ndarray) -> Iterator[float]:
    target = call.arguments.get("target")
    if not isinstance(target, Value) or target is case.value:
        return
    if call.kind == "cross_entropy":
        x, axis = case.tensor(case.value), min(1, len(call.inputs[0].shape) - 1)
        probability = np.exp(x - x.max(axis=axis, keepdims=True))
        probability /= probability.sum(axis=axis, keepdims=True)
        mean = call.arguments["reduction"] == "mean"
        yield case.at(probability) * float(grad.reshape(-1)[0]) / (x.size // x.shape[axis] if mean else 1)
    elif target.is_float:
        yield case.at(_Step(call, case.numbers, {target: np.zeros(target.shape)}).vjp(case.value, grad))
