"""A file of a folder, with everything that a report says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from excel_classroom.practice.rubric import Rubric
from excel_classroom.report.gradients import Fault, Gradient, WrittenFormulas, faults_of, gradients_of
from excel_classroom.report.points import SheetPoints, points_of
from excel_classroom.report.published import published
from excel_classroom.results.handed_in import HandedIn
from excel_classroom.results.result import Result

VERDICTS = {
    "right": "right",
    "wrong": "wrong",
    "constant": "numbers without a formula",
    "undefined": "where there is no derivative",
    "unknown": "not checked",
}
NOTHING = "found no gradient to check, by its heading or by an update"


@dataclass(eq=False)
class CheckedFile(Result):
    """What was found in a file."""

    file: HandedIn
    found: Mapping[str, Any]
    page: str = ""
    copy: str = ""
    """The names of its page and its annotated copy in the report."""
    gradients: list[Gradient] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    points: SheetPoints = field(default_factory=SheetPoints)
    formulas: WrittenFormulas = field(default_factory=lambda: WrittenFormulas({}))
    instead: str = ""

    @property
    def name(self) -> str:
        """The file's, within its folder."""
        return self.file.name

    @property
    def score(self) -> SheetPoints | None:
        """What it earned; None where nothing could be judged."""
        return self.points if self.is_judged else None

    @property
    def problem(self) -> str:
        """Why nothing could be checked, or nothing."""
        if "error" in self.found:
            return str(self.found["error"]).removeprefix(f"{self.file.path}: ")
        said = ("claims", "learning", "forward", "compared")
        return "" if any(self.found.get(name) for name in said) else NOTHING

    @property
    def is_judged(self) -> bool:
        """Whether anything could be judged: where nothing could, there is nothing to give points for."""
        told = any(self.found.get(name) for name in ("learning", "forward", "compared"))
        judged = told or any(claim["verdict"] != "unknown" for claim in self.found["claims"])
        return judged and not self.problem

    @property
    def is_wrong(self) -> bool:
        """Whether there is a fault in it."""
        return bool(self.verdicts["wrong"] or self.found["learning"] or self.found.get("forward"))

    @property
    def verdicts(self) -> Counter[str]:
        """How many cells are right, wrong, …."""
        return Counter(claim["verdict"] for claim in self.found["claims"])

    @property
    def counted(self) -> str:
        """The same in words."""
        counts = self.verdicts
        told = ", ".join(f"{counts[kind]} {words}" for kind, words in VERDICTS.items() if counts[kind])
        return f"{counts.total()} gradients: {told or 'none'}"

    @property
    def said_points(self) -> str:
        """What it earned, in words."""
        if self.problem:
            return "not checked"
        return f"{self.percent:g} %" if self.is_judged else "not judged"

    @property
    def remarks(self) -> list[str]:
        """What a teacher should know of it beside its points."""
        creator = self.found.get("properties", {}).get("creator", "")
        own = [*self.file.remarks, *published(self.formulas.elsewhere, creator)]
        if self.instead:
            own.append(f"another file of this student counts: {self.instead}")
        if self.points.late:
            own.append(f"late: {100 * self.points.late:g} % of the points are lost")
        return own


def checked_file(file: HandedIn, found: Mapping[str, Any], rubric: Rubric, page: str, copy: str) -> CheckedFile:
    """Count what was found; `found` is what `check_file` returns when it is asked for the content."""
    file.note_properties(found.get("properties", {}))
    kept = {name: item for name, item in found.items() if name != "content"}
    formulas = WrittenFormulas(found)
    gradients, faults = gradients_of(found["claims"], formulas), faults_of(found["claims"], formulas)
    late = rubric.lost(file.saved, late=file.late)
    points = points_of(gradients, faults, found, rubric, late)
    return CheckedFile(file, kept, page, copy, gradients, faults, points, formulas)
