"""The page of one file, for who built it: what is wrong and what makes it right, and every gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from excel_classroom.grading.markup import COLOURS, page, text, titled_table
from excel_classroom.grading.table import late_words, score_words
from excel_classroom.practice.rubric import GIVEN, MISTAKE, RIGHT, UNCERTAIN, WRONG
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.gradients import NUMBER, UNDEFINED, Fault, Gradient
from excel_export.shared.a1_notation import place, rectangles
from spreadsheet_autograd.advice import without_advice

SIGNS = {RIGHT: "✓", GIVEN: "(✓)", NUMBER: "?", MISTAKE: "✗", WRONG: "✗", UNDEFINED: "–", UNCERTAIN: "–"}
OWN_COLOURS = {**COLOURS, NUMBER: "#8fb3d9", UNDEFINED: "#9aa0a6", UNCERTAIN: "#9aa0a6"}
STATES = {
    RIGHT: "right",
    GIVEN: "right, were it not for a slip in another cell",
    NUMBER: "a number without a formula",
    MISTAKE: "wrong, and one can see why",
    WRONG: "wrong",
    UNDEFINED: "there is no derivative at these numbers",
    UNCERTAIN: "could not be checked",
}
MOST_RANGES, MOST_ROWS, MOST_FINDINGS = 8, 300, 5
NEAR = 1e-9


def file_page(checked: CheckedFile) -> bytes:
    """The page; the copies of a slip are one."""
    who, found, points = checked.who, checked.found, checked.points
    head = f"<h1>{text(who)}</h1>\n" + (f"<p class='quiet'>{text(checked.name)}</p>\n" if who != checked.name else "")
    if checked.problem:
        said = f"<p class='score'>not checked</p>\n<p>{text(without_advice(checked.problem))}</p>\n"
        return page(who, head + said + _left_out(found.get("left out", [])))
    short = _short([claim["cell"] for claim in found["claims"]])
    parts = [
        f"{head}<p class='score'>{score_words(points.points, points.of)}</p>",
        f"<p>{text(checked.counted)}</p>",
        f"<p>In the workbook: <a href='{text(checked.copy)}'>{text(checked.copy)}</a></p>" if checked.copy else "",
        _findings("In the forward pass", found.get("forward", []), short),
        _compared(found),
        _faults(checked.faults, short),
        _without_slip(checked.gradients, short),
        _findings("In the updates", found["learning"], short),
        _gradients(checked.gradients, short),
        _left_out(found["left out"]),
        _points(checked),
    ]
    return page(who, "\n".join(part for part in parts if part))


Short = Callable[[str], str]
"""Leaves out what a reader knows of an address."""


def _short(addresses: Sequence[str]) -> Short:
    """Where all gradients stand on one sheet, its name is left out."""
    sheets = {address.rpartition("!")[0] for address in addresses}
    only = f"{sheets.pop()}!" if len(sheets) == 1 else ""
    return lambda words: text(words.replace(only, "") if only else words)


def _cells(addresses: Sequence[str], short: Short) -> str:
    """Cells, and those side by side as a range."""
    areas = rectangles([(sheet, *place(cell)) for sheet, _, cell in (each.rpartition("!") for each in addresses)])
    more = sum(area.size for area in areas[MOST_RANGES:])
    shown = ", ".join(short(f"{area.sheet}!{area.name}") for area in areas[:MOST_RANGES])
    return shown + (f" and {more} more" if more else "")


def _shown(value: float | None) -> str:
    """A number with so many digits that a small slip is seen."""
    return "–" if value is None else f"{value:.8g}"


def _faults(faults: Sequence[Fault], short: Short) -> str:
    """A row for each slip."""
    rows = []
    for fault in faults:
        slip, claim = fault.slip, fault.first
        lines = [f"<b>{text(slip['words'])}</b>"]
        if slip["formula"]:
            lines.append(f"<span class='quiet'>in the sheet</span> <code>{text(slip['formula'])}</code>")
        lines.append(f"<span class='quiet'>right is</span> <code>{text(slip['mended'])}</code>")
        if fault.copies:
            lines.append(f"The same slip: {_cells(fault.copies, short)}")
        if fault.behind:
            lines.append(f"Wrong because of it: {_cells(fault.behind, short)}")
        if _is_near(claim):
            lines.append("At the sheet's own numbers it is right by chance; with others it isn't.")
        rows.append((short(fault.cell), "<br>".join(lines), _numbers_of(claim, short)))
    return titled_table("What is wrong", {"cell": "", "slip": "", "gradient": "number"}, rows)


def _numbers_of(claim: Mapping[str, Any], short: Short) -> str:
    """What a wrong gradient is, and what is right."""
    return f"{short(claim['cell'])} is {_shown(claim['value'])}<br>right is {_shown(claim['derivative'])}"


def _is_near(claim: Mapping[str, Any]) -> bool:
    value, truth = claim["value"], claim["derivative"]
    return value is not None and truth is not None and abs(value - truth) <= NEAR * max(abs(value), abs(truth))


def _without_slip(gradients: Sequence[Gradient], short: Short) -> str:
    """A row for each wrong formula that no small change makes right."""
    rows = []
    for gradient in gradients:
        pairs = zip(gradient.claims, gradient.states, strict=True)
        wrong = [claim for claim, state in pairs if state == WRONG]
        if wrong:
            first = wrong[0]
            why = first.get("remark") or "No single small change of its formula makes it right"
            cells = _cells([claim["cell"] for claim in wrong], short)
            rows.append((cells, f"{short(first['called'])}<br>{text(why)}.", _numbers_of(first, short)))
    heads = {"cell": "", "the derivative": "", "gradient": "number"}
    return titled_table("Wrong, for a reason that could not be named", heads, rows)


def _findings(title: str, findings: Sequence[Mapping[str, Any]], short: Short) -> str:
    kinds: dict[str, list[str]] = {}
    copies = Counter(finding.get("like") for finding in findings)
    for finding in findings:
        if not finding.get("like"):
            like_it = f" (and {copies[finding['cell']]} more like it)" if copies[finding["cell"]] else ""
            kinds.setdefault(finding["kind"], []).append(finding["words"] + like_it)
    items = []
    for words in kinds.values():
        more = len(words) - MOST_FINDINGS
        items += [f"<li>{short(each)}</li>" for each in words[:MOST_FINDINGS]]
        items += [f"<li>and {more} more of this kind</li>"] if more > 0 else []
    return f"<h2>{title}</h2>\n<ul>\n{chr(10).join(items)}\n</ul>" if items else ""


def _compared(found: Mapping[str, Any]) -> str:
    """Say so where the forward pass was compared with a network, and nothing is wrong in it."""
    losses = found.get("compared", [])
    if not losses or found.get("forward"):
        return ""
    what = f"all {len(losses)} losses are" if len(losses) > 1 else f"{text(losses[0])} is"
    return f"<h2>In the forward pass</h2>\n<p>✓ {what} the network's.</p>"


def _gradients(gradients: Sequence[Gradient], short: Short) -> str:
    """A row for each formula and each state of its cells."""
    rows = [row for gradient in gradients for row in _rows(gradient, short)]
    more = f"<p>and {len(rows) - MOST_ROWS} more rows.</p>" if len(rows) > MOST_ROWS else ""
    heads = {"cells": "", "the derivative": "", "result": "", "in the sheet": "number", "right is": "number"}
    return titled_table("All gradients", heads, rows[:MOST_ROWS]) + more


def _rows(gradient: Gradient, short: Short) -> Iterator[Sequence[str]]:
    for state in STATES:
        claims = [claim for claim, own in zip(gradient.claims, gradient.states, strict=True) if own == state]
        if not claims:
            continue
        first, count = claims[0], len(claims)
        where = short(first["cell"]) + (f" and {count - 1} more" if count > 1 else "")
        sign = f"<span class='sign' style='color:{OWN_COLOURS[state]}'>{SIGNS[state]}</span> {STATES[state]}"
        remark = f"<br><span class='quiet'>{text(first['remark'])}</span>" if first.get("remark") else ""
        what = f"{short(first['called'])}<br><span class='quiet'>by {short(first['of'])}</span>"
        yield where, what, sign + remark, _shown(first["value"]), _shown(first["derivative"])


def _left_out(left_out: Sequence[Mapping[str, Any]]) -> str:
    rows = [(text(each["cell"]), text(without_advice(each["why"]))) for each in left_out]
    return titled_table("Left out", {"cell": "", "why": ""}, rows)


def _points(checked: CheckedFile) -> str:
    points = checked.points
    rows = []
    for line in points.lines:
        earned = f"{line.points:g}".replace("-", "−") + (f" / {line.of:g}" if line.of else "")
        rows.append((str(line.count), text(line.words), earned))
    late = f"<p>{late_words(points.late)}</p>" if points.late else ""
    said = "<p class='quiet'>A formula and its copies count once.</p>" if rows else ""
    heads = {"how many": "number", "what": "", "points": "number"}
    return titled_table("How the points come about", heads, rows) + said + late
