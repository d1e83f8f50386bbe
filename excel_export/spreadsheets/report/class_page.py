"""The page for the class: how it went, which slip is how frequent, which files need a look, which are alike."""

from __future__ import annotations

from collections.abc import Sequence

from excel_export.grading.class_page import spread
from excel_export.grading.markup import page, text
from excel_export.grading.table import percent
from excel_export.spreadsheets.report.checked_file import CheckedFile
from excel_export.spreadsheets.report.class_table import remarks
from excel_export.spreadsheets.report.copies import Alike
from excel_export.spreadsheets.report.frequencies import frequencies
from excel_export.spreadsheets.report.gradients import repeated_once

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
    counted = [each for each in checked if each.counts]
    percents = [percent(each.points.points, each.points.of) for each in counted]
    mean = f", {sum(percents) / len(percents):.0f} % on average" if percents else ""
    without = sum(bool(each.problem) for each in checked)
    faultless = sum(not _is_wrong(each) for each in counted)
    said = [f"{faultless} without a fault", f"{without} that could not be checked"]
    said += [f"{_count(len(absent), 'student')} without a file"] if absent else []
    parts = [
        f"<h1>{text(title)}</h1>",
        f"<p class='score'>{_count(len(checked) - without, 'file')} checked{mean}</p>",
        f"<p>{', '.join(said)}.</p>",
        _to_look_at(checked, absent, others),
        f"<h2>How many got how much</h2>\n{spread(percents)}" if percents else "",
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
        rows.append(
            f"<tr><td class='number'>{len(each.files)}</td><td>{text(each.words)}<br><span class='quiet'>such as: "
            f"{text(each.example)}</span></td><td>{files}</td></tr>"
        )
    head = "<th class='number'>files</th><th>slip</th><th>which</th>"
    return _table("Which slip is how frequent", head, rows)


def _files(checked: Sequence[CheckedFile]) -> str:
    used = [name for name in COLUMNS if name != "forward" or any("forward" in each.found for each in checked)]
    rows = []
    for each in sorted(checked, key=lambda each: (each.who.casefold(), each.name)):
        kinds = {name: len(repeated_once(each.found.get(name, []))) for name in ("learning", "forward")}
        scores = {**each.verdicts, **kinds}
        points = "not checked" if each.problem else f"{percent(each.points.points, each.points.of):g} %"
        points = f"({points})" if each.instead else points
        said = [f"<span class='quiet'>{text(each.name)}</span>"] if each.who != each.name else []
        said += map(text, remarks(each))
        numbers = "".join(f"<td class='number'>{scores.get(name) or ''}</td>" for name in used)
        rows.append(f"<tr><td>{_link(each)}</td><td class='number'>{points}</td>{numbers}"
                    f"<td>{'<br>'.join(said)}</td></tr>")  # fmt: skip
    words = {"constant": "without a formula", "learning": "kinds in updates", "forward": "kinds in forward"}
    head = "".join(f"<th class='number'>{words.get(name, name)}</th>" for name in used)
    return _table("The files", f"<th>file</th><th class='number'>points</th>{head}<th>remarks</th>", rows)


def _to_look_at(checked: Sequence[CheckedFile], absent: Sequence[str], others: Sequence[str]) -> str:
    """What a person must look at: nothing is guessed of it."""
    rows = []
    for each in checked:
        why = [each.problem] if each.problem else []
        left_out = each.found.get("left out", [])
        why += [f"left out: {left['cell']}: {left['why']}" for left in left_out[:MOST_LEFT_OUT]]
        why += [f"and {len(left_out) - MOST_LEFT_OUT} more reasons"] if len(left_out) > MOST_LEFT_OUT else []
        unknown, constant = each.verdicts["unknown"], each.verdicts["constant"]
        why += [f"{_count(unknown, 'gradient')} could not be checked"] if unknown else []
        why += [f"{_count(constant, 'gradient')} without a formula, right or pasted"] if constant else []
        if why:
            rows.append(f"<tr><td>{_link(each)}</td><td>{'<br>'.join(map(text, why))}</td></tr>")
    rows += [f"<tr><td>{text(other)}</td><td>no workbook</td></tr>" for other in others]
    rows += [f"<tr><td>{text(student)}</td><td>handed in nothing</td></tr>" for student in absent]
    return _table("To look at", "<th>whose</th><th>why</th>", rows)


def _alike(groups: Sequence[Alike]) -> str:
    rows = [
        f"<tr><td>{'<br>'.join(map(_link, group.files))}</td><td>{'<br>'.join(map(text, group.shared))}</td></tr>"
        for group in groups
    ]
    title = "Alike, and worth a look"
    body = _table(title, "<th>files</th><th>what they share</th>", rows)
    return body.replace("</h2>", f"</h2>\n<p>{NO_VERDICT}</p>", 1) if body else f"<h2>{title}</h2>\n<p>None.</p>"


def _table(title: str, head: str, rows: Sequence[str]) -> str:
    return f"<h2>{title}</h2>\n<table>\n<tr>{head}</tr>\n{chr(10).join(rows)}\n</table>" if rows else ""


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
