"""The process in which a student's file is read and computed: one job from standard input, one answer to its output.

It limits itself before it opens the file: memory, time, no files to be written, no further processes. What is computed
is the workbook that was handed out, with the student's blanks and further cells in it; so what else was changed in the
file has no effect. It imports neither PyTorch nor openpyxl, to start in a twentieth of a second.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from excel_export.grading.a1_notation import Place, areas, place
from excel_export.grading.engine import Engine
from excel_export.grading.external_references import external_reference
from excel_export.grading.precedents import precedent_cells
from excel_export.grading.submission import Cell, read_submission
from excel_export.grading.template import differences
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError

MEMORY, FILES = 2 << 30, 64
LONGEST_SHOWN = 200


def main() -> None:
    """Do one job. What goes wrong with the file is the answer, too."""
    job = json.loads(sys.stdin.buffer.read())
    _limit(job["seconds"])
    try:
        answer = {"look": _look, "grade": _grade, "annotate": _annotate}[job["do"]](job)
    except ExportError as error:
        answer = {"error": str(error).removeprefix(f"{job['path']}: ")}
    except MemoryError:
        answer = {"error": "needs more memory than a workbook of ours ever does"}
    except RecursionError:
        answer = {"error": "is nested too deeply"}
    json.dump(answer, sys.stdout)


def _limit(seconds: int) -> None:
    with suppress(ImportError):  # Windows has no such limits; there, the time is limited from outside
        import resource

        for kind, limit in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, FILES),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit, limit))


def _look(job: dict[str, Any]) -> dict[str, Any]:
    """Find out which workbook a file is, and who saved it."""
    path = Path(job["path"])
    found = read_submission(path, only="")
    texts = {}
    for name in job["names"]:
        # 'Practice'!$B$2
        sheet, _, cell = found.names.get(name, "").rpartition("!")
        with suppress(ValueError):
            at = place(cell)
            cells = read_submission(path, only=sheet.strip("'").replace("''", "'")).sheets
            texts[name] = next((_text(each[at]) for each in cells.values() if at in each), "")
    return {"texts": texts, "properties": found.properties, "macros": found.macros}


def _annotate(job: dict[str, Any]) -> dict[str, Any]:
    """Write the student's workbook with frames and notes."""
    from excel_export.grading.annotate import Note, annotate

    return {"none": annotate(Path(job["path"]), [Note(*note) for note in job["notes"]], Path(job["target"]))}


def _grade(job: dict[str, Any]) -> dict[str, Any]:
    handed_in, handout = read_submission(Path(job["path"])), read_submission(Path(job["handout"]))
    for (sheet, row, col), cell in _numbers(job["numbers"]):
        handout.sheets[sheet][row, col] = cell
    blanks: list[Place] = [(blank["sheet"], blank["row"], blank["col"]) for blank in job["blanks"]]
    compared = dict.fromkeys(sheet for sheet, *_ in blanks)
    answer: dict[str, Any] = {"changed": [], "moved": [], "lost": []}
    answer["lost"] = [name for name in compared if name not in handed_in.sheets]
    if answer["lost"]:
        return answer
    for name in compared:
        free = {(row, col) for sheet, row, col in blanks if sheet == name}
        changed, moved = differences(handout.sheets[name], handed_in.sheets[name], free)
        answer["changed"] += [f"{name}!{name_of(*at)}" for at in changed[:LONGEST_SHOWN]]
        answer["moved"] += [name] * moved
    if answer["moved"]:
        return answer
    contents = [handed_in.sheets[sheet].get((row, col), Cell(None)) for sheet, row, col in blanks]
    known = {(name, *at) for name, cells in handout.sheets.items() for at in cells} | set(blanks)
    answers = [(sheet, cell) for (sheet, *_), cell in zip(blanks, contents, strict=True)]
    # Whoever reads the answers that the marks are made of has not found them.
    closed = {name for name in handed_in.sheets if name.startswith(tuple(job["closed"]))} if job["closed"] else set()
    sheets = {name: cells for name, cells in handed_in.sheets.items() if name not in closed}
    precedents = precedent_cells(answers, sheets, known)
    written = [*zip(blanks, contents, strict=True), *precedents.items()]
    answer["reaches out"] = [
        f"{sheet}!{name_of(row, col)} asks for {what}"
        for (sheet, row, col), cell in written
        if (what := external_reference(cell.formula))
    ][:LONGEST_SHOWN]
    refused = {name.casefold() for name in closed}
    answer["copied"] = [
        f"{sheet}!{name_of(row, col)} reads the sheet '{area.sheet}'"
        for (sheet, row, col), cell in written
        for area in areas(cell.formula, sheet)
        if area.sheet.casefold() in refused
    ][:LONGEST_SHOWN]
    engine = Engine(job["handout"])
    for (sheet, row, col), cell in [*_numbers(job["numbers"]), *precedents.items()]:
        engine.put((sheet, row, col), cell)
    return answer | _evaluated(engine, job, contents)


def _numbers(numbers: list[Any]) -> list[tuple[Place, Cell]]:
    return [((sheet, row, col), Cell(float(number))) for sheet, row, col, number in numbers]


def _evaluated(engine: Engine, job: dict[str, Any], contents: list[Cell]) -> dict[str, Any]:
    """Compute the blanks as they are, then given what stands above each, then on hidden inputs."""
    blanks = job["blanks"]
    cells = [(blank["sheet"], blank["row"], blank["col"]) for blank in blanks]
    original = [Cell(None, blank["formula"]) for blank in blanks]
    for at, content in zip(cells, contents, strict=True):
        engine.put(at, content)
    engine.evaluate()
    found: list[dict[str, Any]] = []
    for at, content in zip(cells, contents, strict=True):
        kind = "empty" if engine.is_empty(at) else _kind(content)
        found.append({"kind": kind, "text": _text(content), "value": engine.number(at)})
    answer = {"blanks": found, "watch": [engine.number((cell[0], cell[1], cell[2])) for cell in job["watch"]]}
    for k, (at, blank) in enumerate(zip(cells, blanks, strict=True)):
        found[k]["given"] = blank["truth"]
        if not _near(found[k]["value"], blank["truth"], blank["within"]):
            engine.put(at, original[k])
            engine.evaluate()
            found[k]["given"] = engine.number(at)
            engine.put(at, contents[k])
        found[k]["holds"] = None
    asked = [k for k, each in enumerate(found) if each["kind"] == "formula"]
    if asked and job["hidden"]:
        for at, cell in _numbers(job["hidden"]):
            engine.put(at, cell)
        engine.evaluate()

        def holds(k: int) -> bool:
            return _near(engine.number(cells[k]), blanks[k]["hidden truth"], blanks[k]["hidden within"])

        for k in asked:
            found[k]["holds"] = holds(k)
        # What fails may fail for a slip precedents up: once more, with the right formulas in all other blanks.
        for k in [k for k in asked if not found[k]["holds"]]:
            for other, at in enumerate(cells):
                engine.put(at, contents[k] if other == k else original[other])
            engine.evaluate()
            found[k]["holds"] = holds(k)
    return answer


def _near(value: float | None, truth: float | None, within: float) -> bool:
    return value is not None and truth is not None and abs(value - truth) <= within


def _kind(content: Cell) -> str:
    if content.formula:
        return "formula"
    if content.value is None or content.value == "":
        return "empty"
    return "number" if isinstance(content.value, float) else "text"


def _text(content: Cell) -> str:
    shown = f"={content.formula}" if content.formula else "" if content.value is None else content.value
    text = f"{shown:.15g}" if isinstance(shown, float) else str(shown)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


if __name__ == "__main__":
    main()
