"""Whether numbers tell: which known mistakes differ from the right answer by more than the tolerance allows.

One number says how well an exercise asks: at each blank, the share of the known mistakes that the numbers of a class
tell from the right answer, of those that some numbers can tell.
"""

from collections.abc import Sequence
from typing import NamedTuple

from excel_classroom.practice.blanks import Direction
from excel_classroom.practice.judgement import Tolerance, is_right
from excel_classroom.practice.key import Key
from excel_classroom.practice.mistakes import BlankWithNumbers, known_mistakes
from excel_classroom.practice.possible_blanks import PossibleBlank
from excel_export.graph.graph import Graph

ENOUGH = 0.95
"""The least share that an exercise should tell at each blank."""


class Told(NamedTuple):
    """What the numbers of some variants tell at one blank."""

    mistakes: tuple[str, ...]
    """The known mistakes that some of them tell from the right answer."""
    untold: tuple[str, ...]
    """The known mistakes that none of them tells."""
    hidden: tuple[frozenset[str], ...]
    """By variant, which of the first it does not tell."""


def mistakes_told(cell: PossibleBlank, graph: Graph, learning_rate: float, within: Tolerance) -> dict[str, bool]:
    """The known mistakes that can be made at a cell, and whether all numbers that each may give are wrong."""
    direction: Direction = cell.source.direction
    value = dict(graph.named)[cell.source.value.name]
    asked = BlankWithNumbers(graph, value, cell.index, graph.tensors, learning_rate)
    right = asked.at(asked.grad(value) if direction == "backward" else asked.own(value))
    if direction == "update":
        right -= learning_rate * asked.at(asked.grad(value))
    found: dict[str, bool] = {}
    for each in known_mistakes(direction, asked, right):
        tells = not is_right(each.number, right, direction, within)
        found[each.name] = found.get(each.name, True) and tells
    return found


def told_by(variants: Sequence[dict[str, bool]]) -> Told:
    """What some variants tell, of each the mistakes as `mistakes_told` has them."""
    names = dict.fromkeys(name for found in variants for name in found)
    mistakes = tuple(name for name in names if any(found.get(name) for found in variants))
    untold = tuple(name for name in names if name not in mistakes)
    hidden = tuple(frozenset(name for name in mistakes if not found.get(name, True)) for found in variants)
    return Told(mistakes, untold, hidden)


def shares_told(key: Key) -> list[float]:
    """At each blank, which share of the mistakes that can be told the files of a key tell, all students together."""
    shares = []
    for k, blank in enumerate(key.blanks):
        hidden = sum(place == k for student in key.students for place, _ in student.untold)
        shares.append(1 - hidden / max(1, len(blank.mistakes) * len(key.students)))
    return shares


def telling_words(key: Key) -> list[str]:
    """What the numbers of a key's files tell, for its teacher, line by line."""
    shares = shares_told(key)
    said = [f"known mistakes that differ from the right answer: {100 * min(shares):.0f} % or more at every blank"]
    for k, blank in enumerate(key.blanks, 1):
        if blank.untold:
            said.append(f"blank {k}: no numbers tell from the right answer: {'; '.join(blank.untold)}")
    return said
