"""The reference: the caller's own module, run eagerly in float64 with plain autograd.

This file knows nothing of graphs and operators. Hooks, custom autograd functions, `no_grad` blocks, in-place operations
and branches do here what they do wherever the module runs, so an error in a graph cannot be repeated here.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, bind, mapped_inputs
from excel_export.compiler.reference.chance import SEED, same_chance
from excel_export.compiler.reference.float64_copy import copied, float64_copy
from excel_export.compiler.reference.snapshot import changed_since, snapshot
from excel_export.shared.errors import ExportError, first_line
from excel_export.shared.trees import Change


@dataclass(frozen=True)
class LeafTensor:
    """A parameter or an input of a run, with its gradient: names ('fc.weight',), data and grad of shape (2, 3)."""

    names: tuple[str, ...]
    """Its names; several for a parameter that two layers share."""
    data: np.ndarray
    """Its numbers, float64, or integers."""
    grad: np.ndarray | None
    """Its gradient, float64: zeros if none arrives; None for integers, frozen parameters and fixed inputs."""
    is_reached: bool
    """True if autograd has a gradient for it, even if it is zero."""
    is_fixed: bool = False
    """True for an input by which PyTorch has no derivative, such as the weights of a loss."""


@dataclass(frozen=True)
class EagerRun:
    """The loss of a module, float64 (), and the gradients of its parameters and inputs, each a `LeafTensor`."""

    loss: np.ndarray
    """The loss, an array of shape ()."""
    parameters: tuple[LeafTensor, ...]
    """The parameters, in the order of `named_parameters()`; one that layers share is there once."""
    inputs: tuple[LeafTensor, ...]
    """The tensors among the arguments, in the order of `forward`."""


def run_eagerly(
    module: nn.Module,
    inputs: Inputs,
    mode: AbstractContextManager[Any] | None = None,
    fixed: Collection[str] = (),
    moved: Change | None = None,
) -> EagerRun:
    """Run a module forward and backward in float64, as `module(*inputs).backward()` does.

    The module, its buffers, the inputs, their gradients and the random numbers stay as they are. An input for which
    PyTorch has no gradient, such as the weights of a loss, gets none.

    Args:
        module: returns a scalar loss.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        mode: a context that is active meanwhile, such as Widen(); None for none.
        fixed: the names of inputs that get requires_grad=False.
        moved: a function from a parameter to the numbers that it has in this run; None for its own.

    Raises:
        ExportError: PyTorch cannot run it, or the result is no scalar loss.
    """
    return EagerModule(module, repeats=False).run(inputs, mode, fixed, moved)


def argument_without_gradient(error: BaseException | None) -> str:
    """Return 'weight' for the error "… is not differentiable with respect to argument 'weight'", '' for any other."""
    found = re.search(r"is not differentiable with respect to argument '(\w+)'", str(error))
    return found[1] if found else ""


def is_changed_since(error: Exception) -> bool:
    """Return whether an error is PyTorch's '… modified by an inplace operation' of a saved tensor."""
    return "modified by an inplace operation" in str(error)


@dataclass(frozen=True)
class _Copy:
    module: nn.Module
    parameters: dict[torch.Tensor, tuple[str, ...]]
    """The parameters with all their names."""
    at_first: list[torch.Tensor]
    """The parameters' first numbers."""

    def set(self, moved: Change | None) -> list[torch.Tensor]:
        numbers = [moved(tensor) if moved else tensor for tensor in self.at_first]
        with torch.no_grad():
            for leaf, now in zip(self.parameters, numbers, strict=True):
                leaf.copy_(now)
                leaf.grad = None
        return numbers


def _copy_of(module: nn.Module) -> _Copy:
    copied = float64_copy(module)
    parameters: dict[torch.Tensor, tuple[str, ...]] = {}
    for key, parameter in copied.named_parameters(remove_duplicate=False):
        parameters[parameter] = (*parameters.get(parameter, ()), key)
    for key, parameter in module.named_parameters():
        for hook in (parameter._backward_hooks or {}).values():  # which no copy takes over by itself
            copied.get_parameter(key).register_hook(hook)  # type: ignore[no-untyped-call]
    return _Copy(copied, parameters, [leaf.detach().clone() for leaf in parameters])


