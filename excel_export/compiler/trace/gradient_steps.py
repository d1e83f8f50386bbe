"""The backward pass of one call, as PyTorch computes it, written down as steps of its basic functions (ATen)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from math import prod
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.compiler.reference.tensors import tensors_in
from excel_export.compiler.reference.widen import NARROW
from excel_export.compiler.trace.aten_calls import Steps, WriteDown, in_new_tensors
from excel_export.compiler.trace.decompose import NotTakenApart, decompositions, missing

Evaluate = Callable[[Callable[[torch.Tensor], torch.Tensor]], Any]
"""A call, of tensors that are changed first."""
aten = torch.ops.aten
_TURNS = {aten.detach.default, aten.t.default, aten.transpose.int, aten.permute.default, aten.view.default,
          aten.unsqueeze.default, aten.squeeze.dim, aten.squeeze.dims, aten.expand.default}  # fmt: skip
"""They may undo what was done before; PyTorch also detaches what it keeps."""


def gradient_steps(
    evaluate: Evaluate,
    given: Sequence[torch.Tensor],
    results: Sequence[torch.Tensor],
    grads: Sequence[torch.Tensor | None],
    wanted: Collection[int],
) -> Steps:
    """Return the steps from what is given, the results, and their gradients to the gradients of what is wanted.

    Args:
        evaluate: the call.
        given: the tensors that it takes.
        results: what it has computed of them.
        grads: the gradient that arrives at each result; None for none.
        wanted: the numbers of those given tensors of which the gradients are asked for.

    Raises:
        NotTakenApart: PyTorch cannot say, or it is made of something that has no formula.
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
        steps = Steps(mode.steps, [None if grad is None else mode.hole(grad) for grad in found])
        if steps.changes_in_place:
            steps = in_new_tensors(steps, [*leaves, *known, *arriving], _made_of_others())
        steps = steps.needed()
    if missing(steps):
        raise NotTakenApart(f"PyTorch makes it of {' and '.join(missing(steps))}, for which there are no formulas")
    return steps


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    copy = tensor.detach().clone()
    return copy.double() if copy.dtype in NARROW else copy


class _OfGradients(WriteDown):  # type: ignore[no-untyped-call]
    """PyTorch keeps results for the backward pass as other objects, which share their numbers."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a basic function; a view that is all of a known tensor, in its order, is that tensor."""
        if function in _TURNS:
            result = function(*args, **(kwargs or {}))
            if self.key(result) in self.holes:
                return result
        return super().__torch_dispatch__(function, types, args, kwargs)

    def key(self, tensor: torch.Tensor) -> Any:
        """Return what two objects for the same numbers have in common."""
        place = tensor.untyped_storage().data_ptr()
        return place, tensor.storage_offset(), tensor.shape, tensor.stride(), tensor.dtype

    def is_also(self, new: torch.Tensor, same: torch.Tensor) -> None:
        """Let a tensor stand for another one from now on."""
        self.holes[self.key(new)] = self.holes[self.key(same)]


def _convolution_backward(
    g: Any, x: Any, weight: Any, sizes: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, rest: Any,
    groups: int, mask: Any,
) -> Any:  # fmt: skip
    """The gradients of a convolution are convolutions."""
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
    """Where windows lie side by side, each of their numbers gets the same share."""
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
    """Each gradient goes to where the maximum stood."""
    places, lines = rest[-1].flatten(-2), x.shape[:-2]
    zeros = torch.zeros_like(x).reshape(*lines, -1)
    return zeros.scatter_add(-1, places, g.flatten(-2)).reshape(x.shape)


@cache
def _made_of_others() -> dict[Any, Callable[..., Any]]:
    return {
        **decompositions(),
        aten.convolution_backward.default: _convolution_backward,
        aten.avg_pool2d_backward.default: _avg_pool_backward,
        aten.max_pool2d_with_indices_backward.default: _max_pool_backward,
    }
