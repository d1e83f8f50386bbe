"""An exercise made again from its key: the network, a workbook for the engine, and each student's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np

from excel_classroom.practice.blanks import ANSWER_NAME, Blank
from excel_classroom.practice.exercise import draw_sheets
from excel_classroom.practice.exercise_plan import make_plan
from excel_classroom.practice.judgement import is_right, margin
from excel_classroom.practice.key import Key, Student
from excel_classroom.practice.leakage import LEAST_CLASS
from excel_classroom.practice.reference_workbook import cells_of_grid
from excel_classroom.practice.rubric import Rubric
from excel_classroom.practice.source import ExerciseNetwork, network_of_key
from excel_export.graph.graph import Graph, Value
from excel_export.shared.cells import place_of
from excel_export.shared.errors import ExportError

HIDDEN = "\0 hidden inputs"
"""The variant of the other inputs. No student's is the same: it cannot be typed."""
PUBLISHED = "the network as it is published"
"""The name of the answers with the network's own numbers."""
MOST_WATCHED = 200_000
"""The number of elements up to which tensors around the blanks are read, to recognise mistakes."""
MOST_COMPARED = 20
"""The number of each student's numbers by which a file's owner is found."""
TRIED = 12
"""The number of sets of other inputs of which a few are chosen, to judge formulas by."""


@dataclass(frozen=True)
class Paper:
    """One student's exercise, from `Papers.paper`: the blanks, and the right numbers with this student's inputs."""

    papers: Papers
    """The exercise of all students."""
    key: Key
    """The key of the exercise."""
    graph: Graph
    """The network with this student's numbers."""
    answers_of_others: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """The right numbers, [6.0, 7.0], of other files by their variants, 'Alan', and of the source's own numbers."""
    numbers_of_others: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By name, the first numbers that other students were given, {'Alan': [2.5]}, in the order of `job`'s 'numbers'."""

    @cached_property
    def median(self) -> list[float]:
        """The median of the right numbers of all files, for each blank: [0.5, -1.2]; [] for fewer than ten files."""
        answers = [self.right, *(each for who, each in self.answers_of_others.items() if who != PUBLISHED)]
        return np.median(answers, axis=0).tolist() if len(answers) >= LEAST_CLASS else []

    @cached_property
    def right(self) -> list[float]:
        """PyTorch's number for each blank, in the key's order: [6.0, 7.0]."""
        return self.key.right_numbers(self.graph)

    def is_right(self, k: int, number: float, answer: float | None = None) -> bool:
        """Return whether a number is right for blank `k`, from 0 on, within the tolerance.

        It is compared with `answer`; if that is None, with the student's own right number.
        """
        tolerance = self.key.read_rubric.tolerance
        return is_right(number, self.right[k] if answer is None else answer, self.key.blanks[k].direction, tolerance)

    def value(self, blank: Blank) -> Value:
        """Return the tensor of a blank: w for the tensor 'w', and also for 'grad.w' if it asks for a gradient."""
        name = blank.tensor.removeprefix("grad.") if blank.direction == "backward" else blank.tensor
        return dict(self.graph.named)[name]

    def job(self, rubric: Rubric, *, copy: bool = False) -> dict[str, Any]:
        """Return the arguments of `grading_process.grade` for this student's files, as JSON types: {'blanks': […], …}.

        'workbook' is a path; 'blanks' has for each its cell, its formula and its right number with the margin, [6.0,
        0.06]; 'numbers' has [sheet, row, column, number] of the student's inputs. `rubric` has the tolerance. `copy` is
        True to get all cells of the file, for an annotated copy.
        """
        blanks, options, reference = [], self.key.options, self.papers.plan.reference
        hidden_right = map(self.key.right_numbers, self.papers.hidden)
        for blank, *numbers in zip(self.key.blanks, self.right, *hidden_right, strict=True):
            right, *hidden = ((each, margin(each, blank.direction, rubric.tolerance)) for each in numbers)
            at = blank.sheet, *place_of(blank.cell)
            blanks.append({"at": at, "formula": blank.formula, "right": right, "hidden": hidden})
        return {
            "workbook": str(self.papers.workbook), "blanks": blanks, "copy": copy, "practice": not options.exam,
            "exam": options.exam,
            "watch": {name: cells_of_grid(reference.tensor_cells[name]) for name in self._watched()},
            "numbers": [(*place, number) for place, number in reference.numbers(self.graph)],
            "others": self.numbers_of_others,
            "hidden": [
                [(*place, number) for place, number in reference.numbers(graph)] for graph in self.papers.hidden
            ],
            "withheld": [(sheet, *place_of(cell)) for sheet, cell in self.key.withheld],
            "words": [ANSWER_NAME.format(k + 1) for k in range(len(self.key.questions))],
        }  # fmt: skip

    def tensors(self, watched: Mapping[str, Sequence[float | None]]) -> dict[str, np.ndarray]:
        """Return the numbers {'relu': [0.5, None]} as arrays in the tensors' shapes: {'relu': array([0.5, nan])}."""
        shown = self.papers.plan.reference.tensor_cells
        return {key: np.asarray(own, dtype=np.float64).reshape(shown[key].shape) for key, own in watched.items()}

    def _watched(self) -> list[str]:
        asked = {self.value(blank) for blank in self.key.blanks}
        reached = set(asked)
        for call in self.graph.calls:
            if asked & {*call.inputs, *call.outputs}:
                reached |= {*call.inputs, *call.outputs}
        # What comes behind is a ReLU, perhaps.
        behind = [value for call in self.graph.calls if reached & {*call.inputs} for value in call.outputs]
        values = (*behind, *(value for value in self.graph.values if value in reached))
        keys = dict.fromkeys(key for value in values for key in (value.name, f"grad.{value.name}"))
        shown = self.papers.plan.reference.tensor_cells
        found = [key for key in keys if key in shown]
        size = sum(int(np.prod(shown[key].shape)) for key in found)
        return found if size <= MOST_WATCHED else []


