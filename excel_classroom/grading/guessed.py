"""Guesses among typed numbers: one number repeated, numbers of other cells, of other files, or the median of the class.

A few of one kind are no chance. In an exam, and with another file's answers anywhere, wrong ones of them earn nothing:
neither for following from others of them, nor as a known mistake.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from excel_classroom.grading.answers import NUMBER, Answer
from excel_classroom.grading.papers import Paper

OFTEN = 3
"""The number of guesses of a kind from which on they are no chance."""
LEAST_SHARE = 0.5
"""The least share of the wrong numbers that must be another file's answers."""


@dataclass(frozen=True)
class Guesses:
    """The guesses in one file: Guesses(frozenset({0, 1, 2}), ('blanks 1-3: the same number again and again',))."""

    places: frozenset[int]
    """The guessed blanks, from 0 on."""
    remarks: tuple[str, ...]
    """A sentence for each kind of guess: 'blanks 1-3, 7: the same number again and again'."""


def guesses_in(paper: Paper, answers: Sequence[Answer]) -> Guesses:
    """Return the typed numbers that are probably guessed, of the answers to all blanks; (frozenset(), ()) for none.

    These are wrong numbers of which three, and at least half, are right in another file. In an exam also a number typed
    three times, three wrong ones that stand in other cells of the file, and all wrong ones if three numbers, and at
    least half, are the class's medians.
    """
    kinds = [(words, [*places]) for words, places in _kinds(paper, answers)]
    places = frozenset(k for _, own in kinds for k in own)
    return Guesses(places, tuple(f"{blanks_in_words([k + 1 for k in own])}: {words}" for words, own in kinds))


def _kinds(paper: Paper, answers: Sequence[Answer]) -> Iterator[tuple[str, Sequence[int]]]:
    typed = {k: each.number for k, each in enumerate(answers) if each.kind == NUMBER and each.number is not None}
    wrong = [k for k, number in typed.items() if not paper.is_right(k, number)]
    for name, others in paper.answers_of_others.items():
        own = [k for k in wrong if paper.is_right(k, typed[k], others[k])]
        if len(own) >= max(OFTEN, LEAST_SHARE * len(wrong)):
            yield f"the answers of {name}", own
            break
    if paper.key.options.exam:
        often = {number for number, count in Counter(typed.values()).items() if count >= OFTEN}
        if often:
            yield "the same number again and again", [k for k, number in typed.items() if number in often]
        near = [k for k, number in typed.items() if paper.median and paper.is_right(k, number, paper.median[k])]
        if wrong and len(near) >= max(OFTEN, LEAST_SHARE * len(typed)):
            yield "the middle of the class", wrong
        stand = [k for k in wrong if answers[k].stands]
        if len(stand) >= OFTEN:
            yield "numbers that stand in other cells of the file", stand


def blanks_in_words(numbers: Sequence[int]) -> str:
    """Return the numbers of blanks in words.

    Example:
        >>> blanks_in_words([3]), blanks_in_words([1, 2, 3, 7])
        ('blank 3', 'blanks 1-3, 7')
    """
    counted = groupby(enumerate(numbers), lambda each: each[1] - each[0])
    runs = [[k for _, k in run] for _, run in counted]
    shown = (f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"blank{'s' * (len(numbers) > 1)} {', '.join(shown)}"
