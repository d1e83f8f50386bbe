"""What an operator is: its forward and backward formulas, and the words that explain both."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np

from excel_export.formulas.terms import Terms
from excel_export.shared.errors import UnsupportedOperator

Band = Literal["forward", "parameters", "backward", "updates"]
Expressions = np.ndarray
"""An object array of formulas without their '=', one for each element of a tensor, in its shape."""


@dataclass(frozen=True)
class Workspace:
    """An auxiliary tensor that an operator wants on the sheet beside its result."""

    shape: tuple[int, ...]
    text: str
    band: Band = "forward"
    """The part of the sheet it belongs to."""
    matrix: bool = False
    """Lay it out as parameters are: the first dimension down the rows, the second across."""
    interleave: int | None = None
    """Lay it out so that a window over all of this dimension, 0 or 1 of four, is one rectangle."""


class Operator:
    """One operator. Subclasses are never instantiated by hand: `@operator(...)` registers them.

    All methods take the result `y` first, then the arguments of the PyTorch function by its own
    names. In `forward`, `backward` and `fill`, tensors are `PlacedTensor`s, which know their cells.
    In `workspace` they may also be bare `Value`s: only shapes count there. An operator with several
    results gets, and returns, a tuple.
    """

    name: ClassVar[str]
    functions: ClassVar[tuple[Callable, ...]]
    forward_math: ClassVar[str]
    """The forward formula as a textbook writes it."""
    backward_math: ClassVar[str]
    """The gradient formula as a textbook writes it; g is the gradient of the loss by y."""
    forward_words: ClassVar[str] = ""
    """What it does, in a plain sentence or two; the class's docstring where there is none."""
    backward_words: ClassVar[str] = "Each input gets its share of the gradient."
    """What its backward pass does, in a plain sentence or two."""
    variadic: ClassVar[bool] = False
    """Whether the last parameter gathers loose numbers: `x.view(2, 3)` is `x.view((2, 3))`."""
    fixed: ClassVar[tuple[str, ...]] = ()
    """Parameters whose tensors are settings, not values on the sheet: they cannot depend on the inputs."""

    def evaluate(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """PyTorch's own result, in float64."""
        if "inplace" in kwargs:
            # An in-place operator would overwrite the value that the sheet shows as its input.
            kwargs["inplace"] = False
        return function(*args, **kwargs)

    def check(self, **arguments: Any) -> str | None:
        """What in these arguments cannot be exported, or None."""
        return None

    def workspace(self, y: Any, *args: Any, **kwargs: Any) -> dict[str, Workspace]:
        """The auxiliary tensors it wants, by name."""
        return {}

    def fill(self, y: Any, *args: Any, **kwargs: Any) -> dict[str, Expressions]:
        """The formulas of the auxiliary tensors, by name."""
        return {}

    def forward(self, y: Any, *args: Any, **kwargs: Any) -> Any:
        """The formulas of the result."""
        raise NotImplementedError

    def backward(self, y: Any, *args: Any, **kwargs: Any) -> Iterable[tuple[Any, Expressions]]:
        """Yield (input, formulas): what each input's gradient gains through this operator."""
        raise NotImplementedError

    def terms(self, y: Any, *args: Any, **kwargs: Any) -> Iterable[tuple[Any, Terms]]:
        """Yield (parameter, how its gradient is made up) where it is a sum of products worth showing term by term.

        As in `workspace`, tensors are bare `Value`s.
        """
        return ()

    def bind(self, function: Callable, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The arguments of a call by PyTorch's names for them, every default filled in.

        Raises:
            TypeError: they do not fit the operator's signature.
        """
        last = len(self.signature.parameters) - 1
        if self.variadic and len(args) > last and not isinstance(args[last], (list, tuple)):
            args = (*args[:last], args[last:])
        bound = self.signature.bind(*args, **{_SYNONYMS.get(name, name): item for name, item in kwargs.items()})
        bound.apply_defaults()
        return dict(bound.arguments)

    @property
    def signature(self) -> inspect.Signature:
        """The operator's PyTorch signature, read off `forward`."""
        signature = inspect.signature(self.forward)
        return signature.replace(parameters=list(signature.parameters.values())[1:])


_SYNONYMS = {"axis": "dim", "keepdims": "keepdim"}
"""NumPy's names, which PyTorch understands as well."""
_registry: dict[Callable, Operator] = {}


def operator(*functions: Callable) -> Callable[[type[Operator]], type[Operator]]:
    """Register a class as the operator behind these PyTorch functions and methods."""

    def register(cls: type[Operator]) -> type[Operator]:
        cls.name, cls.functions = cls.__name__, functions
        cls.forward_words = cls.forward_words or (cls.__doc__ or "").split("\n")[0]
        instance = cls()
        for function in functions:
            _registry[function] = instance
        return cls

    return register


@cache
def _load_operators() -> None:
    import excel_export.ops as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def find_operator(function: Callable, where: str) -> Operator:
    """Return the operator behind a PyTorch function.

    Raises:
        UnsupportedOperator: there is none; `where` (the node and its module path) is named.
    """
    _load_operators()
    found = _registry.get(function)
    if found is None:
        name = getattr(function, "__name__", str(function)).strip("_")
        if name == "get":  # a property such as x.data
            name = getattr(getattr(function, "__self__", None), "__name__", name)
        raise UnsupportedOperator(
            f"operator '{name}' ({where}) is not supported: add excel_export/ops/{name}.py to support it"
        )
    return found


def all_operators() -> list[Operator]:
    """Every registered operator, by name."""
    _load_operators()
    return sorted({id(item): item for item in _registry.values()}.values(), key=lambda item: item.name)
