"""The process in which a student's file is read and computed: one job from standard input, one answer to its output.

It limits itself before it opens the file: memory, time, no files to be written, no further processes. What is computed
is the reference workbook, with the student's blanks and further cells in it; so what else was changed in the file has
no effect. It imports neither PyTorch nor openpyxl, to start in a twentieth of a second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from excel_classroom.grading.answers import NUMBER, Answer, read_answer, shown
from excel_classroom.grading.evaluation import LONGEST_FORMULA, BlankEvaluation
from excel_classroom.grading.own_cells import Cells, answer_sheets, is_link, precedent_cells, within, written_out
from excel_classroom.grading.shifted import followed, is_there
from excel_classroom.similarity.normal_form import canonical
from excel_export.shared import sandbox
from excel_export.shared.a1_notation import Place, areas, place
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import serve
from excel_export.workbook.contents import Cell, Submission, read_submission
from excel_export.workbook.engine import Engine, external_reference

SAME = 1e-12
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


def ask(do: str, path: Path, seconds: int = sandbox.SECONDS, **job: Any) -> dict[str, Any]:
    """Let a process that is locked in do one job, `look` or `grade`, on a file.

    Raises:
        NotGraded: the file can't be read, or takes more time or memory than it may.
    """
    return sandbox.ask("excel_classroom.grading.grading_process", do, path, seconds, **job)


def ask_for_grades(path: Path, seconds: int, job: Mapping[str, Any]) -> dict[str, Any]:
    """Let a process compute a file; where that is too much, without the answers that make it so.

    Raises:
        NotGraded: the file can't be read, or takes more time or memory than it may.
    """
    try:
        return ask("grade", path, seconds, **job)
    except sandbox.TooHeavy:
        return ask("grade", path, seconds, **job, light=True)


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

    The job is what `Paper.job` says; with `light`, no sheet of a student's own is read, and answers that read such
    cells count by their numbers.

    Raises:
        ExportError: it can't be read.
    """
    handout, light = read_submission(Path(job["workbook"])), job.get("light", False)
    needed = None
    if light:
        names = read_submission(path, only=())
        needed = {*handout.sheets, *(_named(names, name)[0] for name in job["words"])}
    handed_in, engine = read_submission(path, only=needed), Engine(job["workbook"])
    for at, cell in _numbers(job["numbers"]):
        engine.put(at, cell)
        handout.sheets[at[0]][at[1:]] = cell
    blanks: list[Place] = [(blank["sheet"], blank["row"], blank["col"]) for blank in job["blanks"]]
    withheld = [(sheet, row, col) for sheet, row, col in job["withheld"]]
    own = {(sheet, row, col): handout.sheets[sheet][row, col] for sheet, row, col in withheld}
    if job["pasted"]:
        engine.evaluate()
        _paste(handout, engine)
    asked, free = dict.fromkeys(sheet for sheet, *_ in blanks), {*blanks, *withheld}
    problem = _compared(handed_in, handout, asked, free)
    closed = answer_sheets(handed_in.sheets, handout.sheets) if job["practice"] else set()
    shifted: list[str] = []
    if problem["lost"] or problem["changed"]:
        handed_in, shifted = followed(handed_in, handout, free, closed)
        problem = _compared(handed_in, handout, asked, free)
    problem["shifted"] = shifted
    if problem["lost"] or problem["moved"]:
        return problem
    answers = [
        read_answer(handed_in.sheets[sheet].get((row, col), Cell(None)), blank["truth"], blank["within"])
        for (sheet, row, col), blank in zip(blanks, job["blanks"], strict=True)
    ]
    extra = _carry_over(answers, blanks, handed_in, handout, closed, light=light)
    read = _read(answers, blanks, handout) if job["exam"] else ()
    for at, cell in extra.items():
        engine.put(at, cell)
    aside = {
        (sheet, row, col): (cell, own[sheet, row, col])
        for sheet, row, col in withheld
        if (cell := handed_in.sheets.get(sheet, {}).get((row, col), Cell(None))) != Cell(None)
    }
    evaluation = BlankEvaluation(engine, job["blanks"], blanks, answers)
    answer = problem | evaluation.run(aside, _numbers(job["hidden"]), job["watch"], read)
    if job["exam"]:
        numbers = {
            round(cell.value, DECIMALS)
            for cells in handout.sheets.values()
            for cell in cells.values()
            if isinstance(cell.value, float)
        }
        for each in answer["blanks"]:
            each["stands"] = each["value"] is not None and round(each["value"], DECIMALS) in numbers
    written = ([cell.formula[:LONGEST_FORMULA], *at[1:]] for at, cell in extra.items() if cell.formula)
    answer["elsewhere"] = list(islice(written, MOST_SHOWN))
    homes = [_named(handed_in, name) for name in job["words"]]
    answers_in_words = [handed_in.sheets.get(sheet, {}).get(at, Cell(None)) for sheet, at in homes]
    answer["words"] = [shown(cell._replace(formula=""), LONGEST_WORDS) for cell in answers_in_words]
    if job["copy"]:
        # What stands in the cells, for the annotated copy.
        answer["copy"] = None if sum(map(len, handed_in.sheets.values())) > MOST_COPIED else {
            name: [[*at, cell.value, cell.formula] for at, cell in cells.items() if is_there(at)]
            for name, cells in handed_in.sheets.items()
        }  # fmt: skip
    return answer


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
    """Which sheets are lost, which cells were changed that are no blanks, and on which sheets so many that they moved.

    Only numbers and formulas count: others compute with them. Titles and links may look as they like.
    """
    found: dict[str, list[str]] = {"lost": [], "changed": [], "moved": []}
    for name in sheets:
        if name not in handed_in.sheets:
            found["lost"].append(name)
            continue
        given, now = handout.sheets[name], handed_in.sheets[name]
        fixed = [at for at, cell in given.items() if (name, *at) not in free and not is_link(cell)]
        fixed = [at for at in fixed if given[at].formula or isinstance(given[at].value, float | bool)]
        changed = [at for at in fixed if not _same(given[at], now.get(at))]
        found["changed"] += [f"{name}!{name_of(*at)}" for at in changed[:MOST_SHOWN]]
        if len(changed) > max(12, len(fixed) // 10):
            found["moved"].append(name)
    return dict(found)


def _same(given: Cell, now: Cell | None) -> bool:
    if now is None:
        return False
    if now.formula:
        return bool(given.formula) and canonical(given.formula) == canonical(now.formula)
    if isinstance(given.value, float | bool) and isinstance(now.value, float | bool):
        return math.isclose(given.value, now.value, rel_tol=SAME, abs_tol=1e-300)
    return False


def _carry_over(
    answers: list[Answer], blanks: list[Place], handed_in: Submission, handout: Submission, closed: set[str], *,
    light: bool,
) -> dict[Place, Cell]:  # fmt: skip
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
        formula = answer.cell.formula
        try:
            extra, refused = precedent_cells(sheet, answer.cell, sheets, known, closed)
            elsewhere = bool(extra) or any(area.sheet not in handout.sheets for area in areas(formula, sheet))
            is_heavy = light and (elsewhere or formula.count("(") > MOST_BRACKETS)
        except ExportError:
            extra, refused, is_heavy = {}, set(), True
        if is_heavy:
            extra = {}
            answer.kind, answer.cell = NUMBER, Cell(answer.stored)
            answer.notes.append("reads too much to be computed here: the number that the file has beside it counts")
        answer.own = extra
        answer.outside = [f"{name}!{name_of(row, col)}" for name, row, col in extra][:MOST_SHOWN]
        answer.copied = sorted(refused)
        answer.external = sorted({external_reference(cell.formula) for cell in (answer.cell, *extra.values())} - {""})
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


if __name__ == "__main__":
    main()
