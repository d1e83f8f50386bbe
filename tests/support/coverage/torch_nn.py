"""Every class of `torch.nn`: what it is made with, and what it is called with."""

from __future__ import annotations

import inspect
from functools import partial

import torch
from torch import nn

from tests.support.coverage.case import Case, Group, Made, scalar, tensors_in
from tests.support.coverage.torch_nn_calls import Call
from tests.support.coverage.torch_nn_more import CALLS

TITLE = "Classes of `torch.nn`"
NOT_LAYERS = {"Module", "Container", "RNNBase", "RNNCellBase", "DataParallel"}
"""What others are made of; and what needs several graphics cards."""


def classes() -> dict[str, type[nn.Module]]:
    """Return every class of `torch.nn` that is a layer, a loss or a container."""
    return {
        name: item
        for name, item in vars(nn).items()
        if inspect.isclass(item) and issubclass(item, nn.Module) and name not in NOT_LAYERS
    }


def groups() -> list[Group]:
    """Return a group for each class."""
    return [Group(name, partial(_cases, name)) for name in classes()]


def _cases(name: str) -> list[Case]:
    return [Case(what, partial(_made, call, f"{name} {what}")) for what, call in CALLS[name].items()]


def _made(call: Call, seed: str) -> Made:
    torch.manual_seed(sum(seed.encode()))
    module, *args = call()
    if any(isinstance(part, nn.modules.lazy.LazyModuleMixin) for part in module.modules()):
        module(*args)  # its first call makes the parameters
        module.zero_grad()
    args = [learning(item) for item in args]
    return scalar(module.double(), *args)


def learning(item):
    """Return an argument in float64, its tensors with gradients."""
    if isinstance(item, torch.Tensor) and item.is_floating_point():
        return item.detach().double().requires_grad_()
    if isinstance(item, tuple):
        return tuple(map(learning, item))
    assert not list(tensors_in(item)) or not item.is_floating_point()
    return item
