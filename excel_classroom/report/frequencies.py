"""In how many files of a class which slip is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from excel_classroom.practice.rubric import WRONG
from excel_classroom.report.checked_file import CheckedFile

KINDS = {
    "reference": "another cell is read than the one that is meant",
    "sign": "a sign is wrong",
    "operator": "another operator or function than the one that is meant",
    "number": "another number than the one that is meant",
    "factor": "off by a factor",
    "surplus factor": "a factor too much",
    "surplus term": "a term too much",
    "surplus function": "a function where its argument belongs",
    "missing factor": "a factor is missing",
    "missing term": "a term of the sum is missing",
    "mask": "a gradient passes where the unit is off",
    "slope": "the slope of another activation",
    "mean": "a mean for a sum, or a sum for a mean",
    "copy": "a formula that isn't like those beside it",
    "logarithm": "a logarithm to base 10 for the natural one",
    "transposed": "a matrix is transposed, or two are in the wrong order",
}
LEARNING = {
    "rate": "in the updates: another cell than the learning rate",
    "gradient": "in the updates: the gradient of another parameter",
    "parameter": "in the updates: it begins from another parameter",
    "sign": "in the updates: the gradient is added",
    "not updated": "in the updates: a parameter stays as it is",
}


@dataclass
class Frequency:
    """A kind of slip, and where it is."""

    words: str
    example: str
    files: list[CheckedFile]


def frequencies(checked: Sequence[CheckedFile]) -> list[Frequency]:
    """The kinds of slips, the most frequent first; a file counts once for each."""
    found: dict[str, list[tuple[CheckedFile, str]]] = defaultdict(list)
    for each in checked:
        kinds: dict[str, str] = {}
        for kind, words in _slips(each):
            kinds.setdefault(kind, words)
        for kind, words in kinds.items():
            found[kind].append((each, words))
    several = [Frequency(kind, having[0][1], [each for each, _ in having]) for kind, having in found.items()]
    return sorted(several, key=lambda each: (-len(each.files), each.words))


def _slips(checked: CheckedFile) -> Iterator[tuple[str, str]]:
    for fault in checked.faults:
        kind = fault.slip["kind"]
        yield KINDS.get(kind, kind), fault.slip["words"]
    for gradient in checked.gradients:
        if gradient.state == WRONG:
            first = gradient.claims[gradient.states.index(WRONG)]
            words = first.get("remark") or "for a reason that could not be named"
            yield f"wrong, {words}", f"{first['cell']} is not {first['called']}"
    for finding in checked.found["learning"]:
        kind = finding["kind"]
        yield LEARNING.get(kind, f"in the updates: {kind}"), finding["words"]
    for finding in checked.found.get("forward", []):
        yield f"in the forward pass: {finding['kind']}", finding["words"]
