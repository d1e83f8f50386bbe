"""Real networks in tiny configurations: textbooks' classics, torchvision's own classes, and those of `transformers`."""

from __future__ import annotations

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
    torch.manual_seed(sum(name.encode()))
    torch.set_default_dtype(torch.float64)
    try:
        module, inputs = make()
        leaves = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
        module.double()(*(x * 1 if x.requires_grad else x for x in leaves)).backward()
    finally:
        torch.set_default_dtype(torch.float32)
    module.zero_grad()
    return module, inputs
