"""Practice workbooks as a class hands them in: written, filled in, changed, without a spreadsheet program."""

import csv
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ironcalc
import openpyxl

from excel_classroom.grading.grade_run import GradeRun
from excel_classroom.grading.grades import Grade
from excel_classroom.grading.grading_process import ask_for_grades
from excel_classroom.grading.marks import BY_CHANCE, Mark, Marks, marks_of
from excel_classroom.grading.papers import Paper, Papers
from excel_classroom.practice.blanks import Blank
from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Key, Options, Student, fingerprint
from excel_classroom.practice.rubric import Rubric, read_rubric
from excel_classroom.practice.source import digest_of, network_of
from excel_export.cli import main
from excel_export.shared.cells import place_of
from tests.support.altered import rewritten

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


def hand_out(
    folder: Path, names: Sequence[str], source: str = NET, options: Options | None = None, secret: str = SECRET
) -> Key:
    """Write a practice workbook of some code with five blanks for each student into a folder; return the key."""
    folder.mkdir(parents=True, exist_ok=True)
    code = folder.parent / "net.py"
    code.write_text(source)
    return hand_out_of(f"{code}:net", folder, names, options or Options(count=5), secret)


def hand_out_of(
    source: str, folder: Path, names: Sequence[str], options: Options | None = None, secret: str = SECRET
) -> Key:
    """The same of FILE.py:FACTORY or of a lesson."""
    folder.mkdir(parents=True, exist_ok=True)
    network = network_of(source)
    key = Key(secret, source, options or Options(), digest_of(network), str(folder.parent))
    handout = handout_of(network, key, names, many=True)
    students = []
    for name in names:
        draw, made = handout.make(name)
        (folder / f"{name}.xlsx").write_bytes(made.workbook)
        students.append(student_of(name, draw, secret))
    return replace(handout.key, students=tuple(students))


def student_of(name: str, draw: int, secret: str = SECRET) -> Student:
    """Somebody whose file is called like them."""
    return Student(name, variant=name, file=f"{name}.xlsx", fingerprint=fingerprint(secret, name), draw=draw)


def fill(
    path: Path,
    blanks: Sequence[Blank],
    answers: Sequence[Answer],
    by: str = "",
    into: Path | None = None,
    when: str = "",
) -> Path:
    """Put answers into the blanks of a workbook, as somebody saved it at some time."""
    book = openpyxl.load_workbook(path)
    for blank, answer in zip(blanks, answers, strict=True):
        book[blank.sheet][blank.cell] = answer
    book.properties.lastModifiedBy = by or None
    book.save(into or path)
    return saved(into or path, when) if by or when else into or path


def saved(path: Path, when: str = "") -> Path:
    """Let a file say when it was saved: openpyxl always says now."""
    moment = f"{when or '2026-11-20T08:30:00'}Z".encode()

    def changed(name: str, data: bytes) -> bytes:
        is_core = name == "docProps/core.xml"
        return re.sub(rb"(<dcterms:modified\b[^>]*>)[^<]*", rb"\g<1>" + moment, data) if is_core else data

    return rewritten(path, path, changed)


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


def grade(source: Path, key: Path, table: Path, *more: object) -> list[dict[str, str]]:
    """Grade with the command; return the lines of the table."""
    assert main(["grade", str(source), "--key", str(key), "-o", str(table), *map(str, more)]) == 0
    return rows_of(table)


def run(
    folder: Path, key: Key, rubric: Path | None, table: Path, done: Callable[[float], None] = lambda share: None,
    **more: Any,
) -> Sequence[Grade]:  # fmt: skip
    """Grade the files of an exercise, with options of the command; return the grades."""
    path = table.with_suffix(".key.json")
    key.save(path)
    started = GradeRun(folder, [path], table, rubric=rubric, **more)
    started.grade(lambda share: None, done)
    return started.sheets[0].grades


def mark(paper: Paper, path: Path, rubric: Rubric, seconds: int = 60) -> Marks:
    """Mark one file."""
    return marks_of(paper, ask_for_grades(path, seconds, paper.job(rubric)), rubric)


def marked(papers: Papers, student: Student, path: Path) -> Marks:
    """Let the grader mark a file."""
    return mark(papers.paper(student), path, read_rubric(None))


