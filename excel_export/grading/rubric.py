"""What a blank is worth: a small file that a teacher can edit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from excel_export.practice.blanks import DIRECTIONS, LEVELS, Blank
from excel_export.shared.errors import ExportError
from excel_export.shared.reading import read_text

RIGHT, GIVEN, MISTAKE, WRONG, EMPTY = "right", "right given earlier", "known mistake", "wrong", "empty"
TYPED, RIGID = "typed number", "formula that does not follow"
DEFAULT = """\
# What a blank is worth. Change the numbers, then: excel-export grade … --rubric THIS-FILE

[points]  # of levels 1 (one product), 2 (a sum of products), 3 (a whole gradient)
forward = [1, 1, 1]
backward = [1, 1, 1]
update = [1, 1, 1]

[credit]  # the share of the points, from 0 to 1
"right" = 1.0
"right given earlier" = 1.0  # right, computed from an earlier wrong number
"known mistake" = 0.5  # wrong, but it is clear how it came about
"wrong" = 0.0
"empty" = 0.0

[factor]  # by which the credit is multiplied
"typed number" = 1.0  # a number was typed instead of a formula
"formula that does not follow" = 1.0  # a formula that is wrong once the inputs are others
"""
LARGEST = 100_000


@dataclass(frozen=True)
class Rubric:
    """Points by direction and level, and which share of them one gets."""

    points: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    credit: Mapping[str, float] = field(default_factory=dict)
    factor: Mapping[str, float] = field(default_factory=dict)

    def of(self, blank: Blank) -> float:
        """What a blank is worth."""
        return self.points[blank.direction][blank.level - 1]

    def earned(self, blank: Blank, state: str, how: str = "") -> float:
        """What one gets for it; `how` is one of the factors, or nothing."""
        return self.of(blank) * self.credit[state] * self.factor.get(how, 1.0)


def read_rubric(path: Path | None) -> Rubric:
    """Read a rubric; without a path, it is the one that is proposed.

    Raises:
        ExportError: the file cannot be read, or says something else than a rubric says.
    """
    default = tomllib.loads(DEFAULT)
    if not path:
        return _rubric(default)
    try:
        given = tomllib.loads(read_text(path, LARGEST, "rubric"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExportError(f"{path}: no rubric: {error}") from None
    for table, lines in given.items():
        if table not in default or not isinstance(lines, dict):
            raise ExportError(f"{path}: a rubric has [points], [credit] and [factor], but no '{table}'")
        for name, item in lines.items():
            if name not in default[table]:
                raise ExportError(f"{path}: there is no '{name}' in [{table}]; there are: {', '.join(default[table])}")
            default[table][name] = _checked(path, table, name, item)
    return _rubric(default)


def _checked(path: Path, table: str, name: str, item: Any) -> Any:
    if table == "points":
        if isinstance(item, list) and len(item) == len(LEVELS) and all(_is_number(each) and each >= 0 for each in item):
            return item
        raise ExportError(f"{path}: '{name}' in [points] must be three numbers, such as [1, 2, 3]")
    if not _is_number(item) or not 0 <= item <= 1:
        raise ExportError(f"{path}: '{name}' in [{table}] must be a number from 0 to 1")
    return item


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < 1e6


def _rubric(tables: Mapping[str, Mapping[str, Any]]) -> Rubric:
    points: dict[str, tuple[float, ...]] = {
        direction: tuple(map(float, tables["points"][direction])) for direction in DIRECTIONS
    }
    return Rubric(points, dict(tables["credit"]), dict(tables["factor"]))
