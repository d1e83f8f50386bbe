"""The process in which a student's file is read and computed: one job from standard input, one answer to standard
output.

Before it opens the file it limits its memory and time, and, on Linux, its access to other files, programs and the
network. It computes the reference workbook, with the student's blanks and further cells in it; so other changes to the
file have no effect. It imports neither PyTorch nor openpyxl, to start in a twentieth of a second.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from excel_classroom.grading.answers import NUMBER, Answer, read_answer, shown
from excel_classroom.grading.evaluation import BlankEvaluation
from excel_classroom.grading.precedents import Cells, Precedents, precedents, without_names
from excel_classroom.grading.shifted import is_there, undo_moves
from excel_classroom.similarity.normal_form import canonical
from excel_export.shared import sandbox
from excel_export.shared.a1_notation import Place, areas, place, sheet_in
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from excel_export.shared.sandbox import serve
from excel_export.workbook.contents import Cell, Submission, read_submission
from excel_export.workbook.engine import Engine, external_reference

MOST_BRACKETS = 200
"""The number of brackets in a formula from which on the engine may break off."""
MEMORY = 2 << 30
"""In bytes: more than any workbook of an exercise needs."""
LONGEST_FORMULA = 2_000
"""In characters: a longer formula outside of the exercise is cut."""
LONGEST_WORDS = 2_000
"""In characters: a longer answer in words is cut."""
SAME = 1e-12
"""The relative difference up to which a number is unchanged: programs store 15 to 17 digits."""
MOST_SHOWN = 200
"""The number of cells that are listed at most, for each thing that is reported."""
ANSWER = "answer"
MARKS_HEADS = {ANSWER, "from your numbers", "empty before it", "hint 1"}
"""Titles on the hidden sheet of the marks; below the first stand the answers."""
OUR_NAMES = ("_xlnm.", "practice_", "mark_")
"""The beginnings of the defined names that are no student's."""
_ANY_CELL = re.compile(r"\b(?:INDIRECT|OFFSET|ADDRESS)\s*\(", re.I)
DECIMALS = 4
"""The decimals that a cell shows, and that somebody copies."""
LEAST_SAME = 3
"""The least number of another student's numbers in a file by which it is that student's."""
LEAST_SHARE = 0.5
"""Likewise their least share of the numbers in which the two students' files differ."""
MOST_COPIED = 50_000
"""The number of cells of a file up to which an annotated copy is made."""


def ask(do: str, path: Path, seconds: int = sandbox.SECONDS, **job: Any) -> dict[str, Any]:
    """Run one job in a sandboxed process and return its answer.

    For 'look' it is {'fingerprint': '3fa9…', 'properties': {'modified': …}, 'macros': False}, with all properties of
    the document, such as 'creator'; for 'grade' that of `grade`.

    Args:
        do: 'look' or 'grade'.
        path: the file.
        seconds: the time limit.
        job: the arguments of the job: for 'look' name='practice_fingerprint', the defined name of the cell to read; for
            'grade' those that `Paper.job` returns.

    Raises:
        NotGraded: the file can't be read, or exceeds the limits of time or memory.
    """
    return sandbox.run_job("excel_classroom.grading.grading_process", do, path, seconds, **job)


