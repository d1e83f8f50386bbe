"""Recorded calls of operators: each is run in float64, and its results get values in the graph."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any

import torch

from excel_export.compiler.reference.eager import argument_without_gradient
from excel_export.compiler.reference.widen import NARROW
from excel_export.compiler.refuse.kinds import refuse_kind
from excel_export.compiler.trace.data_dependent_reads import DataDependentReads
from excel_export.compiler.trace.in_place import Changes
from excel_export.compiler.trace.scopes import Scopes, Several
from excel_export.compiler.trace.tape import Evaluation, Known, Tape
from excel_export.formulas import Operator
from excel_export.graph.graph import Call
from excel_export.ops import find_operator
from excel_export.ops.cast import SHORT, cast
from excel_export.shared.errors import ExportError, UnsupportedOperator, first_line
from excel_export.shared.trees import Args, Change, Function, Kwargs, changed, copied, tensors_in

_JOINING = (torch.cat, torch.concat, torch.concatenate)
_Contributions = list[tuple[torch.Tensor, torch.Tensor]]
"""Aliases of operands, whose gradients are what one call adds, each with its operand."""


@dataclass
class _Request:
    function: Function
    kind: type[Operator]
    where: str
    args: Args
    kwargs: Kwargs

    @property
    def tensors(self) -> list[torch.Tensor]:
        return tensors_in((self.args, self.kwargs))

    def refused(self, reason: str) -> UnsupportedOperator:
        return UnsupportedOperator(f"operator '{self.kind.name}' ({self.where}): {reason}")

    def bind(self) -> Operator:
        try:
            return self.kind.bind(self.function, *self.args, **self.kwargs)
        except TypeError as error:
            raise self.refused(first_line(error)) from error

    def replace(self, numbers: dict[int, Any]) -> None:
        self.args, self.kwargs = changed((self.args, self.kwargs), lambda x: numbers.get(id(x), x))

    def evaluate(self, change: Change) -> Any:
        # F.softmax(x, dim, dtype=torch.float32) computes in float64, too, as casts do.
        wide = {"dtype": torch.float64} if self.kwargs.get("dtype") in NARROW and self.kind.name != "cast" else {}
        return self.kind.evaluate(self.function, *changed(self.args, change), **(changed(self.kwargs, change) | wide))

    def without_wrapping(self, operator: Operator) -> Any:
        if self.kind.name == "cast":
            return self.args[0].double().trunc()
        # Floats do not begin anew. Where it is not sure to take them, 64 bits do for 32.
        return self.evaluate(_without_end if operator.grows else torch.Tensor.long)


class Calls:
    """A recorder of operators' calls: call(F.relu, (x,), {}, …) returns the result and adds a `Call` to the tape.

    Its arguments are those of a `Recorder`: the recording, the names of results, changes in place, and Python's reads.
    """

    def __init__(self, tape: Tape, scopes: Scopes, changes: Changes, reads: DataDependentReads) -> None:
        self._tape, self._scopes, self._changes, self._reads = tape, scopes, changes, reads

    def call(self, function: Function, args: Args, kwargs: Kwargs, objects: Any) -> Any:
        """Return function(*args, **kwargs), in float64, and record the call.

        Args:
            function: a function or method of PyTorch.
            args: its arguments; for an object that was changed in place, the tensor that it stands for now.
            kwargs: likewise, by name.
            objects: (args, kwargs) with the objects that the module passed; results that are views of them are noted.

        Raises:
            UnsupportedOperator: the function has no operator, or none for these arguments.
            ExportError: an integer leaves the range of its type.
        """
        where = self._scopes.where
        kind = find_operator(function, where)
        if function in _JOINING and args:  # what is empty adds nothing
            args = ([part for part in args[0] if part.numel()] or args[0], *args[1:])
        # A copy, as the user's code may go on to change a list.
        request = _Request(function, kind, where, *copied((args, kwargs)))
        if not all(tensor.numel() for tensor in request.tensors):
            result = request.evaluate(torch.detach)
            if _is_empty(result):
                return result
            raise request.refused("one of its tensors has no elements, and so no cells: leave it out")
        drawing = torch.get_rng_state() if kind.drawn else None
        bound = self._bound(request, drawing)
        operator = self._on_values(request, bound)
        result, contributions, without = self._run(request, bound)
        if _is_empty(result):
            return changed(result, torch.detach)
        result = next((tensor for alias, tensor in contributions if result is alias), result)  # nothing was changed
        known = self._tape.known
        if isinstance(result, torch.Tensor):
            if id(result) in known:
                return result
            result = result.double() if result.dtype in NARROW else result
        given, outputs = request.tensors, tensors_in(result)
        for output in outputs:
            refuse_kind(f"what '{kind.name}' computes ({where})", output)
        _refuse_wrapped(f"'{kind.name}' ({where})", operator, outputs, partial(request.without_wrapping, operator))
        self._add(operator, outputs, [known[id(tensor)] for tensor in given if id(tensor) in known])
        gained = [(alias, known[id(tensor)].value) for alias, tensor in contributions]
        values = {id(each): known[id(each)].value if id(each) in known else each.detach().clone() for each in given}
        self._tape.evaluations.append(Evaluation(
            request.evaluate, drawing, values, frozenset(without), tuple(dict.fromkeys(given)), tuple(outputs), gained
        ))  # fmt: skip
        self._changes.note_views(result, function, *objects)
        return result

    def _bound(self, request: _Request, drawing: torch.Tensor | None) -> Operator:
        """Return the operator with its arguments; put plain numbers in the place of tensors that stand for them.

        `drawing` is the state of PyTorch's random numbers before the operator drew some; None if it draws none.
        """
        bound = request.bind()
        while numbers := dict(self._plain_numbers(bound)):
            if drawing is not None:  # it draws anew
                torch.set_rng_state(drawing)
            request.replace(numbers)
            bound = request.bind()
        return bound

    def _on_values(self, request: _Request, bound: Operator) -> Operator:
        kind = request.kind
        for key in kind.drawn:
            for tensor in tensors_in(bound.arguments[key]):
                self._tape.draw(tensor, self._scopes.namespace.new(f"{kind.name}_{key}"))
        operator = bound.on_values(self._tape.value_of, self._tape.is_live)
        refusal = operator.check() or self._left_out(operator, request.tensors)
        if refusal:
            raise request.refused(refusal)
        self._tape.rounds |= isinstance(operator, cast) and operator.rounds
        return operator

    def _run(self, request: _Request, bound: Operator) -> tuple[Any, _Contributions, set[int]]:
        contributions: _Contributions = []
        without = set[int]()

        def contribution(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.detach().double() if id(tensor) in without else self._contribution(tensor, contributions)

        while True:
            try:
                with_gradients = not self._tape.forward_only
                return (
                    in_float64(lambda: request.evaluate(contribution), gradients=with_gradients),
                    contributions,
                    without,
                )
            except RuntimeError as error:
                # PyTorch has no gradient for some arguments, such as the weights of a loss, and takes none that learns.
                found = {*map(id, tensors_in(bound.arguments.get(argument_without_gradient(error))))}
                if found <= without:
                    raise
                without |= found
                contributions.clear()

    def _plain_numbers(self, bound: Operator) -> Iterator[tuple[int, Any]]:
        kind: Any = type(bound)
        for name in _plain_fields(kind):
            for tensor in tensors_in(getattr(bound, name)):
                if self._tape.is_live(tensor):
                    reads: Any = torch.Tensor.item if tensor.is_floating_point() else torch.Tensor.__index__
                    yield id(tensor), self._reads.read(reads, reads.__name__, (tensor,), {})
                elif not tensor.dim():
                    yield id(tensor), tensor.item()

    def _left_out(self, operator: Operator, given: list[torch.Tensor]) -> str | None:
        """Return why a tensor that depends on the inputs, but is no operand, is refused; None without such a tensor."""
        if operator.name == "cast":  # of `x.to(other)` it is the type of the other that counts
            return None
        values = {self._tape.value_of(tensor) for tensor in given if self._tape.is_live(tensor)}
        missing = values.difference(operator.reads)
        names = " and ".join(f"'{value.name}'" for value in missing if value.name)
        return f"a number here must not depend on the inputs, as {names} does: use a plain number" if missing else None

    def _add(self, operator: Operator, outputs: list[torch.Tensor], inputs: list[Known]) -> None:
        assert self._scopes.open
        passes = operator.name != "detach"
        learns = passes and torch.is_grad_enabled() and any(known.learns for known in inputs)
        linked = passes and any(known.linked for known in inputs)
        values = []
        for tensor, name in zip(outputs, self._scopes.open.next(len(outputs)), strict=True):
            is_float = tensor.is_floating_point()
            values.append(self._tape.add(
                tensor, name, "intermediate", self._scopes.path, learns=learns and is_float, linked=linked and is_float
            ))  # fmt: skip
            self._scopes.unnamed.add(id(tensor))
        self._tape.calls.append(Call(self._scopes.open.name, operator, tuple(values), self._scopes.path))

    def _contribution(self, tensor: torch.Tensor, contributions: _Contributions) -> torch.Tensor:
        known = self._tape.known.get(id(tensor))
        if not known or self._tape.forward_only or not tensor.requires_grad:
            return tensor.double() if tensor.dtype in NARROW else tensor
        if known.value.kind == "constant":  # a parameter of nobody's
            return tensor.detach().double()
        alias = tensor.view_as(tensor)
        alias.retain_grad()
        contributions.append((alias, tensor))
        return alias


@cache
def _plain_fields(kind: Any) -> tuple[str, ...]:
    return tuple(
        each.name
        for each in fields(kind)
        if "Tensor" not in str(each.type) and each.name not in kind.settings_or_values
    )


def in_float64(compute: Callable[[], Any], *, gradients: bool) -> Any:
    """Return compute(), run with float64 as PyTorch's default type and gradients on, True, or off, False."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        inference = torch.inference_mode(False) if torch.is_inference_mode_enabled() else nullcontext()
        with inference, torch.set_grad_enabled(gradients):
            return compute()
    finally:
        torch.set_default_dtype(dtype)


