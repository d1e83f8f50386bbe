"""Gradients that forward() asks for itself, by `torch.autograd.grad`.

The backward pass from the outputs to the inputs of that call is recorded, too: each call's part of it is taken apart by
PyTorch, and recorded as any other calls are. So it has formulas, and gradients of its own.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from math import prod
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.compiler.reference.widen import NARROW
from excel_export.compiler.trace.aten_calls import Steps, WriteDown
from excel_export.compiler.trace.decompose import NotTakenApart, as_users_call_it, decompositions, missing
from excel_export.compiler.trace.in_place import Changes
from excel_export.compiler.trace.scopes import Scopes
from excel_export.compiler.trace.tape import Evaluation, Tape
from excel_export.graph.graph import Value
from excel_export.shared.errors import ExportError, UnsupportedOperator
from excel_export.shared.trees import Change, Function, tensors_in
from excel_export.shared.users_code import calling_line

aten = torch.ops.aten
_TURNS = {aten.detach.default, aten.t.default, aten.transpose.int, aten.permute.default, aten.view.default,
          aten.unsqueeze.default, aten.squeeze.dim, aten.squeeze.dims, aten.expand.default}  # fmt: skip
"""Functions whose result may be a known tensor again, if they undo a view; PyTorch also detaches what it keeps."""


class InnerGradients:
    """A recorder of gradients that forward() computes, as in a penalty: `grad` stands in for torch.autograd.grad.

    Args:
        tape: the recorded calls.
        scopes: gives the names of new calls.
        changes: the tensor that each object stands for.
        record: record(torch.add, x, y) calls a function and records the call.
        recording: recording(f) returns f(), with all calls in it recorded.
    """

    def __init__(self, tape: Tape, scopes: Scopes, changes: Changes, record: Function, recording: Function) -> None:
        self._tape, self._scopes, self._changes = tape, scopes, changes
        self._record, self._recording = record, recording

    def grad(
        self,
        outputs: Any,
        inputs: Any,
        grad_outputs: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        only_inputs: bool = True,
        allow_unused: bool | None = None,
        is_grads_batched: bool = False,
        materialize_grads: bool = False,
    ) -> tuple[Any, ...]:
        """Return what torch.autograd.grad does with these arguments, a tuple of gradients, and record it.

        `grad_outputs`, `create_graph`, `allow_unused` and `materialize_grads` work as in PyTorch; `retain_graph` and
        `only_inputs` change nothing here.

        Raises:
            UnsupportedOperator: a call in the backward pass has no formulas.
            ExportError: is_grads_batched is true.
            RuntimeError: the outputs don't depend on an input, and allow_unused is not set.
        """
        if is_grads_batched:
            raise ExportError(f"is_grads_batched=True in {calling_line()} is not supported: use a loop")
        current = self._changes.current
        tops, targets = ([*map(current, _as_tuple(item))] for item in (outputs, inputs))
        grads = _as_tuple(grad_outputs) if grad_outputs is not None else (None,) * len(tops)
        gained: dict[Value, torch.Tensor] = {}
        for top, grad in zip(tops, grads, strict=True):
            self._gain(gained, self._tape.value_of(top), torch.ones_like(top) if grad is None else current(grad))
        wanted = [self._tape.value_of(target) for target in targets]
        self._pass_back(gained, wanted)
        results = [self._result(value, gained.get(value), create_graph) for value in wanted]
        if None in results and materialize_grads:
            return tuple(
                torch.zeros_like(target) if result is None else result
                for target, result in zip(targets, results, strict=True)
            )
        if None in results and not allow_unused:
            raise RuntimeError("One of the differentiated Tensors appears to not have been used in the graph")
        return tuple(results)

    def _gain(self, gained: dict[Value, torch.Tensor], value: Value, grad: torch.Tensor) -> None:
        gained[value] = self._record(torch.add, gained[value], grad) if value in gained else grad

    def _pass_back(self, gained: dict[Value, torch.Tensor], wanted: Sequence[Value]) -> None:
        towards, calls = set(wanted), []
        for call, evaluation in zip(self._tape.calls, self._tape.evaluations, strict=True):
            if towards.intersection(call.inputs) and any(map(self._tape.learns, evaluation.results)):
                towards.update(call.outputs)
                calls.append((call, evaluation))
        for call, evaluation in reversed(calls):
            grads = [gained.get(value) for value in call.outputs]
            if any(grad is not None for grad in grads):
                places = [place for place, tensor in enumerate(evaluation.operands)
                          if self._tape.learns(tensor) and self._tape.value_of(tensor) in towards]  # fmt: skip
                for place, grad in zip(places, self._backward(call, evaluation, grads, places), strict=True):
                    if grad is not None:
                        self._gain(gained, self._tape.value_of(evaluation.operands[place]), grad)

    def _backward(
        self, call: Any, evaluation: Evaluation, grads: Sequence[torch.Tensor | None], places: list[int]
    ) -> list[torch.Tensor | None]:
        if call.operator.drawn and any(getattr(call.operator, key) is not None for key in call.operator.drawn):
            raise UnsupportedOperator(
                f"the gradient of '{call.operator.name}' inside forward() is not supported, as it draws random numbers"
            )
        given, results = evaluation.operands, evaluation.results
        try:
            steps = gradient_steps(evaluation.evaluate, given, results, grads, places)
        except NotTakenApart as reason:
            raise UnsupportedOperator(
                f"the gradient of '{call.operator.name}' inside forward(), in {calling_line()}, is not supported: "
                f"{reason}"
            ) from reason
        # The module may have changed some in place since.
        tensors = [tensor if self._changes.current(tensor) is tensor else self._tape.again(tensor)
                   for tensor in (*given, *results, *grads) if tensor is not None]  # fmt: skip

        def compute() -> list[torch.Tensor | None]:
            # A list keeps its parts' names.
            return list(self._recording(lambda: steps.run(tensors, as_users_call_it)))

        return self._scopes.apart(f"{call.operator.name}_backward", compute)  # type: ignore[no-any-return]

    def _result(self, value: Value, grad: torch.Tensor | None, create_graph: bool) -> torch.Tensor | None:
        if grad is None:
            return None
        if not create_graph and self._tape.is_live(grad):
            grad = self._record(torch.Tensor.detach, grad)
        self._scopes.name(grad, self._scopes.namespace.new(f"grad_of_{value.name}"))
        if self._tape.is_live(grad) and value.kind != "intermediate":
            self._tape.labels.setdefault(self._tape.value_of(grad), f"gradient by {value.name}")
        return grad


def _as_tuple(item: Any) -> tuple[Any, ...]:
    return tuple(item) if isinstance(item, (list, tuple)) else (item,)


def gradient_steps(
    evaluate: Callable[[Change], Any],
    given: Sequence[torch.Tensor],
    results: Sequence[torch.Tensor],
    grads: Sequence[torch.Tensor | None],
    wanted: Collection[int],
) -> Steps:
    """Return the basic functions (ATen) that compute, in the backward pass of a call, the gradients of its arguments.

    For y = x * w and wanted=[0], they are `Steps` whose run([x, w, y, g]), with the gradient g of y, is [g * w]. `run`
    takes `given`, `results`, and the `grads` that are not None; it gives None for a tensor that gets no gradient.

    Args:
        evaluate: makes the call; its argument is a function that replaces each tensor first.
        given: the tensors that the call reads.
        results: its results.
        grads: the gradient of each result; None if none arrives.
        wanted: the positions in `given`, from 0 on, of the tensors whose gradients are computed.

    Raises:
        NotTakenApart: PyTorch doesn't show what it calls, or a basic function has no formula.
    """
    places = {id(tensor): place for place, tensor in enumerate(given)}
    with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=[]):
        leaves = [_copied(tensor).requires_grad_(place in wanted) for place, tensor in enumerate(given)]
        known = [*map(_copied, results)]
        arriving = [_copied(grad) for grad in grads if grad is not None]
        mode = _OfGradients([*leaves, *known, *arriving], _made_of_others())
        try:
            with mode:
                made = tensors_in(evaluate(lambda tensor: leaves[places[id(tensor)]]))
                for new, same in zip(made, known, strict=True):
                    mode.is_also(new, same)
                tops = [new for new, grad in zip(made, grads, strict=True) if grad is not None]
                # With create_graph, PyTorch adds gradients up in new tensors.
                found = torch.autograd.grad(
                    tops, [leaves[place] for place in wanted], arriving, create_graph=True, allow_unused=True
                )
        except Exception as error:
            raise NotTakenApart(str(error).split("\n")[0]) from error
        steps = mode.steps_to(list(found), [*leaves, *known, *arriving]).needed()
    if missing(steps):
        raise NotTakenApart(f"PyTorch makes it of {' and '.join(missing(steps))}, for which there are no formulas")
    return steps


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    copy = tensor.detach().clone()
    return copy.double() if copy.dtype in NARROW else copy


class _OfGradients(WriteDown):  # type: ignore[no-untyped-call]
    """A recorder of backward passes: PyTorch keeps results for them as other objects, which share their numbers."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in _TURNS:
            result = function(*args, **(kwargs or {}))
            if self.key(result) in self.holes:
                return result
        return super().__torch_dispatch__(function, types, args, kwargs)

    def key(self, tensor: torch.Tensor) -> Any:
        """Return the same key for two objects that hold the same numbers in memory, as x and x.view_as(x) do."""
        place = tensor.untyped_storage().data_ptr()
        return place, tensor.storage_offset(), tensor.shape, tensor.stride(), tensor.dtype

    def is_also(self, new: torch.Tensor, same: torch.Tensor) -> None:
        self.holes[self.key(new)] = self.holes[self.key(same)]


