"""Real networks in tiny configurations: textbooks' classics, torchvision's own classes, and those of `transformers`."""

from __future__ import annotations

import copy
from functools import partial

import torch

from tests.support.coverage.case import Case, Group, Made, NotCounted
from tests.support.coverage.zoo import classics, generative, huggingface, language, vision

TITLE = "Real networks"


def groups() -> list[Group]:
    """Return a group for each network."""
    found = {**classics.ZOO, **generative.ZOO, **language.ZOO, **vision.ZOO, **huggingface.ZOO}
    return [Group(name, partial(_cases, name, make)) for name, make in found.items()]


def _cases(name: str, make) -> list[Case]:
    return [Case("", partial(_made, name, make))]


def _made(name: str, make) -> Made:
    if name in huggingface.ZOO and not huggingface.INSTALLED:
        raise NotCounted("the package transformers is not installed")
    return seeded(name, make)


def seeded(name: str, make) -> Made:
    """Make a network, the same every time, and see that PyTorch runs it: in float64, or else as it asks for."""
    try:
        return _run_once(name, make, torch.float64)
    except RuntimeError:
        return _run_once(name, make, torch.float32)


def _run_once(name: str, make, dtype: torch.dtype) -> Made:
    torch.manual_seed(sum(name.encode()))
    torch.set_default_dtype(dtype)
    try:
        module, inputs = make()
        leaves = [x.to(dtype).clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
        # What it keeps of a run cannot be copied.
        copy.deepcopy(module).to(dtype)(*(x * 1 if x.requires_grad else x for x in leaves)).backward()
    finally:
        torch.set_default_dtype(torch.float32)
    return module.to(dtype), inputs
