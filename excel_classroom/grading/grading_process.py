"""The process in which a student's file is read and computed: one job from standard input, one answer to its output.

It limits itself before it opens the file: memory, time, no files to be written, no further processes. What is computed
is the reference workbook, with the student's blanks and further cells in it; so what else was changed in the file has
no effect. It imports neither PyTorch nor openpyxl, to start in a twentieth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from excel_classroom.grading.answer_sheets import answer_sheets
from excel_classroom.grading.answers import LONGEST_FORMULA, NUMBER, Answer, read_answer, shown
from excel_classroom.grading.defined_names import written_out
from excel_classroom.grading.evaluation import evaluated
from excel_classroom.grading.precedents import precedent_cells, within
from excel_classroom.grading.shifted import followed, is_there
from excel_classroom.grading.template import Cells, differences
from excel_export.shared.a1_notation import Place, areas, place
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from excel_export.shared.sandboxed import serve
from excel_export.workbook.contents import Cell, Submission, read_submission
from excel_export.workbook.engine import Engine
from excel_export.workbook.external_references import external_reference

MOST_BRACKETS = 200
"""Of a formula with more, the engine may break off."""
MEMORY = 2 << 30
MOST_SHOWN, LONGEST_WORDS = 200, 2_000
OUR_NAMES = ("_xlnm.", "practice_", "mark_")
_ANY_CELL = re.compile(r"\b(?:INDIRECT|OFFSET|ADDRESS)\s*\(", re.I)
DECIMALS = 4
"""Of a number that somebody copies from a cell as it is shown."""
MOST_COPIED = 50_000
"""Of larger files, no copy is made."""


def main() -> None:
    """Do one job."""
    serve({"look": _look, "grade": grade}, MEMORY, "a workbook of ours ever does")


def _look(path: Path, *, name: str, seconds: int) -> dict[str, Any]:
    """Find out which workbook a file is, and who saved it."""
    found = read_submission(path, only=())
    sheet, at = _named(found, name)
    cells = read_submission(path, only=(sheet,)).sheets.get(sheet, {}) if at else {}
    text = shown(cells[at]) if at in cells else ""
    return {"fingerprint": text, "properties": found.properties, "macros": found.macros}


def _named(found: Submission, name: str) -> tuple[str, tuple[int, int]]:
    """The sheet and the cell that a defined name stands for, such as 'Practice'!$B$2; row 0 where there is none."""
    sheet, _, cell = found.names.get(name, "").rpartition("!")
    with suppress(ValueError):
        return sheet.strip("'").replace("''", "'"), place(cell)
    return "", (0, 0)


def grade(path: Path, **job: Any) -> dict[str, Any]:
    """Read and compute a file: what `marks.judged` judges. Of a stranger's file, only in a process that is locked in.

    Args:
        path: the file.
        job: what `Paper.job` says; with `light`, no sheet of a student's own is read, and
            answers that read such cells count by their numbers.

    Raises:
        ExportError: it can't be read.
    """
    handout = read_submission(Path(job["workbook"]))
    handed_in = read_submission(path, only=_needed(path, handout, job["words"]) if job.get("light") else None)
    engine = Engine(job["workbook"])
    for at, cell in _numbers(job["numbers"]):
        engine.put(at, cell)
        handout.sheets[at[0]][at[1:]] = cell
    blanks: list[Place] = [(blank["sheet"], blank["row"], blank["col"]) for blank in job["blanks"]]
    withheld = [(sheet, row, col) for sheet, row, col in job["withheld"]]
    own = {(sheet, row, col): handout.sheets[sheet][row, col] for sheet, row, col in withheld}
    free = {*blanks, *withheld}
    if job["pasted"]:
        engine.evaluate()
        _paste(handout, engine)
    asked = dict.fromkeys(sheet for sheet, *_ in blanks)
    problem = _compared(handed_in, handout, asked, free)
    closed = answer_sheets(handed_in.sheets, handout.sheets) if job["practice"] else set()
    shifted: list[str] = []
    if problem["lost"] or problem["changed"]:
        handed_in, shifted = followed(handed_in, handout, free, closed)
        problem = _compared(handed_in, handout, asked, free)
    if problem["lost"] or problem["moved"]:
        return problem | {"shifted": shifted}
    problem["shifted"] = shifted
    answers = [
        read_answer(handed_in.sheets[sheet].get((row, col), Cell(None)), blank["truth"], blank["within"])
        for (sheet, row, col), blank in zip(blanks, job["blanks"], strict=True)
    ]
    extra = _carry_over(answers, blanks, handed_in, handout, closed, light=job.get("light", False))
    read = _read(answers, blanks, handout) if job["exam"] else ()
    for at, cell in extra.items():
        engine.put(at, cell)
    aside = {
        (sheet, row, col): (cell, own[sheet, row, col])
        for sheet, row, col in withheld
        if (cell := handed_in.sheets.get(sheet, {}).get((row, col), Cell(None))) != Cell(None)
    }
    hidden = _numbers(job["hidden"])
    answer = problem | evaluated(engine, job["blanks"], blanks, answers, aside, hidden, job["watch"], read)
    written = ([cell.formula[:LONGEST_FORMULA], *at[1:]] for at, cell in extra.items() if cell.formula)
    if job["exam"]:
        numbers = {
            round(cell.value, DECIMALS)
            for cells in handout.sheets.values()
            for cell in cells.values()
            if isinstance(cell.value, float)
        }
        for each in answer["blanks"]:
            each["stands"] = each["value"] is not None and round(each["value"], DECIMALS) in numbers
    answer["elsewhere"] = list(islice(written, MOST_SHOWN))
    answer["words"] = [_words(handed_in, name) for name in job["words"]]
    if job["copy"]:
        answer["copy"] = _copied(handed_in)
    return answer


def _needed(path: Path, handout: Submission, words: Iterable[str]) -> set[str]:
    """The sheets of the exercise, and those of the answers in words."""
    found = read_submission(path, only=())
    return {*handout.sheets, *(_named(found, name)[0] for name in words)}


def _take_its_number(answer: Answer) -> None:
    """Of a formula that reads too much to be computed here, let the number count that the file has beside it."""
    answer.kind, answer.cell = NUMBER, Cell(answer.stored)
    answer.notes.append("reads too much to be computed here: the number that the file has beside it counts")


def _numbers(numbers: Iterable[Any]) -> list[tuple[Place, Cell]]:
    return [((sheet, row, col), Cell(float(number))) for sheet, row, col, number in numbers]


def _paste(handout: Submission, engine: Engine) -> None:
    """Let numbers stand beside the formulas: the students have the ones, the teacher's solution has the others."""
    for sheet, cells in handout.sheets.items():
        for (row, col), cell in cells.items():
            if cell.formula:
                number = engine.number((sheet, row, col))
                cells[row, col] = Cell(None) if number is None else cell._replace(value=number)


