"""Leakage: which numbers of an exam would give the answer of a blank away, and which numbers can be guessed.

A number that equals the answer gives it away, and so does one from which a single operation leads to it: beside a blank
z, both a = ReLU(z) and 2·z do. What a blank is to be computed from is no leak: that is the question.

A guess is a number for each blank: the same one in all of them, the median of the class, another student's answers, or
the numbers that stand on one side of them. Numbers are drawn so that hardly any guess is right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from excel_classroom.practice.judgement import is_plain

SAME = 1e-6
"""The relative difference below which two numbers are taken as equal."""
EXACT = 1e-9
"""The same for the result of an operation on two numbers: among so many pairs, 1e-6 would be met by chance."""
NOTHING = 1e-9
"""Below this size, a number is taken as 0."""
UNUSUAL = 6
"""The number of decimals up to which a number, such as 0.5, is the sum of two others by mere chance."""
MOST_FIT = 0.1
"""The largest share of a class for which one number may be right at the same blank."""
FEW = 2
"""The number of files that one number may be right for in the smallest class."""
LEAST_CLASS = 10
"""The number of files from which on a class's median is a guess worth trying."""
_INVERSES: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    np.exp, np.log, np.tanh, np.arctanh, np.square, np.sqrt, np.reciprocal, lambda u: 1 - u, lambda u: 1 - u * u,
    lambda u: u * (1 - u), lambda u: 1 / (1 + np.exp(-u)), lambda u: np.log(u / (1 - u)),
)  # fmt: skip
"""What a person would try with a single number."""


@dataclass(frozen=True)
class Hidden:
    """A cell whose number nobody may learn, as numbers of places."""

    place: int
    precedents: np.ndarray
    """The cells that the number is computed from, as numbers of places."""
    dependents: np.ndarray
    """What is computed from it."""
    operands: dict[int, np.ndarray]
    """Of each cell whose formula reads it, what else that reads."""


def equal_to(number: float | np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of some numbers equal a number, but for the sign."""
    return np.asarray(np.abs(np.abs(others) - np.abs(number)) <= np.maximum(SAME * np.abs(number), NOTHING))


def leaks(values: np.ndarray, hidden: Sequence[Hidden], shown: np.ndarray) -> set[int]:
    """Return the places that give an answer away; `shown` says which ones a student sees, NaN stands for no number."""
    found: set[int] = set()
    with np.errstate(all="ignore"):
        for each in hidden:
            answer = float(values[each.place])
            behind = each.dependents[shown[each.dependents]]
            found.update(behind[equal_to(answer, values[behind])].tolist())
            if abs(answer) < NOTHING:
                continue
            for cell, operands in each.operands.items():
                known = values[operands[shown[operands]]]
                if shown[cell] and _one_step(values[[cell]], known, answer).any():
                    found.add(cell)
            if is_plain(answer):
                continue
            beside = shown.copy()
            beside[each.precedents] = False
            others = np.flatnonzero(beside & np.isfinite(values))
            found.update(others[equal_to(answer, values[others])].tolist())
            if round(answer, UNUSUAL) != answer:
                known = values[shown & np.isfinite(values)]
                unusual = others[np.round(values[others], UNUSUAL) != values[others]]
                found.update(unusual[_one_step(values[unusual], known, answer)].tolist())
    return found


def _one_step(numbers: np.ndarray, known: np.ndarray, answer: float) -> np.ndarray:
    """Which of some numbers give the answer by one operation, with a known number or alone."""
    alone = np.stack([np.abs(np.abs(inverse(numbers)) - abs(answer)) for inverse in _INVERSES])
    found = (alone <= EXACT * abs(answer)).any(axis=0)
    if known.size:
        # The other operand that each operation would need.
        needed = np.stack([answer - numbers, numbers - answer, answer + numbers, answer / numbers, numbers / answer])
        known = np.sort(np.concatenate([known, -known]))
        at = np.minimum(np.searchsorted(known, needed), known.size - 1)
        near = np.minimum(np.abs(known[at] - needed), np.abs(known[np.maximum(at - 1, 0)] - needed))
        # A product with 0 tells nothing, and neither does a sum with it.
        useful = np.abs(needed) > NOTHING
        found |= ((near <= EXACT * np.abs(needed)) & useful).any(axis=0)
    return np.asarray(found)


def crowd(answers: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Which of some answers one and the same number is right for: of all numbers, the one that fits most.

    The answers are one of each file, or all of one file; the margins say how far from each a number may be.
    """
    # Where most intervals overlap, one of them begins.
    wide = margins * (1 + 1e-9)
    typed = np.unique(answers - margins)
    begun = np.searchsorted(np.sort(answers - wide), typed, "right")
    best = typed[(begun - np.searchsorted(np.sort(answers + wide), typed, "left")).argmax()]
    return np.flatnonzero(np.abs(best - answers) <= wide)


def most_of(count: int) -> int:
    """In how many of some files one number may be right for a blank."""
    return max(FEW, int(MOST_FIT * count))


def guessable(answers: np.ndarray, margins: np.ndarray, beside: np.ndarray) -> set[int]:
    """The files of a class in which a guess earns more than it should; of two with like answers, the later one.

    Args:
        answers: the right numbers, and how far from them one may be, (files, blanks).
        margins: the same of these.
        beside: of each answer, the numbers on its sides, (files, sides, blanks); NaN where there is none.
    """
    found: set[int] = set()
    count = len(answers)
    for blank in range(answers.shape[1]):
        found.update(crowd(answers[:, blank], margins[:, blank])[most_of(count) :].tolist())
    median = np.median(answers, axis=0)
    for k, (own, within) in enumerate(zip(answers, margins, strict=True)):
        near = np.abs(answers[:k] - own) <= np.maximum(margins[:k], within)
        of_median = (np.abs(median - own) <= within) & (median != own)
        if (
            len(crowd(own, within)) > 1
            or bool(((np.abs(beside[k] - own) <= within).sum(axis=1) > 1).any())
            or bool((near.sum(axis=1) > 1).any())
            or (count >= LEAST_CLASS and bool(of_median.any()))
        ):
            found.add(k)
    return found