class EagerModule:
    """A module that can be run again and again, each time as if for the first time: EagerModule(net).run((x,)).

    Args:
        module: it is not changed.
        repeats: True if it will run several times. One copy is used until a run changes something in it, as a counter.
    """

    def __init__(self, module: nn.Module, *, repeats: bool = True) -> None:
        self._module = module
        self._copy: _Copy | None = None
        self._state: dict[str, Any] = {}
        self.keeps_state: bool | None = None if repeats else True
        """True if a run changes something in the module; None before the first run."""

    def run(
        self,
        inputs: Inputs,
        mode: AbstractContextManager[Any] | None = None,
        fixed: Collection[str] = (),
        moved: Change | None = None,
    ) -> EagerRun:
        """Run the module forward and backward in float64, and return the loss and the gradients.

        `mode` is a context that is active meanwhile, `fixed` names inputs without gradients, and `moved` maps each
        parameter to its numbers in this run; None for none.

        Raises:
            ExportError: PyTorch cannot run it, or the result is no scalar loss.
        """
        attempt = partial(self._attempt, inputs, mode, moved)
        try:
            return attempt(fixed)
        except ExportError as error:
            refusal = error
        without = [*bind(self._module, inputs).leaves]
        if is_changed_since(refusal):
            # As a teacher's weights: PyTorch runs it, but for an input's gradient, which is that of what they were.
            with suppress(ExportError):
                attempt(without)
                with torch.autograd.graph.allow_mutation_on_saved_tensors():
                    return attempt(fixed)
        if not (argument_without_gradient(refusal.__cause__) or "derivative for aten::" in str(refusal.__cause__)):
            raise refusal
        try:
            run = attempt(without)
        except ExportError:
            raise refusal from None
        for name in set(without).difference(fixed):
            try:
                run = attempt([other for other in without if other != name])
                without.remove(name)
            except ExportError:
                continue
        return run

    def _attempt(
        self, inputs: Inputs, mode: AbstractContextManager[Any] | None, moved: Change | None, fixed: Collection[str]
    ) -> EagerRun:
        name = type(self._module).__name__
        with undisturbed():
            copied, self._copy = self._copy or _copy_of(self._module), None  # an error may leave anything behind
            if self.keeps_state is None:
                self._state = snapshot(copied.module, copied.parameters)
            try:
                # A module may change its input in place, which autograd forbids for a leaf.
                call = bind(self._module, inputs, torch.clone, fixed=fixed)
                before = copied.set(moved)
                with mode or nullcontext():
                    loss = loss_of(copied.module(*call.args, **call.kwargs), name)
                    if loss.requires_grad:  # `inputs=` would do, but for checkpoints of the reentrant kind
                        with _gradients_kept(loss, [*copied.parameters, *call.leaves.values()]):
                            torch.autograd.backward(loss)
            except ExportError:
                raise
            except Exception as error:
                raise ExportError(
                    f"PyTorch itself cannot run {name} in float64, forward and backward: {first_line(error)}"
                ) from error
            of_parameters = zip(copied.parameters.items(), before, strict=True)
            of_inputs = call.leaves.items()
            run = EagerRun(
                _numbers(loss),
                tuple(_leaf(names, leaf, data) for (leaf, names), data in of_parameters),
                tuple(_leaf((argument,), leaf, leaf, is_fixed=argument in fixed) for argument, leaf in of_inputs),
            )
            if not self.keeps_state:
                self.keeps_state = bool(changed_since(self._state, copied.module, copied.parameters))
            self._copy = None if self.keeps_state else copied
            return run


def _leaf(names: tuple[str, ...], tensor: torch.Tensor, data: torch.Tensor, *, is_fixed: bool = False) -> LeafTensor:
    grad = None
    if tensor.requires_grad:
        grad = _numbers(torch.zeros_like(data) if tensor.grad is None else tensor.grad.to_dense())
    return LeafTensor(names, _numbers(data), grad, tensor.grad is not None, is_fixed)


