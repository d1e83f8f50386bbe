"""The rubric: the points of a blank and the tolerance of an answer, in a small TOML file that a teacher can edit."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from excel_classroom.practice.blanks import DIRECTIONS, LEVELS, Blank
from excel_classroom.practice.judgement import Tolerance
from excel_export.shared.errors import ExportError
from excel_export.shared.reading import read_text

RIGHT, GIVEN, MISTAKE, WRONG, EMPTY = "right", "right given earlier", "known mistake", "wrong", "empty"
"""The states of a blank, named as in the rubric's table [credit]."""
UNCERTAIN = "uncertain"
"""The state of a blank that this program cannot compute: its stored number counts, until a teacher looks at it."""
TYPED, RIGID = "typed number", "formula that does not follow"
"""The ways to fill a blank that lower its points, named as in the rubric's table [factor]."""
DEFAULT = (files(__package__) / "rubric.toml").read_text("utf-8")
"""The text of the proposed rubric."""
LARGEST = 100_000
"""In bytes: a larger file is refused before it is read."""
NOT_A_SHARE = ("question", "absolute")
"""The names in a rubric whose number may be greater than 1."""


@dataclass(frozen=True)
class Rubric:
    """The points of blanks, rubric.of(blank) is 1.0, and the tolerance; `rubric_of` reads it from a TOML text."""

    text: str
    """The TOML text."""
    points: Mapping[str, tuple[float, ...]]
    """The points of a blank by direction, for level 1 and level 2: {'forward': (1.0, 2.0), …}."""
    credit: Mapping[str, float]
    """The share of the points by the state of the blank: {'right': 1, 'known mistake': 0.5, …}."""
    factor: Mapping[str, float]
    """The factor for an answer that is a 'typed number', or a 'formula that does not follow' its inputs."""
    question: float
    """The points of an answer in words."""
    tolerance: Tolerance
    """The distance from the answer within which a number is right."""
    deadline: datetime | None
    """The moment after which a file is late; None if there is none."""
    per_day: float
    """The share of the points that a late file loses for each day begun."""
    most: float
    """The largest share that a late file loses."""
    worths: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """The points of single blanks by sheet and cell, which replace those of `points`: 0 for a withdrawn blank."""

    def of(self, blank: Blank) -> float:
        """Return the points of a blank by its direction and level: 1.0 in the proposed rubric."""
        return self.worths.get((blank.sheet, blank.cell), self.points[blank.direction][blank.level - 1])

    def earned(self, blank: Blank, state: str, how: str = "") -> float:
        """Return the points for a state: 0.5 of 1 for 'known mistake', times the factor of `how`.

        `how` is 'typed number', 'formula that does not follow' (its inputs), or '' for others, with the factor 1.
        """
        return self.of(blank) * self.credit[state] * self.factor.get(how, 1.0)

    def lost(self, saved: datetime | None, *, late: bool = False) -> float:
        """Return the share of its points that a late file loses, from 0 to 1: 0.2 for two days at 0.1 a day.

        Without a deadline it is 0.

        Args:
            saved: the moment when the file was saved or handed in; None if it is not known.
            late: True if the learning platform calls the file late: it then loses one day at least.
        """
        if not self.deadline or not saved or saved <= self.deadline:
            return min(self.most, self.per_day) if late and self.deadline else 0.0
        return min(self.most, self.per_day * math.ceil((saved - self.deadline) / timedelta(days=1)))


def read_rubric(path: Path | None, default: str = "") -> Rubric:
    """Return the rubric in a TOML file, marks.toml; for None that of the text `default`, '' for the proposed one.

    Raises:
        ExportError: the file cannot be read, or is no rubric.
    """
    if not path:
        return rubric_of(default)
    try:
        return rubric_of(read_text(path, LARGEST, "rubric"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as error:
        raise ExportError(f"{path}: no rubric: {error}") from None


def rubric_of(text: str) -> Rubric:
    r"""Return the rubric of a TOML text such as '[points]\nforward = [1, 2]', for level 1 and level 2.

    The names are those of rubric.toml, the proposed rubric (`DEFAULT`): [points] forward, backward, update, question;
    [credit] "right", "right given earlier", "known mistake", "wrong", "empty"; [factor] "typed number", "formula that
    does not follow"; [tolerance] relative, absolute, decimals; [late] deadline ("2026-11-20 23:59"), per_day, most.
    What the text lacks is as there, so '' gives all of that.

    Raises:
        ValueError: it is no TOML, or has names or values that a rubric does not have.
    """
    tables = tomllib.loads(DEFAULT)
    for table, lines in tomllib.loads(text).items():
        if table not in tables or not isinstance(lines, dict):
            raise ValueError(f"it has {', '.join(f'[{name}]' for name in tables)}, but no '{table}'")
        for name, item in lines.items():
            if name not in tables[table]:
                raise ValueError(f"there is no '{name}' in [{table}]; there are: {', '.join(tables[table])}")
            _check(table, name, item)
            tables[table][name] = item
    points, late = tables["points"], tables["late"]
    return Rubric(
        text or DEFAULT, {direction: tuple(map(float, points[direction])) for direction in DIRECTIONS},
        tables["credit"], tables["factor"], float(points["question"]),
        Tolerance(**tables["tolerance"]), _moment(late["deadline"]), late["per_day"], late["most"],
    )  # fmt: skip


def _check(table: str, name: str, item: Any) -> None:
    if table == "points" and name in DIRECTIONS:
        if not isinstance(item, list) or len(item) != len(LEVELS) or not all(map(_is_amount, item)):
            raise ValueError(f"'{name}' in [points] must be two numbers, such as [1, 2]")
    elif name == "deadline":
        _moment(item)
    elif name == "decimals":
        if not isinstance(item, int) or not 0 <= item <= 12:
            raise ValueError("'decimals' in [tolerance] must be a whole number from 0 to 12")
    elif not _is_amount(item) or (item > 1 and name not in NOT_A_SHARE):
        raise ValueError(f"'{name}' in [{table}] must be a number from 0 to 1")


def _moment(text: Any) -> datetime | None:
    if text == "":
        return None
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError("'deadline' in [late] must be a day and a time, such as \"2026-11-20 23:59\"") from None
    return moment.astimezone()


def _is_amount(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and 0 <= item < 1e6
