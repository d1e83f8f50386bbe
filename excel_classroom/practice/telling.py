"""The known mistakes that numbers tell: those that differ from the right answer by more than the tolerance.

One number says how good an exercise is: at each blank, the share of the known mistakes that the numbers of a class tell
from the right answer, of those that some numbers can tell.
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


def shares_told(key: Key) -> list[float]:
    """Return for each blank the share of its `mistakes` that give a wrong number, over all files: [1.0, 0.95].

    It is 1.0 for a blank without `mistakes`, and for all blanks of a key without students.
    """
    shares = []
    for k, blank in enumerate(key.blanks):
        hidden = sum(place == k for student in key.students for place, _ in student.untold)
        shares.append(1 - hidden / max(1, len(blank.mistakes) * len(key.students)))
    return shares


def telling_words(key: Key) -> list[str]:
    """Return sentences on the key's mistakes: one on the least of `shares_told`, then one for each blank with `untold`.

    ['known mistakes that differ from the right answer: 95 % or more at every blank', 'blank 3: no numbers tell …'].
    """
    shares = shares_told(key)
    said = [f"known mistakes that differ from the right answer: {100 * min(shares):.0f} % or more at every blank"]
    for k, blank in enumerate(key.blanks, 1):
        if blank.untold:
            said.append(f"blank {k}: no numbers tell from the right answer: {'; '.join(blank.untold)}")
    return said
