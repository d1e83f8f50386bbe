"""The coverage suites: each a module of this folder with `TITLE` and `groups()`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType

SUITES = ("torch_nn", "functions", "op_db", "module_db", "real_networks", "course_networks")


@cache
def suite(name: str) -> ModuleType:
    """Import a suite when it is asked for: they call much of PyTorch, and all of torchvision."""
    return import_module(f"tests.support.coverage.{name}")
