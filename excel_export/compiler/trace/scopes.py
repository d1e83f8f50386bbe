"""The module and the name to which a call belongs.

A layer of `torch.nn` is one thing with one name, its path, whatever it calls. Outside of layers each function has its
own name.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from types import FrameType
from typing import Any, SupportsIndex

import torch
from torch import nn

from excel_export.compiler.trace.tape import Tape
from excel_export.composites._composite import StepLabel
from excel_export.shared.trees import Change, Function
from excel_export.shared.users_code import takes_a_sign

_SERIAL = re.compile(r"([a-zA-Z_]\w*?)(?:_(\d+))?", re.ASCII)
_NEVER = {*keyword.kwlist, *dir(builtins), "inf", "nan", "NoneType", "torch", "device"}
"""Names that mean something else in Python."""
_OPERATORS = {"rsub": "sub", "rpow": "pow", "rdiv": "truediv", "get": "getattr", "and": "and_", "or": "or_"}
"""Names in Python's `operator` module of the methods with two underscores."""


class Namespace:
    """Gives out each name once: `relu`, `relu_1`, `relu_2`, in the order of calls.

    Example:
        >>> namespace = Namespace()
        >>> [namespace.new(name) for name in ("relu", "relu", "layers.0", "sum", "conv_3")]
        ['relu', 'relu_1', 'layers_0', 'sum_1', 'conv_3']
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def take(self, name: str) -> None:
        """Reserve a name, such as an input's 'x': `new('x')` then gives 'x_1'."""
        self._taken.add(name)

    def new(self, wanted: str) -> str:
        """Return a free name for a path or function: 'relu_1' if 'relu' is taken, 'sum_1' for a word of Python."""
        name, base, serial = _parts(wanted)
        number = serial or 0
        if serial is None or name in self._taken:
            number = self._last.get(base, 0)
            if name in _NEVER:
                number += 1
                name = f"{base}_{number}"
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        self._last[base] = number
        return name


@cache
def _parts(wanted: str) -> tuple[str, str, int | None]:
    """Return a name in Python's spelling, its part before the number, and the number; None if it has none."""
    snake_case = re.sub("(?<=[a-z])([A-Z])", r"_\1", wanted).lower()
    name = re.sub("[^0-9a-zA-Z_]+", "_", snake_case) or "_unnamed"
    name = f"_{name}" if name[0].isdigit() else name
    found = _SERIAL.fullmatch(name)
    assert found
    return name, found[1], None if found[2] is None else int(found[2])


def label(function: Function, caller: FrameType | None = None) -> str:
    """Return the name of a function: an operator by Python's name, a method without its underscores.

    For `x / y`, PyTorch passes `Tensor.div` to a mode: it is 'truediv' if the frame `caller` is at the sign, and 'div'
    for None.

    Example:
        >>> [label(each) for each in (torch.relu_, torch.Tensor.__rsub__, torch.Tensor.__getitem__)]
        ['relu', 'sub', 'getitem']
    """
    name: str = getattr(function, "__name__", str(function))
    if name.rstrip("_") == "div" and caller and takes_a_sign(caller):
        return "truediv"
    if name.startswith("__"):
        return _OPERATORS.get(name.strip("_"), name.strip("_"))
    return name.rstrip("_") or name


@dataclass
class Scope:
    """A running layer or function that names results: 'conv.0.0', 'conv.0.1' of its first call, 'conv.1.0' of the next.

    The last result of all gets the name of the scope, 'conv'.
    """

    name: str
    """The path of the layer, 'body.conv', or the name of the function, 'relu'."""
    calls: int = 0
    """The number of calls that have been recorded so far."""

    def next(self, count: int) -> list[str]:
        """Return `count` names for the results of the next call; the last result gets the scope's name later.

        Example:
            >>> scope = Scope("conv")
            >>> scope.next(2), scope.next(1)
            (['conv.0.0', 'conv.0.1'], ['conv.1.0'])
        """
        self.calls += 1
        return [f"{self.name}.{self.calls - 1}.{k}" for k in range(count)]


