"""Numbers that watch themselves: whatever Python asks of one that it read out of a tensor is seen, and can be turned.

What is computed of such a number is watched, too, also by `float`, `round`, NumPy and formatting. Each yes or no that
comes of it has a place in the user's code; a run may be told to turn the answers there.
"""

import math
import statistics
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import torch

from excel_export.compiler.refuse.users_code import Place, users_place
from excel_export.compiler.trace.patches import Patch, patched
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Change, Function, leaves, mapped

_LEFT_AS_IT_IS = {
    *("__new__", "__init__", "__init_subclass__", "__subclasshook__", "__class__", "__getattribute__", "__setattr__"),
    *("__delattr__", "__reduce__", "__reduce_ex__", "__sizeof__", "__getnewargs__", "__dir__", "__len__", "__index__"),
    *("__getstate__", "__setstate__", "__getformat__", "__iter__", "__complex__", "__buffer__", "__class_getitem__"),
    *("__array_finalize__", "__array_wrap__", "__array_ufunc__", "__array_function__", "__deepcopy__", "__copy__"),
    *("fromhex", "from_bytes", "maketrans", "setflags", "view", "encode"),
}
_LEAVES_PYTHON = {"__float__", "__int__", "tobytes", "dump", "tofile"}


class Watch:
    """What is asked in one run, and how it is answered.

    Args:
        turns: told the place of a question, and how often it was asked there before: whether its answer is turned.
        most: so many questions may be asked.
        alter: instead, what becomes of each number that is read; then nothing is asked.
    """

    def __init__(
        self, turns: Callable[[Place, int], bool] = lambda *_: False, most: int = 10_000, alter: Change | None = None
    ) -> None:
        self.asked: list[tuple[Place, str]] = []
        """The place of each question, and the refusal if it decides."""
        self.refusal = ""
        """Of what cannot be answered otherwise."""
        self.converting: dict[int, dict[str, Any]] = {}
        """The global names of functions that make plain numbers by `float` or `int`."""
        self.alter, self.is_open, self.went_through, self.reads, self.last_refusal = alter, not alter, True, 0, ""
        self._turns, self._most, self._before = turns, most, Counter[Place]()

    def seen(self, found: Any, refusal: str) -> Any:
        """Return what was read, or computed of it, so that it watches itself; a truth value is answered."""
        if not self.is_open or isinstance(found, Watched):
            return found
        self.reads, self.last_refusal = self.reads + 1, refusal
        if isinstance(found, (bool, np.bool_)) or (isinstance(found, np.ndarray) and found.dtype == np.bool_):
            return self._answered(found, refusal)
        if isinstance(found, np.ndarray):
            array: Any = found.view(_watching(np.ndarray))
            array.watch, array.refusal = self, refusal
            return array
        if isinstance(found, (float, int, str, np.number)):
            plain_kind: Any = type(found)
            kind = _watching(plain_kind)
            new = kind.__new__(kind, found)
            new.watch, new.refusal, new.own = self, refusal, found
            return new
        return mapped(found, (float, int, str, np.ndarray, np.number), lambda part: self.seen(part, refusal))

    def left(self, refusal: str) -> None:
        """Remember whose code makes a plain number by `float` or `int`."""
        self.reads, self.last_refusal = self.reads + 1, refusal
        frame, _ = users_place()
        if frame:
            self.converting[id(frame.f_globals)] = frame.f_globals

    def _answered(self, found: Any, refusal: str) -> Any:
        _, place = users_place()
        before = self._before[place]
        self._before[place] += 1
        if len(self.asked) >= self._most:
            self.refusal = self.refusal or refusal
            raise ExportError(refusal)
        self.asked.append((place, refusal))
        if not self._turns(place, before):
            return found
        return ~found if isinstance(found, np.ndarray) else not found


class Watched:
    """What watches itself."""

    watch: Watch
    refusal: str
    own: Any
    """The plain number or text; arrays have none, as they are their own."""

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return plain(self).__reduce_ex__(protocol)


def plain(item: Any) -> Any:
    """Return arguments with plain numbers and texts."""
    return mapped([*item] if isinstance(item, deque) else item, Watched, _plain)


def _plain(item: Any) -> Any:
    return item.view(np.ndarray) if isinstance(item, np.ndarray) else item.own


