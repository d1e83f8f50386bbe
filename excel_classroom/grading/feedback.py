"""What is said of a blank: to the student on the page, and in the note of the annotated copy."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Sequence
from importlib.resources import files

from excel_classroom.grading.marks import Mark
from excel_classroom.practice.rubric import EMPTY, GIVEN, MISTAKE, RIGHT, UNCERTAIN, WRONG
from excel_classroom.results.annotated_copy import Content, Note
from excel_classroom.results.pages import COLOURS, number
from excel_export.shared.cells import name_of
from excel_export.workbook.canvas import Canvas

ADVICE: dict[str, str] = tomllib.loads((files(__package__) / "advice.toml").read_text("utf-8"))
"""What to say to who made a mistake."""
SIGNS = {RIGHT: "✓", GIVEN: "(✓)", UNCERTAIN: "?", MISTAKE: "✗", WRONG: "✗", EMPTY: "–"}
WORDS = {
    RIGHT: "right",
    GIVEN: "right, given your earlier numbers",
    UNCERTAIN: "uncertain: a teacher looks at it",
    MISTAKE: "wrong, and one can see why",
    WRONG: "wrong",
    EMPTY: "empty",
}
MOST_NOTES = 200
"""At formulas outside of the exercise, on one sheet."""


def explained(mark: Mark) -> Iterator[str]:
    """What the page says of a mark, line by line."""
    if mark.mistake:
        yield f"{mark.mistake}. {ADVICE[mark.mistake]}"
    if mark.state not in (RIGHT, EMPTY) and mark.given is not None and number(mark.given) != number(mark.right):
        yield f"From your numbers: {number(mark.given)}"
    yield from (f"{note[:1].upper()}{note[1:]}." for note in mark.notes)
    if mark.missed_by:
        yield mark.missed_by
    if mark.by_hand:
        yield "Your teacher gave the points."
    if mark.holds is False and mark.is_good:
        yield "The formula is right for these inputs only: with others it gives something else."


def notes_of(content: Content, canvases: Sequence[Canvas], marks: Sequence[Mark]) -> dict[tuple[str, str], Note]:
    """The notes of an annotated copy: at each blank, and at the formulas in places of the student's own choice.

    Args:
        content: what the student's file holds.
        canvases: the sheets as they were handed out.
        marks: of the blanks.
    """
    known = {canvas.name: {(row, col) for row, line in canvas.cells.items() for col in line} for canvas in canvases}
    notes: dict[tuple[str, str], Note] = {}
    for sheet, cells in content.items():
        own = list(_formulas(cells, known.get(sheet, ())))[:MOST_NOTES]
        notes |= {(sheet, cell): Note(f"={formula}") for cell, formula in own}
    for k, mark in enumerate(marks, 1):
        frame = COLOURS[mark.state].lstrip("#").upper()
        notes[mark.blank.sheet, mark.blank.cell] = Note(_note_of(k, mark), frame, value=mark.number)
    return notes


def _formulas(cells: Sequence[Sequence[object]], known: Collection[tuple[int, int]]) -> Iterator[tuple[str, object]]:
    for row, col, _, formula in cells:
        assert isinstance(row, int)
        assert isinstance(col, int)
        if formula and (row, col) not in known:
            yield name_of(row, col), formula


def _note_of(k: int, mark: Mark) -> str:
    lines = [f"Blank {k}: {mark.state}, {mark.points:g} of {mark.of:g}"]
    if mark.kind == "formula":
        lines.append(f"Your formula: {mark.text}")
    if mark.mistake:
        lines.append(f"{mark.mistake}. {ADVICE[mark.mistake]}")
    if mark.state not in (RIGHT, EMPTY, GIVEN) and mark.given is not None:
        lines.append(f"From your numbers: {number(mark.given)}")
    if mark.state != RIGHT:
        lines.append(f"Right is {number(mark.right)}, by ={mark.blank.formula}")
    if mark.missed_by:
        lines.append(mark.missed_by)
    if mark.holds is False:
        lines.append("With other inputs, your formula gives something else.")
    return "\n".join([*lines, *mark.notes])