class Scopes:
    """The running modules, outermost first, and the open scope: the layer or function whose name results get.

    `named` and `apart` run a call in a scope; `path` and `where` say which module is running.
    """

    def __init__(self, module: nn.Module, tape: Tape, current: Change) -> None:
        """Take a module, which gets hooks that say when its parts run, a recording, and the function
        `Changes.current`.
        """
        self.namespace = Namespace()
        self.open: Scope | None = None
        """The scope whose name the next results get; None outside of layers and functions."""
        self.failed = ""
        """The name of the scope in which an error was raised; '' if none was."""
        self.unnamed: set[int] = set()
        """The ids of results that have no name of their own yet."""
        self._tape, self._current = tape, current
        self._modules: list[tuple[str, Scope | None]] = []
        """The running modules, outermost first: the path of each, and the scope that a layer has opened."""
        for path, part in module.named_modules():
            part.register_forward_pre_hook(partial(self._enter, path), prepend=True)
            part.register_forward_hook(self._leave)

    @property
    def path(self) -> str:
        """The path of the innermost running module, 'body.0'; '' for the outermost."""
        return self._modules[-1][0] if self._modules else ""

    @property
    def where(self) -> str:
        """The open scope and the running module, for messages: "node 'relu' in module 'body'"; "node ''" for none."""
        name = self.open.name if self.open else ""
        return f"node '{name}'" + (f" in module '{self.path}'" if self.path else "")

    def __deepcopy__(self, memo: Any) -> Scopes:
        """Return this object: a module that is copied while it runs keeps its hooks."""
        return self

    def named(self, wanted: str, compute: Callable[[], Any]) -> Any:
        """Return compute(), with its result named 'relu', or 'relu_1', for `wanted` 'relu', and calls in it 'relu.0.0'.

        If a scope is open, `wanted` is not used: then calls get names of that scope, 'fc.0.0'.
        """
        if self.open:
            return compute()
        self.open = scope = Scope(self.namespace.new(wanted))
        try:
            result = compute()
        except Exception:
            self.failed = scope.name
            raise
        finally:
            self.open = None
        return self._name_result(scope.name, result)

    def apart(self, wanted: str, compute: Callable[[], Any]) -> Any:
        """Return compute(), with names as `named` gives them while no scope is open, even if one is."""
        before, self.open = self.open, None
        try:
            return self.named(wanted, compute)
        finally:
            self.open = before

    def name(self, tensor: torch.Tensor, name: str) -> None:
        """Name a result of a call, 'fc'. If it has a name already, the new name becomes an alias."""
        tensor = self._current(tensor)
        known = self._tape.known.get(id(tensor))
        if known and id(tensor) in self.unnamed:
            self.unnamed.remove(id(tensor))
            known.value.name = name
        elif known and known.value.kind == "intermediate":
            self._tape.aliases[name] = known.value

    def say(self, tensor: torch.Tensor, step_label: StepLabel) -> None:
        """Name a result of a composite, a function shown as several calls: 'lstm.forget_gate.3' for 'forget_gate.3'.

        `step_label` also has the name for people and words. Nothing happens if the result has a name already.
        """
        tensor = self._current(tensor)
        known = self._tape.known.get(id(tensor))
        if known and self.open and id(tensor) in self.unnamed:
            if step_label.key:
                self.name(tensor, f"{self.open.name}.{step_label.key}")
            self._tape.say(known.value, step_label)

    def _name_result(self, name: str, result: Any) -> Any:
        if isinstance(result, torch.Tensor):
            self.name(result, name)
        elif type(result) is tuple or type(result).__module__ == "torch.return_types":
            tensors = [part for part in result if isinstance(part, torch.Tensor)]
            if any(id(self._current(tensor)) in self.unnamed for tensor in tensors):
                return Several(result, self)
        return result

    def _enter(self, path: str, module: nn.Module, args: Any) -> None:
        is_layer = type(module).__module__.startswith("torch.nn") and not isinstance(module, nn.Sequential)
        opens = bool(path) and not self.open and is_layer and not next(module.children(), None)
        if opens:
            self.open = Scope(self.namespace.new(path))
        self._modules.append((path, self.open if opens else None))

    def _leave(self, module: nn.Module, args: Any, result: Any) -> Any:
        _, opened = self._modules.pop()
        if not opened:
            return None
        self.open = None
        with torch._C.DisableTorchFunction():
            return self._name_result(opened.name, result)


class Several(tuple[Any, ...]):
    """A tuple of several results of one call, as of x.split(2); each gets its name when it is read from the tuple."""

    _scopes: Scopes
    _fields: tuple[Any, ...]

    def __new__(cls, results: tuple[Any, ...], scopes: Scopes) -> Several:
        """Return a tuple of the results of a call."""
        several = super().__new__(cls, results)
        several._scopes, several._fields = scopes, results
        return several

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        return self._taken(super().__getitem__(place), "getitem")

    def __iter__(self) -> Iterator[Any]:
        return (self._taken(part, "getitem") for part in super().__iter__())

    def __getattr__(self, name: str) -> Any:
        return self._taken(getattr(self._fields, name), "getattr")

    def _taken(self, part: Any, wanted: str) -> Any:
        if isinstance(part, torch.Tensor) and not self._scopes.open:
            with torch._C.DisableTorchFunction():
                self._scopes.name(part, self._scopes.namespace.new(wanted))
        return part
