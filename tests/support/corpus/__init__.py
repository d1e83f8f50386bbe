"""Sheets of backpropagation as many people write them, each with slips planted in it: a .toml file for each family.

None is made from another one's template. A slip is what stands in some cells instead; its kind says that it is in the
forward pass, or in an update, and `says` what is told of that. Every advice is followed by a test, and must leave
nothing wrong. Of each sheet the first slip is a quick test, and those in learning, which are not searched for.
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from tests.support.sheet_text import sheet
from tests.support.sheets_by_hand import Content, Sheets, save


@dataclass
class Slip:
    """Other contents of cells."""

    put: dict[str, Content]
    kind: str = ""
    """'forward' where it is in the forward pass, 'learning' where it is in an update; '' in a gradient."""
    instead: str = ""
    """A cell where it may as well be mended."""
    says: str = ""
    """A part of the words in which it is told."""
    slow: bool = False
    """Whether it is searched for so long that it is no quick test."""
    unfound: bool = False
    """Whether it is not told at its cell yet."""


@dataclass
class Example:
    """A right sheet, and what may go wrong in it."""

    cells: dict[str, str]
    claims: int = 0
    """How many gradients there are; 0 where that isn't asked."""
    slips: list[Slip] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The names that the workbook defines."""

    def sheets(self, slip: Slip | None = None) -> Sheets:
        """Its cells, with a slip."""
        sheets = {title: sheet(text) for title, text in self.cells.items()}
        for at, content in slip.put.items() if slip else ():
            put(sheets, at, content)
        return sheets

    def save(self, sheets: Sheets, path: Path) -> Path:
        """Write the file."""
        save(sheets, path)
        if self.names:
            book = openpyxl.load_workbook(path)
            for name, meaning in self.names.items():
                book.defined_names[name] = DefinedName(name, attr_text=meaning)
            book.save(path)
        return path


def put(sheets: Sheets, at: str, content: Content) -> None:
    """Put a content into a cell; of an array formula, into its formula."""
    title, _, cell = at.rpartition("!")
    cells = sheets[title.strip("'") or next(iter(sheets))]
    before = cells.get(cell)
    assert before != content
    with suppress(ValueError):
        content = float(str(content))
    cells[cell] = (before[0], str(content)) if isinstance(before, tuple) else content


def examples(family: str) -> dict[str, Example]:
    """The sheets of a family by their names."""
    read = tomllib.loads((Path(__file__).parent / f"{family}.toml").read_text("utf-8"))
    return {
        name: Example(**{**each, "slips": [Slip(**slip) for slip in each.get("slips", [])]})
        for name, each in read.items()
    }


FAMILIES = (
    "one_row_an_example",
    "blocks_and_columns",
    "other_habits",
    "models",
    "networks",
    "trainings",
    "courses",
    "one_habit_each",
)
LATER_FAMILIES = ("delta_rules", "joined_sheets", "assistants", "layers")
"""Written for roles by derivatives, before there was code for them."""
EXAMPLES = {name: example for family in FAMILIES for name, example in examples(family).items()}
LATER = {name: example for family in LATER_FAMILIES for name, example in examples(family).items()}
LATER_SLIPS = [
    pytest.param(
        example, slip, id=f"{name} {k}",
        marks=[pytest.mark.xfail(strict=True)] * slip.unfound + [pytest.mark.slow] * (slip.slow or k > 0),
    )
    for name, example in LATER.items() for k, slip in enumerate(example.slips)
]  # fmt: skip
SLIPS = [
    pytest.param(
        example, slip, id=f"{name} {k}",
        marks=[pytest.mark.slow] if slip.slow or (k and slip.kind != "learning") else [],
    )
    for name, example in EXAMPLES.items() for k, slip in enumerate(example.slips)
]  # fmt: skip
