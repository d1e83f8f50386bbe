"""What a check of a class leaves: each file's page and annotated copy, the page of the class, and class.csv."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from excel_classroom.practice.rubric import WRONG
from excel_classroom.report.alike_files import AlikeFiles
from excel_classroom.report.checked_file import WORDS, CheckedFile
from excel_classroom.results.annotated_copy import Note, write_copy
from excel_classroom.results.pages import STATES, page
from excel_classroom.results.tables import Layout, safe
from excel_export.formulas import counted
from excel_export.shared.a1_notation import place, rectangles
from spreadsheet_autograd.advice import without_advice

MOST_RANGES, MOST_ROWS, MOST_FINDINGS, MOST_LEFT_OUT = 8, 300, 5, 3
NEAR = 1e-9
COLUMNS = ("file", "student", "id", "points", "of", "percent", *WORDS["verdicts"], "learning", "forward", "slips",
           "same formulas as", "left out", "error", "remarks")  # fmt: skip
COLOURS = {"right": "C5E8CB", "wrong": "F4B6AE", "constant": "FFF2CC", "undefined": "D9D9D9", "unknown": "D9D9D9"}
FINDING, AUTHOR = "F6C5A0", "excel-export check"
Claim = Mapping[str, Any]


def file_page(checked: CheckedFile) -> bytes:
    """The page of one file, for who built it: what is wrong and what makes it right, and every gradient."""
    found, claims = checked.found, checked.found["claims"]
    sheets = {claim["cell"].rpartition("!")[0] for claim in claims}
    only = f"{sheets.pop()}!" if len(sheets) == 1 else ""

    def short(words: str) -> str:
        """Leaves out what a reader knows of an address: the sheet's name, where all gradients stand on one."""
        return words.replace(only, "") if only else words

    rows = [(state, own[state]) for own in checked.gradients for state in STATES["gradients"] if state in own]
    return page(
        "file", title=checked.who, file=checked, advised=without_advice, short=short,
        digits=lambda value: "–" if value is None else f"{value:.8g}",
        cells=lambda addresses: _cells(addresses, short), near=NEAR,
        forward=[short(each) for each in _findings(found.get("forward", []))],
        learning=[short(each) for each in _findings(found["learning"])],
        unnamed=[wrong for state, wrong in rows if state == WRONG], rows=rows, most_rows=MOST_ROWS,
        left_out=found.get("left out", []), verdicts=WORDS["verdicts"],
    )  # fmt: skip


def _cells(addresses: Sequence[str], short: Callable[[str], str]) -> str:
    """Cells, and those side by side as a range."""
    areas = rectangles([(sheet, *place(cell)) for sheet, _, cell in (each.rpartition("!") for each in addresses)])
    more = sum(area.size for area in areas[MOST_RANGES:])
    shown = ", ".join(short(f"{area.sheet}!{area.name}") for area in areas[:MOST_RANGES])
    return shown + (f" and {more} more" if more else "")


def _findings(findings: Sequence[Claim]) -> list[str]:
    """The findings of each kind, each with its copies."""
    kinds: dict[str, list[str]] = {}
    copies = Counter(finding.get("like") for finding in findings)
    for finding in findings:
        if not finding.get("like"):
            like_it = f" (and {copies[finding['cell']]} more like it)" if copies[finding["cell"]] else ""
            kinds.setdefault(finding["kind"], []).append(finding["words"] + like_it)
    said = []
    for words in kinds.values():
        more = len(words) - MOST_FINDINGS
        said += words[:MOST_FINDINGS] + ([f"and {more} more of this kind"] if more > 0 else [])
    return said


def write_annotated(target: Path, found: Mapping[str, Any]) -> None:
    """Write the copy of one file; each sheet opens at the first cell that isn't right, or else that has a note.

    `found` is what `check_file` returns when it is asked for the content.

    Raises:
        UserError: it can't be written.
    """
    notes: dict[tuple[str, str], Note] = {}
    for address, colour, text in _said(found):
        sheet, _, cell = address.rpartition("!")
        before = notes.get((sheet, cell))
        notes[sheet, cell] = Note(f"{before.text}\n{text}" if before else text, fill=colour)
    opens_at: dict[str, str] = {}
    for (sheet, cell), _ in sorted(notes.items(), key=lambda each: each[1].fill == COLOURS["right"]):
        opens_at.setdefault(sheet, cell)
    write_copy(target, found["content"], notes, AUTHOR, opens_at=opens_at)


