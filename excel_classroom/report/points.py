"""What a sheet of the student's own layout earns, by the rubric.

A formula and its copies count once. What another slip caused costs nothing: that slip costs, once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from excel_classroom.practice.rubric import GIVEN, MISTAKE, RIGHT, WRONG, Rubric
from excel_classroom.report.gradients import NUMBER, Fault, Gradient

EARNS = {
    RIGHT: "right",
    GIVEN: "right, were it not for a slip in another cell",
    NUMBER: "a right number without a formula",
    MISTAKE: "wrong, and one small change makes it right",
    WRONG: "wrong",
}
FINDINGS = {"learning": "kinds of faults in the updates", "forward": "kinds of faults in the forward pass"}


@dataclass(frozen=True)
class PointsLine:
    """How some of the points come about."""

    words: str
    count: int
    points: float
    of: float


@dataclass(frozen=True)
class SheetPoints:
    """What a file earned."""

    lines: tuple[PointsLine, ...] = ()
    late: float = 0.0
    """The share that is lost by being late."""

    @property
    def of(self) -> float:
        """The most that one can have; 0 where there is nothing to be judged."""
        return sum(line.of for line in self.lines)

    @property
    def points(self) -> float:
        """All together, never less than 0."""
        return round(max(0.0, sum(line.points for line in self.lines)) * (1 - self.late), 6)


def points_of(
    gradients: Sequence[Gradient], faults: Sequence[Fault], found: Mapping[str, Any], rubric: Rubric, late: float = 0.0
) -> SheetPoints:
    """Count the points of a file by its formulas, its slips and what else was found; `late` is the share it loses."""
    worth, lines = rubric.sheet["gradient"], []
    counts = Counter(gradient.state for gradient in gradients)
    elsewhere = sum(not fault.is_claim for fault in faults)
    for state, words in EARNS.items():
        share = rubric.sheet[NUMBER] if state == NUMBER else rubric.credit[state]
        if counts[state]:
            lines.append(_line(f"formulas of gradients: {words}", counts[state], worth, share))
        if state == MISTAKE and elsewhere:
            lines.append(_line("other formulas with a slip", elsewhere, worth, share))
    missing = int(rubric.sheet["asked"]) - _most_in_a_step(found["claims"])
    if missing > 0:
        lines.append(_line("gradients that are missing", missing, worth, 0.0))
    for name, words in FINDINGS.items():
        kinds = len({finding["kind"] for finding in found.get(name, [])})
        if kinds and lines:
            lines.append(PointsLine(words, kinds, -kinds * rubric.sheet[name], 0.0))
    return SheetPoints(tuple(lines), late)


def _line(words: str, count: int, worth: float, share: float) -> PointsLine:
    return PointsLine(words, count, count * worth * share, count * worth)


def _most_in_a_step(claims: Sequence[Mapping[str, Any]]) -> int:
    """How many gradients the loss has that has most of them: each step has a loss of its own."""
    steps: dict[object, set[str]] = defaultdict(set)
    for claim in claims:
        steps[claim["loss"]].add(claim["of"])
    return max(map(len, steps.values()), default=0)
