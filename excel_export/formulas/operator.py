"""What an operator is: a value that holds PyTorch's arguments, its forward and backward formulas, and its words."""

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

from excel_export.formulas.example import Cases, Extreme
from excel_export.formulas.expression import OperandLike
from excel_export.formulas.tensor import Tensor
from excel_export.formulas.words import counted, factor, figure, size
from excel_export.shared.trees import leaves, mapped

Band = Literal["forward", "parameters", "backward", "updates"]
Layout = Literal["upright", "matrix", "first interleaved", "second interleaved"]
Gradients = Iterator[tuple[Tensor, OperandLike]]
"""Pairs of an input and what its gradient gains."""


@dataclass(frozen=True)
class Helper:
    """A helper tensor that an operator wants on the sheet beside its result."""

    shape: tuple[int, ...]
    text: str
    """The helper's title."""
    formula: Callable[[], OperandLike]
    """Its formulas, once all tensors are placed."""
    band: Band = "forward"
    """The part of the sheet it belongs to."""
    layout: Layout = "upright"
    """As values are laid out, as parameters are, or so that a window over all of the first or the second dimension of
    four is one rectangle."""
    math: str = ""
    """Its formula as a textbook writes it, where it is a step of its own."""
    words: str = ""
    """A plain sentence or two about the helper's formula."""
    readable: Callable[[], OperandLike] | None = None
    """Its formulas as a person reads them, where those in the cells are longer, to be exact."""
    index_names: tuple[str, ...] = ()
    """What each of its indices counts, where that is something of its own, such as 'query' and 'key'."""


@dataclass(frozen=True)
class Phrases:
    """What an operator says of some of its calls; where a text is empty, it says what it says of all."""

    when: Callable[[Any, Tensor], Any]
    """Of the operator and its first result: whether this is such a call."""
    forward_words: str = ""
    forward_math: str = ""
    backward_words: str = ""
    backward_math: str = ""
    called: str = ""


class _Filled(Formatter):
    """Fills in what stands between braces in a text of an operator."""

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
"""How what stands between braces is written; any other word is what is counted: {count:number}."""


