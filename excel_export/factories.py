"""Calls of the function in FILE.py:FUNCTION that returns the module and inputs to export."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from excel_export.shared.errors import ExportError

if TYPE_CHECKING:
    from torch import nn

    from excel_export.compiler.reference.arguments import Inputs
    from excel_export.sheets.training.examples import Examples


class Factories:
    """Functions of Python files to call, each file run once: Factories().network('net.py:tiny')."""

    def __init__(self) -> None:
        self._files: dict[Path, ModuleType] = {}

    def network(self, source: str) -> tuple[nn.Module, Inputs]:
        """Return what a function of a Python file returns, a network and its inputs: (Tiny(), (x,)).

        Args:
            source: FILE.py:FUNCTION, such as 'net.py:tiny'.

        Raises:
            ExportError: there is no such function, it fails, or it returns something else.
        """
        made = self._call(source)
        if not isinstance(made, tuple) or len(made) != 2:
            raise ExportError(f"{source} must return (module, inputs), but it returned {type(made).__name__}")
        return cast("tuple[nn.Module, Inputs]", made)

    def examples(self, source: str, network: str) -> Examples:
        """Return what a function of a Python file returns, the inputs of a training: a list [(x, label), …], or a dict
        of them.

        Args:
            source: FILE.py:FUNCTION, or the function's name alone if it is in the network's file.
            network: FILE.py:FUNCTION of the network.

        Raises:
            ExportError: there is no such function, it fails, or it returns something else.
        """
        if ":" not in source:
            source = f"{network.rpartition(':')[0]}:{source}"
        made = self._call(source)
        if not isinstance(made, (list, tuple, Mapping)):
            returned = type(made).__name__
            raise ExportError(f"{source} must return a list of inputs, or a dict of them, but it returned {returned}")
        return made

    def _call(self, source: str) -> object:
        file, _, function = source.rpartition(":")
        if not file and function.endswith(".py"):
            raise ExportError(f"{source}: say which of its functions makes the network: {source}:NAME")
        if not file or not function:
            raise ExportError(f"'{source}' does not read FILE.py:FACTORY, such as net.py:tiny")
        path = Path(file)
        if not path.is_file():
            raise ExportError(f"{path}: no such file")
        try:
            module = self._loaded(path.resolve())
            if not hasattr(module, function):
                own = [name for name, _ in inspect.getmembers(module, inspect.isfunction) if name[0] != "_"]
                raise ExportError(f"{path} has no function {function}; it has: {', '.join(own) or 'none'}")
            return getattr(module, function)()
        except ExportError:
            raise
        except Exception as error:
            raise ExportError(f"{source} failed with {type(error).__name__}: {error}") from error

    def _loaded(self, path: Path) -> ModuleType:
        if path not in self._files:
            spec = importlib.util.spec_from_file_location(path.stem, path)
            if spec is None or spec.loader is None:
                raise ExportError(f"{path}: not a Python file")
            module = importlib.util.module_from_spec(spec)
            # As with `python FILE.py`, the file may import its neighbours.
            sys.path.insert(0, str(path.parent))
            spec.loader.exec_module(module)
            self._files[path] = module
        return self._files[path]
