"""Pairs of files with more in common than chance gives them.

A rare thing that two files share counts more: log₂ (all files / files that have it + 1) bits. Two files with many bits
in common are worth a look, and no proof of anything: people learn together.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

ALONE = 9.0
"""The weight of a thing that two files hardly ever share by chance: it makes a pair by itself."""
LEAST_BITS = 9.0
"""The bits in common from which on a pair is worth a look."""
RAREST_SHARE = 0.15
"""The share of all files up to which an answer is rare enough to count."""
MOST_PAIRS = 100
"""The number of pairs that are returned."""


@dataclass(frozen=True)
class Pair:
    """Two files that share rare answers: Pair('Ada', 'Alan', 12.5, ('blank 1: =A1-B1', 'the number 0.1234'))."""

    one: str
    """The name of one file's owner."""
    other: str
    """The name of the other's."""
    bits: float
    """The sum over the shared answers of weight · log2(files / files with the answer + 1)."""
    shared: tuple[str, ...]
    """The answers that they share, the rarest first."""


def pairs(answers: Mapping[str, Mapping[str, float]]) -> list[Pair]:
    """Return up to 100 pairs of files that share rare answers, those with the most bits first; [] for none.

    An answer is rare if 2 files have it, or up to 15 % of all. Pairs with fewer than 9 bits are left out.

    Args:
        answers: by the name of who answered, the answers in words, such as 'blank 1: =A1-B1', each with a weight: 1, or
            more for one that is seldom shared by chance. What the exercise itself suggests must not be among them.

    Example:
        >>> pairs({"Ada": {"x": 9.0}, "Alan": {"x": 9.0}} | dict.fromkeys("CDEF", {}))
        [Pair(one='Ada', other='Alan', bits=18.0, shared=('x',))]
    """
    having: dict[str, list[str]] = defaultdict(list)
    weights: dict[str, float] = {}
    for who, own in answers.items():
        weights |= own
        for answer in own:
            having[answer].append(who)
    most = max(2, math.floor(RAREST_SHARE * len(answers)))
    shared: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for answer, names in having.items():
        if 1 < len(names) <= most:
            bits = weights[answer] * math.log2(len(answers) / len(names) + 1)
            for one, other in combinations(sorted(names), 2):
                shared[one, other].append((bits, answer))
    found = []
    for (one, other), items in shared.items():
        bits = sum(own for own, _ in items)
        if bits >= LEAST_BITS:
            rarest = sorted(items, key=lambda item: (-item[0], item[1]))
            found.append(Pair(one, other, bits, tuple(answer for _, answer in rarest)))
    return sorted(found, key=lambda pair: (-pair.bits, pair.one, pair.other))[:MOST_PAIRS]