def _said(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """By address, the colour and the text."""
    for claim in found["claims"]:
        lines = [f"{claim['verdict']}, as the derivative by {claim['of']}"]
        if claim["verdict"] == "wrong":
            lines.append(f"The derivative is {claim['derivative']!r}.")
        if "slip" in claim:
            lines += [claim["slip"]["words"], f"Your formula: {claim['slip']['formula']}"]
        if "remark" in claim:
            lines.append(claim["remark"])
        yield claim["cell"], COLOURS[claim["verdict"]], "\n".join(lines)
    for finding in [*found["learning"], *found.get("forward", [])]:
        yield finding["cell"], FINDING, finding["words"]


def frequencies(checked: Sequence[CheckedFile]) -> list[tuple[str, str, list[CheckedFile]]]:
    """The kinds of slips, the most frequent first: an example of each, and its files, each once."""
    found: dict[str, tuple[str, str, list[CheckedFile]]] = {}
    for each in checked:
        for kind, words in _slips(each):
            files = found.setdefault(kind, (kind, words, []))[-1]
            if each not in files:
                files.append(each)
    return sorted(found.values(), key=lambda own: (-len(own[-1]), own[0]))


def _slips(checked: CheckedFile) -> Iterator[tuple[str, str]]:
    """The kind of each slip, and how it is told."""
    for fault in checked.faults:
        kind = fault.slip["kind"]
        yield WORDS["gradients"].get(kind, kind), fault.slip["words"]
    for gradient in checked.gradients:
        if WRONG in gradient:
            first = gradient[WRONG][0]
            words = first.get("remark") or "for a reason that could not be named"
            yield f"wrong, {words}", f"{first['cell']} is not {first['called']}"
    for finding in checked.found["learning"]:
        kind = finding["kind"]
        yield WORDS["updates"].get(kind, f"in the updates: {kind}"), finding["words"]
    for finding in checked.found.get("forward", []):
        yield f"in the forward pass: {finding['kind']}", finding["words"]


def class_page(
    title: str, checked: Sequence[CheckedFile], groups: Sequence[AlikeFiles], absent: Sequence[str],
    others: Sequence[str],
) -> bytes:  # fmt: skip
    """The page for the class: how it went, which slip is how frequent, which files need a look, which are alike.

    `absent` are the students without a file, and `others` files that are no workbooks.
    """
    why = ((each, list(_why(each))) for each in checked)
    return page(
        "class_of_checks", title=f"{title}: the class", class_name=title, absent=absent, others=others,
        files=sorted(checked, key=lambda each: (each.who.casefold(), each.name)),
        percents=[each.percent for each in checked if each.counts], to_look_at=[pair for pair in why if pair[1]],
        frequencies=frequencies(checked), groups=groups,
    )  # fmt: skip


def _why(checked: CheckedFile) -> Iterator[str]:
    """Why a person must look at a file: nothing is guessed of it."""
    if checked.problem:
        yield checked.problem
    left_out = checked.found.get("left out", [])
    yield from (f"left out: {left['cell']}: {left['why']}" for left in left_out[:MOST_LEFT_OUT])
    if len(left_out) > MOST_LEFT_OUT:
        yield f"and {(more := len(left_out) - MOST_LEFT_OUT)} more reason{'s' * (more > 1)}"
    if unknown := checked.verdicts["unknown"]:
        yield f"{counted(unknown, 'gradient')} could not be checked"
    if constant := checked.verdicts["constant"]:
        yield f"{counted(constant, 'gradient')} without a formula, right or pasted"


def class_table(checked: Sequence[CheckedFile], groups: Sequence[AlikeFiles], layout: Layout) -> bytes:
    """class.csv: a row for each file."""
    same = {
        each.name: ", ".join(other.name for other in group.files if other is not each)
        for group in groups
        if group.same_formulas
        for each in group.files
    }
    rows: list[Sequence[str]] = [COLUMNS]
    for each in checked:
        student, found = each.file.student, each.found
        scores = [layout.number(score) for score in (each.points.points, each.points.of, each.percent)]
        who = each.who if each.who != each.name else ""
        texts = [" ".join(fault.slip["words"] for fault in each.faults), same.get(each.name, ""),
                 "; ".join(f"{left['cell']}: {left['why']}" for left in found.get("left out", [])),
                 each.problem, "; ".join(each.remarks)]  # fmt: skip
        verdicts = [each.verdicts[kind] for kind in WORDS["verdicts"]]
        counts = [*verdicts, len(found["learning"]), len(found.get("forward", []))]
        rows.append([
            safe(each.name), safe(who), safe(student.id) if student else "",
            *(scores if each.counts else ["", "", ""]), *map(str, counts), *map(safe, texts),
        ])  # fmt: skip
    return layout.table(rows)
