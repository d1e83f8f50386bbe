"""What a function of spreadsheets is: its value, and its slope by each number that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from spreadsheet_autograd.language.elements import rows_of
from spreadsheet_autograd.language.parser import parse
from spreadsheet_autograd.language.syntax import Call, Name, Node, mapped

Slopes = Iterable[tuple[Node, ...]]
"""What a function reads, a number each, with the factors of the slope by it."""


class Function(NamedTuple):
    """A row of the table of functions."""

    value: Callable[..., Any]
    slope: str | Callable[[tuple[Node, ...], Node], Slopes] | None = None
    """By its one argument x, as a formula in which v is its value; or what gives all slopes, of its arguments and of
    how its own value is written; None where there is none."""
    formula: Callable[[tuple[Node, ...]], Node | None] | None = None
    """The same as a formula of other functions, from which its slopes follow."""


STEADY = "0"
"""The slope of what stays as it is, be it in steps."""


@cache
def _parsed(text: str) -> Node:
    return parse(text, "")


def written_with(text: str, **names: Node) -> Node:
    """A formula with nodes in the place of names."""
    return mapped(_parsed(text), lambda piece: names.get(piece.text, piece) if isinstance(piece, Name) else piece)


def items_of(*arguments: Node) -> list[Node]:
    """The numbers of some arguments, a formula each."""
    return [item for argument in arguments for row in rows_of(argument) for item in row]


def call_of(name: str, *arguments: Node) -> Node:
    """A call of a function of Excel's."""
    return Call(name, arguments)
