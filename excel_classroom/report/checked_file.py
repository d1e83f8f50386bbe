"""A file of a class: its gradients as somebody wrote them, what they earn by the rubric, and what else is said of it.

A formula and its copies are one, have one state, and count once. What another slip caused costs nothing: that slip
costs, once.
"""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from excel_classroom.practice.rubric import GIVEN, MISTAKE, RIGHT, UNCERTAIN, WRONG, Rubric
from excel_classroom.results.handed_in import HandedIn, Result
from excel_classroom.similarity.normal_form import canonical, relative
from excel_export.lessons.one_row_a_step_sheet import copied_down
from excel_export.shared.cells import name_of
from excel_export.shared.grouped import grouped
from excel_export.workbook.write import PROGRAM

NUMBER, UNDEFINED = "number without a formula", "undefined"
WORST = (WRONG, MISTAKE, GIVEN, NUMBER, RIGHT, UNDEFINED, UNCERTAIN)
STATES = {"right": RIGHT, "constant": NUMBER, "undefined": UNDEFINED, "unknown": UNCERTAIN}
NOTHING = "found no gradient to check, by its heading or by an update"
LEAST_PUBLISHED = 0.5
"""Who writes the same equations in another order, or in other columns, has hardly any formula of the published ones."""
WORDS: dict[str, dict[str, str]] = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
Claim = Mapping[str, Any]
Gradient = dict[str, list[Claim]]
"""A formula for gradients, with its copies, by their states."""