def ask_for_grades(path: Path, seconds: int, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `grade` returns, {'lost': [], …}, for a file and a job of `Paper.job`, from a sandboxed process.

    If that takes more than `seconds`, or too much memory, it is tried once more without the sheets that the student
    added.

    Raises:
        NotGraded: the file can't be read, or exceeds the limits twice.
    """
    try:
        return ask("grade", path, seconds, **job)
    except sandbox.TooHeavy:
        return ask("grade", path, seconds, **job, light=True)


def main() -> None:
    """Do the job on standard input, and write its answer to standard output, both as JSON.

    For {"do": "look", "path": "ada.xlsx", "name": "practice_fingerprint", "seconds": 60, "is_required": false} the
    answer is {"fingerprint": "3fa9…", "properties": {…}, "macros": false, "open": []}. For {"do": "grade", …}, with
    what `Paper.job` returns, it is what `grade` returns, and "open". A file that can't be read gives {"error": "can't
    be read", "open": []}. "open" lists what the system could not keep the process from: some of 'files', 'programs',
    'the network'; if "is_required" is true, a file is then refused.
    """
    serve({"look": _look, "grade": grade}, MEMORY, "a workbook of ours ever does")


def _look(path: Path, *, name: str, seconds: int) -> dict[str, Any]:
    found = read_submission(path, only=())
    home = _named(found, name)
    text = shown(_cell(read_submission(path, only=home[:1]), home))
    return {"fingerprint": text, "properties": found.properties, "macros": found.macros}


def _named(found: Submission, name: str) -> Place:
    """Return the cell of a defined name, such as 'Practice'!$B$2; row 0 of sheet '' if it is no cell."""
    sheet, cell = sheet_in(found.names.get(name, ""), "")
    with suppress(ValueError):
        return sheet, *place(cell)
    return "", 0, 0


def _cell(found: Submission, at: Place) -> Cell:
    return found.sheets.get(at[0], {}).get(at[1:], Cell(None))


@dataclass
class _Files:
    """What was handed in, beside what was handed out, and the job."""

    job: Mapping[str, Any]
    handed_in: Submission
    handout: Submission
    engine: Engine
    """The handout with the student's numbers, to be computed."""
    blanks: list[Place]
    withheld: dict[Place, Cell]

    @property
    def light(self) -> bool:
        return bool(self.job.get("light", False))


def grade(path: Path, **job: Any) -> dict[str, Any]:
    """Read and compute a student's file; return what `marks.marks_of` takes, as JSON types.

    `job` is as `Paper.job` returns it. With light=True, no sheet that the student added is read, and answers that read
    such a sheet count by their stored numbers.

    Returns:
        - 'lost', 'changed' and 'moved', see `compared`; 'shifted', sentences on moves that were undone: ['row 3 was
            inserted']; 'whose', 'Alan', only if the numbers are another student's. In this case, and if
            something is lost or moved, nothing else is returned.
        - 'blanks', an `Answer` as a dict for each blank; 'watch', numbers by tensor, {'relu': [0.5]}; 'elsewhere',
            [formula, row, column] of the student's own cells that answers read; 'words', the answers in words; and
            'copy', the file's cells, if the job asks for them.

    Raises:
        ExportError: the file can't be read.
    """
    files = _open(path, job)
    closed = answer_sheets(files.handed_in.sheets, files.handout.sheets) if job["practice"] else set()
    problem = _problem(files, closed)
    if problem.get("whose") or problem["lost"] or problem["moved"]:
        return problem
    right = [blank["right"] for blank in job["blanks"]]
    answers = [read_answer(_cell(files.handed_in, at), *each) for at, each in zip(files.blanks, right, strict=True)]
    found = _carry_over(answers, files.blanks, files.handed_in, files.handout, closed, light=files.light)
    extra = {at: cell for each in found for at, cell in each.outside.items()}
    for at, cell in extra.items():
        files.engine.put(at, cell)
    watch = _watch(files, answers, found)
    written = ([cell.formula[:LONGEST_FORMULA], *at[1:]] for at, cell in extra.items() if cell.formula)
    words = [_cell(files.handed_in, _named(files.handed_in, name)) for name in job["words"]]
    return (
        problem
        | {
            "watch": watch,
            "blanks": [vars(each) for each in answers],
            "elsewhere": list(islice(written, MOST_SHOWN)),
            "words": [shown(cell._replace(formula=""), LONGEST_WORDS) for cell in words],
        }
        | ({"copy": _cells_to_copy(files.handed_in)} if job["copy"] else {})
    )


def _open(path: Path, job: Mapping[str, Any]) -> _Files:
    handout, needed = read_submission(Path(job["workbook"])), None
    if job.get("light", False):
        names = read_submission(path, only=())
        needed = {*handout.sheets, *(_named(names, name)[0] for name in job["words"])}
    handed_in, engine = read_submission(path, only=needed), Engine(job["workbook"])
    for at, cell in _numbers(job["numbers"]):
        engine.put(at, cell)
        handout.sheets[at[0]][at[1:]] = cell
    blanks: list[Place] = [(sheet, row, col) for sheet, row, col in (blank["at"] for blank in job["blanks"])]
    withheld = {(sheet, row, col): _cell(handout, (sheet, row, col)) for sheet, row, col in job["withheld"]}
    if job["exam"]:
        engine.evaluate()
        _paste(handout, engine)
    return _Files(job, handed_in, handout, engine, blanks, withheld)


def _problem(files: _Files, closed: set[str]) -> dict[str, Any]:
    """Return what is lost, changed, moved or shifted, or whose file it is; undo what only moved."""
    asked, free = dict.fromkeys(sheet for sheet, *_ in files.blanks), {*files.blanks, *files.withheld}
    problem: dict[str, Any] = {**compared(files.handed_in.sheets, files.handout.sheets, asked, free)}
    if problem["changed"]:
        whose = whose_numbers(files.handed_in.sheets, files.job["numbers"], files.job["others"])
        if whose:
            return problem | {"whose": whose}
    shifted: list[str] = []
    if problem["lost"] or problem["changed"]:
        files.handed_in, shifted = undo_moves(files.handed_in, files.handout, free, closed)
        problem = {**compared(files.handed_in.sheets, files.handout.sheets, asked, free)}
    return problem | {"shifted": shifted}


def _watch(files: _Files, answers: list[Answer], found: list[Precedents]) -> Any:
    given = ((name, *at, cell.value) for name, cells in files.handout.sheets.items() for at, cell in cells.items())
    numbers = {(name, row, col): value if isinstance(value, float) else None for name, row, col, value in given}
    aside = {at: (_cell(files.handed_in, at), formula) for at, formula in files.withheld.items()}
    aside = {at: cells for at, cells in aside.items() if cells[0] != Cell(None)}
    job, is_exam = files.job, files.job["exam"]
    read = [{at: numbers[at] for at in sorted(each.handed_out)} for each in found] if is_exam else ()
    evaluation = BlankEvaluation(files.engine, job["blanks"], files.blanks, answers)
    watch = evaluation.run(aside, [*map(_numbers, job["hidden"])], job["watch"], read)
    if is_exam:
        stand = {round(number, DECIMALS) for number in numbers.values() if number is not None}
        for each in answers:
            each.stands = each.number is not None and round(each.number, DECIMALS) in stand
    return watch


def _cells_to_copy(handed_in: Submission) -> dict[str, Any] | None:
    """Return what stands in the cells, for the annotated copy; None if there are too many."""
    if sum(map(len, handed_in.sheets.values())) > MOST_COPIED:
        return None
    return {
        name: [[*at, cell.value, cell.formula] for at, cell in cells.items() if is_there(at)]
        for name, cells in handed_in.sheets.items()
    }


def _numbers(numbers: Iterable[Any]) -> list[tuple[Place, Cell]]:
    return [((sheet, row, col), Cell(float(number))) for sheet, row, col, number in numbers]


def _paste(handout: Submission, engine: Engine) -> None:
    """Put the computed numbers beside the formulas: an exam holds the numbers, its solution the formulas."""
    for sheet, cells in handout.sheets.items():
        for (row, col), cell in cells.items():
            if cell.formula:
                number = engine.number((sheet, row, col))
                cells[row, col] = Cell(None) if number is None else cell._replace(value=number)


def _carry_over(
    answers: list[Answer], blanks: list[Place], handed_in: Submission, handout: Submission, closed: set[str], *,
    light: bool,
) -> list[Precedents]:  # fmt: skip
    names = {name: target for name, target in handed_in.names.items() if not name.startswith(OUR_NAMES)}
    sheets: dict[str, Cells] = {name: cells for name, cells in handed_in.sheets.items() if name not in closed}

    def plain(cell: Cell) -> Cell:
        return cell._replace(formula=without_names(cell.formula, names, handout.names)) if cell.formula else cell

    if names.keys() - handout.names.keys():
        sheets = {name: {at: plain(cell) for at, cell in cells.items()} for name, cells in sheets.items()}
    all_found = []
    for answer, blank in zip(answers, blanks, strict=True):
        answer.cell, sheet = plain(answer.cell), blank[0]
        formula = answer.cell.formula
        try:
            found = precedents(sheet, answer.cell, sheets, handout.sheets, closed)
            elsewhere = bool(found.outside) or any(area.sheet not in handout.sheets for area in areas(formula, sheet))
            is_heavy = light and (elsewhere or formula.count("(") > MOST_BRACKETS)
        except ExportError:
            is_heavy = True
        if is_heavy:
            found = Precedents({}, set(), set())
            answer.kind, answer.cell = NUMBER, Cell(answer.stored)
            answer.notes.append("reads too much to be computed here: the number that the file has beside it counts")
        answer.outside = [f"{name}!{name_of(row, col)}" for name, row, col in found.outside][:MOST_SHOWN]
        answer.copied = sorted(found.closed)
        formulas = (cell.formula for cell in (answer.cell, *found.outside.values()))
        answer.external = sorted({external_reference(each) for each in formulas} - {""})
        if _ANY_CELL.search(formula):
            found.handed_out.update((name, *at) for name, cells in handout.sheets.items() for at in cells)
        found.handed_out.discard(blank)
        all_found.append(found)
    return all_found


def compared(
    handed_in: Mapping[str, Cells], handout: Mapping[str, Cells], sheets: Iterable[str], free: Collection[Place]
) -> dict[str, list[str]]:
    """Return the differences of a file's sheets from those handed out, {'lost': […], 'changed': […], 'moved': […]}.

    Only numbers and formulas are compared; titles may change.

    Args:
        handed_in: the student's sheets, by name.
        handout: the sheets that were handed out, by name.
        sheets: the names of the sheets to compare.
        free: the cells, (sheet, row, column) from 1 on, that a student fills in; they are not compared.

    Returns:
        'lost': the names of missing sheets; 'changed': cells, ['N1!C7'], at most 200 of a sheet; 'moved': the names of
        sheets of which more than 12 cells, and more than a tenth of them, are changed. Each is [] for none.
    """
    found: dict[str, list[str]] = {"lost": [], "changed": [], "moved": []}
    for name in sheets:
        if name not in handed_in:
            found["lost"].append(name)
            continue
        fixed = {at: cell for at, cell in handout[name].items() if (name, *at) not in free and _is_fixed(cell)}
        changed = [at for at, cell in fixed.items() if not _same(cell, handed_in[name].get(at))]
        found["changed"] += [f"{name}!{name_of(*at)}" for at in changed[:MOST_SHOWN]]
        if len(changed) > max(12, len(fixed) // 10):
            found["moved"].append(name)
    return found


def whose_numbers(
    sheets: Mapping[str, Cells], own: Sequence[tuple[str, int, int, float]], others: Mapping[str, Sequence[float]]
) -> str:
    """Return the student, 'Alan', whose numbers stand in a file in place of its own; '' if they are nobody's.

    At least 3 numbers, and half of those in which the two students differ, must be the other's.

    Args:
        sheets: the cells of the file, by sheet.
        own: sheet, row, column and number of each cell that was handed out: [('N1', 8, 2, 3.0)].
        others: by name, the numbers of other students in the first of these cells: {'Alan': [2.5]}.
    """
    now = [sheets.get(sheet, {}).get((row, col), Cell(None)) for sheet, row, col, _ in own]
    for name, numbers in others.items():
        differ = [(cell, each) for cell, (*_, mine), each in zip(now, own, numbers, strict=False) if each != mine]
        same = sum(_same(Cell(float(each)), cell) for cell, each in differ)
        if same >= max(LEAST_SAME, LEAST_SHARE * len(differ)):
            return name
    return ""


def _is_fixed(cell: Cell) -> bool:
    is_link = cell.formula.startswith("HYPERLINK(")
    return not is_link and (bool(cell.formula) or isinstance(cell.value, float | bool))


def _same(given: Cell, now: Cell | None) -> bool:
    if now is None:
        return False
    if now.formula:
        return bool(given.formula) and canonical(given.formula) == canonical(now.formula)
    if isinstance(given.value, float | bool) and isinstance(now.value, float | bool):
        return math.isclose(given.value, now.value, rel_tol=SAME, abs_tol=1e-300)
    return False


def answer_sheets(sheets: Mapping[str, Cells], handout: Mapping[str, Cells]) -> set[str]:
    """Return the names of the student's sheets that hold marks and solutions, {'Marks', 'Answers'}, even if renamed.

    They are recognised by the titles of the sheet Marks, and by the sheets to which its answers refer; sheets of the
    handout are never among them.
    """
    own = {name: cells for name, cells in sheets.items() if name not in handout}
    marks = {name for name, cells in own.items() if {cell.value for cell in cells.values()} >= MARKS_HEADS}
    read: set[str] = set()
    for cells in map(own.__getitem__, marks):
        columns = {col for (_, col), cell in cells.items() if cell.value == ANSWER}
        answers = (cell.formula for (_, col), cell in cells.items() if col in columns)
        read |= {area.sheet for formula in answers for area in areas(formula, "")}
    return marks | (read & own.keys())


if __name__ == "__main__":
    main()
