"""A recorder of a module's run: while it is active, each function that is called on tensors is recorded.

The module runs unchanged. So `nn.ReLU()`, `F.relu(x)` and `x.relu()` are the same operator, and hooks, branches on
types and shapes, and loops over parameters work as always.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from excel_export.compiler.reference.widen import called_in_range
from excel_export.compiler.refuse.by_name import refuse_by_name
from excel_export.compiler.refuse.hooks import Node, tried
from excel_export.compiler.refuse.kinds import refuse_kind
from excel_export.compiler.refuse.shared_numbers import refuse_between, refuse_unfollowed
from excel_export.compiler.trace.calls import Calls, on_a_line
from excel_export.compiler.trace.constants import Constants
from excel_export.compiler.trace.data_dependent_reads import (
    READING,
    TEXTS,
    DataDependentReads,
    is_sized_by_numbers,
)
from excel_export.compiler.trace.decompose import SHAPED_LIKE, NotTakenApart, body, taken_apart
from excel_export.compiler.trace.function_transforms import unwrapped
from excel_export.compiler.trace.in_place import Changes, is_in_place
from excel_export.compiler.trace.infinite import Finite, finite
from excel_export.compiler.trace.inner_gradients import InnerGradients
from excel_export.compiler.trace.masked_rows import MaskedRows
from excel_export.compiler.trace.masks import Masks
from excel_export.compiler.trace.scopes import Scopes, label
from excel_export.compiler.trace.tape import Tape
from excel_export.composites import find_composite
from excel_export.composites._composite import StepLabel, named, sizes
from excel_export.composites.complex_numbers import Complex
from excel_export.graph.graph import RecordingSettings
from excel_export.ops import has_operator
from excel_export.shared.errors import ExportError, UnsupportedOperator
from excel_export.shared.trees import Args, Function, Kwargs, changed, mapped, one_width, tensors_in
from excel_export.shared.users_code import calling_line, frames, is_the_users

_QUERIES = {"dim", "size", "numel", "ndimension", "is_floating_point", "is_contiguous", "stride", "nelement",
            "__len__", "__hash__", "is_complex", "get_device", "is_signed", "element_size", "storage_offset",
            "is_inference", "is_same_size", "_is_view", "retain_grad", "result_type", "data_ptr", "is_pinned",
            "is_shared", "is_conj", "is_neg", "is_set_to", "dim_order", "_is_all_true",
            "_assert_async"}  # fmt: skip
"""Functions that read shape and type only; by the last two, torch.distributions and guards ask if numbers are
allowed."""
_READS = READING | SHAPED_LIKE
_SAME = {"cpu", "resolve_conj", "resolve_neg"}
"""Functions that return the tensor itself."""
_TRANSPOSED = {"H": torch.Tensor.T.__get__, "mH": torch.Tensor.mT.__get__}  # type: ignore[attr-defined]
"""The same for real numbers, by the property's name."""

_AUTOGRADS_STATE = {"is_leaf", "retains_grad", "grad", "_version", "output_nr", "_grad_fn"}
_SET_LEARNING = torch.Tensor.requires_grad.__set__  # type: ignore[attr-defined]
"""The function behind `x.requires_grad = …`."""