_EXACT = 2.0**53
"""Up to this size a cell holds each whole number: a double has 53 bits."""
_ADD_UP = ("add", "cumprod", "cumsum", "index_add", "index_put", "matmul", "pow", "prod", "scatter_add", "sum")
"""Operators that leave the range of a type soon, that of truth values among them."""
_LEAVE = (*_ADD_UP, "abs", "floor_divide", "linear", "mul", "neg", "rsub", "square", "sub")
"""Operators that leave the range of whole numbers of few bits."""


def _refuse_wrapped(what: str, operator: Operator, outputs: Sequence[torch.Tensor], wide: Callable[[], Any]) -> None:
    """Refuse whole numbers that leave the range of their type: PyTorch begins anew at its other end, a cell does not.

    Results that easily do so are refused at once; others are held against what `wide` computes, with 64 bits.
    """
    if operator.name in _LEAVE and operator.arguments.get("accumulate", True):
        for output in outputs:
            if output.dtype in SHORT or (output.dtype == torch.bool and operator.name in _ADD_UP):
                raise ExportError(
                    f"{what} computes with truth values or with whole numbers of {output.dtype.itemsize * 8} bits, "
                    "where PyTorch begins anew at the other end of their range, and a cell does not: use .long()"
                )
    if not any(output.dtype == torch.int32 or (operator.grows and output.dtype == torch.int64) for output in outputs):
        return
    with torch.no_grad():
        found = wide()
    for output, exact in zip(outputs, tensors_in(found), strict=True):
        if output.dtype == torch.int32 and not torch.equal(output.double(), exact.double()):
            raise ExportError(
                f"a whole number leaves the range of int32 in {what}, where PyTorch begins anew at its other end, and "
                "a cell does not: use .long()"
            )
        if output.dtype == torch.int64 and bool((exact.double().abs() >= _EXACT).any()):
            raise ExportError(
                f"a whole number leaves the range of ±2^53 in {what}, in which a cell holds each one exactly: take the "
                "remainder sooner, after each product"
            )


