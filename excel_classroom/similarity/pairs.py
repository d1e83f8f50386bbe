"""Pairs of works that are worth a look: they share what hardly any other work has.

What two works have in common counts for as many bits as it is rare: log₂ of all works by those that have it. What the
exercise itself suggests, such as the right formula, counts for nothing. Two works with many bits in common are no proof
of anything: people learn together.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from excel_classroom.similarity.normal_form import canonical, constants, relative

DIGITS = 6
"""A number with so many digits is seldom typed twice by chance."""
WEIGHTS = {"saved by": 2.5, "saved at": 3.0, "formula": 1.0, "elsewhere": 1.5, "slip": 0.7, "words": 3.0,
           "drawing": 3.0}  # fmt: skip
"""By how much each kind counts more than others that are as rare."""
BITS_OF_A_DIGIT, MOST_ONE_PERSON = 1.5, 3
"""A number of many digits is rare by itself. What is saved in more names than these has the name of a computer."""
LEAST_BITS, RAREST_SHARE, MOST_PAIRS, SHOWN = 9.0, 0.15, 100, 6
LONGEST, LEAST_WORDS = 80, 25


@dataclass(frozen=True)
class Work:
    """What one person handed in."""

    who: str
    formulas: Mapping[Hashable, str] = field(default_factory=dict)
    """By the place where each stands, as a person would name it."""
    numbers: Mapping[Hashable, str] = field(default_factory=dict)
    """Numbers that were typed, as they were typed."""
    elsewhere: Collection[tuple[str, int, int]] = ()
    """Formulas in places of this person's own choice, with their rows and columns."""
    slips: Mapping[Hashable, str] = field(default_factory=dict)
    """What is known to be wrong, by its place."""
    words: Mapping[Hashable, str] = field(default_factory=dict)
    """Answers in words."""
    drawings: Collection[str] = ()
    """Digests of pictures and charts."""
    saved_by: str = ""
    saved_at: str = ""


@dataclass(frozen=True)
class Pair:
    """Two works that share something rare."""

    one: Work
    other: Work
    bits: float
    shared: tuple[str, ...]
    """What they share, the rarest first."""
    bits_by_kind: Mapping[str, float] = field(default_factory=dict)


def pairs(works: Sequence[Work], expected: Mapping[Hashable, str], least: int = 2) -> list[Pair]:
    """Find the pairs that share most, the most similar first.

    `expected` is the formula that the exercise suggests for each place. So many as `least` may share something that
    counts as rare, however few works there are.
    """
    suggested = {place: canonical(formula) for place, formula in expected.items()}
    having: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for k, work in enumerate(works):
        for feature in _features(work, suggested):
            having[feature].append(k)
    shared: dict[tuple[int, int], list[tuple[float, str, str]]] = defaultdict(list)
    most = max(least, math.floor(RAREST_SHARE * len(works)))
    for (kind, *what), who in having.items():
        if 1 < len(who) <= (min(most, MOST_ONE_PERSON) if kind.startswith("saved") else most):
            if kind == "number":
                bits = BITS_OF_A_DIGIT * sum(each.isdigit() for each in what[-1].partition("E")[0].lstrip("0."))
            else:
                at_least = LEAST_BITS if kind in ("saved by", "drawing") else 0.0
                bits = max(at_least, WEIGHTS[kind] * math.log2(len(works) / len(who) + 1))
            for pair in combinations(who, 2):
                shared[pair].append((bits, _in_words(kind, *what), kind))
    found = []
    for (k, other), items in shared.items():
        items.sort(key=lambda item: (-item[0], item[1]))
        by_kind: dict[str, float] = defaultdict(float)
        for bits, _, kind in items:
            by_kind[kind] += bits
        bits = sum(by_kind.values())
        if bits >= LEAST_BITS:
            words = tuple(dict.fromkeys(words for _, words, _ in items))
            found.append(Pair(works[k], works[other], bits, words, by_kind))
    return sorted(found, key=lambda pair: (-pair.bits, pair.one.who, pair.other.who))[:MOST_PAIRS]


def _features(work: Work, suggested: Mapping[Hashable, str]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for place, formula in work.formulas.items():
        plain = canonical(formula)
        own = set(constants(formula, DIGITS)) - set(constants(suggested.get(place, ""), DIGITS))
        found |= {("number", number) for number in own}
        if plain != suggested.get(place) and not own:
            found.add(("formula", str(place), plain))
    for text in work.numbers.values():
        found |= {("number", number) for number in constants(text.lstrip("+-"), DIGITS)}
    for formula, row, col in work.elsewhere:
        found.add(("elsewhere", relative(formula, row, col)))
    found |= {("slip", str(place), slip) for place, slip in work.slips.items()}
    for place, text in work.words.items():
        plain = " ".join(text.casefold().split())
        if len(plain) >= LEAST_WORDS:
            found.add(("words", str(place), plain))
    found |= {("drawing", drawing) for drawing in work.drawings}
    if work.saved_by:
        found |= {("saved by", work.saved_by), ("saved at", f"{work.saved_at} by {work.saved_by}")}
    return found


def _in_words(kind: str, *what: str) -> str:
    text = what[-1] if len(what[-1]) <= LONGEST else f"{what[-1][: LONGEST - 1]}…"
    return {
        "saved by": f"both saved by '{text}'",
        "saved at": f"both saved {text}",
        "number": f"the number {text}",
        "formula": f"{what[0]}: ={text}",
        "elsewhere": f"a formula outside of the exercise: ={text}",
        "slip": f"{what[0]}: the same slip, {text}",
        "drawing": "the same picture or chart",
        "words": f"{what[0]}: the same words, “{text}”",
    }[kind]
