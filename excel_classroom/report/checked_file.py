"""A file of a folder, with everything that a report says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from excel_classroom.practice.rubric import Rubric
from excel_classroom.report import gradients as judged
from excel_classroom.report.gradients import WORDS, Fault, Gradient, SheetPoints, WrittenFormulas
from excel_classroom.results.handed_in import HandedIn, Result
from excel_classroom.similarity.normal_form import relative
from excel_export.lessons.one_row_a_step_sheet import copied_down
from excel_export.workbook.write import PROGRAM

NOTHING = "found no gradient to check, by its heading or by an update"
LEAST_PUBLISHED = 0.5
"""Who writes the same equations in another order, or in other columns, has hardly any formula of the published ones."""


@dataclass(eq=False)
class CheckedFile(Result):
    """What was found in a file."""

    found: Mapping[str, Any] = field(kw_only=True)
    copy: str = ""
    """The name of its annotated copy in the report."""
    gradients: list[Gradient] = field(kw_only=True)
    faults: list[Fault] = field(kw_only=True)
    points: SheetPoints = field(kw_only=True)
    formulas: WrittenFormulas = field(kw_only=True)

    @property
    def name(self) -> str:
        """The file's, within its folder."""
        return self.file.name

    @property
    def score(self) -> tuple[float, float] | None:
        """What it earned; None where nothing could be judged."""
        return (self.points.points, self.points.of) if self.is_judged else None

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
        told = ", ".join(f"{counts[kind]} {words}" for kind, words in WORDS["verdicts"].items() if counts[kind])
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
    formulas, claims = WrittenFormulas(found), found["claims"]
    gradients, faults = judged.gradients_of(claims, formulas), judged.faults_of(claims, formulas)
    return CheckedFile(
        file, page, found={name: item for name, item in found.items() if name != "content"}, copy=copy,
        gradients=gradients, faults=faults, formulas=formulas,
        points=judged.points_of(gradients, faults, found, rubric, rubric.lost(file.saved, late=file.late)),
    )  # fmt: skip


def published(formulas: Collection[str], creator: str) -> Iterator[str]:
    """Say what in a file is ours, whose formulas are each as it is the same in other cells, by whatever program."""
    solution = _solution()
    shared = len(solution.intersection(formulas))
    if shared >= LEAST_PUBLISHED * len(solution):
        yield f"has {shared} of the {len(solution)} formulas of the published solution, lesson 2, one row a step"
    if creator == PROGRAM:
        yield "made from a workbook that this program wrote"


@cache
def _solution() -> frozenset[str]:
    return frozenset(relative(*each) for each in copied_down())
