"""Practice workbooks as a class hands them in: written, filled in, changed, without a spreadsheet program."""

import csv
import datetime
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import ironcalc
import openpyxl

from excel_export.grading.marks import Mark, Marks, mark
from excel_export.grading.papers import Papers
from excel_export.grading.rubric import read_rubric
from excel_export.practice.blanks import Blank
from excel_export.practice.exercise import make_exercise
from excel_export.practice.key import Key, Options, Student, fingerprint
from excel_export.practice.source import digest_of, network_of
from excel_export.shared.cells import place_of

SECRET = "only the teacher knows"
NET = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.fc1, self.fc2 = nn.Linear(2, 3), nn.Linear(3, 2)

    def forward(self, x, t):
        return F.mse_loss(self.fc2(F.relu(self.fc1(x))), t)


def net():
    return Net(), (torch.tensor([[1.0, -2.0], [0.5, 1.5]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
"""
Answer = float | str | bool | None
"""What is put into a cell; a formula begins with '='."""


def hand_out(folder: Path, names: Sequence[str], source: str = NET, options: Options | None = None) -> Key:
    """Write a practice workbook of some code for each student into a folder, and return the key."""
    folder.mkdir(parents=True, exist_ok=True)
    code = folder.parent / "net.py"
    code.write_text(source)
    return hand_out_of(f"{code}:net", folder, names, options)


def hand_out_of(source: str, folder: Path, names: Sequence[str], options: Options | None = None) -> Key:
    """The same of FILE.py:FACTORY or of a lesson."""
    folder.mkdir(parents=True, exist_ok=True)
    options = options or Options()
    network = network_of(source)
    students = []
    for name in names:
        graph = network.variant(SECRET, name).graph
        made = make_exercise(graph, options, SECRET, name, "practice")
        (folder / f"{name}.xlsx").write_bytes(made.workbook)
        students.append(Student(name, name, f"{name}.xlsx", fingerprint(SECRET, name), made.blanks))
    return Key(SECRET, source, options, digest_of(network), tuple(students))


def fill(
    path: Path, blanks: Sequence[Blank], answers: Sequence[Answer], by: str = "", into: Path | None = None
) -> Path:
    """Put answers into the blanks of a workbook."""
    book = openpyxl.load_workbook(path)
    for blank, answer in zip(blanks, answers, strict=True):
        book[blank.sheet][blank.cell] = answer
    if by:
        book.properties.lastModifiedBy = by
        book.properties.modified = datetime.datetime(2026, 11, 20, 8, 30)
    book.save(into or path)
    return into or path


def change(path: Path, how: Callable[[openpyxl.Workbook], object]) -> Path:
    """Change a workbook in any way."""
    book = openpyxl.load_workbook(path)
    how(book)
    book.save(path)
    return path


def formulas(blanks: Sequence[Blank]) -> list[Answer]:
    """The right formula for each blank."""
    return [f"={blank.formula}" for blank in blanks]


def rows_of(table: Path) -> list[dict[str, str]]:
    """The lines of a table of grades."""
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def marked(papers: Papers, student: Student, path: Path, rubric: Path | None = None) -> Marks:
    """Let the grader mark a file."""
    return mark(papers.paper(student), path, read_rubric(rubric))


def in_the_sheet(path: Path, blanks: Sequence[Blank]) -> list[str]:
    """What the workbook itself says of each blank."""
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    sheets, book = [each["name"] for each in model.get_worksheets_properties()], openpyxl.load_workbook(path)
    for blank in blanks:
        if book[blank.sheet][blank.cell].value is None:
            # openpyxl writes an empty cell as a number without a value, which IronCalc takes for 0.
            model.clear_cell_contents(sheets.index(blank.sheet), *place_of(blank.cell))
    model.evaluate()
    names = {each["name"]: each["formula"].lstrip("=").replace("$", "") for each in model.get_defined_name_list()}
    return [str(model.get_cell_value_by_ref(names[f"mark_{k + 1}"])) for k in range(len(blanks))]


SAYS: Mapping[str, str] = {
    "right": "right", "right given earlier": "given", "wrong": "wrong", "known mistake": "wrong", "empty": "empty",
}  # fmt: skip


def says(marks: Sequence[Mark]) -> list[str]:
    """What the workbook must say where the grader says this."""
    return [SAYS[each.state] for each in marks]


def blank_at(path: Path, papers: Papers, tensor: str, index: tuple[int, ...]) -> Blank:
    """A blank of one's own choice, in a workbook with all its formulas."""
    grid = papers.places.shown[tensor]
    cell = grid.at(*index).area
    formula = _opened(path)[grid.sheet][cell].value
    direction = "backward" if tensor.startswith("grad.") else "forward"
    return Blank(tensor, index, grid.sheet, cell, direction, 2, tensor, tensor, formula.removeprefix("="))


@functools.cache
def _opened(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)