def marked_with(papers: Papers, student: Student, path: Path, blanks: Sequence[Blank]) -> Marks:
    """Let the grader mark a file in which other cells are asked for."""
    paper = papers.paper(student)
    return mark(replace(paper, key=replace(paper.key, blanks=tuple(blanks))), path, read_rubric(None))


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


AGREES: Mapping[str, tuple[str, ...]] = {
    "right": ("right", "given"), "right given earlier": ("given",), "wrong": ("wrong",), "known mistake": ("wrong",),
    "empty": ("empty",), "uncertain": ("wrong",),
}  # fmt: skip
"""What a sheet may say where the grader says this."""


def agree(marks: Sequence[Mark], in_sheet: Sequence[str]) -> bool:
    """Whether the grader and the workbook say the same.

    A sheet can't tell that a formula is right behind a slip, or a text a number: it says that it is right from the
    numbers before it, or what is to be done first. Nor does it know other inputs, where a known mistake is not right.
    """
    texts = any("typed as text" in note for mark in marks for note in mark.notes)
    return all(
        said in AGREES[mark.state]
        or (mark.is_good and said != "right" and (texts or bool(mark.notes)))
        or (said == "right" and BY_CHANCE in mark.notes)
        for mark, said in zip(marks, in_sheet, strict=True)
    )


@dataclass(frozen=True)
class HandedOut:
    """What was handed out to Anna: her workbook, which no test changes, and what the grader knows of it."""

    key: Key
    path: Path
    papers: Papers

    @property
    def blanks(self) -> Sequence[Blank]:
        """What is asked for."""
        return self.key.blanks

    @property
    def student(self) -> Student:
        """Anna."""
        return self.key.students[0]

    @property
    def right(self) -> list[float]:
        """The right numbers."""
        return self.papers.paper(self.student).right

    @property
    def most_read(self) -> int:
        """The blank that most others depend on."""
        return max(range(len(self.blanks)), key=lambda k: sum(k in each.reads for each in self.blanks))

    def filled(
        self, folder: Path, answers: Sequence[Answer] | Mapping[int, Answer] = MappingProxyType({}),
        how: Callable[[openpyxl.Workbook], object] | None = None,
    ) -> Path:  # fmt: skip
        """Her workbook with answers, or with the right formulas but for some; then changed in any way."""
        right = formulas(self.blanks)
        all_of = [answers.get(k, own) for k, own in enumerate(right)] if isinstance(answers, Mapping) else answers
        path = fill(self.path, self.blanks, all_of, into=folder / "Anna.xlsx")
        return change(path, how) if how else path

    def marked(self, path: Path) -> Marks:
        """What the grader says of a file."""
        return marked(self.papers, self.student, path)

    def answered(
        self, folder: Path, answers: Sequence[Answer] | Mapping[int, Answer] = MappingProxyType({}),
        how: Callable[[openpyxl.Workbook], object] | None = None,
    ) -> Marks:  # fmt: skip
        """Fill it in and mark it; where the workbook marks itself, and is else as it was, it must agree."""
        path = self.filled(folder, answers, how)
        found = self.marked(path)
        if not how and not self.key.options.exam:
            assert agree(found.marks, in_the_sheet(path, self.blanks))
        return found


def store(path: Path, blank: Blank, number: float) -> Path:
    """Store a number beside the formula of a blank, as a spreadsheet program does."""
    cell = rf'(<c r="{blank.cell}"[^>]*><f>[^<]*</f>)(?:<v ?/>|<v></v>)'.encode()

    def changed(name: str, data: bytes) -> bytes:
        is_sheet = name.startswith("xl/worksheets/sheet")
        return re.sub(cell, rb"\g<1><v>%b</v>" % repr(number).encode(), data) if is_sheet else data

    return rewritten(path, path.with_name("stored.xlsx"), changed)


def blank_at(path: Path, papers: Papers, tensor: str, index: tuple[int, ...]) -> Blank:
    """A blank of one's own choice, in a workbook with all its formulas."""
    grid = papers.plan.reference.tensor_cells[tensor]
    cell = grid.at(*index).area
    formula = _opened(path)[grid.sheet][cell].value
    direction = "backward" if tensor.startswith("grad.") else "forward"
    return Blank(tensor, index, grid.sheet, cell, direction, 2, tensor, tensor, formula.removeprefix("="))


@functools.cache
def _opened(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)
