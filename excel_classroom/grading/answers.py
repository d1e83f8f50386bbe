"""What stands in a blank: a formula, a number, a number that was typed as text, or nothing that is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from excel_classroom.grading.text_numbers import readings
from excel_export.shared.a1_notation import Place
from excel_export.workbook.contents import Cell

LONGEST_SHOWN = 200
LONGEST_FORMULA = 2_000
NUMBER, FORMULA, TEXT, NOTHING = "number", "formula", "text", "empty"
FIRST_DAY, LAST_DAY, DAY_0 = 36_526, 55_153, date(1899, 12, 30)
"""The years 2000 to 2050, as a spreadsheet counts days."""


@dataclass
class Answer:
    """An answer as it is computed, and what is said of it."""

    cell: Cell
    """What is computed."""
    kind: str
    text: str
    """As it was typed."""
    stored: float | None = None
    """The number that the student's own program stored beside a formula."""
    notes: list[str] = field(default_factory=list)
    own: Mapping[Place, Cell] = field(default_factory=dict)
    """The student's own cells that it reads, by itself or by way of others."""
    outside: list[str] = field(default_factory=list)
    """The cells outside of the exercise that it reads."""
    copied: list[str] = field(default_factory=list)
    """The sheets with answers that it reads."""
    external: list[str] = field(default_factory=list)
    """What it asks for outside of the file."""


def read_answer(cell: Cell, truth: float, within: float) -> Answer:
    """Read what stands in a blank; of two ways to read a number, the one that is right counts."""
    text, value = shown(cell), cell.value
    if isinstance(value, str) and not cell.formula and value.strip():
        meant = readings(value)
        if meant:
            number = next((each for each in meant if abs(each - truth) <= within), meant[0])
            notes = [f"a number typed as text: {value.strip()[:LONGEST_SHOWN]!r} is read as {number:.10g}"]
            return Answer(Cell(number), NUMBER, text, notes=notes)
        if value.lstrip().startswith("="):
            formula = value.strip().removeprefix("=")
            return Answer(Cell(None, formula), FORMULA, text, notes=["a formula typed as text"])
    if cell.formula:
        stored = value if isinstance(value, float) else None
        return Answer(cell, FORMULA, text, stored)
    if isinstance(value, float):
        found = Answer(cell, NUMBER, text)
        if FIRST_DAY <= value <= LAST_DAY and value == int(value) and abs(truth) < FIRST_DAY / 2:
            day = DAY_0 + timedelta(days=int(value))
            found.notes.append(f"the date {day:%Y-%m-%d}: perhaps a fraction that the program took for one")
        return found
    return Answer(cell, NOTHING if value is None or value == "" else TEXT, text)


def shown(cell: Cell, longest: int = LONGEST_SHOWN) -> str:
    """What stands in a cell, as a text."""
    content = f"={cell.formula}" if cell.formula else "" if cell.value is None else cell.value
    text = f"{content:.15g}" if isinstance(content, float) else str(content)
    return text if len(text) <= longest else text[: longest - 1] + "…"
