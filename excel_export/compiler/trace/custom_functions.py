"""Custom autograd functions: their forward is recorded, and so is a backward that is not its derivative."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.autograd.function import FunctionCtx, _SingleLevelFunction

from excel_export.compiler.reference.magnitudes import spread
from excel_export.compiler.reference.widen import NARROW
from excel_export.compiler.refuse.hooks import gradients_like
from excel_export.compiler.trace.patches import Patch
from excel_export.compiler.trace.recorder import Recorder
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Args, Change, Function, Kwargs, changed, tensors_in
from excel_export.shared.users_code import is_installed

ROUNDING = 1e-6
"""The largest difference, relative to the numbers, that a cast to a narrow type may make."""


def custom_functions_recorded(recorder: Recorder, is_live: Callable[[torch.Tensor], bool]) -> list[Patch]:
    """Return patches, (Function, 'apply', our function), that let the recorder see into custom autograd functions.

    is_live(tensor) returns whether a tensor depends on an input or a parameter. If none of its arguments does, a
    function is run; if it draws random numbers, as of a Beta distribution, these become an input.

    Raises:
        ExportError: on a call, if its backward is neither the derivative of its forward, nor a factor for each element.
    """
    before = torch._C._FunctionBase.__dict__["apply"]

    def apply(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
        if not any(map(is_live, tensors_in((args, kwargs)))):

            def plain(*args: Any, **kwargs: Any) -> Any:
                return before.__get__(None, cls)(*args, **kwargs)

            plain.__name__ = cls.__name__.strip("_").lower()
            with torch._C.DisableTorchFunction():
                return recorder.constants.call(plain, args, kwargs)
        if cls.__name__ not in recorder.custom:
            recorder.custom.append(cls.__name__)
        with torch._C.DisableTorchFunction(), recorder.refusals_kept():
            way = _way(cls, before.__get__(None, cls), changed(args, recorder.changes.current), kwargs)
        return way(cls, *args, **kwargs)

    # What `Function.apply` calls: a module may hold that one, as in `spike = Spike.apply`.
    return [(_SingleLevelFunction, "apply", classmethod(apply))]


def _as_computed(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    context = _Context(cls, args)
    return context.cut(_forward(cls, context, args, kwargs))


def _with_its_own_backward(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Return forward(x) + factor · (x − x.detach()), whose gradient is that of the function's backward.

    The factor of each element is the result of backward for a gradient of ones.
    """
    context = _Context(cls, args)
    with torch.no_grad():
        result = _forward(cls, context, args, kwargs)
        if not isinstance(result, torch.Tensor):
            raise TypeError("several results")
        ones = torch.ones_like(result)
        factors = cls.backward(context, ones)
    result = result.detach()
    for item, factor in zip(args, factors if isinstance(factors, tuple) else (factors,), strict=False):
        if isinstance(item, torch.Tensor) and factor is not None:
            if item.shape != result.shape:
                raise TypeError("not one factor for each element")
            moved = item - item.detach()
            result = result + (moved if factor is ones else factor.detach() * moved)
    return result


def _forward(cls: type[Any], context: _Context, args: Args, kwargs: Kwargs) -> Any:
    if cls.setup_context is torch.autograd.Function.setup_context:
        return cls.forward(context, *args, **kwargs)
    result = cls.forward(*args, **kwargs)
    cls.setup_context(context, args, result)
    return result


_MOVES: tuple[Change, ...] = (
    *(partial(torch.mul, other=sign * size) for sign in (1, -1) for size in (1.0, 1e-6, 1e-3, 1e3, 1e6)),
    *(partial(torch.add, other=sign * size) for sign in (1, -1) for size in (10.0, 1e3, 1e6)),  # also of zeros
    lambda x: x + torch.randn_like(x),
    lambda x: 0.1 * torch.randn_like(x),
)
"""A learner may type other numbers: what holds for those of this run, the first, has to hold for these, too. Where a
function saturates, it does so for large numbers."""


