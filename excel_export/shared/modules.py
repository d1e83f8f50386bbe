"""The files of a folder, each of which adds something by being there."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def modules_in(package: str) -> list[ModuleType]:
    """Import every module of a package, and return them by name."""
    path = importlib.import_module(package).__path__
    return [importlib.import_module(f"{package}.{each.name}") for each in pkgutil.iter_modules(path)]
