"""What a composite is: a function of PyTorch's, made of others that have formulas."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from torch.overrides import resolve_name

from excel_export.formulas import Example

Function = Callable[..., Any]


class Composite:
    """A Python function that computes what a function of PyTorch's does; its calls are recorded in that one's place."""

    def __init__(self, function: Function, makes: tuple[Function, ...], when: Function | None = None) -> None:
        self.function, self.makes, self.when = function, makes, when
        self.name = makes[0].__name__.strip("_")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute it."""
        return self.function(*args, **kwargs)

    def example(self, what: str, function: Function, *inputs: Any) -> tuple[Composite, Example]:
        """A call that it is tested with, for the table `examples` of its file; the arguments are those of `Example`."""
        return self, Example(what, function, *inputs)

    def examples(self) -> list[Example]:
        """The calls that it is tested with."""
        calls: ExampleTable = sys.modules[self.function.__module__].examples()
        return [example for made, example in calls if made is self]


ExampleTable = Iterator[tuple[Composite, Example]]
"""The calls that the composites of a file are tested with."""
_registry: dict[Function, Composite] = {}


def composite(*functions: Function, when: Function | None = None) -> Callable[[Function], Composite]:
    """Register a function as the composite of these functions and methods of PyTorch's.

    Args:
        functions: what it computes.
        when: of the same arguments: whether it comes before the operator that these functions have.

    Raises:
        ValueError: one of them has a composite already.
    """

    def register(function: Function) -> Composite:
        made = Composite(function, functions, when)
        for each in functions:
            if each in _registry:
                raise ValueError(f"{resolve_name(each) or each} has a composite already: {_registry[each].name}")
        _registry.update(dict.fromkeys(functions, made))
        return made

    return register


def registered() -> dict[Function, Composite]:
    """The composites, by the functions that they are for."""
    return _registry