class Papers:
    """The exercise of all students of a key: papers.paper(Student('Ada')) is Ada's `Paper`."""

    def __init__(self, key: Key, workbook: Path, beside: Path | None = None) -> None:
        """Make the network of a key, and write its sheets to the file `workbook`.

        `beside` is the folder of the key's file, in which its source is looked for first, then in the working directory
        and in `key.folder`; None if it is not known.

        Raises:
            ExportError: its source has changed, is missing, or does not fit the key.
        """
        # While PyTorch records one network, nothing else may run in it.
        self.key, self.workbook, self.lock = key, workbook, Lock()
        self.network = network_of_key(key, beside)
        self.plan = make_plan(self.network, key, ("",), many=True)
        workbook.write_bytes(self.plan.reference.content)
        self.canvases = draw_sheets(self.network.graph, self.plan, "").canvases
        self.hidden = self._hidden()
        """The networks with other numbers by which formulas are judged."""

    def _hidden(self) -> list[Graph]:
        chosen: list[Graph] = []
        left: set[tuple[int, str]] | None = None
        tried = (made for _, made in islice(self.network.draws(self.key.secret, HIDDEN), TRIED))
        for made in _near_ties_last(tried):
            untold = {*self.plan.untold(made.graph)}
            if left is None or left - untold:
                left = untold if left is None else left & untold
                chosen.append(made.graph)
            if not left:
                break
        return chosen

    def paper(self, student: Student) -> Paper:
        """Return a student's exercise: the network with this student's numbers, and the right answers.

        Raises:
            ExportError: the key does not belong to its source.
        """
        with self.lock:
            graph, numbers = self._graph(student), self._numbers
        others = {each: own for each, own in numbers.items() if each.variant != student.variant}
        published = {PUBLISHED: self.key.right_numbers(self.network.graph)}
        answers = published | {each.variant: right for each, (right, _) in others.items()}
        return Paper(self, self.key, graph, answers, {each.name: given for each, (_, given) in others.items()})

    def _graph(self, student: Student) -> Graph:
        made = self.network.draw(self.key.secret, student.variant, student.draw)
        if made is None:
            raise ExportError(f"the key does not belong to its source: {student.name} can't have had these numbers")
        return made.graph

    @cached_property
    def _numbers(self) -> dict[Student, tuple[list[float], list[float]]]:
        return {each: self._numbers_of(self._graph(each)) for each in self.key.students}

    def _numbers_of(self, graph: Graph) -> tuple[list[float], list[float]]:
        given = islice(self.plan.reference.numbers(graph), MOST_COMPARED)
        return self.key.right_numbers(graph), [number for _, number in given]


def _near_ties_last(networks: Iterable[ExerciseNetwork]) -> Iterator[ExerciseNetwork]:
    tied = []
    for network in networks:
        if network.has_near_ties:
            tied.append(network)
        else:
            yield network
    yield from tied


@contextmanager
def papers_of(key: Key, beside: Path | None = None) -> Iterator[Papers]:
    """Return a context for a `with` block that gives a key's `Papers`; `paper(student)` is one student's exercise.

    The network is computed at the start; at the end of the block the workbook of the papers is deleted.

    Args:
        key: the key.
        beside: the folder of the key's file, in which its source is looked for first; None if it is not known.

    Raises:
        ExportError: its source has changed, is missing, or does not fit the key.
    """
    with TemporaryDirectory(prefix="excel-export-") as folder:
        yield Papers(key, Path(folder, "reference.xlsx"), beside)
