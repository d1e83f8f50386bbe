"""A module for several examples at once, made of one for a single example: its loss is the mean of their losses."""

import copy
import inspect
from collections.abc import Sequence

import torch
from torch import nn

from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.shared.errors import ExportError

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def batched(module: nn.Module, inputs: Inputs, count: int) -> nn.Module:
    """Return a module whose loss is the mean of the losses of `count` examples: two(x_1=…, y_1=…, x_2=…, y_2=…).

    It has the parameters of `module` itself, so gradients go there.

    Args:
        module: takes a single example; it is returned as it is if `count` is 1.
        inputs: an example, (x, y), for the arguments' names. Those that are no tensors are the same for all.
        count: the number of examples.

    Raises:
        ExportError: forward() takes arguments without names or tensors within lists, or the module has hooks.
    """
    if count == 1:
        return module
    name = type(module).__name__
    parameters = inspect.signature(module.forward).parameters.values()
    unnamed = [parameter.name for parameter in parameters if parameter.kind not in _BY_NAME]
    if unnamed:
        raise ExportError(f"{name} cannot be trained in batches: forward() takes '{unnamed[0]}' without a name")
    if any(getattr(module, hooks, None) for hooks in _HOOKS) or "forward" in vars(module):
        raise ExportError(f"{name} cannot be trained in batches: it has hooks, or a forward() of this object alone")
    bound = bind(module, inputs)
    parts = [key for key in bound.leaves if not key.isidentifier()]
    if parts:
        raise ExportError(
            f"{name} cannot be trained in batches: its input '{parts[0]}' is a part of another; let forward() take "
            "each tensor by a name of its own, or give one example at a time"
        )
    others = {key: item for key, item in bound.named.items() if key not in bound.leaves}
    one = type(module).forward

    def forward(self: nn.Module, **given: torch.Tensor) -> torch.Tensor:
        losses = []
        for number in range(1, count + 1):
            loss = one(self, **others, **{key: given[numbered(key, number)] for key in bound.leaves})
            losses.append(loss if loss.dim() == 0 else loss.reshape(()))
        return torch.stack(losses).mean()

    keys = [numbered(key, number) for number in range(1, count + 1) for key in bound.leaves]
    own = [inspect.Parameter(key, inspect.Parameter.POSITIONAL_OR_KEYWORD) for key in ("self", *keys)]
    forward.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    together = copy.copy(module)
    together.__class__ = type(name, (type(module),), {"forward": forward})
    return together


def numbered(key: str, number: int) -> str:
    """Return the name of an input of one example in a batch, counted from 1: 'x_1' for 'x' and 1."""
    return f"{key}_{number}"


def together(module: nn.Module, examples: Sequence[Inputs]) -> Inputs:
    """Return several examples as the arguments of a batched module, {'x_1': …, 'x_2': …}.

    A single example is returned as it is. `module` is the one for a single example.
    """
    if len(examples) == 1:
        return examples[0]
    leaves = [bind(module, example).leaves for example in examples]
    return {numbered(key, k): item.detach() for k, own in enumerate(leaves, start=1) for key, item in own.items()}
