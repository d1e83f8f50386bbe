"""What became of the cases of each suite, kept in a file so that a run can go on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import excel_export
from tests.support.coverage.judge import EQUAL, NOT_COUNTED, Outcome


def state_of_the_code() -> str:
    """Return a fingerprint of the exporter's code: what was measured with another is old."""
    digest = hashlib.sha256()
    folder = Path(excel_export.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class Results:
    """The outcomes of a suite, group by group."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept = json.loads(path.read_text()) if path.exists() else {}
        self._code = state_of_the_code()

    def is_known(self, group: str, equal_is_enough: bool) -> bool:
        """Whether a group was measured with today's code, or once was equal and that shall be enough."""
        if group not in self._kept or any(
            outcome.reason.startswith("in the suite itself") for outcome in self.of(group)
        ):
            return False
        fine = all(outcome.status in (EQUAL, NOT_COUNTED) for outcome in self.of(group))
        return self._kept[group]["code"] == self._code or (equal_is_enough and fine)

    def keep(self, group: str, outcomes: list[Outcome]) -> None:
        """Keep what became of a group."""
        self._kept[group] = {"code": self._code, "outcomes": list(map(asdict, outcomes))}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self._kept))

    def of(self, group: str) -> list[Outcome]:
        """Return a group's outcomes, none where it was not measured."""
        return [Outcome(**item) for item in self._kept.get(group, {"outcomes": []})["outcomes"]]

    def pairs(self, groups: Iterable[str]) -> list[tuple[str, Outcome]]:
        """Return (group, outcome) of all cases."""
        return [(group, outcome) for group in groups for outcome in self.of(group)]


def count(pairs: Iterable[tuple[str, Outcome]]) -> Counter[str]:
    """Count the outcomes by status."""
    return Counter(outcome.status for _, outcome in pairs)
