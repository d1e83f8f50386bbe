"""A checked file of a class: its slips, each once, its formulas, and remarks for the teacher."""

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
"""The least share of the published formulas in a file for a remark: own work, even on the same equations, has hardly
any."""
WORDS: dict[str, dict[str, str]] = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
"""The names of verdicts and kinds of slips in the tables."""


@dataclass(frozen=True)
class Slip:
    """A mistake in a file, once for all copies, with its mending: Slip('a sign is wrong', 'Sheet1!C7', …, '=-B3')."""

    kind: str
    """The kind in words, the same in all files: 'a sign is wrong'."""
    cell: str
    """The first cell with the mistake: 'Sheet1!C7'."""
    words: str
    """A sentence about the mistake in this cell."""
    mended: str = ""
    """The right formula; '' if none is known."""


@dataclass(frozen=True)
class CheckedFile:
    """A file of a class, and the result of `check_file` with the content: {'claims': […], 'learning': […], …}."""

    file: HandedIn
    """The file and its student."""
    found: Mapping[str, Any]
    """The result of the check, {'claims': [{'cell': 'Sheet1!C7', 'verdict': 'wrong', …}], …}."""

    @property
    def verdicts(self) -> Counter[str]:
        """The number of gradients by verdict: Counter({'right': 7, 'wrong': 2})."""
        return Counter(claim["verdict"] for claim in self.found["claims"])

    @property
    def problem(self) -> str:
        """The reason why nothing could be checked, 'found no gradient to check, …'; '' if something was."""
        if "error" in self.found:
            return str(self.found["error"]).removeprefix(f"{self.file.path}: ")
        is_told = any(self.found.get(name) for name in ("claims", "learning", "forward", "compared"))
        return "" if is_told else NOTHING

    @cached_property
    def slips(self) -> list[Slip]:
        """The mistakes, each once, first in gradients, then in updates: [Slip('a sign is wrong', 'Sheet1!C7', …)]."""
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
        """The formulas with their cells as distances: {'R[-1]C[0]*R[0]C[1]'}, the cells above and to the right.

        Copies of one formula are one.
        """
        first: dict[str, str] = {}
        for cells in self.found.get("content", {}).values():
            for row, col, _, formula in cells:
                if formula:
                    first.setdefault(relative(formula, row, col, dollars=True), relative(formula, row, col))
        return frozenset(first.values())

    @property
    def remarks(self) -> list[str]:
        """The remarks for the teacher, [] without any: ['made from a workbook that this program wrote']."""
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
