"""The annotated copy of a checked file: a note and a colour at each gradient and each finding."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from excel_classroom.results.annotated_copy import Note, write_copy

COLOURS = {"right": "C5E8CB", "wrong": "F4B6AE", "constant": "FFF2CC", "undefined": "D9D9D9", "unknown": "D9D9D9"}
"""The colour of a gradient's cell by the verdict, as RRGGBB."""
FINDING = "F6C5A0"
"""The colour of a cell with another finding, as RRGGBB."""
AUTHOR = "excel-export check"


def write_annotated(target: Path, found: Mapping[str, Any]) -> None:
    """Write the annotated copy of one file, 'Ada.checked.xlsx'.

    Each sheet opens at its first note other than 'right', or at the first note. `found` is the result of `check_file`
    with the content: {'claims': […], 'content': …, …}.

    Raises:
        UserError: it can't be written.
    """
    notes: dict[tuple[str, str], Note] = {}
    for address, colour, text in _said(found):
        sheet, _, cell = address.rpartition("!")
        before = notes.get((sheet, cell))
        notes[sheet, cell] = Note(f"{before.text}\n{text}" if before else text, fill=colour)
    opens_at: dict[str, str] = {}
    for (sheet, cell), _ in sorted(notes.items(), key=lambda each: each[1].fill == COLOURS["right"]):
        opens_at.setdefault(sheet, cell)
    write_copy(target, found["content"], notes, AUTHOR, opens_at=opens_at)


def _said(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for claim in found["claims"]:
        lines = [f"{claim['verdict']}, as the derivative by {claim['of']}"]
        if claim["verdict"] == "wrong":
            lines.append(f"The derivative is {claim['derivative']!r}.")
        if "slip" in claim:
            slip = claim["slip"]
            lines += [slip["words"], f"Your formula: {slip['formula']}", f"Right is: {slip['mended']}"]
        if "remark" in claim:
            lines.append(claim["remark"])
        yield claim["cell"], COLOURS[claim["verdict"]], "\n".join(lines)
    for finding in [*found["learning"], *found.get("forward", [])]:
        yield finding["cell"], FINDING, finding["words"]