@cache
def _watching(kind: Any) -> Any:
    """Return the class of what is of a kind, and watches itself."""
    methods = {name: _method(kind, name) for name in dir(kind)
               if callable(getattr(kind, name)) and name not in _LEFT_AS_IT_IS}  # fmt: skip
    methods["__array_ufunc__"] = lambda self, function, way, *args, **kwargs: through(
        getattr(function, way), args, kwargs, self.watch
    )
    methods["__array_function__"] = lambda self, function, types, args, kwargs: through(
        function, args, kwargs, self.watch
    )
    if kind is np.ndarray:
        methods["__array_finalize__"] = lambda self, other: self.__dict__.update(getattr(other, "__dict__", {}))
        methods["__iter__"] = lambda self: (self[k] for k in range(len(self)))
    return type(f"watched_{kind.__name__}", (Watched, kind), methods)


def _method(kind: type, name: str) -> Function:
    method = getattr(kind, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        own = _plain(self)
        found = method(own, *plain(args), **plain(kwargs))
        if name in _LEAVES_PYTHON:
            self.watch.left(self.refusal)
            return found
        return self if found is own else self.watch.seen(found, self.refusal)

    return call


def through(function: Function, args: Any, kwargs: Any, watch: Watch) -> Any:
    """Call a function that knows no watched numbers; what it returns of some watches itself."""
    given = [item for arg in (*args, *kwargs.values())
             for item in leaves([*arg] if isinstance(arg, deque) else arg, Watched)]  # fmt: skip
    before = watch.reads
    found = function(*map(plain, args), **{key: plain(item) for key, item in kwargs.items()})
    if not given and watch.reads == before:
        return found
    return watch.seen(found, given[0].refusal if given else watch.last_refusal)


class _Conversion(type):
    """Of what stands for `float` and `int` meanwhile."""

    kind: type

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        item = args[0] if len(args) == 1 and not kwargs else None
        if isinstance(item, Watched):
            return item.watch.seen(cls.kind(plain(item)), item.refusal)
        if isinstance(item, torch.Tensor):
            return cls(item.item())
        return cls.kind(*args, **kwargs)

    def __instancecheck__(cls, item: Any) -> bool:
        return isinstance(item, cls.kind)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.kind)

    def __getattr__(cls, name: str) -> Any:
        return np.dtype(cls.kind) if name == "dtype" else getattr(cls.kind, name)


_TAKE_TYPES = (
    *("arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "full", "full_like", "linspace", "logspace"),
    *("mean", "new_empty", "new_full", "new_ones", "new_tensor", "new_zeros", "ones", "ones_like", "prod", "rand"),
    *("randint", "randn", "scalar_tensor", "sum", "tensor", "to", "type", "zeros", "zeros_like"),
)
"""Functions and methods that are often told a type, as `dtype=float`."""
_CONVERSIONS = {kind.__name__: _Conversion(kind.__name__, (), {"kind": kind}) for kind in (float, int)}


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """While it is active, watched numbers go through libraries and conversions; then they are as plain ones."""
    patches: list[Patch] = [(library, name, _through(function, watch)) for library in (math, statistics, np, np.linalg)
               for name, function in vars(library).items() if callable(function) and not name.startswith("_")
               and not isinstance(function, (type, np.ufunc))]  # fmt: skip
    patches += [(home, name, _told_types(getattr(home, name))) for home in (torch, torch.Tensor)
                for name in _TAKE_TYPES if watch.converting and hasattr(home, name)]  # fmt: skip
    converting = [names for names in watch.converting.values() if not names.keys() & _CONVERSIONS]
    try:
        for names in converting:
            names.update(_CONVERSIONS)
        with patched(patches):
            yield
    finally:
        watch.is_open = False
        for names in converting:
            for name in _CONVERSIONS:
                del names[name]


def _through(function: Any, watch: Watch) -> Any:
    return lambda *args, **kwargs: through(function, args, kwargs, watch)


@cache
def _told_types(function: Any) -> Any:
    """Return a function of PyTorch's that takes what stands for `float` and `int` for these types."""

    def told(item: Any) -> Any:
        return item.kind if isinstance(item, _Conversion) else item

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*map(told, args), **{key: told(item) for key, item in kwargs.items()})

    _TOLD[call] = function
    return call


_TOLD: dict[Any, Any] = {}


def untold(function: Any) -> Any:
    """Return the function that PyTorch means: of methods, it hands what stands there to a recorder."""
    return _TOLD.get(function, function)
