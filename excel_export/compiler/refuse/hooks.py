"""Hooks of gradients: one that only looks is allowed; one that changes a gradient is refused, as no formula shows it.

Many hooks change only large gradients, as a clip does. So a hook is tried on gradients of all sizes, and must return
each one as it is. A recorder sees what else the hook reads.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from excel_export.compiler.refuse.by_name import refuse_by_name
from excel_export.shared.errors import ExportError, first_line
from excel_export.shared.trees import Args
from excel_export.shared.users_code import calling_line, line_of

_SIZES = (1.0, 0.0, 1e-12, 1e-6, 1e6, 1e12)


def gradients_like(tensor: torch.Tensor, sizes: Sequence[float] = _SIZES) -> Iterator[torch.Tensor]:
    """Yield sample gradients in the shape of a tensor, float64: for each size of mixed signs, positive, and negative.

    [-1.0, -0.15, 0.7], [1.0, 1.0, 1.0], [-1.0, -1.0, -1.0] for three elements and sizes=(1,); 18 by default.
    """
    for size in sizes:
        for least, most in ((-size, 0.7 * size), (size, size), (-size, -size)):
            yield torch.linspace(least, most, tensor.numel(), dtype=torch.float64).reshape(tensor.shape)


Mode = AbstractContextManager[Any]


def tried(hook: Callable[[torch.Tensor], torch.Tensor | None], tensor: torch.Tensor, mode: Mode) -> Any:
    """Call a hook on sample gradients of a tensor, in the context `mode`, a recorder; the tensor does not get the hook.

    Returns:
        A handle with a method `remove`, as x.register_hook(hook) gives one.

    Raises:
        ExportError: the hook changes a gradient, or fails.
    """
    _try(hook, tensor, calling_line(), mode)
    return torch.zeros(1, requires_grad=True).register_hook(hook)  # type: ignore[no-untyped-call]


def refuse_hooks_of_parameters(module: nn.Module, mode: Mode) -> None:
    """Call the hooks of a module's parameters on sample gradients, in the context `mode`, a recorder.

    Raises:
        ExportError: one changes a gradient, as w.register_hook(lambda g: 2 * g), or runs after gradients are added up.
    """
    for name, parameter in module.named_parameters():
        for hook in (parameter._backward_hooks or {}).values():
            _try(hook, parameter, f"the parameter '{name}', {line_of(hook)}", mode)
        if parameter._post_accumulate_grad_hooks:
            refuse_by_name("register_post_accumulate_grad_hook", f"the parameter '{name}'")


class Node:
    """Stands for x.grad_fn: Node(x.grad_fn).name() is 'MulBackward0', but .register_hook raises an ExportError."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def __getattr__(self, name: str) -> Any:
        if name.startswith("register") or name == "next_functions":
            raise ExportError(
                f"x.grad_fn.{name} in {calling_line()} may change a gradient, which no formula shows: use "
                "x.register_hook or register_full_backward_hook, with a hook that looks only"
            )
        return getattr(self._node, name)


class TriedHooks:
    """A class to put in the place of PyTorch's BackwardHook for a run, in which backward hooks are only tried.

    In the forward pass of each module with hooks, the hooks are called with made-up gradients of its results and
    arguments.

    Raises:
        ExportError: a hook returns other gradients than it was given.
    """

    def __init__(self, module: nn.Module, user_hooks: Sequence[Any], user_pre_hooks: Sequence[Any]) -> None:
        """Take a module and its full backward hooks and backward pre-hooks, as PyTorch passes them to its own class."""
        self._module, self._hooks, self._pre_hooks = module, user_hooks, user_pre_hooks
        self._args: tuple[Any, ...] = ()

    def setup_input_hook(self, args: Args) -> tuple[Any, ...]:
        """Store the module's arguments, a tuple, and return them unchanged; PyTorch's own class would add its hooks."""
        self._args = args
        return args

    def setup_output_hook(self, result: Any) -> Any:
        """Call the hooks on sample gradients of the module's arguments and results; return the result unchanged."""
        made = result if isinstance(result, tuple) else (result,)
        with torch._C.DisableTorchFunction():
            grads = [*zip(_gradients(made), _gradients(self._args), strict=True)]
        for outputs, inputs in grads:
            for hook in self._pre_hooks:
                _same(hook, (self._module, outputs), outputs, self._where(hook))
            for hook in self._hooks:
                _same(hook, (self._module, inputs, outputs), inputs, self._where(hook))
        return result

    def _where(self, hook: Any) -> str:
        return f"a {type(self._module).__name__}, {line_of(hook)}"


def _gradients(items: tuple[Any, ...]) -> Iterator[tuple[torch.Tensor | None, ...]]:
    columns = [[*gradients_like(item)] if isinstance(item, torch.Tensor) else None for item in items]
    for k, _ in enumerate(gradients_like(torch.empty(1))):
        yield tuple(None if column is None else column[k] for column in columns)


def _try(hook: Callable[[torch.Tensor], Any], tensor: torch.Tensor, where: str, mode: Mode) -> None:
    with torch._C.DisableTorchFunction():
        grads = [*gradients_like(tensor)]

    def of_one(grad: torch.Tensor) -> tuple[Any, ...] | None:
        found = hook(grad)
        return None if found is None else (found,)

    for grad in grads:
        _same(of_one, (grad,), (grad,), where, mode)


def _same(
    hook: Callable[..., Any],
    args: Args,
    grads: tuple[torch.Tensor | None, ...],
    where: str,
    mode: Mode | None = None,
) -> None:
    plain = [grad for grad in grads if grad is not None]
    with torch._C.DisableTorchFunction():
        before = [grad.clone() for grad in plain]
    try:
        with torch.no_grad(), mode or nullcontext():
            found = hook(*args)
    except ExportError:
        raise
    except Exception as error:
        raise ExportError(
            f"a hook fails when it is tried on gradients of all sizes ({first_line(error)}): {where}; remove it "
            "before the export"
        ) from error
    is_same = found is None or all(one is other for one, other in zip(found, grads, strict=False))
    with torch._C.DisableTorchFunction():
        if not is_same or not all(map(torch.equal, plain, before)):
            raise ExportError(
                f"a hook changes a gradient, or gives another one back, which no formula shows: {where}; "
                f"{_way_round(found, before if len(before) == len(grads) else ())}"
            )


def _way_round(found: Sequence[Any] | None, grads: Sequence[torch.Tensor | None]) -> str:
    pairs = [(one, other) for one, other in zip(found or (), grads, strict=False) if one is not None]
    ratios = [(one / other)[other != 0] for one, other in pairs if other is not None and other.any()]
    if ratios and all(torch.allclose(ratio, ratios[0][:1].expand_as(ratio)) for ratio in ratios):
        return "as it takes f times the gradient of x, go on with f * x + (1 - f) * x.detach()"
    return "the sheet shows gradients as they are: remove it before the export, and bound them where the step is taken"
