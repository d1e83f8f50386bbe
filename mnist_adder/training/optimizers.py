"""The optimizers of a network, their state, and the average of weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from mnist_adder.compute.recorded import is_recording
from mnist_adder.network.model import AdderNetwork
from mnist_adder.training.muon import Muon
from mnist_adder.training.recipe import Recipe

ADAM_BETAS = (0.9, 0.99)


def make_optimizers(recipe: Recipe, network: AdderNetwork) -> list[Optimizer]:
    """Return the optimizers of a network, which together have every parameter once.

    They are [Muon, AdamW] for a recipe with 'muon', [AdamW] for 'adamw', [Adam] for 'adam'. Weight decay is for the
    weights of the classifier only, not for biases nor for the adder; Adam has none.
    """
    weights = [parameter for parameter in network.classifier_parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in network.classifier_parameters() if parameter.ndim == 1]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    adder: dict[str, Any] = {"params": network.adder_parameters(), "lr": recipe.adder_speed * rate}
    if recipe.optimizer == "adam":
        return [Adam([{"params": weights + vectors, "lr": rate}, adder], fused=True)]
    if recipe.optimizer == "adamw":
        groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": decay}, {"params": vectors}, adder]
        return [AdamW(groups, rate, ADAM_BETAS, weight_decay=0, fused=True)]
    # Muon is for matrices only.
    rest = AdamW([{"params": vectors}, adder], rate, ADAM_BETAS, weight_decay=0, fused=True)
    return [Muon(weights, rate, recipe.momentum, decay), rest]


def peak_rates(optimizers: Sequence[Optimizer]) -> list[list[float]]:
    """Return the learning rates of optimizers, for each a list by groups of parameters: [[0.04], [0.04, 0.064]]."""
    return [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]


def set_rates(optimizers: Sequence[Optimizer], peaks: Sequence[Sequence[float]], factor: float | Tensor) -> None:
    """Set each learning rate to `factor` times its peak: 0.02 for a factor of 0.5 and peaks of [[0.04]].

    While a GPU's work is recorded, the factor is a tensor.
    """
    for optimizer, rates in zip(optimizers, peaks, strict=True):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group |= {"lr": factor * rate, "capturable": is_recording()}


NAMES: dict[type[Optimizer], tuple[str, ...]] = {
    Muon: ("momentum",),
    Adam: ("step", "exp_avg", "exp_avg_sq"),
    AdamW: ("step", "exp_avg", "exp_avg_sq"),
}
"""The names of an optimizer's state for each parameter."""
NEVER_NEGATIVE = (".step", ".exp_avg_sq")
"""The ends of the names of tensors that cannot be below 0."""


def memory(number: int, optimizer: Optimizer) -> dict[str, Tensor]:
    """Return tensors by the names of an optimizer's state, with the shapes and types that it has after a step.

    {'optimizer.0.3.exp_avg': tensor, …} for `number` 0, the first optimizer: this one is of its fourth parameter. The
    values mean nothing: 0 for 'step', else those of the parameter.
    """
    return {
        f"optimizer.{number}.{j}.{name}": torch.tensor(0.0) if name == "step" else parameter
        for j, parameter in enumerate(_parameters(optimizer))
        for name in NAMES[type(optimizer)]
    }


def recall(number: int, optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Set the state of an optimizer, whose number counts from 0, from tensors with the names and shapes of `memory`.

    The memory of an existing state is written to, since a recording of the step uses it.
    """
    found = {
        j: {name: _laid_out(tensors[f"optimizer.{number}.{j}.{name}"], parameter) for name in NAMES[type(optimizer)]}
        for j, parameter in enumerate(_parameters(optimizer))
    }
    kept = optimizer.state_dict()["state"]
    if kept.keys() != found.keys():
        optimizer.load_state_dict({**optimizer.state_dict(), "state": found})
        return
    for j, values in found.items():
        for name, value in values.items():
            kept[j][name].copy_(value)


def check_alike(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Check that a state's tensors, {'steps': …}, have the names, shapes and types of `expected`.

    Raises:
        ValueError: a tensor is missing, is one too many, has another shape or type, or holds an infinite number, NaN,
            or in a '….step' or '….exp_avg_sq' a negative one.
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
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor


EVERY = 4  # steps from one update to the next; an average over hundreds of steps needs no more


def ema_weight(decay: float, step: int) -> float:
    """Return the weight of a step, counted from 1, in the average of weights: 0 but for each fourth step.

    It is 9 / (step/4 + 9), but not below 1 − `decay`: the random start is soon forgotten.

    Example:
        >>> [round(ema_weight(0.99, step), 2) for step in (1, 4, 12, 3564)]
        [0.0, 0.9, 0.75, 0.01]
    """
    update, rest = divmod(step, EVERY)
    return 0.0 if rest else 1 - min(decay, update / (update + 9))


def update_ema(ema: nn.Module, network: nn.Module, weight: float | Tensor) -> None:
    """Move an average of weights, in place, towards a network's: 0.9·average + 0.1·value for `weight` 0.1."""
    averages, values = (
        [tensor for tensor in module.state_dict().values() if tensor.is_floating_point()] for module in (ema, network)
    )
    if isinstance(weight, Tensor):
        torch._foreach_add_(averages, torch._foreach_mul(torch._foreach_sub(values, averages), weight))
    else:
        torch._foreach_lerp_(averages, values, weight)
