"""The numbers of a student's blanks: as they are; each alone, with the right formulas in all others; with other inputs.

A formula that gives the number of a cell that was handed out, whatever number stands there, is no answer but a
reference to that cell, however it is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from excel_classroom.grading.answers import FORMULA, Answer
from excel_export.shared.a1_notation import Place
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import Engine

OTHER_NUMBER = 0.37
"""The number that the first cell holds, when a formula is tried with other numbers."""
STEP = 0.1873
"""The difference of the next cell's number: with these two, no number is a sum or a product of others."""
SAME = 1e-12
"""The relative difference up to which two numbers are the same."""


class BlankEvaluation:
    """A student's blanks in a spreadsheet engine: run(…) sets each answer's `number`, `given`, `alone` and so on."""

    def __init__(
        self, engine: Engine, blanks: Sequence[Mapping[str, Any]], places: Sequence[Place], answers: Sequence[Answer]
    ) -> None:
        """Take the engine, the blanks, their cells and answers.

        The engine has the reference workbook with the student's numbers; `run` puts the answers into it. A blank is
        {'formula': 'B2*B3', 'right': [6.0, 0.06], 'hidden': [[5.0, 0.05]]}: its formula, the right number with its
        margin, and the same with each set of other inputs.
        """
        self._engine, self._blanks, self._places, self._answers = engine, blanks, places, answers
        self._own = [Cell(None, blank["formula"]) for blank in blanks]

    def run(
        self, aside: Mapping[Place, tuple[Cell, Cell]], hidden: Sequence[Iterable[tuple[Place, Cell]]],
        watch: Mapping[str, Sequence[tuple[str, int, int]]], read: Sequence[Mapping[Place, float | None]] = (),
    ) -> dict[str, list[float | None]]:  # fmt: skip
        """Compute the blanks, and each with right formulas in the others; return the numbers of the watched cells.

        Each `Answer` gets its `number`, `given`, `alone`, `holds`, `elsewhere` and `is_reference`.

        Args:
            aside: for cells that were empty and are no blanks, the student's content and the exercise's own formula.
            hidden: sets of other inputs, with which formulas are tried, too, each as pairs of a cell and its content.
            watch: cells (sheet, row, column) by any names: {'relu': [('N1', 7, 3)]}.
            read: for each blank the cells that its answer reads, with the numbers that were handed out in them (or
                None). An answer that always equals one of them gets `is_reference`. () leaves this out.

        Returns:
            The numbers by the same names: {'relu': [0.5]}; None for a cell without a number.
        """
        for at, (content, _) in aside.items():
            self._engine.put(at, content)
        self._put_all()
        answers = self._answers
        for at, answer in zip(self._places, answers, strict=True):
            answer.number, answer.shows_nothing = self._engine.number(at), self._engine.is_empty(at)
        watched = {name: [self._engine.number((s, row, col)) for s, row, col in own] for name, own in watch.items()}
        for answer, given in zip(answers, self._given(), strict=True):
            answer.given = given
        for at, (_, own) in aside.items():
            self._engine.put(at, own)
        asked = [k for k, answer in enumerate(answers) if answer.kind == FORMULA]
        for k, number in self._alone([k for k in asked if not self._is_right(k, answers[k].number)]):
            answers[k].alone, answers[k].is_unknown = number, self._engine.is_unknown(self._places[k])
        references = [k for k, _ in self._alone(asked if read else ()) if self._gives_one_of(k, read[k])]
        for k in asked:
            answers[k].holds = True
        for turn, inputs in enumerate(hidden):
            for at, cell in inputs:
                self._engine.put(at, cell)
            self._put_all()
            found = {k: self._engine.number(self._places[k]) for k in asked}
            # What fails may fail for a slip further up: once more, with the right formulas in all other blanks.
            found |= self._alone([k for k, number in found.items() if not self._is_right(k, number, turn)])
            for k, number in found.items():
                answers[k].elsewhere.append(number)
                answers[k].holds = answers[k].holds and self._is_right(k, number, turn)
        # Last, since the cells that they read are no longer what they were.
        for k, _ in self._alone(references):
            answers[k].is_reference = self._follows_one_of(k, read[k])
        return watched

    def _put_all(self) -> None:
        for at, answer in zip(self._places, self._answers, strict=True):
            self._engine.put(at, answer.cell)
        self._engine.evaluate()

    def _given(self) -> Iterator[float | None]:
        for k, at in enumerate(self._places):
            if self._is_right(k, self._answers[k].number):
                yield self._blanks[k]["right"][0]
                continue
            self._engine.put(at, self._own[k])
            self._engine.evaluate()
            yield self._engine.number(at)
            self._engine.put(at, self._answers[k].cell)

    def _alone(self, which: Sequence[int]) -> Iterator[tuple[int, float | None]]:
        if which:
            for at, own in zip(self._places, self._own, strict=True):
                self._engine.put(at, own)
        for k in which:
            self._engine.put(self._places[k], self._answers[k].cell)
            self._engine.evaluate()
            yield k, self._engine.number(self._places[k])
            self._engine.put(self._places[k], self._own[k])

    def _gives_one_of(self, k: int, cells: Mapping[Place, float | None]) -> bool:
        number = self._engine.number(self._places[k])
        # What is computed from the blank itself has no number here, but one on the student's sheet.
        others = (each for at, given in cells.items() for each in (self._engine.number(at), given))
        return number is not None and any(
            each is not None and abs(abs(each) - abs(number)) <= SAME * abs(number) for each in others
        )

    def _follows_one_of(self, k: int, cells: Mapping[Place, float | None]) -> bool:
        """Return whether a blank has the number of one of the cells that it reads, whatever these hold.

        With the inputs 0 and 1, a sum of products may be one of its weights by chance.
        """
        for j, at in enumerate(cells):
            self._engine.put(at, Cell(OTHER_NUMBER + STEP * j))
        self._engine.evaluate()
        return self._gives_one_of(k, dict.fromkeys(cells))

    def _is_right(self, k: int, number: float | None, turn: int | None = None) -> bool:
        """Return whether a number is right, with the student's own inputs or with a set of other inputs, from 0 on."""
        truth, within = self._blanks[k]["right"] if turn is None else self._blanks[k]["hidden"][turn]
        return number is not None and bool(abs(number - truth) <= within)
