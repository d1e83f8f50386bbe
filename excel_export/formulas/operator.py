"""The base class of operators: PyTorch's arguments of a call, its forward and backward formulas, and its words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache, cached_property
from string import Formatter
from typing import Any, ClassVar, Literal, Self, dataclass_transform

import numpy as np
import torch
from torch.overrides import resolve_name

from excel_export.formulas.expression import OperandLike
from excel_export.formulas.tensor import Tensor
from excel_export.formulas.words import counted, factor, figure, size
from excel_export.shared.trees import leaves, mapped

Band = Literal["forward", "parameters", "backward", "updates"]
Layout = Literal["upright", "matrix", "first interleaved", "second interleaved"]
Gradients = Iterator[tuple[Tensor, OperandLike]]
"""Pairs of an input and the formulas of what this call adds to the input's gradient."""


@dataclass(frozen=True)
class Helper:
    """A helper tensor, an operator's step in cells of its own: Helper((2, 3), 'e^x', lambda: EXP(x))."""

    shape: tuple[int, ...]
    """The shape of the tensor."""
    text: str
    """The title above its cells."""
    formula: Callable[[], OperandLike]
    """A function that returns its formulas; called when all tensors have their places."""
    band: Band = "forward"
    """Its place on the sheet: 'forward' or 'backward' among the values of that pass, 'parameters' among the
    parameters."""
    layout: Layout = "upright"
    """The arrangement of its elements: 'upright' with a column for each sample (N, F), 'matrix' with a row for each
    output (O, I). 'first interleaved', for images (2, C, H, W): the rows of the samples alternate (row 0 of sample 0,
    row 0 of sample 1, row 1 of sample 0, …), the channels stand side by side; 'second interleaved': the reverse."""
    math: str = ""
    """Its formula as a textbook writes it, 'e = e^x'; '' if explanations have no step for it."""
    words: str = ""
    """One or two plain sentences about its formula; '' for none."""
    readable: Callable[[], OperandLike] | None = None
    """A function that returns a shorter form of its formulas, for people; None if `formula` is short enough."""
    index_names: tuple[str, ...] = ()
    """The name of each dimension, ('query', 'key'); () for those by rank, ('sample', 'number') for two dimensions."""


@dataclass(frozen=True)
class Phrases:
    """Texts that replace an operator's own for some of its calls.

    Phrases(lambda self, y: self.p == 0, 'Drops nothing.') replaces the forward sentence of a dropout with p = 0. A text
    that is '' leaves the operator's own.
    """

    when: Callable[[Any, Tensor], Any]
    """A function of the operator and its first result; true if the texts apply to this call."""
    forward_words: str = ""
    """Sentences on the forward pass; '' for the operator's own, as for the other texts."""
    forward_math: str = ""
    """The forward formula as a textbook writes it."""
    backward_words: str = ""
    """Sentences on the backward pass."""
    backward_math: str = ""
    """The gradient formula as a textbook writes it."""
    called: str = ""
    """The name of the result, such as '{input} + {other}'."""


class _Filled(Formatter):
    def __init__(self, operator: Operator, y: Tensor) -> None:
        self._operator, self._named = operator, {"y": y, **operator.pieces(y)}

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return self._named[key] if key in self._named else getattr(self._operator, str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str):
            return value
        if format_spec in _WRITTEN:
            return _WRITTEN[format_spec](value)
        return counted(value, format_spec)


_WRITTEN: dict[str, Callable[[Any], str]] = {"": figure, "factor": factor, "size": size}
"""How a value in braces is written, by the word after the colon. Any other word is a noun to be counted:
{count:number}."""


