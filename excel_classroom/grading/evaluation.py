"""Compute a student's blanks: as they are; each alone, with the right formulas in all others; and with other inputs.

A formula that gives the number of a cell that was handed out is no answer but a reference to that cell, however it is
written; unless with other inputs it gives the right number, and not that of the cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from excel_classroom.grading.answers import FORMULA, LONGEST_FORMULA, Answer
from excel_export.shared.a1_notation import Place
from excel_export.workbook.contents import Cell
from excel_export.workbook.engine import Engine

SAME = 1e-12
"""Relative: so near are two numbers that are the same."""


def evaluated(
    engine: Engine,
    blanks: Sequence[Mapping[str, Any]],
    places: Sequence[Place],
    answers: Sequence[Answer],
    aside: Mapping[Place, tuple[Cell, Cell]],
    hidden: Iterable[tuple[Place, Cell]],
    watch: Iterable[Sequence[Any]],
    read: Sequence[Mapping[Place, float | None]] = (),
) -> dict[str, Any]:
    """Return what each blank gives.

    Args:
        engine: with the student's numbers in it, and with the further cells that the answers read.
        blanks: for each its own formula, the right number and how far from it one may be; the same of other inputs.
        places: where they are.
        answers: what stands in them.
        aside: cells that were empty and are not asked for: what a student put there, and their own formulas.
        hidden: the other inputs.
        watch: cells whose numbers are wanted.
        read: of each blank, the cells that it may be a mere reference to, with the numbers that were handed out.
    """
    for at, (content, _) in aside.items():
        engine.put(at, content)
    computed = _ComputedBlanks(engine, blanks, places, answers)
    found: list[dict[str, Any]] = [
        {
            "kind": answer.kind,
            "text": answer.text,
            "formula": answer.cell.formula[:LONGEST_FORMULA],
            "value": engine.number(at),
            "shows nothing": engine.is_empty(at),
            "unknown": False,
            "stored": answer.stored,
            "notes": answer.notes,
            "outside": answer.outside,
            "copied": answer.copied,
            "external": answer.external,
        }
        for at, answer in zip(places, answers, strict=True)
    ]
    watched = [engine.number((sheet, row, col)) for sheet, row, col in watch]
    asked = [k for k, answer in enumerate(answers) if answer.kind == FORMULA]
    for k, given in enumerate(computed.given(found)):
        found[k] |= {"given": given, "alone": None, "holds": None}
    for at, (_, own) in aside.items():
        engine.put(at, own)
    wrong = [k for k in asked if not _near(found[k]["value"], blanks[k]["truth"], blanks[k]["within"])]
    for k, number in computed.alone(wrong):
        found[k] |= {"alone": number, "unknown": engine.is_unknown(places[k])}
    references = [k for k, _ in computed.alone(asked if read else ()) if computed.gives_one_of(k, read[k])]
    for at, cell in hidden:
        engine.put(at, cell)
    computed.put_all()
    for k in asked:
        found[k]["holds"] = computed.holds(k)
    # What fails may fail for a slip further up: once more, with the right formulas in all other blanks.
    for k, _ in computed.alone([k for k in asked if not found[k]["holds"]]):
        found[k]["holds"] = computed.holds(k)
    rigid = [k for k in references if not found[k]["holds"]]
    others = computed.alone([k for k in references if found[k]["holds"]])
    references = [*rigid, *(k for k, _ in others if computed.gives_one_of(k, dict.fromkeys(read[k])))]
    for k, each in enumerate(found):
        each["reference"] = k in references
    return {"blanks": found, "watch": watched}


class _ComputedBlanks:
    def __init__(
        self, engine: Engine, blanks: Sequence[Mapping[str, Any]], places: Sequence[Place], answers: Sequence[Answer]
    ) -> None:
        self._engine, self._blanks, self._places = engine, blanks, places
        self._contents = [answer.cell for answer in answers]
        self._own = [Cell(None, blank["formula"]) for blank in blanks]
        self.put_all()

    def put_all(self) -> None:
        """Let each blank hold what the student put there."""
        for at, content in zip(self._places, self._contents, strict=True):
            self._engine.put(at, content)
        self._engine.evaluate()

    def given(self, found: Sequence[Mapping[str, Any]]) -> Iterable[float | None]:
        """The right number for each blank, given what the student has in the others."""
        for k, (at, blank) in enumerate(zip(self._places, self._blanks, strict=True)):
            if _near(found[k]["value"], blank["truth"], blank["within"]):
                yield blank["truth"]
                continue
            self._engine.put(at, self._own[k])
            self._engine.evaluate()
            yield self._engine.number(at)
            self._engine.put(at, self._contents[k])

    def alone(self, which: Sequence[int]) -> Iterable[tuple[int, float | None]]:
        """What some blanks give with the right formulas in all others."""
        if which:
            for at, own in zip(self._places, self._own, strict=True):
                self._engine.put(at, own)
        for k in which:
            self._engine.put(self._places[k], self._contents[k])
            self._engine.evaluate()
            yield k, self._engine.number(self._places[k])
            self._engine.put(self._places[k], self._own[k])

    def gives_one_of(self, k: int, cells: Mapping[Place, float | None]) -> bool:
        """Whether a blank has the number of one of some cells, perhaps with the other sign."""
        number = self._engine.number(self._places[k])
        # What is computed from the blank itself has no number here, but one on the student's sheet.
        others = (each for at, given in cells.items() for each in (self._engine.number(at), given))
        return number is not None and any(
            each is not None and abs(abs(each) - abs(number)) <= SAME * abs(number) for each in others
        )

    def holds(self, k: int) -> bool:
        """Whether a blank is right with the inputs that are in the engine now."""
        return _near(
            self._engine.number(self._places[k]), self._blanks[k]["hidden truth"], self._blanks[k]["hidden within"]
        )


def _near(value: float | None, truth: float | None, within: float) -> bool:
    return value is not None and truth is not None and abs(value - truth) <= within
