"""Code of others that is looked into: PyTorch's own functions that are written in Python, and custom functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import CellType, FunctionType
from typing import Any

import torch
from torch.autograd import Function

from excel_export.compiler.arguments import changed, tensors_in
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError

_HOMES = ("torch.nn.functional", "torch.functional", "torch._tensor", "torch._jit_internal")
_CHECKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


@cache
def body(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return a function of PyTorch's that does not ask a mode before it begins; None where it is not in Python.

    `F.tanhshrink(x)` hands itself over to the mode that is active, and so would its body, for ever.
    """
    found = inspect.unwrap(function)
    if not isinstance(found, FunctionType) or found.__globals__.get("__name__") not in _HOMES:
        return None
    # Where a function only chooses between two others, those ask.
    cells = tuple(
        CellType(body(cell.cell_contents) or cell.cell_contents)
        if isinstance(cell.cell_contents, FunctionType)
        else cell
        for cell in found.__closure__ or ()
    )
    asked = {name: _never for name in _CHECKS if name in found.__globals__}
    copy = FunctionType(found.__code__, found.__globals__ | asked, found.__name__, found.__defaults__, cells)
    copy.__kwdefaults__ = found.__kwdefaults__
    return copy


def _never(*args: Any) -> bool:
    return False


@contextmanager
def custom_functions_run_plainly(current: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[list[str]]:
    """While it is active, a custom autograd function is what its forward computes; yields the names of those used.

    Args:
        current: what tensor an object stands for.

    Raises:
        ExportError: where one is called, its backward is not that of its forward.
    """
    before, names = Function.__dict__["apply"], list[str]()

    def apply(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
        if cls.__name__ not in names:
            names.append(cls.__name__)
        with torch._C.DisableTorchFunction():
            _compare(cls, before.__get__(None, cls), changed(args, current), kwargs)
        return _forward(cls, args, kwargs)

    Function.apply = classmethod(apply)  # type: ignore[method-assign, assignment]
    try:
        yield names
    finally:
        Function.apply = before  # type: ignore[method-assign]


def _forward(cls: type[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    context = _Context(args)
    if cls.setup_context is Function.setup_context:
        return context.cut(cls.forward(context, *args, **kwargs))
    result = cls.forward(*args, **kwargs)
    cls.setup_context(context, args, result)
    return context.cut(result)


def _compare(cls: type[Any], apply: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a custom function with a backward of its own: for gradients of every size, it must be that of forward."""

    def gradients(call: Callable[..., Any]) -> list[torch.Tensor]:
        leaves = changed(args, lambda x: x.detach().clone().requires_grad_(x.is_floating_point()))
        # A function may change its input in place, which autograd forbids for a leaf.
        results = list(tensors_in(call(*changed(leaves, torch.clone), **kwargs)))
        learning = [leaf for leaf in tensors_in(leaves) if leaf.requires_grad]
        return [
            found
            for result in results if result.requires_grad
            for size in (1e-3, 1.0, 1e3)
            for found in torch.autograd.grad(
                result, learning, torch.linspace(-size, size, result.numel(), dtype=result.dtype).view(result.shape),
                retain_graph=True, allow_unused=True, materialize_grads=True,
            )
        ]  # fmt: skip

    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices=[]):
            own = gradients(apply)
            plain = gradients(lambda *args, **kwargs: _forward(cls, args, kwargs))
    except Exception:
        return  # the recorder, or the confirmation, will say what is wrong
    same = len(own) == len(plain) and all(
        difference(one.numpy(), other.numpy()) <= TOLERANCE for one, other in zip(own, plain, strict=True)
    )
    if not same:
        raise ExportError(
            f"the custom autograd Function {cls.__name__} has a backward that is not the derivative of its forward, "
            "which no formula shows"
        )


class _Context:
    """What the forward of a custom function finds as `ctx`."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.needs_input_grad = tuple(isinstance(item, torch.Tensor) for item in args)
        self.saved_tensors: tuple[torch.Tensor, ...] = ()
        self._without: set[int] = set()

    def save_for_backward(self, *tensors: torch.Tensor) -> None:
        self.saved_tensors = tensors

    def save_for_forward(self, *tensors: torch.Tensor) -> None:
        pass

    def mark_dirty(self, *tensors: torch.Tensor) -> None:
        pass

    def set_materialize_grads(self, value: bool) -> None:
        pass

    def mark_non_differentiable(self, *tensors: torch.Tensor) -> None:
        self._without |= {id(tensor) for tensor in tensors}

    def cut(self, result: Any) -> Any:
        """Return the results, those without a gradient detached."""
        if isinstance(result, tuple):
            return tuple(map(self.cut, result))
        return result.detach() if id(result) in self._without and result.is_floating_point() else result
