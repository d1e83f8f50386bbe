"""A recorder of what a module does: while it is active, each function that is called on tensors is written down.

The module runs as it is. So `nn.ReLU()`, `F.relu(x)` and `x.relu()` are one and the same operator, and hooks, branches
on types and shapes, and loops over parameters do what they always do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from excel_export.compiler.arguments import changed, tensors_in
from excel_export.compiler.decompose import SHAPED_LIKE, NotTakenApart, taken_apart
from excel_export.compiler.in_place import Changes, is_in_place
from excel_export.compiler.infinite import Finite
from excel_export.compiler.look_inside import body
from excel_export.compiler.names import label
from excel_export.compiler.scopes import Scopes
from excel_export.compiler.tape import Known, Tape
from excel_export.compiler.users_code import calling_line
from excel_export.formulas.operator import Operator
from excel_export.graph.graph import Call
from excel_export.ops import find_operator, has_operator
from excel_export.recipes import find_recipe
from excel_export.shared.errors import ExportError, UnsupportedOperator, first_line

_QUERIES = {"dim", "size", "numel", "ndimension", "is_floating_point", "is_contiguous", "stride", "nelement",
            "__len__", "__repr__", "__format__", "__hash__", "is_complex", "get_device", "is_signed", "element_size",
            "storage_offset", "is_inference", "is_same_size", "_is_view", "retain_grad", "result_type"}  # fmt: skip
"""They look at shape and type only, or at numbers that go no further."""
_EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}
_READS = {"__bool__", "__int__", "__float__", "__complex__", "__index__", "__array__", "__contains__", "item", "tolist",
          "numpy", "equal", "allclose", "is_nonzero"}  # fmt: skip
"""They make plain numbers of tensors."""
_NARROW = (torch.float32, torch.float16, torch.bfloat16)


class Recorder(TorchFunctionMode):
    """Runs every function, in float64, and writes down those that depend on inputs or parameters.

    What depends on neither is a constant. Each object stands for a tensor, another one after each change in place.

    Args:
        module: the module that will run; it gets hooks.
        outside: parameters that a function may hold by mistake, by id: those of the module that this one is a copy of.
    """

    def __init__(self, module: nn.Module, outside: dict[int, str]) -> None:
        super().__init__()
        self.tape = Tape(module)
        self.changes = Changes(self.tape, self.record)
        self.scopes = Scopes(module, self.tape, self.changes.current)
        self._outside = outside
        self._finite = Finite(self.tape)
        self._inside: list[Callable[..., Any]] = []
        self._detached: dict[int, torch.Tensor] = {}
        self._reserved: set[str] = set()

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function as PyTorch would, and record it where it depends on what is live."""
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        given = list(tensors_in((args, kwargs)))
        if not any(map(self._is_live, given)):
            return self._constant(function, name, args, kwargs, bool(given))
        caller = sys._getframe(1)
        if name in ("__get__", "__set__"):
            return self._property(function, name, args, caller)
        if name in _QUERIES:
            return function(*changed(args, self.changes.current), **kwargs)
        if name in SHAPED_LIKE and not any(map(self._is_live, given[1:])):
            result = function(*changed(args, self.changes.current), **kwargs)
            return result.zero_() if name in _EMPTY else result
        if name in _READS | SHAPED_LIKE:
            raise ExportError(
                f"a number of a tensor that is computed, or of a parameter, is read by {name.strip('_')}() in "
                f"{calling_line()}; a workbook cannot follow a number out of its tensors: use torch.where for a branch"
            )
        if name == "register_hook":
            return _tried(args[1], self.changes.current(args[0]))
        if name == "cpu" or (name == "requires_grad_" and kwargs.get("requires_grad", [*args[1:], True][0])):
            return args[0]
        if function is torch.Tensor.type and len(args) == 1 and not kwargs:
            return function(self.changes.current(args[0]))
        if function is torch.Tensor.unbind and caller.f_code is torch.Tensor.__iter__.__code__:
            count = len(self.changes.current(args[0]))
            return tuple(self.record(torch.Tensor.__getitem__, args[0], k) for k in range(count))
        self._reserve(given)
        wanted = label(function, caller)
        if is_in_place(function):
            return self.scopes.named(wanted, lambda: self.changes.change(function, args, kwargs))
        return self._record(wanted, function, args, kwargs)

    def record(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function, and record it."""
        return self._record(label(function), function, args, kwargs)

    def _is_live(self, tensor: torch.Tensor) -> bool:
        tensor = self.changes.current(tensor)
        if self.tape.is_live(tensor):
            return True
        if id(tensor) in self.tape.known:
            return False
        if id(tensor) in self._outside:
            name = self._outside[id(tensor)]
            raise ExportError(
                f"a function holds the parameter '{name}' itself, as in a closure, so a copy of the module does not "
                "read its own: take it from self"
            )
        if tensor.grad_fn is not None:
            raise ExportError(
                f"a tensor in {calling_line()} was computed where nothing can be recorded, as in TorchScript or in an "
                "extension"
            )
        return False

    def _reserve(self, given: list[torch.Tensor]) -> None:
        """Keep the names of parameters that are used outside of their layers: no result shall have them."""
        for tensor in given:
            name = self.tape.parameters.get(id(tensor))
            if name and not self.scopes.open and name not in self._reserved:
                self._reserved.add(name)
                self.scopes.namespace.new(name)

    def _constant(
        self, function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any], of_tensors: bool
    ) -> Any:
        """Call a function of constants."""
        if not of_tensors:
            result = function(*args, **kwargs)
        else:
            with torch.no_grad():  # the parameters of other modules are constants, too
                args, kwargs = changed((args, kwargs), self.changes.current)
                result = function(*args, **kwargs)
        return result.zero_() if name in _EMPTY else result

    def _property(self, function: Any, name: str, args: tuple[Any, ...], caller: FrameType) -> Any:
        what = function.__self__.__name__
        if name == "__set__":
            raise ExportError(f"x.{what} is set in {calling_line()}, which no formula can show")
        tensor = self.changes.current(args[0])
        if what == "requires_grad":
            return self.tape.learns(tensor)
        if what == "data":
            return self._record(label(function), torch.Tensor.detach, args, {})
        found = function(tensor)
        return self._record(label(function), function, args, {}) if isinstance(found, torch.Tensor) else found

    def _record(self, wanted: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.scopes.named(wanted, lambda: self._called(function, args, kwargs))

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        inside = None if has_operator(function) else self._made_of(function, args, kwargs)
        if inside:
            self._inside.append(function)
            try:
                with self:
                    return inside(*args, **kwargs)
            finally:
                self._inside.pop()
        now, now_kwargs = self._finite(changed((args, kwargs), self.changes.current))
        if torch.is_grad_enabled() and function is not torch.Tensor.detach and function is not torch.detach:
            now, now_kwargs = changed((now, now_kwargs), self.passing)
        result = self._operator(function, now, now_kwargs, (args, kwargs))
        if kwargs.get("inplace") and args:
            self.changes.assign(args[0], result)
            return args[0]
        return result

    def _made_of(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[..., Any] | None:
        """Return how a function without formulas of its own is made of others: ours, PyTorch's in Python, or ATen's."""
        if function in self._inside:
            return None
        made = find_recipe(function) or body(function)
        if made:
            return made
        try:
            return taken_apart(function, *changed((args, kwargs), self.changes.current))
        except NotTakenApart as reason:
            raise UnsupportedOperator(
                f"operator '{label(function)}' ({self.scopes.where}) is not supported: {reason}"
            ) from reason

    def passing(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the same tensor, but detached if it was made while gradients were off."""
        known = self.tape.known.get(id(tensor))
        if not known or known.learns or not known.linked:
            return tensor
        if id(tensor) not in self._detached:
            self._detached[id(tensor)] = self.scopes.apart(
                "detach", lambda: self._called(torch.Tensor.detach, (tensor,), {})
            )
        return self._detached[id(tensor)]

    def _operator(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        objects: tuple[tuple[Any, ...], dict[str, Any]],
    ) -> Any:
        where = self.scopes.where
        kind = find_operator(function, where)
        try:
            bound = kind.bind(function, *args, **kwargs)
        except TypeError as error:
            raise UnsupportedOperator(f"operator '{kind.name}' ({where}): {first_line(error)}") from error
        for key in kind.settings:
            if any(map(self.tape.is_live, tensors_in(bound.arguments[key]))):
                reason = f"{key} must not depend on the inputs"
                raise UnsupportedOperator(f"operator '{kind.name}' ({where}): {reason}")
        operator = bound.on_values(self.tape.value_of)
        refusal = operator.check()
        if refusal:
            raise UnsupportedOperator(f"operator '{kind.name}' ({where}): {refusal}")
        shares: list[tuple[torch.Tensor, torch.Tensor]] = []

        def share(tensor: torch.Tensor) -> torch.Tensor:
            return self._share(tensor, shares)

        with _in_float64():
            result = kind.evaluate(function, *changed(args, share), **changed(kwargs, share))
        for alias, tensor in shares:
            if result is alias:  # an operator that changed nothing
                result = tensor
        if isinstance(result, torch.Tensor):
            if id(result) in self.tape.known:
                return result
            result = result.double() if result.dtype in _NARROW else result
        outputs = [result] if isinstance(result, torch.Tensor) else list(result)
        self._add(operator, outputs, shares, [self.tape.known[id(tensor)] for tensor in tensors_in((args, kwargs))
                                              if id(tensor) in self.tape.known])  # fmt: skip
        several = not isinstance(result, torch.Tensor)
        for k, output in enumerate(outputs):
            self.changes.note_view(output, function, *objects, k if several else None)
        return result

    def _add(
        self,
        operator: Operator,
        outputs: list[torch.Tensor],
        shares: list[tuple[torch.Tensor, torch.Tensor]],
        inputs: list[Known],
    ) -> None:
        """Write a call down."""
        assert self.scopes.open
        passes = operator.name != "detach"
        learns = passes and torch.is_grad_enabled() and any(known.learns for known in inputs)
        linked = passes and any(known.linked for known in inputs)
        values = []
        for tensor, name in zip(outputs, self.scopes.open.next(len(outputs)), strict=True):
            is_float = tensor.is_floating_point()
            values.append(self.tape.add(
                tensor, name, "intermediate", self.scopes.path, learns=learns and is_float, linked=linked and is_float
            ))  # fmt: skip
            self.scopes.unnamed.add(id(tensor))
        self.tape.calls.append(Call(self.scopes.open.name, operator, tuple(values), self.scopes.path))
        self.tape.shares.append([(alias, self.tape.known[id(tensor)].value) for alias, tensor in shares])

    def _share(self, tensor: torch.Tensor, shares: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        """Return a tensor for one call: as float64, and with a gradient under a new name, which is noted."""
        if id(tensor) not in self.tape.known or not tensor.requires_grad:
            return tensor.double() if tensor.dtype in _NARROW else tensor
        alias = tensor.view_as(tensor)
        alias.retain_grad()
        shares.append((alias, tensor))
        return alias


def _tried(hook: Callable[[torch.Tensor], torch.Tensor | None], tensor: torch.Tensor) -> Any:
    """Return a handle for a hook that looks at a gradient, and refuse one that changes it."""
    grad = torch.linspace(-1e3, 1e3, tensor.numel(), dtype=torch.float64).reshape(tensor.shape)
    found = hook(grad.clone())
    if found is not None and not torch.equal(found, grad):
        raise ExportError(f"a hook changes a gradient, which no formula shows: {calling_line()}")
    return torch.zeros(1, requires_grad=True).register_hook(hook)  # type: ignore[no-untyped-call]


@contextmanager
def _in_float64() -> Iterator[None]:
    """Compute in float64, with gradients, whatever the module has switched off."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