def _numbers(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().numpy(force=True)


@contextmanager
def undisturbed(seed: int = SEED) -> Iterator[None]:
    """In its `with` block, gradients are computed even within no_grad, and random numbers begin with the seed.

    Afterwards all global state of PyTorch is as before.
    """
    dtype = torch.get_default_dtype()
    try:
        # Outside of inference mode, gradients are on, even within no_grad.
        with same_chance(seed), torch.inference_mode(False), _not_compiled():
            yield
    finally:
        torch.set_default_dtype(dtype)


@contextmanager
def silence() -> Iterator[None]:
    """In its `with` block, what a module prints is not shown."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield


@contextmanager
def _not_compiled() -> Iterator[None]:
    """Run what `torch.compile` has wrapped, or would wrap, as plain Python: compiled code calls no functions."""
    before = torch.compile
    torch.compile = lambda model=None, **options: model or (lambda function: function)  # type: ignore[assignment]
    is_loaded = "torch._dynamo" in sys.modules  # else nothing is compiled yet, and to import it takes seconds
    try:
        with torch.compiler.set_stance("force_eager") if is_loaded else nullcontext():
            yield
    finally:
        torch.compile = before


@contextmanager
def _gradients_kept(loss: torch.Tensor, own: Iterable[torch.Tensor]) -> Iterator[None]:
    mine = {id(tensor) for tensor in own}
    kept: list[tuple[torch.Tensor, torch.Tensor | None]] = []
    todo, seen = [loss.grad_fn], set[Any]()
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        todo += [following for following, _ in node.next_functions]
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in mine:
            kept.append((leaf, leaf.grad))
            leaf.grad = None
    try:
        yield
    finally:
        for leaf, grad in kept:
            leaf.grad = grad


def loss_in_own_types(module: nn.Module, inputs: Inputs) -> tuple[float, torch.dtype] | None:
    """Run a module on the CPU without a change of types; return the loss and the narrowest type: (2.73, torch.float32).

    None if it cannot be run so, or neither it nor the inputs have a floating-point tensor.
    """
    tensors = [*module.parameters(), *module.buffers()]
    learns = not any(parameter.requires_grad for parameter in module.parameters())

    def taken(tensor: torch.Tensor) -> torch.Tensor:
        tensors.append(tensor)
        tensor = tensor.detach().cpu().clone()
        return tensor.requires_grad_() if learns and tensor.is_floating_point() else tensor

    try:
        with undisturbed():
            own, given = copied(module).cpu(), mapped_inputs(inputs, taken)
            result = own(**given) if isinstance(given, Mapping) else own(*given)
            loss = loss_of(result, type(module).__name__).item()
    except Exception:  # any code of the caller's may fail in any way
        return None
    kinds = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
    return (loss, max(kinds, key=lambda kind: torch.finfo(kind).eps)) if kinds else None


RULE = (
    "the loss is the tensor that it returns; or its part 'loss', as in Hugging Face's ModelOutput; or, of several "
    "results, the one single number that learns"
)


def loss_of(
    result: Any, kind: str, learns: Callable[[torch.Tensor], bool] = lambda tensor: tensor.requires_grad
) -> torch.Tensor:
    """Return the loss, a floating-point tensor of one element, from what a module's `forward` returned.

    Args:
        result: the loss; or something with a `loss` as attribute or key; or a tuple or list in which one scalar learns,
            as in `(accuracy, loss)`. If none learns, it is the first result, if a scalar, or the only scalar.
        kind: the name of the module's class, for messages.
        learns: returns whether a gradient flows through a tensor.

    Raises:
        ExportError: none of these is a floating-point tensor of one element, or several scalars learn.
    """
    found = result
    if isinstance(result, Mapping):
        found = result.get("loss")
    elif isinstance(result, (tuple, list)) and not hasattr(result, "loss"):
        single = [item for item in result if isinstance(item, torch.Tensor) and item.dim() == 0]
        learning = [item for item in single if item.is_floating_point() and learns(item)]
        if len(learning) > 1:
            raise ExportError(
                f"{kind} must return a scalar loss, but it returned {len(learning)} numbers that learn: return their "
                "sum, or the loss alone, or detach() what is only shown"
            )
        single = learning or single
        is_clear = learning or (single and (single[0] is result[0] or len(single) == 1))
        found = single[0] if is_clear else None
    elif not isinstance(result, torch.Tensor):
        found = getattr(result, "loss", None)
    if not isinstance(found, torch.Tensor):
        raise ExportError(f"{kind} must return a scalar loss, but it returned {_described(result)}: {RULE}")
    if found.numel() != 1:
        raise ExportError(f"{kind} must return a scalar loss, but it returned {_described(found)}")
    if not found.is_floating_point():
        raise ExportError(
            f"{kind} must return a scalar loss, but it returned a whole number ({_described(found)}), which has no "
            "gradient"
        )
    return found


def _described(result: Any) -> str:
    if isinstance(result, torch.Tensor):
        return f"{tuple(result.shape)} of {str(result.dtype).removeprefix('torch.')}"
    if isinstance(result, Mapping):
        return f"{type(result).__name__} of {', '.join(map(str, result)) or 'nothing'}"
    return "None" if result is None else type(result).__name__
