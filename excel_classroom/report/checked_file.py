"""A file of a folder, with everything that a report says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from excel_classroom.grading.attribution import HandedIn, note_properties
from excel_classroom.grading.names_of_platforms import CANVAS, MOODLE
from excel_classroom.practice.rubric import Rubric
from excel_classroom.report.gradients import Fault, Gradient, WrittenFormulas, faults_of, gradients_of
from excel_classroom.report.points import Points, points_of

VERDICTS = {
    "right": "right",
    "wrong": "wrong",
    "constant": "numbers without a formula",
    "undefined": "where there is no derivative",
    "unknown": "not checked",
}
NOTHING = "found no gradient to check, by its heading or by an update"


@dataclass
class CheckedFile:
    """What was found in a file."""

    file: HandedIn
    found: Mapping[str, Any]
    page: str = ""
    copy: str = ""
    """The names of its page and its annotated copy in the report."""
    gradients: list[Gradient] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    points: Points = field(default_factory=Points)
    formulas: WrittenFormulas = field(default_factory=lambda: WrittenFormulas({}))
    instead: str = ""
    """The name of another file of this student, which counts instead."""

    @property
    def name(self) -> str:
        """The file's, within its folder."""
        return self.file.name

    @property
    def who(self) -> str:
        """Whose it is, as far as one knows; else its name."""
        if self.file.student:
            return self.file.student.name
        match = MOODLE.match(self.name) or CANVAS.match(self.name.rpartition("/")[2])
        return match["who"] if match else self.name

    @property
    def problem(self) -> str:
        """Why nothing could be checked, or nothing."""
        if "error" in self.found:
            return str(self.found["error"]).removeprefix(f"{self.file.path}: ")
        said = ("claims", "learning", "forward", "compared")
        return "" if any(self.found.get(name) for name in said) else NOTHING

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
    def counts(self) -> bool:
        """Whether it gets points."""
        return not self.problem and not self.instead and self.is_judged

    @property
    def is_judged(self) -> bool:
        """Whether anything could be judged: where nothing could, there is nothing to give points for."""
        told = any(self.found.get(name) for name in ("learning", "forward", "compared"))
        return told or any(claim["verdict"] != "unknown" for claim in self.found["claims"])


def checked_file(file: HandedIn, found: Mapping[str, Any], rubric: Rubric, page: str, copy: str) -> CheckedFile:
    """Count what was found; `found` is what `check_file` returns when it is asked for the content."""
    note_properties(file, found.get("properties", {}))
    kept = {name: item for name, item in found.items() if name != "content"}
    formulas = WrittenFormulas(found)
    gradients, faults = gradients_of(found["claims"], formulas), faults_of(found["claims"], formulas)
    late = rubric.lost(file.saved, late=file.late)
    points = points_of(gradients, faults, found, rubric, late)
    return CheckedFile(file, kept, page, copy, gradients, faults, points, formulas)
