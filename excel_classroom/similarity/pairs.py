"""Pairs of files with more in common than chance gives them.

What two files share counts for as many bits as it is rare: log₂ of all files by those that have it, plus 1.
Two files with many bits in common are worth a look, and no proof of anything: people learn together.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

ALONE = 9.0
"""The weight of what two files hardly ever share by chance: it makes a pair by itself."""
LEAST_BITS, RAREST_SHARE, MOST_PAIRS = 9.0, 0.15, 100


@dataclass(frozen=True)
class Pair:
    """Two files that share what hardly any other has."""

    one: str
    other: str
    bits: float
    shared: tuple[str, ...]
    """What they share, the rarest first."""


def pairs(answers: Mapping[str, Mapping[str, float]]) -> list[Pair]:
    """Find the pairs that share most, the most similar first.

    Args:
        answers: by the name of who answered, what was answered in words, such as 'blank 1: =A1-B1', each with a weight:
            1, or more where chance makes it less often. What the exercise itself suggests must not be among them.
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
