"""The known mistakes that numbers tell: those that differ from the right answer by more than the tolerance."""

from collections.abc import Sequence
from typing import NamedTuple

from excel_classroom.practice.blanks import Direction
from excel_classroom.practice.judgement import Tolerance, is_right
from excel_classroom.practice.mistakes import BlankWithNumbers, known_mistakes
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_export.graph.graph import Graph


class Told(NamedTuple):
    """Which known mistakes at a blank give a wrong number, with the numbers of several variants."""

    mistakes: tuple[str, ...]
    """The mistakes whose result differs from the right answer for at least one variant."""
    untold: tuple[str, ...]
    """The mistakes that give the right answer for every variant."""
    hidden: tuple[frozenset[str], ...]
    """For each variant, those of `mistakes` that give the right answer."""


def mistakes_told(cell: PossibleBlank, graph: Graph, learning_rate: float, within: Tolerance) -> dict[str, bool]:
    """Return for each known mistake at a cell whether it gives a wrong number: {'the wrong sign': True}.

    A mistake that can be made in several ways gives False if one of them gives the right answer. `graph` has the
    numbers; `within` is the tolerance.
    """
    direction: Direction = cell.source.direction
    value = dict(graph.named)[cell.source.value.name]
    case = BlankWithNumbers(graph, value, cell.index, graph.tensors, learning_rate)
    right = case.at(case.grad(value) if direction == "backward" else case.tensor(value))
    if direction == "update":
        right -= learning_rate * case.at(case.grad(value))
    found: dict[str, bool] = {}
    for each in known_mistakes(direction, case, right):
        tells = not is_right(each.number, right, direction, within)
        found[each.name] = found.get(each.name, True) and tells
    return found


def told_by(variants: Sequence[dict[str, bool]]) -> Told:
    """Return which mistakes give a wrong number for some variant, from the result of `mistakes_told` for each.

    Example:
        >>> told_by([{"sign": True, "mask": False}, {"sign": False, "mask": False}])
        Told(mistakes=('sign',), untold=('mask',), hidden=(frozenset(), frozenset({'sign'})))
    """
    names = dict.fromkeys(name for found in variants for name in found)
    mistakes = tuple(name for name in names if any(found.get(name) for found in variants))
    untold = tuple(name for name in names if name not in mistakes)
    hidden = tuple(frozenset(name for name in mistakes if not found.get(name, True)) for found in variants)
    return Told(mistakes, untold, hidden)
