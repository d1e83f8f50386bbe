"""In how many files of a class which slip is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from excel_classroom.practice.rubric import WRONG
from excel_classroom.report.checked_file import CheckedFile


@dataclass
class Frequency:
    """A kind of slip, and where it is."""

    words: str
    example: str
    files: list[CheckedFile] = field(default_factory=list)


def frequencies(checked: Sequence[CheckedFile]) -> list[Frequency]:
    """The kinds of slips, the most frequent first; a file counts once for each."""
    found: dict[str, Frequency] = {}
    for each in checked:
        for kind, words in _slips(each):
            own = found.setdefault(kind, Frequency(kind, words))
            if each not in own.files:
                own.files.append(each)
    return sorted(found.values(), key=lambda each: (-len(each.files), each.words))


def _slips(checked: CheckedFile) -> Iterator[tuple[str, str]]:
    """The kind of each slip, and how it is told."""
    names = _names()
    for fault in checked.faults:
        kind = fault.slip["kind"]
        yield names["gradients"].get(kind, kind), fault.slip["words"]
    for gradient in checked.gradients:
        if gradient.state == WRONG:
            first = gradient.claims[gradient.states.index(WRONG)]
            words = first.get("remark") or "for a reason that could not be named"
            yield f"wrong, {words}", f"{first['cell']} is not {first['called']}"
    for finding in checked.found["learning"]:
        kind = finding["kind"]
        yield names["updates"].get(kind, f"in the updates: {kind}"), finding["words"]
    for finding in checked.found.get("forward", []):
        yield f"in the forward pass: {finding['kind']}", finding["words"]


@cache
def _names() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "slips.toml").read_text("utf-8"))