@dataclass_transform(frozen_default=True, eq_default=False)
@dataclass(frozen=True, eq=False)
class Operator:
    """One call of an operator. A subclass has the arguments of the PyTorch function as fields, by their names and with
    their defaults; it is a frozen dataclass without a decorator.

    Its texts (`words`, `math` and `called`) describe the call. In braces stand fields, y for the first result, and
    `pieces`: '{alpha}' writes −2, '{alpha:factor}' (−2), '{weight.shape:size}' 4×3; any other word is a noun to count:
    '{count:number}' writes 4 numbers. `phrases` replace the texts for some calls.

    In `check`, `helpers` and the texts, tensors have no cells yet: use their shapes only.

    Example:
        What a new operator looks like; with `@operator(torch.exp)` above the class it is one::

            class exponential(Operator):
                input: Tensor

                forward_math = "y = e^x"
                backward_math = "∂L/∂x = g · y"

                def forward(self, y):
                    return call("EXP", self.input)

                def backward(self, y):
                    yield self.input, y.grad * y
    """

    name: ClassVar[str]
    """The operator's name, that of its class: 'relu'."""
    functions: ClassVar[tuple[Callable[..., Any], ...]]
    """The PyTorch functions and methods that it stands for."""
    forward_math: ClassVar[str]
    """The forward formula as a textbook writes it."""
    backward_math: ClassVar[str]
    """The gradient formula as a textbook writes it; g is the gradient of the loss by the result y."""
    forward_words: ClassVar[str] = ""
    """One or two plain sentences about the forward formula; the first line of the class's docstring if empty."""
    backward_words: ClassVar[str] = "Each input gets g times the slope of the result by that input."
    """One or two plain sentences about the backward formula."""
    called: ClassVar[str] = ""
    """The name of a result that has none in the module, such as '{input} + {other}'; {result} is its number if there
    are several. If empty, the name is made of the operator's: 'relu of x'."""
    phrases: ClassVar[tuple[Phrases, ...]] = ()
    """Texts for some calls. Of each text, the first that applies to a call and is not '' counts."""
    variadic: ClassVar[bool] = False
    """True if the last argument may be given as loose numbers: `x.view(2, 3)` for `x.view((2, 3))`."""
    is_elementwise: ClassVar[bool] = False
    """True for a function of one number, such as e^x, that is applied to each element of the first argument."""
    passes_on: ClassVar[bool] = False
    """True if the result consists of elements of the input, unchanged, perhaps in another order."""
    seeks_result: ClassVar[bool] = False
    """True if a backward formula searches the inputs for the result's value, as of max. It fails if the result is
    rounded."""
    drawn: ClassVar[tuple[str, ...]] = ()
    """The fields whose tensors PyTorch draws at random, ('mask',). They become inputs of the workbook."""
    of_sequences: ClassVar[bool] = False
    """True if the tensors are sequences, (L, F) or (N, L, F) with L places."""
    grows: ClassVar[bool] = False
    """True if results can be far larger than inputs, so that integers leave the range that a cell holds exactly."""
    settings_or_values: ClassVar[tuple[str, ...]] = ()
    """The fields whose tensors are settings if they are constant, and get cells if they depend on the inputs."""

    @property
    def only_moves(self) -> bool:
        """True if this call only rearranges elements, as reshape does: it is explained with the call that reads it."""
        return False

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, eq=False)(cls)

    def check(self) -> str | None:
        """Return why these arguments can't be exported, a clause such as 'its mode is circular'; None if they can."""
        return None

    def text(self, what: str, y: Tensor) -> str:
        """Return one of the operator's texts for this call, braces filled: 'y = x + 2 · z' of 'y = x + {alpha} · z'.

        Args:
            what: 'forward_words', 'forward_math', 'backward_words', 'backward_math' or 'called', whose braces stay.
            y: the first result.
        """
        said = (getattr(each, what) for each in self.phrases if getattr(each, what) and each.when(self, y))
        text: str = next(said, getattr(self, what))
        if what == "called":
            first = next(key for key, item in self.arguments.items() if leaves(item, Tensor))
            return text or f"{self.name.replace('_', ' ')} of {{{first}}}"
        return _Filled(self, y).format(text) if "{" in text else text

    def pieces(self, y: Tensor) -> dict[str, Any]:
        """Return further values for the braces of the texts, by name: {'count': 4}; {} for none.

        Like other methods with `y`, it gets the first result of the call.
        """
        return {}

    def index_names(self, y: Tensor) -> tuple[str, ...]:
        """Return the name of each dimension of the result `y`, ('head', 'query', 'key'); () for names by rank."""
        return ()

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        """Return the lowest and highest integer that the input `tensor` may hold, (0, 9) for an index; None for any."""
        return None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        """Return the helpers of this call, tensors of intermediate results, {'e': Helper(…)}; `y` is the result."""
        return {}

    def forward(self, y: Tensor) -> OperandLike:
        """Return the result's formulas, in its shape, such as EXP(self.input); `y` is the result, with its cells."""
        raise NotImplementedError

    def backward(self, y: Tensor) -> Gradients:
        """Yield (input, formulas) for each input with a gradient: (self.input, y.grad * y) for e^x.

        `y` is the result; y.grad are the cells of its gradient.
        """
        raise NotImplementedError

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        """Return the formulas of each result, (forward(y),); an operator with several results overrides this."""
        (y,) = results
        return (self.forward(y),)

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        """Return each result's formulas as a person reads them, MAX(0, x); those in the cells may be longer."""
        return self.forward_all(results)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        """Yield (input, formulas) for each input with a gradient; an operator with several results overrides this."""
        (y,) = results
        return self.backward(y)

    def moves_once(self) -> np.ndarray | None:
        """Return which elements of the input are in the result, 1 or 0 each, in the input's shape: [1, 0] for x[:1].

        None if an element is repeated, as by expand, if cells hold the indices, or if the operator computes.
        """
        return None

    def origins(self) -> list[np.ndarray] | None:
        """Return for each result, in its shape, the number of the input's element that each element is, from 0 on.

        [[1, 0]] for a flip of two elements; -1 for an element that is not from the input. None if the operator doesn't
        pass on elements (`passes_on`), or if the numbers decide which.
        """
        return None

    def ranks_left_open(self) -> tuple[int, int, int] | None:
        """Return (first, last, n): PyTorch leaves open which of equal numbers, in a line of n, gets these ranks.

        Ranks count from 1: (1, 2, 5) for the 2 largest of 5. None if the order is fixed, or if the operator has no
        helper 'place', as sorting has.
        """
        return None

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return function(*args, **kwargs), as PyTorch computes it, with `inplace` False: no tensor is changed."""
        if "inplace" in kwargs:
            # An in-place operator would overwrite the value that the sheet shows as its input.
            kwargs["inplace"] = False
        return function(*args, **kwargs)

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Return the operator of a call: relu.bind(F.relu, x) is relu(input=x), with PyTorch's tensors as its fields.

        Raises:
            TypeError: the arguments do not fit the operator's fields.
        """
        kind: Any = cls
        last = len(_names(kind)) - 1
        if cls.variadic and len(args) > last and not isinstance(args[last], (list, tuple)):
            args = (*args[:last], args[last:])
        given = {_SYNONYMS.get(key, key): item for key, item in kwargs.items()}
        try:
            return cls(*args, **given)
        except TypeError:
            inspect.signature(cls).bind(*args, **given)  # says what does not fit, without Python's own names
            raise

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The values of the fields by name, in their order: {'input': x, 'dim': 1}."""
        kind: Any = type(self)
        return {name: getattr(self, name) for name in _names(kind)}

    @cached_property
    def reads(self) -> list[Tensor]:
        """The tensors among the arguments, in their order, also those within lists: [input, weight, bias]."""
        return leaves(self.arguments, Tensor)

    def on(self, change: Callable[[Tensor], Tensor]) -> Self:
        """Return the call with each tensor replaced by change(tensor): relu(input=x) as relu(input=change(x))."""
        return type(self)(**{key: mapped(item, Tensor, change) for key, item in self.arguments.items()})

    def on_values(self, value_of: Callable[[torch.Tensor], Tensor], is_live: Callable[[torch.Tensor], bool]) -> Self:
        """Return the call with PyTorch's tensors replaced by value_of(tensor): relu(input=x) of the workbook's x.

        Args:
            value_of: gives the tensor of the workbook for one of PyTorch's.
            is_live: true for one of PyTorch's that depends on inputs or parameters. Others in `settings_or_values`
                stay PyTorch's: copies, detached.
        """

        def live_value_of(tensor: torch.Tensor) -> torch.Tensor | Tensor:
            return value_of(tensor) if is_live(tensor) else tensor.detach().clone()

        changes = dict.fromkeys(self.arguments, value_of) | dict.fromkeys(self.settings_or_values, live_value_of)
        arguments = {key: mapped(item, torch.Tensor, changes[key]) for key, item in self.arguments.items()}
        return type(self)(**{key: [*item] if isinstance(item, list) else item for key, item in arguments.items()})


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


_SYNONYMS = {"axis": "dim", "keepdims": "keepdim"}
"""PyTorch's argument names by the names that it accepts for NumPy's sake."""
_registry: dict[Callable[..., Any], type[Operator]] = {}


def operator(*functions: Callable[..., Any]) -> Callable[[type[Operator]], type[Operator]]:
    """Return a class decorator that registers an operator for PyTorch functions and methods: @operator(torch.exp).

    Raises:
        ValueError: one of the functions has an operator already.
    """

    def register(cls: type[Operator]) -> type[Operator]:
        cls.name, cls.functions = cls.__name__, functions
        cls.forward_words = cls.forward_words or (cls.__doc__ or "").split("\n")[0]
        for function in functions:
            if function in _registry:
                names = " and ".join(f"{each.__module__}.{each.__name__}" for each in (_registry[function], cls))
                raise ValueError(
                    f"{resolve_name(function) or function} can belong to one operator only, not to {names}"
                )
        _registry.update(dict.fromkeys(functions, cls))
        return cls

    return register


def registered() -> dict[Callable[..., Any], type[Operator]]:
    """Return all operators by the PyTorch functions that they stand for: {torch.exp: exponential}."""
    return _registry