def _convolution_backward(
    g: Any, x: Any, weight: Any, sizes: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, rest: Any,
    groups: int, mask: Any,
) -> Any:  # fmt: skip
    if transposed:
        raise NotTakenApart("the gradient of a transposed convolution is not written down yet")
    n = weight.dim() - 2
    convolution: Any = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
    back: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[n - 1]
    of_x = of_weight = None
    if mask[0]:
        rim = []
        for k, size in enumerate(weight.shape[2:]):
            reached = (g.shape[2 + k] - 1) * stride[k] - 2 * padding[k] + dilation[k] * (size - 1) + 1
            rim.append(x.shape[2 + k] - reached)
        of_x = back(g, weight, None, stride, padding, rim, groups, dilation)
    if mask[1]:
        parts = zip(x.chunk(groups, 1), g.chunk(groups, 1), strict=True)
        of_parts = [
            convolution(part.transpose(0, 1), grad.transpose(0, 1), None, dilation, padding, stride).transpose(0, 1)
            for part, grad in parts
        ]
        of_weight = torch.cat(of_parts) if groups > 1 else of_parts[0]
        for k in range(n):
            of_weight = of_weight.narrow(2 + k, 0, weight.shape[2 + k])
    return of_x, of_weight, g.sum((0, *range(2, n + 2))) if mask[2] else None