def _way(cls: type[Any], apply: Function, args: Args, kwargs: Kwargs) -> Function:
    cases: list[tuple[Any, list[np.ndarray]]] = []
    with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for moved in _moved(args):
            own = _gradients(apply, moved, kwargs)
            if own is None and not cases:
                return _as_computed  # the recorder, or the confirmation, will say what is wrong
            if own is not None and all(np.isfinite(grad).all() for grad in own):
                cases.append((moved, own))
        is_narrow = any(tensor.dtype in NARROW for tensor in tensors_in(apply(*args, **kwargs)))
        tolerance = ROUNDING if is_narrow else TOLERANCE  # gradients pass that type, as where it ends with `.float()`
        for way in (_as_computed, _with_its_own_backward):
            ways = ((own, _gradients(partial(way, cls), moved, kwargs)) for moved, own in cases)
            if all(_agree(own, other, tolerance) for own, other in ways):
                return way
    advice = "if it is the gradient of another function s(x), write s(x) + (y - s(x)).detach()"
    if is_installed(inspect.getfile(cls)):
        advice = f"it belongs to {cls.__module__.partition('.')[0]}, so use functions of PyTorch's in its place"
    raise ExportError(
        f"the custom autograd Function {cls.__name__} has a backward that is not the derivative of its forward, nor a "
        f"factor for each element, which no formula shows: {advice}"
    )


def _moved(args: Args) -> Iterator[Args]:
    def of(change: Change) -> Args:
        found: Args = changed(args, lambda x: change(x.detach()) if x.is_floating_point() else x)
        return found

    yield from map(of, _MOVES)
    floats = [tensor for tensor in tensors_in(args) if tensor.is_floating_point()]
    for numbers in spread(max(floats, key=torch.numel)) if floats else ():
        yield of(partial(_first_of, numbers))


def _first_of(numbers: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    return numbers.flatten()[: tensor.numel()].reshape(tensor.shape).to(tensor.dtype)


def _gradients(call: Function, args: Args, kwargs: Kwargs) -> list[np.ndarray] | None:
    """Return the input gradients for result gradients of several sizes; None if the call fails or one is infinite."""
    leaves = changed(args, lambda x: x.clone().requires_grad_(x.is_floating_point()))
    try:
        # A function may change its input in place, which autograd forbids for a leaf.
        results = tensors_in(call(*changed(leaves, torch.clone), **kwargs))
        if not all(result.isfinite().all() for result in results):
            return None
        learning = [leaf for leaf in tensors_in(leaves) if leaf.requires_grad]
        return [
            found.numpy()
            for result in results if result.requires_grad
            for grad in gradients_like(result, (1e-6, 1.0, 1e6, 1e9, 1e12))
            for found in torch.autograd.grad(
                result, learning, grad.to(result.dtype), retain_graph=True, allow_unused=True, materialize_grads=True,
            )
        ]  # fmt: skip
    except ExportError:
        raise
    except Exception:
        return None


def _agree(own: list[np.ndarray], other: list[np.ndarray] | None, tolerance: float) -> bool:
    return (
        other is not None
        and len(own) == len(other)
        and all(difference(one, same) <= tolerance for one, same in zip(own, other, strict=True))
    )


class _Context(FunctionCtx):
    def __init__(self, cls: type[Any], args: Args) -> None:
        self._called = cls.__name__
        self.needs_input_grad = tuple(isinstance(item, torch.Tensor) for item in args)
        self.to_save: tuple[torch.Tensor, ...] = ()
        self.non_differentiable: tuple[torch.Tensor, ...] = ()

    @property
    def saved_tensors(self) -> tuple[torch.Tensor, ...]:
        return self.to_save

    def mark_dirty(self, *args: torch.Tensor) -> None:
        raise ExportError(
            f"the custom autograd Function {self._called} changes its input in place (mark_dirty), which no formula "
            "shows: let it return a new tensor"
        )

    def cut(self, result: Any) -> Any:
        if isinstance(result, tuple):
            return tuple(map(self.cut, result))
        without = any(result is tensor for tensor in self.non_differentiable) and result.is_floating_point()
        return result.detach() if without else result
