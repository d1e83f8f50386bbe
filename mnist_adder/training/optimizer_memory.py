"""What optimizers remember, as named tensors of a state that is written to a file and read again."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from mnist_adder.training.muon import Muon

NAMES: dict[type[Optimizer], tuple[str, ...]] = {
    Muon: ("momentum",),
    Adam: ("step", "exp_avg", "exp_avg_sq"),
    AdamW: ("step", "exp_avg", "exp_avg_sq"),
}
NEVER_NEGATIVE = (".step", ".exp_avg_sq")


def memory(number: int, optimizer: Optimizer) -> dict[str, Tensor]:
    """Name all that an optimizer remembers after its first step, each with a tensor of the same shape and type."""
    return {
        f"optimizer.{number}.{j}.{name}": torch.tensor(0.0) if name == "step" else parameter
        for j, parameter in enumerate(_parameters(optimizer))
        for name in NAMES[type(optimizer)]
    }


def recall(number: int, optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimizer what it remembered, from tensors that are named and shaped as `memory` says."""
    found = {
        j: {name: _laid_out(tensors[f"optimizer.{number}.{j}.{name}"], parameter) for name in NAMES[type(optimizer)]}
        for j, parameter in enumerate(_parameters(optimizer))
    }
    optimizer.load_state_dict({**optimizer.state_dict(), "state": found})


def check_alike(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Check that a state can be the one that is expected.

    Args:
        tensors: the state, by name.
        expected: tensors of the same names, shapes and types.

    Raises:
        ValueError: a tensor is missing, is one too many, has another shape or type, or holds what can't be there.
    """
    if different := tensors.keys() ^ expected.keys():
        raise ValueError(f"{min(different)} is missing, or one too many")
    for name, tensor in expected.items():
        found = tensors[name]
        if (found.shape, found.dtype) != (tensor.shape, tensor.dtype):
            raise ValueError(f"{name} has another shape or type")
        if not found.isfinite().all() or (name.endswith(NEVER_NEGATIVE) and bool((found < 0).any())):
            raise ValueError(f"{name} holds what is no number, or is below 0")


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _laid_out(tensor: Tensor, parameter: Tensor) -> Tensor:
    """Give a tensor in the parameter's memory layout: the fused optimizers go through both side by side."""
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
