"""Changes in place: the changed tensor is a new value, and the Python object stands for it from then on.

A view stands for a part of another tensor, the whole. If the whole is changed, the view is taken anew; if the view is
changed, the whole gets a new value in which that part is replaced.
"""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.compiler.refuse.shared_numbers import memory
from excel_export.compiler.trace.tape import Tape
from excel_export.ops import has_operator
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Args, Function, Kwargs, changed, tensors_in
from excel_export.shared.users_code import calling_line


@dataclass
class SharedView:
    """A view, such as x[0], that shares memory with another tensor, x: the call by which it can be taken again."""

    whole: torch.Tensor
    """The object of which this is a view: x."""
    made_from: torch.Tensor
    """The tensor that `whole` stood for when the view was taken."""
    function: Function
    """The function that took the view: Tensor.select."""
    args: Args
    """Its arguments by position: (x, 0, 0)."""
    kwargs: Kwargs
    """Its arguments by name."""
    number: int | None
    """The index of the view among several results of the call, from 0 on; None for a single result."""

    def taken(self, call: Function) -> Any:
        """Return the view, taken once more by `call`: call(Tensor.select, x, 0, 0) for x.select(0, 0)."""
        result = call(self.function, *self.args, **self.kwargs)
        return result if self.number is None else result[self.number]

    def refuse_if_unsafe(self) -> None:
        """Refuse a view that PyTorch's gradients do not follow, as those of x.unsafe_chunk(2).

        Raises:
            ExportError: the view is of unsafe_split, unsafe_chunk or the like.
        """
        name = self.function.__name__
        if name.startswith("unsafe_"):
            raise ExportError(
                f"numbers that {name}() shares are changed in place, of which PyTorch's gradients know nothing: use "
                f"{name.removeprefix('unsafe_')}()"
            )

    def places(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the positions of the view's elements in `whole`, a tensor of that shape, counted row by row from 0.

        They have the view's shape: [[1, 2], [4, 5]] for x[:, 1:], [3, 4, 5] for x[1], if x is of shape (2, 3).
        """
        numbers = torch.empty_like(whole, dtype=torch.long)  # which keeps the order in memory
        numbers.copy_(torch.arange(whole.numel()).reshape(whole.shape))

        args = changed(self.args, lambda tensor: numbers if tensor is self.whole else tensor)
        found: torch.Tensor = replace(self, args=args).taken(
            lambda function, *args, **kwargs: function(*args, **kwargs)
        )
        return found


def is_data(view: SharedView) -> bool:
    """Return whether a view is `x.data` or `x.detach()`: autograd does not see changes through it."""
    return view.function in (torch.Tensor.detach, torch.detach)


def views_of(function: Function, args: Args, kwargs: Kwargs) -> list[int | None]:
    """Return for each result of a function which argument tensor it is a view of, from 0 on; None for no view.

    [0, 0] for x.chunk(2), [None] for x + 1; [] if it cannot be run again. PyTorch's own function runs once on copies.
    """
    if any(isinstance(item, torch.Generator) or callable(item) for item in (*args, *kwargs.values())):
        return []  # which must not draw twice, or be called twice
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            args, kwargs = changed((args, kwargs), torch.clone)
            args, kwargs = changed((args, kwargs), lambda x: x.double() if x.is_floating_point() else x)
            results = tensors_in(function(*args, **kwargs))
    except Exception:  # what PyTorch itself cannot run, its own run of the module will refuse
        return []
    places = {memory(tensor): place for place, tensor in enumerate(tensors_in((args, kwargs)))}
    return [places.get(memory(result)) if result.numel() else None for result in results]


_AUGMENTED = {f"__i{name}__": f"__{name}__" for name in ("and", "or", "xor", "lshift", "rshift")}
"""`x &= y` and the like; `x += y` is `x.add_(y)` to PyTorch."""
_OF_SHAPE = {"t", "transpose", "swapaxes", "swapdims", "squeeze", "unsqueeze", "as_strided"}
"""Functions that change no number, and so not the tensors that share the numbers."""

_DETACHED = (
    "a part of a detached tensor, or of x.data, is changed in place, and with it the tensor behind it: change a copy, "
    "as x.detach().clone()"
)


class Changes:
    """The tensor that each Python object stands for after changes in place: after x.add_(1), current(x) is the sum."""

    def __init__(self, tape: Tape, record: Function) -> None:
        """Take the recording, and a function that calls another one and records the call: record(torch.add, x, 1)."""
        self._tape, self._record = tape, record
        self._now: dict[int, torch.Tensor] = {}
        self._views: dict[int, SharedView] = {}
        self._kept: list[torch.Tensor] = []
        self.changed_parameters: list[str] = []
        """Names of the parameters that `weight.data = …` set to the numbers that they had."""
        self._written: set[int] = set()
        """Memory places of constants into which something was written."""

    def current(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the tensor that an object stands for: the sum, for x after x.add_(1); the object itself if unchanged.

        Raises:
            ExportError: it is a view of a tensor that was changed since, and cannot be taken again.
        """
        if not self._now:
            return tensor
        view = self._views.get(id(tensor))
        if view:
            whole = self.current(view.whole)
            if whole is not view.made_from:
                view.refuse_if_unsafe()
                if is_data(view) and id(tensor) in self._now and self._tape.learns(self._now[id(tensor)]):
                    raise ExportError(_DETACHED)
                view.made_from = whole
                self._now[id(tensor)] = self.current(view.taken(self._record))
        elif self._written and id(tensor) not in self._now and memory(tensor) in self._written:
            raise ExportError(
                "a part of a tensor was taken before something was written into that tensor, and is read after it: "
                "take it afterwards"
            )
        return self._now.get(id(tensor), tensor)

    def stand_for(self, target: torch.Tensor, new: torch.Tensor) -> None:
        """Let an object stand for another tensor with the same numbers: `current(target)` is `new` from now on."""
        if new is not target:
            self._kept.append(target)
            self._now[id(target)] = new

    def note_views(self, results: Any, function: Function, args: Args, kwargs: Kwargs) -> None:
        """Remember which results of a call share memory with an argument, as x[0] with x, to change along with it."""
        if getattr(function, "__name__", "") == "__get__":
            what = getattr(getattr(function, "__self__", None), "__name__", "")
            if what not in ("T", "mT", "data"):
                return
            function = torch.Tensor.detach if what == "data" else function
        several = not isinstance(results, torch.Tensor)
        for number, result in enumerate(tensors_in(results)):
            place = memory(result)
            for whole in tensors_in((args, kwargs)) if place else ():
                made_from = self._now.get(id(whole), whole)
                if memory(made_from) == place and made_from is not result and whole is not result:
                    self._note(
                        result, SharedView(whole, made_from, function, args, kwargs, number if several else None)
                    )
                    break

    def note_views_of_pytorchs(self, results: Any, function: Function, args: Args, kwargs: Kwargs) -> None:
        """Remember which results would be views of an argument if PyTorch ran `function`, though ours are copies."""
        wholes = tensors_in((args, kwargs))
        several = not isinstance(results, torch.Tensor)
        places = views_of(function, *changed((args, kwargs), self.current))
        for number, (result, place) in enumerate(zip(tensors_in(results), places, strict=False)):
            if place is not None and result is not wholes[place]:
                whole, which = wholes[place], number if several else None
                self._note(result, SharedView(whole, self.current(whole), function, args, kwargs, which))

    def _note(self, result: torch.Tensor, view: SharedView) -> None:
        self._views[id(result)] = view
        self._kept.append(result)

    def change(self, function: Function, args: Args, kwargs: Kwargs) -> torch.Tensor:
        """Record a function that works in place, such as `x.add_(y)`, and return the object x, as PyTorch does.

        Raises:
            ExportError: formulas cannot show the change, such as x[0].t_(), which changes the shape of a view.
        """
        target: torch.Tensor = args[0] if args else kwargs.pop("input")
        name = function.__name__.strip("_")
        if name == "setitem":
            self._write(target, args[1], args[2])
        elif name in ("copy", "fill", "zero"):
            self._write(target, ..., [*args[1:], *kwargs.values(), 0][0])
        elif name == "fill_diagonal":
            places = torch.zeros(self.current(target).shape, dtype=torch.bool)
            self._write(target, places.fill_diagonal_(1, *args[2:]), [*args[1:], *kwargs.values()][0])
        else:
            if name in _OF_SHAPE and (
                id(target) in self._views or any(view.whole is target for view in self._views.values())
            ):
                raise ExportError(
                    f"{name}_() changes the shape of a view, or of a tensor that has views, in place: "
                    f"use x = x.{name}()"
                )
            new = self._record(out_of_place(function), *(args or (target,)), **kwargs)
            if name in _OF_SHAPE:
                self._views.pop(id(new), None)  # of what the object was, not of what it is
            self.assign(target, new)
        return target

    def assign(self, target: torch.Tensor, new: torch.Tensor, *, partly: bool = False) -> None:
        """Let an object stand for another tensor; if it is a view, as x[0], then x stands for a changed tensor, too.

        Args:
            target: the object.
            new: its new tensor.
            partly: True if only some elements differ, as after x[0] = 1.

        Raises:
            ExportError: PyTorch's gradients would not follow the change, as of a detached tensor.
        """
        before, new = self.current(target), self.current(new)
        if new is before:
            return
        if id(target) in self._tape.parameters and target.requires_grad and not torch.is_grad_enabled():
            self._change_behind(target, before, new)
            return
        self._refuse(target, before, new)
        if before.dtype != new.dtype and not before.is_floating_point():  # the type stays that of what is changed
            new = self._record(torch.Tensor.to, new, before.dtype) if self._tape.is_live(new) else new.to(before.dtype)
        view = self._views.get(id(target))
        if view:
            view.refuse_if_unsafe()
            whole = self.current(view.whole)
            if is_data(view) and (self._tape.learns(whole) or self._tape.learns(new)):
                if self._tape.learns(whole):
                    self._change_behind(view.whole, whole, new)
                else:
                    self.assign(view.whole, self._record(torch.Tensor.detach, new))
                view.made_from = self.current(view.whole)
                self.stand_for(target, new)
                return
            places = view.places(whole)
            if partly and len(set(places.flatten().tolist())) < places.numel():
                raise ExportError(
                    "a part of windows that overlap is changed in place, and with it the windows beside it: change the "
                    "tensor that they are taken from"
                )
            self.assign(view.whole, self._replaced(whole, places, new), partly=True)
            view.made_from = self.current(view.whole)
        elif not self._tape.is_live(target):
            self._written.add(memory(target))
        self._kept.append(target)
        self._now[id(target)] = new

    def set_data(self, target: torch.Tensor, value: torch.Tensor) -> None:
        """Record `target.data = value`: the target has the value's numbers from then on, and keeps its gradient.

        Raises:
            ExportError: the value has another shape or type.
        """
        view, before, new = self._views.get(id(value)), self.current(target), self.current(value)
        if before.shape != new.shape or before.is_floating_point() != new.is_floating_point():
            raise ExportError(f"x.data is set to another shape or type in {calling_line()}, which no formula can show")
        if not (view and view.whole is target and is_data(view)):  # as after `x.data *= y`
            self._change_behind(target, before, new)

    def _change_behind(self, target: torch.Tensor, before: torch.Tensor, new: torch.Tensor) -> None:
        outer = self._views.get(id(target))
        if outer:
            outer.refuse_if_unsafe()
            whole = self.current(outer.whole)
            part = self._replaced(self._record(torch.Tensor.detach, whole), outer.places(whole), new)
            self._change_behind(outer.whole, whole, part)
            return
        name = self._tape.parameters.get(id(target))
        if name and target.requires_grad and not self._tape.forward_only and not torch.allclose(before, new, 1e-6):
            raise ExportError(
                f"forward() changes the numbers of the parameter '{name}', in {calling_line()}, so it would be "
                "another one after the call: call the module once before the export"
            )
        if name and name not in self.changed_parameters:
            self.changed_parameters.append(name)
        with torch.enable_grad():  # the numbers of the new one, and the gradient of the old one
            nothing = self._record(torch.sub, before, self._record(torch.Tensor.detach, before))
            new = self._record(torch.Tensor.detach, new) if self._tape.is_live(new) else new
            self.stand_for(target, self._record(torch.add, new, nothing))

    def _refuse(self, target: torch.Tensor, before: torch.Tensor, new: torch.Tensor) -> None:
        parameter = self._tape.parameters.get(id(target))
        if parameter and target.requires_grad:
            raise ExportError(
                f"the parameter '{parameter}' is changed in place in {calling_line()}, which PyTorch allows under "
                "torch.no_grad() only"
            )
        if before.is_floating_point() != new.is_floating_point():
            raise ExportError("an operation in place changes floats to whole numbers, or whole numbers to floats")
        learns = self._tape.learns(before)
        if learns and not torch.is_grad_enabled():
            raise ExportError(
                "a tensor with a gradient is changed in place while gradients are off, so its gradient would not be "
                "that of its numbers: change a copy, or leave out torch.no_grad()"
            )
        view = self._views.get(id(target))
        passes_none = view and not is_data(view) and not learns and self._tape.learns(view.made_from)
        if view and (before.shape != new.shape or passes_none):
            raise ExportError(_DETACHED)
        if not view and target._is_view() and not self._tape.is_live(target) and self._tape.is_live(new):
            raise ExportError(
                "something is written into a part of a constant tensor that was taken before: write into the tensor "
                "itself, as x[:, 0] = y"
            )

    def _write(self, target: torch.Tensor, index: Any, value: Any) -> None:
        before = self.current(target)
        place = changed(index, self.current)
        if not isinstance(value, torch.Tensor):
            value = torch.as_tensor(value, dtype=before.dtype)
        value = self.current(value)
        if not self._tape.is_live(value):
            value = value.to(before.dtype)
        if any(map(self._tape.is_live, tensors_in(place))):
            if isinstance(place, torch.Tensor) and place.dtype == torch.bool:
                missing = [1] * (before.dim() - place.dim())
                row = value.shape[max(0, value.dim() - len(missing)) :]  # what each that is picked gets
                if row.numel() < value.numel():
                    raise ExportError(
                        "x[mask] = y: which of several numbers goes where depends on the inputs; use torch.where"
                    )
                if value.shape != row:
                    value = self._record(torch.Tensor.reshape, value, row)
                mask = self._record(torch.Tensor.reshape, place, (*place.shape, *missing)) if missing else place
                self.assign(target, self._record(torch.where, mask, value, before))
            else:
                self.assign(target, self._record(torch.Tensor.__setitem__, before, place, value))
            return
        picked = torch.arange(before.numel()).reshape(before.shape)[place]
        if not picked.numel():
            return
        if value.numel() > 1 and value.shape != picked.shape:
            extra = value.dim() - picked.dim()
            if extra > 0:  # PyTorch drops leading dimensions of one element
                value = self._record(torch.Tensor.reshape, value, value.shape[extra:])
            if value.shape != picked.shape:
                value = self._record(torch.Tensor.expand, value, picked.shape)
        self.assign(target, self._replaced(before, picked, value), partly=picked.numel() < before.numel())

    def _replaced(self, whole: torch.Tensor, places: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
        part, count = self.current(part), prod(whole.shape)
        if places.shape == whole.shape == part.shape and torch.equal(places.flatten(), torch.arange(count)):
            return self._tape.again(part) if self._tape.is_live(part) else part.clone()
        chosen = torch.zeros(count, dtype=torch.bool)
        chosen[places.flatten()] = True
        if not self._tape.is_live(whole) and not self._tape.is_live(part):
            return whole.masked_scatter(chosen.reshape(whole.shape), part.expand(places.shape))
        if part.numel() == 1:
            spread = part if part.dim() <= whole.dim() else self._record(torch.Tensor.reshape, part, ())
        else:
            source = torch.zeros(count, dtype=torch.long)
            source[places.flatten()] = torch.arange(places.numel())
            line = self._record(torch.Tensor.reshape, part, (-1,))
            spread = self._record(torch.Tensor.__getitem__, line, source.reshape(whole.shape))
        replaced: torch.Tensor = self._record(torch.where, chosen.reshape(whole.shape), spread, whole)
        return replaced


def is_in_place(function: Function) -> bool:
    """Return whether a function changes its first argument: `add_`, `__setitem__`, `__iand__`."""
    name = getattr(function, "__name__", "")
    return name == "__setitem__" or name in _AUGMENTED or (name.endswith("_") and not name.endswith("__"))


def out_of_place(function: Function) -> Function:
    """Return the function that computes the same in a new tensor: Tensor.add for Tensor.add_; itself if none does."""
    name = _AUGMENTED.get(function.__name__, function.__name__.rstrip("_"))
    found = [getattr(home, name) for home in (torch.Tensor, torch, F) if hasattr(home, name)]
    return next(filter(has_operator, found), next(iter(found), function))
