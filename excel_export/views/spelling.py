"""What stands in brackets of a formula that is spelled out: sums and differences, which people work out first."""

from collections.abc import Sequence
from dataclasses import dataclass

SIGNS = {" + ": 1, " − ": -1}


@dataclass(frozen=True)
class InnerSum:
    """A sum or a difference of numbers in brackets."""

    first: int
    """Its first number, among all of the formula, from 0 on."""
    signs: tuple[int, ...]
    """1 or −1 for each of its numbers."""


def inner_sums(texts: Sequence[str]) -> list[InnerSum]:
    """Find the sums in brackets, given what stands before, between and behind the numbers of the formula."""
    found: list[InnerSum] = []
    number = 0
    while number + 1 < len(texts):
        last = number
        while last + 2 < len(texts) and texts[last + 1] in SIGNS:
            last += 1
        if last > number and texts[number].endswith("(") and texts[last + 1].startswith(")"):
            found.append(InnerSum(number, (1, *(SIGNS[text] for text in texts[number + 1 : last + 1]))))
        number = last + 1
    return found


def worked_out(texts: Sequence[str], sums: Sequence[InnerSum]) -> tuple[str, ...]:
    """The same formula with one number in the place of each sum, without its brackets where nothing stands before."""
    result, number = [texts[0]], 0
    ends = {each.first: each.first + len(each.signs) for each in sums}
    while number + 1 < len(texts):
        after = ends.get(number, number + 1)
        text = texts[after]
        # Whether the bracket belongs to what stands before it, as in ln( or e^(.
        name = result[-1].removesuffix("(")[-1:]
        if number in ends and not (name and (name.isalnum() or name in "^√Φ")):
            result[-1], text = result[-1][:-1], text[1:]
        result.append(text)
        number = after
    return tuple(result)