@dataclass_transform(frozen_default=True, eq_default=False)
@dataclass(frozen=True, eq=False)
class Operator:
    """One call of an operator. The fields of a subclass are the arguments of the PyTorch function, by its names and
    with its defaults; a subclass is a frozen dataclass without saying so.

    Its texts (words, math and `called`) say what a call does. Between braces stand fields, y, the first result, and
    `pieces`: '{alpha}', '{alpha:factor}', '{weight.shape:size}', '{count:number}'. `phrases` say something else of some
    calls.

    In `check`, `helpers` and the texts, tensors have no cells yet: only shapes count there.
    """

    name: ClassVar[str]
    functions: ClassVar[tuple[Callable[..., Any], ...]]
    forward_math: ClassVar[str]
    """The forward formula as a textbook writes it."""
    backward_math: ClassVar[str]
    """The gradient formula as a textbook writes it; g is the gradient of the loss by y."""
    forward_words: ClassVar[str] = ""
    """A plain sentence or two about the forward formula; the class's docstring where there is none."""
    backward_words: ClassVar[str] = "Each input gets g times the slope of the result by that input."
    """What its backward pass does, in a plain sentence or two."""
    called: ClassVar[str] = ""
    """What people call a result that has no name of its own, such as '{input} + {other}': between braces stand fields,
    or {result}, its number among several. Where there is none, it is 'relu of x', with the operator's name."""
    phrases: ClassVar[tuple[Phrases, ...]] = ()
    """Texts for some calls: of those that a call is among, the first that has a text counts."""
    variadic: ClassVar[bool] = False
    """Whether the last parameter gathers loose numbers: `x.view(2, 3)` is `x.view((2, 3))`."""
    passes_on: ClassVar[bool] = False
    """Whether the elements of its results are those of its input, moved at most."""
    seeks_result: ClassVar[bool] = False
    """Whether its backward formulas look for the result among the inputs, and do not find it once it is rounded."""
    drawn: ClassVar[tuple[str, ...]] = ()
    """Fields whose tensors are drawn at random, which makes them inputs of the workbook."""
    of_sequences: ClassVar[bool] = False
    """Whether a network that has it computes with sequences: its tensors are (L, F) or (N, L, F), with L places."""
    grows: ClassVar[bool] = False
    """Whether its results can be far larger than its inputs: whole numbers then leave the range that a cell has."""
    settings: ClassVar[tuple[str, ...]] = ()
    """Fields whose tensors are settings, not values on the sheet: they cannot depend on the inputs."""
    settings_or_values: ClassVar[tuple[str, ...]] = ()
    """Fields whose tensors are settings where they are constant, and values where they depend on the inputs."""

    @property
    def only_moves(self) -> bool:
        """True for an operator that computes nothing: its call is a part of the step that it serves."""
        return False

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, eq=False)(cls)

    def check(self) -> str | None:
        """What in these arguments cannot be exported, or None."""
        return None

    def text(self, what: str, y: Tensor) -> str:
        """A text about this very call.

        Args:
            what: which one, such as 'forward_words'; of 'called', what stands between braces is not filled in.
            y: the first result.
        """
        said = (getattr(each, what) for each in self.phrases if getattr(each, what) and each.when(self, y))
        text: str = next(said, getattr(self, what))
        if what == "called":
            first = next(key for key, item in self.arguments.items() if leaves(item, Tensor))
            return text or f"{self.name.replace('_', ' ')} of {{{first}}}"
        return _Filled(self, y).format(text) if "{" in text else text

    def pieces(self, y: Tensor) -> dict[str, Any]:
        """What stands between braces in its texts, beside its fields: texts, numbers and shapes."""
        return {}

    def index_names(self, y: Tensor) -> tuple[str, ...]:
        """What each index of the result counts, where that is something of its own, such as 'head'."""
        return ()

    def limits(self, tensor: Tensor, y: Tensor) -> tuple[int, int] | None:
        """The least and the largest number of one of its tensors that mean something to it; None where all do."""
        return None

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        """The helper tensors it wants, by name; `y` is the first result."""
        return {}

    def forward(self, y: Tensor) -> OperandLike:
        """The formulas of the result."""
        raise NotImplementedError

    def backward(self, y: Tensor) -> Gradients:
        """Yield (input, formulas): what each input's gradient gains through this operator."""
        raise NotImplementedError

    def forward_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        """The formulas of each result; operators with several results say this instead of `forward`."""
        (y,) = results
        return (self.forward(y),)

    def readable_all(self, results: tuple[Tensor, ...]) -> tuple[OperandLike, ...]:
        """The formulas of each result as a person reads them; those in the cells may be longer, to be exact."""
        return self.forward_all(results)

    def backward_all(self, results: tuple[Tensor, ...]) -> Gradients:
        """What each input's gradient gains; operators with several results say this instead of `backward`."""
        (y,) = results
        return self.backward(y)

    def moves_once(self) -> np.ndarray | None:
        """For an operator that only moves the elements of its input, each to one place at most: where 1 was moved and 0
        was left out. None for all others.
        """
        return None

    def origins(self) -> list[np.ndarray] | None:
        """For an operator that `passes_on` elements, which element of the input stands where in each of its results.

        They are counted in reading order, and -1 is none. None where that depends on numbers, and for all others.
        """
        return None

    def ranks_left_open(self) -> tuple[int, int, int] | None:
        """For an operator with a helper 'place', at which ranks PyTorch leaves open which of equal numbers comes first.

        They are the first rank, the last, and how many numbers a line has. None for all others.
        """
        return None

    @classmethod
    def cases(cls) -> Cases:
        """Yield calls of it that it is tried with: an `Example` each, edge cases among them, and an `Extreme` each.

        The first, a small one, is shown in the documentation.
        """
        yield from ()

    @classmethod
    def examples(cls) -> Cases:
        """Yield those with numbers of usual sizes."""
        return (case for case in cls.cases() if not isinstance(case, Extreme))

    @classmethod
    def extremes(cls) -> Iterator[Extreme]:
        """Yield those with numbers so large, so small or so near each other that a formula could fail on them."""
        return (case for case in cls.cases() if isinstance(case, Extreme))

    @classmethod
    def evaluate(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """PyTorch's own result, in float64."""
        if "inplace" in kwargs:
            # An in-place operator would overwrite the value that the sheet shows as its input.
            kwargs["inplace"] = False
        return function(*args, **kwargs)

    @classmethod
    def bind(cls, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Return the operator for the arguments of a call; PyTorch's tensors are still in their places.

        Raises:
            TypeError: they do not fit the operator's signature.
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
        """The arguments by name, in order."""
        kind: Any = type(self)
        return {name: getattr(self, name) for name in _names(kind)}

    @cached_property
    def reads(self) -> list[Tensor]:
        """The tensors among the arguments, in order."""
        return leaves(self.arguments, Tensor)

    def on(self, change: Callable[[Tensor], Tensor]) -> Self:
        """Return the same call on other tensors."""
        return type(self)(**{key: mapped(item, Tensor, change) for key, item in self.arguments.items()})

    def on_values(self, value_of: Callable[[torch.Tensor], Tensor], is_live: Callable[[torch.Tensor], bool]) -> Self:
        """Return the call with the tensors of the sheet in the place of PyTorch's, but for its settings.

        These are copies: whoever has made the call may change them afterwards.
        """

        def as_it_is(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.detach().clone()

        def live_value_of(tensor: torch.Tensor) -> torch.Tensor | Tensor:
            return value_of(tensor) if is_live(tensor) else as_it_is(tensor)

        changes = (
            dict.fromkeys(self.arguments, value_of)
            | dict.fromkeys(self.settings, as_it_is)
            | dict.fromkeys(self.settings_or_values, live_value_of)
        )
        arguments = {key: mapped(item, torch.Tensor, changes[key]) for key, item in self.arguments.items()}
        return type(self)(**{key: [*item] if isinstance(item, list) else item for key, item in arguments.items()})


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The names of an operator's fields."""
    return tuple(item.name for item in fields(kind))


_SYNONYMS = {"axis": "dim", "keepdims": "keepdim"}
"""NumPy's names, which PyTorch understands as well."""
_registry: dict[Callable[..., Any], type[Operator]] = {}


def operator(*functions: Callable[..., Any]) -> Callable[[type[Operator]], type[Operator]]:
    """Register a class as the operator behind these PyTorch functions and methods.

    Raises:
        ValueError: another operator is behind one of them already.
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
    """The operators by the PyTorch functions that they are behind."""
    return _registry
