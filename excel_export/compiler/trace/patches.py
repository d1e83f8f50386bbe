"""Replacements in PyTorch's own code while a module runs, so that its calls can be recorded."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.autograd.variable import VariableMeta
from torch.distributions import constraints
from torch.nn.modules import transformer
from torch.utils import checkpoint

from excel_export.compiler.refuse.shared_numbers import refuse_between
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import NEVER
from excel_export.shared.trees import tensors_in
from excel_export.shared.users_code import calling_line

Patch = tuple[Any, str, Any]
"""A module or a class of PyTorch's, the name of an attribute, and its value meanwhile."""
IsLive = Callable[[torch.Tensor], bool]
"""A function that returns whether a tensor depends on inputs or parameters."""


@contextmanager
def patched(patches: Iterable[Patch]) -> Iterator[None]:
    """In its `with` block, torch.compile is f for a patch (torch, 'compile', f), and so on; later all is as before."""
    before: list[Patch] = []
    inherited: list[tuple[Any, str]] = []
    try:
        for owner, name, new in patches:
            if name in vars(owner):
                before.append((owner, name, vars(owner)[name]))
            else:
                inherited.append((owner, name))
            setattr(owner, name, new)
        yield
    finally:
        for owner, name, own in before:
            setattr(owner, name, own)
        for owner, name in inherited:
            delattr(owner, name)


def run_plainly(is_live: IsLive) -> list[Patch]:
    """Return patches, (module, name, function), by which PyTorch's own code calls only what can be recorded.

    is_live(tensor) returns whether a tensor depends on an input or a parameter.

    Raises:
        ExportError: while the module runs: TorchScript without Python code reads a live tensor; an attention mask
            with a gradient is the causal one; saved-tensor hooks may change what the backward pass reads.
    """
    return [*_CHECKPOINTS, *_UNCHECKED, *_PLAIN_TENSORS, *_parameters(is_live), *_scripts(is_live),
            *_transformers(is_live), (saved_tensors_hooks, "__enter__", _saved_as_it_is)]  # fmt: skip


_enter = saved_tensors_hooks.__enter__


def _saved_as_it_is(hooks: Any) -> Any:
    if type(hooks) is saved_tensors_hooks:  # and not PyTorch's own ones, as those of save_on_cpu
        raise ExportError(
            f"saved_tensors_hooks in {calling_line()} may change what gradients are made of, which no formula shows: "
            "leave it out"
        )
    return _enter(hooks)


def _once(*args: object, **kwargs: object) -> Iterator[None]:
    yield


# A checkpoint calls its function again in the backward pass, where nothing is recorded, and refuses what then saves
# other tensors than before; or it is a custom autograd function. The first generator is PyTorch's up to 2.13.
_CHECKPOINTS: list[Patch] = [
    (checkpoint.CheckpointFunction, "apply", staticmethod(lambda function, preserve, *args: function(*args))),
    *(
        (checkpoint, name, _once)
        for name in ("_checkpoint_without_reentrant_generator", "_checkpoint_without_reentrant_generator_impl")
        if hasattr(checkpoint, name)
    ),
]


# PyTorch's own run of the module has asked it of the same arguments. `torch.distributions` asks whether a matrix is a
# covariance; where others are none, their cells say so. A recurrent layer asks for one type, and in the copy in float64
# a constant may be a float32.
_UNCHECKED: list[Patch] = [
    (nn.RNNBase, "check_input", lambda layer, input, batch_sizes: None),
    *(
        (type(constraint), "check", lambda constraint, value: torch.ones(value.shape[:-2], dtype=torch.bool))
        for constraint in (constraints.symmetric, constraints.positive_semidefinite, constraints.positive_definite)
    ),
]


def _variable(kind: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
    if isinstance(data, torch.Tensor):
        return data.detach()
    return type.__call__(kind, *(() if data is None else (data,)), *args, **kwargs)


def _as_subclass(tensor: torch.Tensor, kind: Any) -> torch.Tensor:
    refuse_between([kind])
    return tensor


_PLAIN_TENSORS: list[Patch] = [(VariableMeta, "__call__", _variable), (torch.Tensor, "as_subclass", _as_subclass)]


def _parameters(is_live: IsLive) -> list[Patch]:
    def made(kind: Any, *args: Any, **kwargs: Any) -> Any:
        if kind is not nn.Parameter or not any(map(is_live, tensors_in((args, kwargs)))):
            return type.__call__(kind, *args, **kwargs)
        return parameter(*args, **kwargs)

    def parameter(data: torch.Tensor, requires_grad: bool = True) -> Any:
        made: Any = data.detach()
        made._is_param = True  # a module takes it for one
        return made.requires_grad_() if requires_grad else made

    return [(type(nn.Parameter), "__call__", made)]


def _scripts(is_live: IsLive) -> list[Patch]:
    """Let a scripted function run as its Python code: TorchScript runs where no recorder sees it."""
    kinds: tuple[Any, Any] = (torch.jit.ScriptFunction, torch.ScriptMethod)
    before = {kind: kind.__call__ for kind in kinds}

    def call(script: Any, *args: Any, **kwargs: Any) -> Any:
        made_of = getattr(script, "_torchdynamo_inline", None)  # where torch.compile looks for it, too
        if made_of and isinstance(script, torch.jit.ScriptFunction):
            return made_of(*args, **kwargs)
        if any(map(is_live, tensors_in((args, kwargs)))):
            raise ExportError(
                f"TorchScript in {calling_line()} has calls that cannot be recorded: use the Python that it was made of"
            )
        return next(own for kind, own in before.items() if isinstance(script, kind))(script, *args, **kwargs)

    return [(kind, "__call__", call) for kind in kinds]


def _transformers(is_live: IsLive) -> list[Patch]:
    detect = transformer._detect_is_causal_mask

    def detect_if_constant(mask: torch.Tensor | None, is_causal: bool | None = None, size: int | None = None) -> bool:
        if is_causal is not None or mask is None or not is_live(mask):
            return detect(mask, is_causal, size)
        with torch._C.DisableTorchFunction():
            if mask.requires_grad and detect(mask.detach().masked_fill(mask <= NEVER, -torch.inf), None, size):
                raise ExportError(
                    "an attention mask that is an input is the causal one: PyTorch then leaves it out, so changing it "
                    "would do other things here and there; give is_causal (tgt_is_causal), truth values, or a buffer"
                )
        return False

    return [
        (torch.backends.mha, "get_fastpath_enabled", lambda: False),
        (transformer, "_detect_is_causal_mask", detect_if_constant),
    ]
