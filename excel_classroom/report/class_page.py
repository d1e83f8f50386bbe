"""The page for the class: how it went, which slip is how frequent, which files need a look, which are alike."""

from __future__ import annotations

from collections.abc import Sequence

from excel_classroom.grading.class_page import average, spread
from excel_classroom.grading.markup import page, table, text, titled_table
from excel_classroom.grading.table import percent
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.class_table import remarks
from excel_classroom.report.copies import Alike
from excel_classroom.report.frequencies import frequencies
from excel_export.formulas import counted

MOST_LEFT_OUT = 3
NO_VERDICT = "What some files share is listed where hardly any other has it. It is no proof: people learn together."
COLUMNS = ("right", "wrong", "constant", "learning", "forward")


def class_page(
    title: str, checked: Sequence[CheckedFile], groups: Sequence[Alike], absent: Sequence[str], others: Sequence[str]
) -> bytes:
    """The page.

    Args:
        title: what the class is called.
        checked: all files.
        groups: those that are worth a look together.
        absent: the students without a file.
        others: files that are no workbooks.
    """
    that_count = [each for each in checked if each.counts]
    percents = [percent(each.points.points, each.points.of) for each in that_count]
    without = sum(bool(each.problem) for each in checked)
    not_judged = sum(not each.problem and not each.is_judged for each in checked)
    faultless = sum(not _is_wrong(each) for each in that_count)
    said = [f"{faultless} without a fault", f"{without} that could not be checked"]
    said += [f"{not_judged} not judged"] if not_judged else []
    said += [f"{counted(len(absent), 'student')} without a file"] if absent else []
    parts = [
        f"<h1>{text(title)}</h1>",
        f"<p class='score'>{counted(len(checked) - without, 'file')} checked{average(percents)}</p>",
        f"<p>{', '.join(said)}.</p>",
        _to_look_at(checked, absent, others),
        spread(percents),
        _frequencies(checked),
        _files(checked),
        _alike(groups),
    ]
    return page(f"{title}: the class", "\n".join(part for part in parts if part))


def _is_wrong(checked: CheckedFile) -> bool:
    return bool(checked.verdicts["wrong"] or checked.found["learning"] or checked.found.get("forward"))


def _link(checked: CheckedFile) -> str:
    return f"<a href='{text(checked.page)}'>{text(checked.who)}</a>"


def _frequencies(checked: Sequence[CheckedFile]) -> str:
    rows = []
    for each in frequencies(checked):
        files = ", ".join(map(_link, each.files))
        slip = f"{text(each.words)}<br><span class='quiet'>such as: {text(each.example)}</span>"
        rows.append((str(len(each.files)), slip, files))
    return titled_table("Which slip is how frequent", {"files": "number", "slip": "", "which": ""}, rows)


def _files(checked: Sequence[CheckedFile]) -> str:
    used = [name for name in COLUMNS if name != "forward" or any("forward" in each.found for each in checked)]
    rows = []
    for each in sorted(checked, key=lambda each: (each.who.casefold(), each.name)):
        kinds = {name: {finding["kind"] for finding in each.found.get(name, [])} for name in ("learning", "forward")}
        scores = {**each.verdicts, **{name: len(found) for name, found in kinds.items()}}
        judged = f"{percent(each.points.points, each.points.of):g} %" if each.is_judged else "not judged"
        points = "not checked" if each.problem else judged
        points = f"({points})" if each.instead else points
        said = [f"<span class='quiet'>{text(each.name)}</span>"] if each.who != each.name else []
        said += map(text, remarks(each))
        rows.append([_link(each), points, *(str(scores.get(name) or "") for name in used), "<br>".join(said)])
    words = {"constant": "without a formula", "learning": "kinds in updates", "forward": "kinds in forward"}
    numbers = dict.fromkeys(["points", *(words.get(name, name) for name in used)], "number")
    return titled_table("The files", {"file": "", **numbers, "remarks": ""}, rows)


def _to_look_at(checked: Sequence[CheckedFile], absent: Sequence[str], others: Sequence[str]) -> str:
    """What a person must look at: nothing is guessed of it."""
    rows = []
    for each in checked:
        why = [each.problem] if each.problem else []
        left_out = each.found.get("left out", [])
        why += [f"left out: {left['cell']}: {left['why']}" for left in left_out[:MOST_LEFT_OUT]]
        why += [f"and {len(left_out) - MOST_LEFT_OUT} more reasons"] if len(left_out) > MOST_LEFT_OUT else []
        unknown, constant = each.verdicts["unknown"], each.verdicts["constant"]
        why += [f"{counted(unknown, 'gradient')} could not be checked"] if unknown else []
        why += [f"{counted(constant, 'gradient')} without a formula, right or pasted"] if constant else []
        if why:
            rows.append((_link(each), "<br>".join(map(text, why))))
    rows += [(text(other), "no workbook") for other in others]
    rows += [(text(student), "handed in nothing") for student in absent]
    return titled_table("To look at", {"whose": "", "why": ""}, rows)


def _alike(groups: Sequence[Alike]) -> str:
    rows = [("<br>".join(map(_link, group.files)), "<br>".join(map(text, group.shared))) for group in groups]
    listed = (
        f"<p>{NO_VERDICT}</p>\n{table({'files': '', 'what they share': ''}, rows, 'alike')}" if rows else "<p>None.</p>"
    )
    return f"<h2>Alike, and worth a look</h2>\n{listed}"
