"""Real networks in tiny configurations: of torchvision's own classes, and of those of `transformers`."""

from __future__ import annotations

from functools import partial

from tests.support.coverage.case import Case, Group, Made, NotCounted
from tests.support.coverage.seeded import seeded
from tests.support.coverage.zoo import huggingface, vision

TITLE = "Real networks"


def groups() -> list[Group]:
    """Return a group for each network."""
    return [Group(name, partial(_cases, name, make)) for name, make in {**vision.ZOO, **huggingface.ZOO}.items()]


def _cases(name: str, make) -> list[Case]:
    return [Case("", partial(_made, name, make))]


def _made(name: str, make) -> Made:
    if name in huggingface.ZOO and not huggingface.INSTALLED:
        raise NotCounted("the package transformers is not installed")
    return seeded(name, make)