def _without_end(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if tensor.dtype in (torch.int32, torch.int64) else tensor


def on_a_line(function: Function, args: Args, kwargs: Kwargs, current: Change) -> Function | None:
    """Return f(x, …) = function(x.reshape(1), …).reshape(()) for a function along `dim`, as softmax, of a tensor ().

    PyTorch's functions take tensors without dimensions; the operators do not. None for any other call.

    Args:
        function: a function or method of PyTorch that has an operator.
        args: its arguments.
        kwargs: likewise, by name.
        current: returns the tensor that an object stands for, after changes in place.
    """
    if not args or not isinstance(args[0], torch.Tensor) or current(args[0]).dim():
        return None
    args, kwargs = changed((args, kwargs), current)
    if len(tensors_in((args, kwargs))) > 1:
        return None
    kind = find_operator(function, "")
    try:
        arguments = kind.bind(function, *args, **kwargs).arguments
    except TypeError:
        return None
    if kind.passes_on or "dim" not in arguments or (arguments["dim"] is None and not kind.name.startswith("arg")):
        return None

    def lifted(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = function(tensor.reshape(1), *args, **kwargs)
        if isinstance(result, torch.Tensor):
            return result.reshape(())
        named = result._fields if isinstance(result, Several) else result
        return type(named)([part.reshape(()) for part in named])

    return lifted


def _is_empty(result: Any) -> bool:
    found = tensors_in(result)
    return bool(found) and not any(tensor.numel() for tensor in found)
