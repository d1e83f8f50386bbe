"""Leakage: the numbers of an exam that would give the answer of a blank away, and the numbers that can be guessed.

A number that equals the answer gives it away, and so does one from which a single operation leads to it: beside a blank
z, both a = ReLU(z) and 2·z do. The operands of a blank's own formula are no leak: they are the question.

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
"""The relative difference for results of an operation on two numbers: among so many pairs, 1e-6 is met by chance."""
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
"""The functions of a single number that a person would try."""


@dataclass(frozen=True)
class Hidden:
    """A blank's cell, whose number is secret, and the cells around it, all as indices of `ReferenceWorkbook.places`."""

    place: int
    """The cell itself."""
    precedents: np.ndarray
    """The cells that its number is computed from."""
    dependents: np.ndarray
    """The cells that are computed from its number."""
    operands: dict[int, np.ndarray]
    """For each cell whose formula reads it, the other cells that this formula reads."""


def equal_to(number: float | np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return for each of some numbers whether it equals a number, apart from the sign.

    Example:
        >>> equal_to(0.5, np.asarray([0.5, -0.5, 0.51])).tolist()
        [True, True, False]
    """
    return np.asarray(np.abs(np.abs(others) - np.abs(number)) <= np.maximum(SAME * np.abs(number), NOTHING))


def leaks(values: np.ndarray, hidden: Sequence[Hidden], shown: np.ndarray) -> set[int]:
    """Return the cells from which one step leads to an answer, by index: {4} if cell 4 shows an answer's square.

    Such a cell shows the answer itself, or a function of it, or its sum, difference, product or quotient with a number
    shown.

    Args:
        values: the numbers of all cells, (cells,); NaN stands for no number.
        hidden: the cells of the blanks.
        shown: True for each cell that a student sees, (cells,).
    """
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
    alone = np.stack([np.abs(np.abs(inverse(numbers)) - abs(answer)) for inverse in _INVERSES])
    found = (alone <= EXACT * abs(answer)).any(axis=0)
    if known.size:
        # The other operand that each operation would need.
        needed = np.stack([
            answer - numbers, numbers - answer, answer + numbers, answer / numbers, numbers / answer, answer * numbers
        ])  # fmt: skip
        known = np.sort(np.concatenate([known, -known]))
        at = np.minimum(np.searchsorted(known, needed), known.size - 1)
        near = np.minimum(np.abs(known[at] - needed), np.abs(known[np.maximum(at - 1, 0)] - needed))
        # A product with 0 tells nothing, and neither does a sum with it.
        useful = np.abs(needed) > NOTHING
        found |= ((near <= EXACT * np.abs(needed)) & useful).any(axis=0)
    return np.asarray(found)


def crowd(answers: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Return the answers that one number is near enough to, as indices from 0 on, for the number with the most of them.

    Args:
        answers: the right answers of all files to one blank, or of one file to all blanks.
        margins: the largest difference from each answer.

    Example:
        >>> crowd(np.asarray([0.50, 0.505, 0.9]), np.asarray([0.01, 0.01, 0.01])).tolist()
        [0, 1]
    """
    # Where most intervals overlap, one of them begins.
    wide = margins * (1 + 1e-9)
    typed = np.unique(answers - margins)
    begun = np.searchsorted(np.sort(answers - wide), typed, "right")
    best = typed[(begun - np.searchsorted(np.sort(answers + wide), typed, "left")).argmax()]
    return np.flatnonzero(np.abs(best - answers) <= wide)


def most_of(count: int) -> int:
    """Return how many of `count` files may share one right number at a blank: a tenth, rounded down, at least 2.

    Example:
        >>> most_of(5), most_of(39), most_of(60)
        (2, 3, 6)
    """
    return max(FEW, int(MOST_FIT * count))


def guessable(answers: np.ndarray, margins: np.ndarray, beside: np.ndarray) -> set[int]:
    """Return the files, by number from 0 on, in which a guess would earn too many points.

    In such a file one number is right at two blanks; or at two blanks the number that an earlier file has there is
    right, or that of the neighbour on one side, such as the left; or the class's median is right at one; or one number
    is right in too many files (`most_of`). File 1 is one of [[1, 2], [1, 2]], but not of [[1, 2], [2, 1]].

    Args:
        answers: the right numbers, (files, blanks).
        margins: the largest difference from each, (files, blanks).
        beside: the neighbours of each answer, (files, sides, blanks); NaN where there is none.
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
