"""What guessing earns in an exam: attacks that compute nothing, on the files of a class, marked by the grader.

    python benchmarks/exam.py [--students 60] [NETWORK …]

Each attack fills in every file of the class. A line says what it earns, of all points, in the mean and at most, and how
many of its files have a remark. Some attacks know what no student knows, such as all right answers of the class.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
import openpyxl

from excel_classroom.grading.grading_process import grade
from excel_classroom.grading.marks import Marks, marks_of
from excel_classroom.grading.papers import Papers, papers_of
from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Key, Options, Student, fingerprint
from excel_classroom.practice.source import digest_of, network_of
from excel_export.shared.cells import name_of, place_of

NETWORKS = (f"{Path(__file__).parents[1] / 'examples' / 'xor.py'}:xor", "two-layers", "convolution")
SECRET = "what only the teacher knows"
USUAL = (0.0, 1.0, 7.0, 0.5, -0.05)
BESIDE = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
Typed = Callable[[int], Sequence[object]]
"""What is typed into the blanks of a file, by its number."""


@dataclass(frozen=True)
class Earned:
    """What an attack earned in the files of a class."""

    mean: float
    most: float
    remarked: float
    """The share of the files with a remark."""
    filled: int
    """How many blanks are filled in, in the file where they are fewest."""


class Exam:
    """A class with its files, and the right answers."""

    def __init__(self, source: str, folder: Path, students: int, *, exam: bool = True) -> None:
        """Make the files in a folder."""
        network = network_of(source)
        key = Key(SECRET, source, Options(exam=exam), digest_of(network), str(folder))
        names = [f"Student {k}" for k in range(students)]
        handout = handout_of(network, key, names)
        draws = handout.draws(names)
        for name in names:
            draws[name], made = handout.make(name, draws.get(name))
            (folder / f"{name}.xlsx").write_bytes(made.workbook)
        people = [
            Student(name, variant=name, file=f"{name}.xlsx", fingerprint=fingerprint(SECRET, name), draw=draws[name])
            for name in names
        ]
        self.key, self.folder = replace(handout.key, students=tuple(people)), folder
        drawn = [network.draw(SECRET, name, draws[name]) for name in names]
        found = [handout.plan.answers(each.graph) for each in drawn if each]
        self.answers, self.margins, _ = (np.stack(each) for each in zip(*found, strict=True))
        self.published = self.key.right_numbers(network.graph)
        """The answers of the network with its own numbers, which anybody can look up."""
        self.shown = [self._shown(folder / f"{name}.xlsx") for name in names]
        self.books = [openpyxl.load_workbook(folder / f"{name}.xlsx") for name in names]

    def _shown(self, path: Path) -> dict[tuple[str, str], float]:
        """The numbers that stand on the sheets of the network, by sheet and cell."""
        book, sheets = openpyxl.load_workbook(path, data_only=True), {blank.sheet for blank in self.key.blanks}
        asked = [sheet for sheet in book if sheet.title in sheets]
        cells = [cell for sheet in asked for row in sheet for cell in row if isinstance(cell.value, int | float)]
        return {(cell.parent.title, cell.coordinate): float(cell.value) for cell in cells}

    def earned(self, papers: Papers, typed: Typed) -> Earned:
        """Fill in each file, and let the grader mark it."""
        answers = [typed(k) for k in range(len(self.key.students))]
        marks = [self._marked(papers, k, own) for k, own in enumerate(answers)]
        points = [each.points for each in marks]
        remarked = fmean(bool(each.remarks) for each in marks)
        filled = min(sum(answer is not None for answer in own) for own in answers)
        return Earned(fmean(points), max(points), remarked, filled)

    def _marked(self, papers: Papers, k: int, answers: Sequence[object]) -> Marks:
        student, filled, rubric = self.key.students[k], self.folder / "filled.xlsx", self.key.read_rubric
        for blank, answer in zip(self.key.blanks, answers, strict=True):
            self.books[k][blank.sheet][blank.cell] = answer
        self.books[k].save(filled)
        paper = papers.paper(student)
        # These files are our own: they need no process that is locked in.
        return marks_of(paper, grade(filled, **paper.job(rubric)), rubric)

    def best(self, blanks: Sequence[int]) -> float:
        """The constant that is right most often in some blanks, of all files together."""
        own, within = self.answers[:, blanks], self.margins[:, blanks]
        tried = np.unique((own - within * (1 - 1e-9)).ravel())
        return float(tried[np.argmax([(np.abs(own - each) <= within).sum() for each in tried])])

    def beside(self, k: int, way: str) -> list[tuple[str, str] | None]:
        """On one side of each blank, the next cell with a number; None where there is none."""
        return [self._next(self.shown[k], blank.sheet, place_of(blank.cell), BESIDE[way]) for blank in self.key.blanks]

    @staticmethod
    def _next(
        shown: Mapping[tuple[str, str], float], sheet: str, at: tuple[int, int], step: tuple[int, int]
    ) -> tuple[str, str] | None:
        row, col = at
        for _ in range(30):
            row, col = row + step[0], col + step[1]
            if row and col and (sheet, name_of(row, col)) in shown:
                return sheet, name_of(row, col)
            if not row or not col:
                break
        return None

    def nearest(self, k: int) -> list[tuple[str, str]]:
        """The visible cell whose number comes nearest to each answer."""
        shown = self.shown[k]
        return [min(shown, key=lambda at, answer=answer: abs(shown[at] - answer)) for answer in self.answers[k]]


def attacks(exam: Exam) -> Mapping[str, Sequence[Typed]]:
    """By what they do, the ways of an attack, of which the best counts."""
    count = len(exam.key.blanks)
    halves = [range(first, count, 2) for first in (0, 1)]
    pair = [exam.best(half) for half in halves]
    median, last = np.median(exam.answers, axis=0), len(exam.answers) - 1

    def constant(number: float, k: int) -> Sequence[object]:
        return [number] * count

    def reference(way: str, k: int) -> Sequence[object]:
        return [f"='{at[0]}'!{at[1]}" if at else None for at in exam.beside(k, way)]

    def stored(way: str, k: int) -> Sequence[object]:
        return [exam.shown[k].get(at) if at else None for at in exam.beside(k, way)]

    return {
        "0, 1, 7, 0.5 or −0.05 everywhere": [partial(constant, number) for number in USUAL],
        "the best constant": [partial(constant, exam.best(range(count)))],
        "the best pair of constants": [lambda k: [pair[j % 2] for j in range(count)]],
        "another student's answers": [lambda k: [round(x, 4) for x in exam.answers[k - 1 if k else last].tolist()]],
        "the median of the class": [lambda k: median.tolist()],
        "references to the cell on one side": [partial(reference, way) for way in BESIDE],
        "references to the cell that comes nearest": [lambda k: [f"='{s}'!{cell}" for s, cell in exam.nearest(k)]],
        "the number that stands on one side": [partial(stored, way) for way in BESIDE],
        "the published solution's numbers": [lambda k: [round(x, 4) for x in exam.published]],
    }


def trying(exam: Exam) -> float:
    """How many blanks turn green, in the mean, for who tries every number that is in sight."""
    found = [
        sum(bool((np.abs(np.asarray([*shown.values()]) - x) <= within).any()) for x, within in zip(*own, strict=True))
        for shown, *own in zip(exam.shown, exam.answers, exam.margins, strict=True)
    ]
    return fmean(found)


def table(source: str, students: int) -> list[tuple[str, Earned]]:
    """What each attack earns, in its best way."""
    with tempfile.TemporaryDirectory() as folder:
        exam = Exam(source, Path(folder), students)
        with papers_of(exam.key) as papers:
            return [
                (name, max((exam.earned(papers, way) for way in ways), key=lambda each: each.mean))
                for name, ways in attacks(exam).items()
            ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--students", type=int, default=60)
    chosen = parser.parse_args()
    print("| network | attack | points in the mean | at most | remarked |\n|---|---|---|---|---|")
    for source in chosen.networks:
        name = source.rpartition("/")[2]
        for attack, each in table(source, chosen.students):
            print(f"| {name} | {attack} | {each.mean:.2f} | {each.most:g} | {100 * each.remarked:.0f} % |", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            practice = Exam(source, Path(folder), min(10, chosen.students), exam=False)
            print(f"| {name} | practice: every number in sight is tried | {trying(practice):.2f} | | |", flush=True)


if __name__ == "__main__":
    main()
