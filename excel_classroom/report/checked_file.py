"""A file of a class, and what was found in it: its slips, each once, its formulas, and what a teacher should know."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from excel_classroom.results.handed_in import HandedIn
from excel_classroom.similarity.normal_form import relative
from excel_export.lessons.one_row_a_step_sheet import copied_down
from excel_export.workbook.write import PROGRAM

NOTHING = "found no gradient to check, by its heading or by an update"
LEAST_PUBLISHED = 0.5
"""Who writes the same equations in another order, or in other columns, has hardly any formula of the published ones."""
WORDS: dict[str, dict[str, str]] = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Slip:
    """Something that is wrong in a file, told once for all its copies."""

    kind: str
    """In words; the same for what is the same slip in other files."""
    cell: str
    words: str
    mended: str = ""
    """The formula that is right, where it is known."""


@dataclass(frozen=True)
class CheckedFile:
    """What `check_file` found in a file when it was asked for the content."""

    file: HandedIn
    found: Mapping[str, Any]

    @property
    def verdicts(self) -> Counter[str]:
        """How many gradients are right, wrong, …."""
        return Counter(claim["verdict"] for claim in self.found["claims"])

    @property
    def problem(self) -> str:
        """Why nothing could be checked, or nothing."""
        if "error" in self.found:
            return str(self.found["error"]).removeprefix(f"{self.file.path}: ")
        is_told = any(self.found.get(name) for name in ("claims", "learning", "forward", "compared"))
        return "" if is_told else NOTHING

    @cached_property
    def slips(self) -> list[Slip]:
        """What is wrong, first in gradients, then in updates and in the forward pass."""
        found = {each.cell + each.kind: each for each in self._slips()}
        return [*found.values()]

    def _slips(self) -> Iterator[Slip]:
        for claim in self.found["claims"]:
            if claim["verdict"] == "wrong" and "slip" in claim:
                slip = claim["slip"]
                if not slip["like"]:
                    kind = WORDS["gradients"].get(slip["kind"], slip["kind"])
                    yield Slip(kind, slip["cell"], slip["words"], slip["mended"])
            elif claim["verdict"] == "wrong":
                why = claim.get("remark") or "for a reason that could not be named"
                yield Slip(f"wrong, {why}", claim["cell"], f"{claim['cell']} is not {claim['called']}")
        for finding in self.found["learning"]:
            kind = WORDS["updates"].get(finding["kind"], f"in the updates: {finding['kind']}")
            yield Slip(kind, finding["cell"], finding["words"])
        for finding in self.found.get("forward", []):
            if not finding.get("like"):
                kind = f"in the forward pass: {finding['kind']}"
                yield Slip(kind, finding["cell"], finding["words"], finding.get("mended") or "")

    @cached_property
    def formulas(self) -> frozenset[str]:
        """Each formula once, as it is the same where the whole sheet is moved, or filled down or to the right."""
        first: dict[str, str] = {}
        for cells in self.found.get("content", {}).values():
            for row, col, _, formula in cells:
                if formula:
                    first.setdefault(relative(formula, row, col, dollars=True), relative(formula, row, col))
        return frozenset(first.values())

    @property
    def remarks(self) -> list[str]:
        """What a teacher should know of it."""
        own, solution = list[str](), _solution()
        # Of what is ours, a formula is as in other cells, by whatever program.
        shared = len(solution & self.formulas)
        if shared >= LEAST_PUBLISHED * len(solution):
            of = f"{shared} of the {len(solution)} formulas"
            own.append(f"has {of} of the published solution, lesson 2, one row a step")
        if self.found.get("properties", {}).get("creator", "") == PROGRAM:
            own.append("made from a workbook that this program wrote")
        return own


@cache
def _solution() -> frozenset[str]:
    return frozenset(relative(*each) for each in copied_down())
