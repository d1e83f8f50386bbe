"""The recorded calls, run again on other numbers: the results of a workbook after its cells are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from excel_export.compiler.trace.calls import in_float64
from excel_export.compiler.trace.infinite import without_infinity
from excel_export.compiler.trace.tape import Evaluation, Tape
from excel_export.graph.graph import Graph, Value
from excel_export.ops.reshaping import clone
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.trees import tensors_in


@dataclass(frozen=True)
class Replayed:
    """The results of the recorded calls on other numbers: values[loss] is a tensor, gradients[w] an array."""

    values: dict[Value, torch.Tensor]
    """The tensor of each value by the `Value`, float64 if it is floating: inputs, parameters and results."""
    gradients: dict[Value, np.ndarray | None]
    """The gradient of the loss by each input and parameter, in its shape: zero if none arrives, None for one without a
    gradient, such as a label."""


class Replay:
    """The recorded calls, to be run with other inputs and parameters: replay({x: array}) gives a `Replayed`.

    Numbers that Python read out of tensors stay as they were, and so do constants and drawn numbers.

    Args:
        tape: the recording, forward and backward or forward only.
        loss: the value of its last result, of one element.
    """

    def __init__(self, tape: Tape, loss: Value) -> None:
        self._tape, self._loss = tape, loss

    @property
    def drawings(self) -> list[torch.Tensor | None]:
        """For each call the state of PyTorch's generator before it, if it draws numbers, as dropout does; else None."""
        return [evaluation.drawing for evaluation in self._tape.evaluations]

    @torch.inference_mode(False)
    @torch.enable_grad()
    def __call__(
        self, numbers: Mapping[Value, np.ndarray], drawings: Sequence[torch.Tensor | None] | None = None
    ) -> Replayed:
        """Return the results of the calls on other `numbers`; inputs and parameters that are left out keep theirs.

        Args:
            numbers: arrays of the shapes of inputs and parameters, or of constants.
            drawings: those of another run, whose random numbers are drawn again; None for those of the recording.
        """
        now: dict[Value, torch.Tensor] = {}
        for each in self._tape.known.values():
            if each.value in numbers or each.value.kind in ("input", "parameter"):
                found = torch.as_tensor(numbers[each.value]) if each.value in numbers else each.tensor.detach()
                kind = torch.float64 if each.tensor.is_floating_point() else each.tensor.dtype
                given = found.to(kind, copy=True)
                if each.value.kind != "parameter":  # which is never infinite
                    given = without_infinity(given)
                now[each.value] = given.requires_grad_(each.learns and given.is_floating_point())
        leaves = [*now]

        def taken(evaluation: Evaluation, tensor: torch.Tensor) -> torch.Tensor:
            value = evaluation.values.get(id(tensor))
            if not isinstance(value, Value):
                found = tensor if value is None else value
            elif value in now:
                found = now[value]
            else:
                found = torch.as_tensor(value.data).to(tensor.dtype)
            found = found.detach() if id(tensor) in evaluation.without else found
            return found.double() if found.is_floating_point() else found

        def compute() -> None:
            of_calls = zip(self._tape.calls, self._tape.evaluations, drawings or self.drawings, strict=True)
            for call, evaluation, drawing in of_calls:
                if drawing is not None:
                    torch.set_rng_state(drawing)
                results = tensors_in(evaluation.evaluate(partial(taken, evaluation)))
                for output, result in zip(call.outputs, results, strict=True):
                    now[output] = result.double() if result.is_floating_point() else result
                    if now[output].requires_grad:
                        now[output].retain_grad()

        with torch.random.fork_rng(devices=[]):
            in_float64(compute, gradients=True)
        loss = now.get(self._loss)
        if loss is not None and loss.requires_grad:
            torch.autograd.backward(loss)
        return Replayed(now, {value: _gradient(now[value]) for value in leaves})


def _gradient(tensor: torch.Tensor) -> np.ndarray | None:
    if not tensor.requires_grad:
        return None
    grad = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
    return grad.to_dense().numpy(force=True)


def follows(graph: Graph, other: Graph) -> bool:
    """Return whether the calls of `graph` give the loss of `other`, another recorded run, on that run's numbers.

    False also if `other` has calls of other operators.
    """
    ours, theirs, drawings = graph.calls, other.calls, _replay(other).drawings
    if len(ours) != len(theirs) and not any(drawing is not None for drawing in drawings):
        # Without gradients, PyTorch may lay results in another way, and less has to be copied.
        ours, theirs = ([call for call in calls if not isinstance(call.operator, clone)] for calls in (ours, theirs))
        drawings = []
    calls = [*zip(ours, theirs, strict=False)]
    if [type(call.operator) for call in ours] != [type(call.operator) for call in theirs]:
        return False
    given = {
        value: same.data
        for call, its in calls
        for value, same in zip(call.inputs, its.inputs, strict=False)
        if value.kind != "intermediate"
    }
    found = _replay(graph)(given, drawings).values[graph.loss].numpy(force=True)
    return difference(found, np.asarray(other.loss.data)) <= TOLERANCE


def same_results(one: Graph, other: Graph) -> bool:
    """Return whether two recordings of a module give the same loss and gradients of parameters, within 1e-9.

    They are compared, by `difference`, on their own numbers, and on numbers changed at random by up to a half.
    """
    generator = np.random.default_rng(0)
    for scale in (0.0, 1.0):
        given = [value for value in one.values if value.kind in ("input", "parameter") and value.is_float]
        drawn = {value.name: value.data * (1 + scale * generator.uniform(-0.5, 0.5, value.shape)) for value in given}
        found: list[dict[str, np.ndarray | None]] = []
        for graph in (one, other):
            replayed = _replay(graph)({value: drawn[value.name] for value in graph.values if value.name in drawn})
            found.append({"": replayed.values[graph.loss].numpy(force=True)})
            found[-1] |= {value.name: grad for value, grad in replayed.gradients.items() if value.kind == "parameter"}
        ours, theirs = found
        if ours.keys() != theirs.keys() or not all(_is_near(ours[name], theirs[name]) for name in ours):
            return False
    return True


def _replay(graph: Graph) -> Replay:
    assert isinstance(graph.replay, Replay)
    return graph.replay


def _is_near(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other or (one is not None and other is not None and difference(one, other) <= TOLERANCE)