def _avg_pool_backward(g: Any, x: Any, kernel: Any, stride: Any, padding: Any, ceil: bool, *rest: Any) -> Any:
    """Return the gradient of a mean over windows side by side: each number of a window gets the same share."""
    stride = stride or kernel
    if [*stride] != [*kernel] or any(padding) or rest[1:] != (None,):
        raise NotTakenApart("the gradient of windows that overlap is not written down yet")
    share = g / prod(kernel)
    for k, size in enumerate(kernel):
        dim = x.dim() - len(kernel) + k
        share = share.repeat_interleave(size, dim)
        left = x.shape[dim] - share.shape[dim]
        if left < 0:
            raise NotTakenApart("the gradient of windows that reach over the edge is not written down yet")
        if left:
            share = torch.cat([share, torch.zeros_like(share.narrow(dim, 0, left))], dim)
    return share


def _max_pool_backward(g: Any, x: Any, *rest: Any) -> Any:
    places, lines = rest[-1].flatten(-2), x.shape[:-2]
    zeros = torch.zeros_like(x).reshape(*lines, -1)
    return zeros.scatter_add(-1, places, g.flatten(-2)).reshape(x.shape)


@cache
def _made_of_others() -> dict[Any, Function]:
    return {
        **decompositions(),
        aten.convolution_backward.default: _convolution_backward,
        aten.avg_pool2d_backward.default: _avg_pool_backward,
        aten.max_pool2d_with_indices_backward.default: _max_pool_backward,
    }