def _compared(handed_in: Submission, handout: Submission, sheets: Iterable[str], free: set[Place]) -> dict[str, Any]:
    """What was changed that is no blank."""
    found: dict[str, Any] = {"lost": [name for name in sheets if name not in handed_in.sheets]}
    found |= {"changed": [], "moved": []}
    for name in sheets:
        if name not in found["lost"]:
            own = {(row, col) for sheet, row, col in free if sheet == name}
            changed, moved = differences(handout.sheets[name], handed_in.sheets[name], own)
            found["changed"] += [f"{name}!{name_of(*at)}" for at in changed[:MOST_SHOWN]]
            found["moved"] += [name] * moved
    return found


def _carry_over(
    answers: list[Answer],
    blanks: list[Place],
    handed_in: Submission,
    handout: Submission,
    closed: set[str],
    *,
    light: bool,
) -> dict[Place, Cell]:
    """Write names out, and find the cells that the answers read besides those handed out; say what is unusual."""
    names = {name: target for name, target in handed_in.names.items() if not name.startswith(OUR_NAMES)}
    sheets: dict[str, Cells] = {name: cells for name, cells in handed_in.sheets.items() if name not in closed}

    def plain(cell: Cell) -> Cell:
        return cell._replace(formula=written_out(cell.formula, names, handout.names)) if cell.formula else cell

    if names.keys() - handout.names.keys():
        sheets = {name: {at: plain(cell) for at, cell in cells.items()} for name, cells in sheets.items()}
    known = {(name, *at) for name, cells in handout.sheets.items() for at in cells} | {*blanks}
    all_extra: dict[Place, Cell] = {}
    for answer, (sheet, *_) in zip(answers, blanks, strict=True):
        answer.cell = plain(answer.cell)
        try:
            extra, refused = precedent_cells(sheet, answer.cell, sheets, known, closed)
            elsewhere = bool(extra) or any(
                area.sheet not in handout.sheets for area in areas(answer.cell.formula, sheet)
            )
            is_heavy = light and (elsewhere or answer.cell.formula.count("(") > MOST_BRACKETS)
        except ExportError:
            extra, refused, is_heavy = {}, set(), True
        if is_heavy:
            extra = {}
            _take_its_number(answer)
        answer.own = extra
        answer.outside = [f"{name}!{name_of(row, col)}" for name, row, col in extra][:MOST_SHOWN]
        answer.copied = sorted(refused)
        asks = {external_reference(cell.formula) for cell in (answer.cell, *extra.values())} - {""}
        answer.external = sorted(asks)
        all_extra |= extra
    return all_extra


def _read(answers: Sequence[Answer], blanks: Sequence[Place], handout: Submission) -> list[dict[Place, float | None]]:
    """Of each blank, the cells of the exercise that it reads by itself, or by way of a student's own cells."""
    given = {
        (name, *at): cell.value if isinstance(cell.value, float) else None
        for name, cells in handout.sheets.items()
        for at, cell in cells.items()
    }
    known: dict[str, dict[tuple[int, int], Cell]] = {name: dict(cells) for name, cells in handout.sheets.items()}
    for name, *at in blanks:
        known[name].setdefault((at[0], at[1]), Cell(None))
    found = []
    for answer, blank in zip(answers, blanks, strict=True):
        if _ANY_CELL.search(answer.cell.formula):
            found.append(given)
            continue
        own = (area for at, cell in answer.own.items() for area in areas(cell.formula, at[0]))
        read = [area for area in (*areas(answer.cell.formula, blank[0]), *own) if area.sheet in known]
        cells = {(area.sheet, *at) for area in read for at, _ in within(known[area.sheet], area)}
        found.append({at: given.get(at) for at in sorted(cells - {blank})})
    return found


def _words(handed_in: Submission, name: str) -> str:
    sheet, at = _named(handed_in, name)
    found = handed_in.sheets.get(sheet, {}).get(at, Cell(None))
    return shown(found._replace(formula=""), LONGEST_WORDS)


def _copied(handed_in: Submission) -> Mapping[str, Any] | None:
    """What stands in the cells, for the annotated copy."""
    if sum(map(len, handed_in.sheets.values())) > MOST_COPIED:
        return None
    return {
        name: [[*at, cell.value, cell.formula] for at, cell in cells.items() if is_there(at)]
        for name, cells in handed_in.sheets.items()
    }


if __name__ == "__main__":
    main()
