"""The modules of a package in which each file adds something by being there."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def modules_in(package: str) -> list[ModuleType]:
    """Import every module directly in a package, 'excel_export.lessons', and return them in order of their names."""
    path = importlib.import_module(package).__path__
    return [importlib.import_module(f"{package}.{each.name}") for each in pkgutil.iter_modules(path)]
