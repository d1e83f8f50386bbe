"""An exercise, made again from its key: the network by PyTorch, and a workbook for the engine to compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from excel_classroom.grading.paper import Paper
from excel_classroom.practice.blanks import right_number
from excel_classroom.practice.exercise import exercise_sheets
from excel_classroom.practice.exercise_plan import make_plan
from excel_classroom.practice.key import Key, Student
from excel_classroom.practice.source import ExerciseNetwork, network_of_key
from excel_export.graph.graph import Graph
from excel_export.shared.errors import ExportError

HIDDEN = "\0 hidden inputs"
"""No student's variant is called so: it cannot be typed."""
PUBLISHED = "the network as it is published"


class Papers:
    """The papers of all students of a key."""

    def __init__(self, key: Key, workbook: Path, beside: Path | None = None) -> None:
        """Make the network of a key, and write its sheets to a file.

        Args:
            key: of the exercise.
            workbook: where to write them.
            beside: where the key is.

        Raises:
            ExportError: its source has changed, is missing, or does not fit the key.
        """
        # While PyTorch records one network, nothing else may run in it.
        self.key, self._workbook, self.lock = key, workbook, Lock()
        self.network: ExerciseNetwork = network_of_key(key, beside)
        self.plan = make_plan(self.network, key, ("",), many=True)
        workbook.write_bytes(self.plan.reference.content)
        self.canvases = exercise_sheets(self.network.graph, key, self.plan.chosen)
        self._hidden = self.network.variant(key.secret, HIDDEN).graph

    def paper(self, student: Student) -> Paper:
        """What a student was given.

        Raises:
            ExportError: the key does not belong to its source.
        """
        with self.lock:
            answers = self._answers
            graph = self._graph(student)
        others = {who: numbers for who, numbers in answers.items() if who != student.variant}
        return Paper(self.key, self._workbook, graph, self._hidden, self.plan.reference.cells, others)

    def _graph(self, student: Student) -> Graph:
        made = self.network.draw(self.key.secret, student.variant, student.draw)
        if made is None:
            raise ExportError(f"the key does not belong to its source: {student.name} can't have had these numbers")
        return made.graph

    @cached_property
    def _answers(self) -> dict[str, list[float]]:
        """By whose they are, the right numbers of all files, and of the network as its source has it."""
        rate = self.key.options.learning_rate
        graphs = {PUBLISHED: self.network.graph} | {each.variant: self._graph(each) for each in self.key.students}
        return {
            who: [right_number(graph, each.tensor, each.index, each.direction, rate) for each in self.key.blanks]
            for who, graph in graphs.items()
        }


@contextmanager
def papers_of(key: Key, beside: Path | None = None) -> Iterator[Papers]:
    """Make the papers of a key; their workbook is gone afterwards.

    Raises:
        ExportError: its source has changed, is missing, or does not fit the key.
    """
    with TemporaryDirectory(prefix="excel-export-") as folder:
        yield Papers(key, Path(folder, "reference.xlsx"), beside)