class WrittenFormulas:
    """The formulas of a file, each once: what filling down or to the right made of one is that formula, too."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        """Take what `check_file` returns when it is asked for the content."""
        self._written: dict[str, str] = {}
        first: dict[str, tuple[str, int, int]] = {}
        stand: set[tuple[int, int, str]] = set()
        for sheet, cells in found.get("content", {}).items():
            for row, col, _, formula in cells:
                at = f"{sheet}!{name_of(row, col)}"
                if formula:
                    self._written[at] = written = relative(formula, row, col, dollars=True)
                    first.setdefault(written, (formula, row, col))
                    stand.add((row, col, canonical(formula)))
        claims = found.get("claims", [])
        for cell in [*claims, *(claim["slip"] for claim in claims if "slip" in claim)]:
            if "array" in cell:
                self._written[cell["cell"]] = self._written.get(cell["array"], "")
        self.elsewhere = frozenset(relative(*each) for each in first.values())
        """Each formula, as it is the same where the whole sheet is moved."""
        self.where = hash(frozenset(stand))
        """A hash of all formulas and their cells: equal for files that have the same formulas in the same cells."""

    def written(self, at: str) -> str:
        """What stands in a cell, as it is the same for copies of the formula; '' where there is none."""
        return self._written.get(at, "")


@dataclass
class Fault:
    """A slip, told once: its copies, and what is wrong because of it."""

    first: Claim
    cell: str
    """Where it is."""
    copies: list[str] = field(default_factory=list)
    """The other cells with the same slip."""
    behind: list[str] = field(default_factory=list)
    """The gradients that are wrong for no other reason."""
    is_claim: bool = False
    """Whether the formula is itself one of the gradients."""

    @property
    def slip(self) -> Mapping[str, Any]:
        """What `check` says of it."""
        found: Mapping[str, Any] = self.first["slip"]
        return found


def _step(claim: Claim) -> object:
    """What the claims of a step share: their loss, be it one without a cell; a former run may have known cells only."""
    return claim.get("step", claim["loss"])


def gradients_of(claims: Sequence[Claim], formulas: WrittenFormulas) -> list[Gradient]:
    """Put the copies of a formula together; numbers without one, if they are the same gradient in other steps."""
    found: dict[object, Gradient] = defaultdict(dict)
    numbers: Counter[object] = Counter()
    for claim in claims:
        key: object = formulas.written(claim["cell"])
        if not key:
            key = "number", numbers[_step(claim)]
            numbers[_step(claim)] += 1
        state = STATES.get(claim["verdict"], WRONG)
        if state == WRONG and "slip" in claim:
            state = MISTAKE if _is_own(claim, formulas) else GIVEN
        found[key].setdefault(state, []).append(claim)
    return [*found.values()]


def _is_own(claim: Claim, formulas: WrittenFormulas) -> bool:
    """Whether the slip of a claim is in its own formula."""
    cell, at = claim["slip"]["cell"], claim["cell"]
    return cell == at or (bool(formulas.written(at)) and formulas.written(cell) == formulas.written(at))


def faults_of(claims: Sequence[Claim], formulas: WrittenFormulas) -> list[Fault]:
    """Return the slips, each once."""
    found: dict[str, Fault] = {}
    roots: dict[str, str] = {}
    for claim in claims:
        if "slip" not in claim:
            continue
        slip = claim["slip"]
        root = slip["like"] or slip["cell"]
        root = roots.setdefault(formulas.written(root) or root, root)
        fault = found.setdefault(root, Fault(claim, slip["cell"]))
        if slip["cell"] != fault.cell and slip["cell"] not in fault.copies:
            fault.copies.append(slip["cell"])
        if _is_own(claim, formulas):
            fault.is_claim = True
        else:
            fault.behind.append(claim["cell"])
    return [*found.values()]


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

    lines: tuple[PointsLine, ...]
    late: float
    """The share that is lost by being late."""
    of: float
    """The most that one can have; 0 where there is nothing to be judged."""
    points: float
    """All together, never less than 0."""


def points_of(
    gradients: Sequence[Gradient], faults: Sequence[Fault], found: Mapping[str, Any], rubric: Rubric, late: float = 0.0
) -> SheetPoints:
    """Count the points of a file by its formulas, its slips and what else was found; `late` is the share it loses."""
    worth, lines = rubric.sheet["gradient"], list[PointsLine]()

    def add(words: str, count: int, share: float) -> None:
        if count > 0:
            lines.append(PointsLine(words, count, count * worth * share, count * worth))

    counts = Counter(min(gradient, key=WORST.index) for gradient in gradients)
    for state, words in WORDS["earns"].items():
        share = rubric.sheet[NUMBER] if state == NUMBER else rubric.credit[state]
        add(f"formulas of gradients: {words}", counts[state], share)
        if state == MISTAKE:
            add("other formulas with a slip", sum(not fault.is_claim for fault in faults), share)
    # Each step has a loss of its own.
    steps = grouped(found["claims"], _step).values()
    most = max((len({claim["of"] for claim in step}) for step in steps), default=0)
    add("gradients that are missing", int(rubric.sheet["asked"]) - most, 0.0)
    for name, words in WORDS["findings"].items():
        kinds = len({finding["kind"] for finding in found.get(name, [])})
        if kinds and lines:
            lines.append(PointsLine(words, kinds, -kinds * rubric.sheet[name], 0.0))
    points = round(max(0.0, sum(line.points for line in lines)) * (1 - late), 6)
    return SheetPoints(tuple(lines), late, sum(line.of for line in lines), points)


class CheckedFile(Result):
    """What was found in a file."""

    def __init__(
        self, file: HandedIn, found: Mapping[str, Any], rubric: Rubric, page: str = "", copy: str = ""
    ) -> None:
        """Count what `check_file` found when it was asked for the content; `copy` is the name of the annotated copy."""
        super().__init__(file, page)
        self.name, claims = file.name, found["claims"]
        file.note_properties(found.get("properties", {}))
        self.found, self.copy = {name: item for name, item in found.items() if name != "content"}, copy
        self.formulas = formulas = WrittenFormulas(found)
        self.gradients, self.faults = gradients_of(claims, formulas), faults_of(claims, formulas)
        late = rubric.lost(file.saved, late=file.late)
        self.points = points_of(self.gradients, self.faults, found, rubric, late)
        self.verdicts = Counter(claim["verdict"] for claim in claims)
        """How many cells are right, wrong, …."""
        is_told = any(found.get(name) for name in ("learning", "forward", "compared"))
        said = str(found["error"]).removeprefix(f"{file.path}: ") if "error" in found else NOTHING
        self.problem = "" if "error" not in found and (claims or is_told) else said
        """Why nothing could be checked, or nothing."""
        self.is_judged = not self.problem and (is_told or bool(self.verdicts.keys() - {"unknown"}))
        """Whether anything could be judged: where nothing could, there is nothing to give points for."""
        self.is_wrong = bool(self.verdicts["wrong"] or found["learning"] or found.get("forward"))
        """Whether there is a fault in it."""

    @property
    def score(self) -> tuple[float, float] | None:
        """Points and the points that can be earned; None where nothing could be judged."""
        return (self.points.points, self.points.of) if self.is_judged else None

    @property
    def remarks(self) -> list[str]:
        """What a teacher should know of it beside its points."""
        own, solution = [*self.file.remarks], _solution()
        # Of what is ours, a formula is as in other cells, by whatever program.
        shared = len(solution & self.formulas.elsewhere)
        if shared >= LEAST_PUBLISHED * len(solution):
            of = f"{shared} of the {len(solution)} formulas"
            own.append(f"has {of} of the published solution, lesson 2, one row a step")
        if self.found.get("properties", {}).get("creator", "") == PROGRAM:
            own.append("made from a workbook that this program wrote")
        if self.instead:
            own.append(f"another file of this student counts: {self.instead}")
        if self.points.late:
            own.append(f"late: {100 * self.points.late:g} % of the points are lost")
        return own


@cache
def _solution() -> frozenset[str]:
    return frozenset(relative(*each) for each in copied_down())