class Recorder(TorchFunctionMode):
    """A context that runs PyTorch's functions in float64 and records those that depend on inputs or parameters.

    The results of all others are constants. `tape` has the recording.

    Args:
        module: the module that will run, `with recorder: module(x)`; it gets hooks.
        outside: the names of the original module's parameters by the address of their memory, {140: 'fc.weight'}, to
            refuse a function that uses them although `module` is a copy.
        settings: what earlier runs have found.
        forward_only: True to record no gradients.
    """

    def __init__(
        self,
        module: nn.Module,
        outside: dict[int, str],
        settings: RecordingSettings,
        *,
        forward_only: bool = False,
    ) -> None:
        super().__init__()
        self.tape = Tape(module, forward_only=forward_only)
        """The recording: all values and calls so far."""
        self.changes = Changes(self.tape, self.record)
        """The tensor that each object stands for."""
        self.scopes = Scopes(module, self.tape, self.changes.current)
        """The running modules and the names of calls."""
        self.reads = DataDependentReads(self.tape, self.changes.current, settings.frozen)
        """The numbers that Python has read out of tensors."""
        self._calls = Calls(self.tape, self.scopes, self.changes, self.reads)
        self._outside = outside
        self._finite = Finite(self.tape)
        self._inside: list[Function] = []
        self._detached: dict[int, torch.Tensor] = {}
        self._reserved: set[str] = set()
        self.constants = Constants(self.tape, self.scopes.namespace, self.changes, self._let_learn, settings)
        self._inner_gradients = InnerGradients(self.tape, self.scopes, self.changes, self.record, self._recording)
        self._masks = Masks(self.tape, self.changes, self.reads, self._recording)
        self.asks_gradient = False
        """True if the user's code asks whether a tensor that is no parameter has a gradient."""
        self.custom: list[str] = []
        """The names of the custom autograd functions that were called."""
        self.refusal: ExportError | None = None
        """The first error; a module that catches it takes another way than without a recorder. None if there
        is none."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        with self.refusals_kept():
            done = self._masks.brackets(function, args)
            if done is not NotImplemented:
                return done
            for kind in (MaskedRows, Complex):
                if kind in types:
                    with self:
                        return kind.__torch_function__(function, types, args, kwargs)
            refuse_between(types)
            return self._handled(function, args, kwargs or {})

    @contextmanager
    def refusals_kept(self) -> Iterator[None]:
        """Store the first ExportError raised in its `with` block in `refusal`, in case the module catches it."""
        try:
            yield
        except ExportError as error:
            self.refusal = self.refusal or error
            raise

    def _handled(self, function: Any, args: Any, kwargs: Kwargs) -> Any:
        if function is named:
            return self._named(*args)
        if function is sizes:
            return self.reads.sizes(args[0])
        name = getattr(function, "__name__", "")
        out = kwargs.pop("out", None) if name != "__get__" else None
        if out is not None:
            return self._written_to(out, function, args, kwargs)
        given = tensors_in((args, kwargs))
        asked = function == _SET_LEARNING or name == "requires_grad_"
        live = [tensor for tensor in given if self._is_live(tensor)]
        if asked and isinstance(args[0], torch.Tensor) and [*args[1:], *kwargs.values(), True][0]:
            return self._let_learn(args[0])
        if not live:
            return self.constants.call(function, args, kwargs)
        caller = next(frame for frame in frames() if frame.f_globals is not globals())
        if not (has_operator(function) or find_composite(function)):  # what has come in since is not refused
            refuse_by_name(name)
        found = self._special(function, name, args, kwargs, caller)
        if found is not NotImplemented:
            return found
        if name in ("__getitem__", "__setitem__"):
            args = (args[0], self.reads.between_brackets(args[1], picks=name == "__getitem__"), *args[2:])
        for tensor in given:  # a parameter that is used outside of its layer keeps its name
            used = self.tape.parameters.get(id(tensor))
            if used and not self.scopes.open and used not in self._reserved:
                self._reserved.add(used)
                self.scopes.namespace.new(used)
        wanted = label(function, caller)
        if is_in_place(function):
            return self.scopes.named(wanted, lambda: self.changes.change(function, args, kwargs))
        return self.reads.checked(name, self._record(wanted, function, args, kwargs))

    def _special(self, function: Any, name: str, args: Args, kwargs: Kwargs, caller: FrameType) -> Any:
        """Return the result of a function that is not simply recorded; NotImplemented for all others."""
        rest, current = [*args[1:], *kwargs.values()], self.changes.current
        if name in ("__get__", "__set__"):
            return self._property(function, name, args, caller)
        if name in _QUERIES or (name == "type" and not rest):
            return function(*changed(args, current), **kwargs)
        if name in TEXTS:
            return self.reads.text(function, args, kwargs)
        if name in SHAPED_LIKE and not any(map(self._is_live, tensors_in((args, kwargs))[1:])):
            return self.constants.call(function, args, kwargs)
        if self.reads.is_asking_where(name, args, kwargs):
            return self._masks.places(args[0])
        if name in _READS or is_sized_by_numbers(name, args, kwargs):
            return self.reads.read(function, name, args, kwargs, may_log=True)
        if name == "register_hook":
            return tried(args[1], current(args[0]), self)
        if function is torch.autograd.grad:
            return self._inner_gradients.grad(*args, **kwargs)
        if name in _SAME:
            return args[0]
        if name == "to" and "meta" in map(str, rest):  # its shape alone
            return torch.empty_like(current(args[0]), device="meta")
        if name == "__deepcopy__":
            tensor, memo = args
            return memo.setdefault(id(tensor), self.record(torch.clone, self.record(torch.detach, tensor)))
        if function is torch.Tensor.unbind and caller.f_code is torch.Tensor.__iter__.__code__:  # `for row in x`
            return tuple(self.record(torch.Tensor.__getitem__, args[0], k) for k in range(len(current(args[0]))))
        if name in ("__getitem__", "masked_select") and self.reads.is_picking(args[1:]):
            return self._masks.picked(function, args)
        return NotImplemented

    def record(self, function: Function, *args: Any, **kwargs: Any) -> Any:
        """Return function(*args, **kwargs), and record the call under the function's name, 'relu'."""
        return self._record(label(function), function, args, kwargs)

    def _recording(self, compute: Callable[[], Any]) -> Any:
        with self:
            return compute()

    def _named(self, tensor: torch.Tensor, step_label: StepLabel) -> torch.Tensor:
        if self._is_live(tensor):
            self.scopes.say(tensor, step_label)
        elif step_label.name:
            self.tape.name_constant(tensor, step_label.name)
        return tensor

    def _let_learn(self, tensor: torch.Tensor) -> torch.Tensor:
        now = self.changes.current(tensor)
        if now.is_floating_point() and id(now) not in self.tape.parameters and not self.tape.learns(now):
            now = self.passing(now if self.tape.is_live(now) else now.detach().double())
            self.changes.stand_for(tensor, now)
            self.tape.let_learn(now)
        return tensor

    def _is_live(self, tensor: torch.Tensor) -> bool:
        tensor = self.changes.current(tensor)
        if self.tape.is_live(tensor):
            return True
        if id(tensor) in self.tape.known:
            return False
        inner = unwrapped(tensor)
        refuse_unfollowed(tensor, self._outside, is_transformed=None if inner is None else self._is_live(inner))
        return False

    def _property(self, function: Any, name: str, args: Args, caller: FrameType) -> Any:
        what = function.__self__.__name__
        if name == "__set__":
            if what == "data" and isinstance(args[1], torch.Tensor):
                return self.changes.set_data(*args)
            raise ExportError(f"x.{what} is set in {calling_line()}, which no formula can show")
        tensor = self.changes.current(args[0])
        if is_the_users(caller.f_code.co_filename) and id(tensor) not in self.tape.parameters:
            if what in _AUTOGRADS_STATE:
                raise ExportError(
                    f"x.{what} is asked for in {calling_line()}, which is another one in a copy's run than in the "
                    "caller's own: let nothing depend on it, or ask for x.requires_grad"
                )
            self.asks_gradient |= what in ("requires_grad", "grad_fn")
        if what == "requires_grad":
            return self.tape.learns(tensor)
        if what == "grad_fn":
            return Node(function(tensor)) if self.tape.learns(tensor) else None
        if what == "real":
            return args[0]
        if what == "data":
            return self._record(label(function), torch.Tensor.detach, args, {})
        function = _TRANSPOSED.get(what, function)
        found = function(tensor)
        return self._record(label(function), function, args, {}) if isinstance(found, torch.Tensor) else found

    def _record(self, wanted: str, function: Function, args: Args, kwargs: Kwargs) -> Any:
        return self.scopes.named(wanted, lambda: self._called(function, args, kwargs))

    def _called(self, function: Function, args: Args, kwargs: Kwargs) -> Any:
        for tensor in tensors_in((args, kwargs)):
            if tensor.layout is not torch.strided:
                refuse_kind(f"a tensor in {calling_line()}", tensor)
        made = find_composite(function)
        if made and made.when and function not in self._inside and made.when(*args, **kwargs):
            inside: Function | None = made
        elif has_operator(function):
            inside = on_a_line(function, args, kwargs, self.changes.current)
        else:
            inside = self._made_of(function, args, kwargs)
        if inside:
            self._inside.append(function)
            try:
                with self:
                    results = inside(*args, **kwargs)
            finally:
                self._inside.pop()
            self.changes.note_views_of_pytorchs(results, function, args, kwargs)
            return results
        passes = torch.is_grad_enabled() and function is not torch.Tensor.detach and function is not torch.detach

        def taken(item: torch.Tensor | float) -> Any:
            if isinstance(item, float):
                return finite(item)
            tensor = self._finite(self.changes.current(item))
            return self.passing(tensor) if passes else tensor

        now, now_kwargs = mapped((args, kwargs), (torch.Tensor, float), taken)
        result = self._calls.call(function, now, now_kwargs, (args, kwargs))
        for given, current in zip(tensors_in((args, kwargs)), tensors_in((now, now_kwargs)), strict=True):
            if result is current:  # as flatten() of a line: the object itself
                return given
        if kwargs.get("inplace") and args:
            self.changes.assign(args[0], result)
            return args[0]
        return result

    def _made_of(self, function: Function, args: Args, kwargs: Kwargs) -> Function | None:
        depth = self._inside.count(function)
        made: Function | None = None if depth else find_composite(function) or body(function)
        if made or depth > 1:
            return made
        try:
            now, now_kwargs = one_width(changed((args, kwargs), self.changes.current))
            made = called_in_range(lambda *args, **kwargs: taken_apart(function, args, kwargs), now, now_kwargs)
        except NotTakenApart as reason:
            with suppress(NotTakenApart):
                return taken_apart(function, *changed((args, kwargs), self._number))
            raise UnsupportedOperator(
                f"operator '{label(function)}' ({self.scopes.where}) is not supported: {reason}"
            ) from reason
        return made

    def _number(self, tensor: torch.Tensor) -> Any:
        tensor = self.changes.current(tensor)
        return tensor if tensor.dim() or self._is_live(tensor) else tensor.item()

    def passing(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the tensor itself, or a recorded x.detach() of it if it was computed from weights under no_grad."""
        known = self.tape.known.get(id(tensor))
        if not known or known.learns or not known.linked:
            return tensor
        if id(tensor) not in self._detached:
            self._detached[id(tensor)] = self.scopes.apart(
                "detach", lambda: self._called(torch.Tensor.detach, (tensor,), {})
            )
        return self._detached[id(tensor)]

    def _written_to(self, out: Any, function: Function, args: Args, kwargs: Kwargs) -> Any:
        if not isinstance(out, torch.Tensor):
            raise ExportError(f"out=… for several results, in {calling_line()}, has no formulas: take what is returned")
        self._is_live(out)
        with self:
            result = function(*args, **kwargs)
        self.changes.assign(out, result)
        return out
