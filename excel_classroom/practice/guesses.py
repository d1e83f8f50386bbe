"""Guesses: numbers that are typed without computing. Those of an exam are drawn so that hardly any guess is right.

A guess is a number for each blank: the same one in all of them, the median of the class, another student's answers, or
the numbers that stand on one side of them.
"""

from __future__ import annotations

import numpy as np

MOST_FIT, FEW = 0.1, 2
"""The share of a class in which one number may be right for a blank; and so many files may in any class."""
LEAST_MEDIAN = 10
"""A median says something of a class of so many."""


def crowd(answers: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Which of some answers one and the same number is right for: of all numbers, the one that fits most.

    The answers are one of each file, or all of one file; the margins say how far from each a number may be.
    """
    # Where most intervals overlap, one of them begins.
    typed = (answers - margins)[:, None]
    fits = np.abs(typed - answers) <= margins * (1 + 1e-9)
    return np.flatnonzero(fits[fits.sum(axis=1).argmax()])


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
            or (count >= LEAST_MEDIAN and bool(of_median.any()))
        ):
            found.add(k)
    return found
