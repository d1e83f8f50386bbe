"""What the pages of a report share: one file each, nothing from elsewhere, everything from files escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from excel_classroom.practice.judgement import LARGE, TINY
from excel_classroom.practice.rubric import EMPTY, GIVEN, MISTAKE, RIGHT, UNCERTAIN, WRONG

COLOURS = {
    RIGHT: "#3f8f5b", GIVEN: "#9cc9a8", UNCERTAIN: "#8fb3d9", MISTAKE: "#e3a857", WRONG: "#c9544b", EMPTY: "#c4c8cc",
}  # fmt: skip
SIGNS = {RIGHT: "✓", GIVEN: "(✓)", UNCERTAIN: "?", MISTAKE: "✗", WRONG: "✗", EMPTY: "–"}
WORDS = {
    RIGHT: "right",
    GIVEN: "right, given your earlier numbers",
    UNCERTAIN: "uncertain: a teacher looks at it",
    MISTAKE: "wrong, and one can see why",
    WRONG: "wrong",
    EMPTY: "empty",
}
_JOINERS = "\u200c\u200d"
"""Some scripts need them within words."""
GENERATOR = "excel-export grade"
_CSS = """
body { font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #222; max-width: 60em; margin: 2em auto;
  padding: 0 1em }
h1 { font-size: 1.5em; margin-bottom: 0.2em } h2 { font-size: 1.15em; margin-top: 1.8em }
.score { font-size: 1.25em } .quiet { color: #666 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.35em 0.6em; border-bottom: 1px solid #ddd }
th { border-bottom: 2px solid #888; font-weight: 600 } td.number, th.number { text-align: right; white-space: nowrap }
td { overflow-wrap: break-word }
code { overflow-wrap: anywhere; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.92em }
.answers { table-layout: fixed } .answers th { box-sizing: border-box; width: 25% }
.answers th:nth-child(1) { width: 7% } .answers th:nth-child(2) { width: 23% }
.answers th:nth-child(5), .answers th:nth-child(6) { width: 10% }
.alike { table-layout: fixed } .alike td { overflow-wrap: anywhere }
.sign { font-weight: 700; white-space: nowrap } svg { max-width: 100%; height: auto }
.box { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.3em 0 0.9em }
@media print { body { margin: 0; max-width: none; font-size: 11pt } tr, svg { break-inside: avoid }
  h2, h2 + p { break-after: avoid }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
@page { margin: 15mm }
"""


def page(title: str, body: str, script: str = "") -> bytes:
    """A whole page; `body` is HTML. It may load nothing, and run nothing but the script."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy, body = f"{policy}; script-src 'sha256-{digest}'", f"{body}\n<script>{script}</script>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta name="generator" content="{GENERATOR}">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><style>{_CSS}</style></head>\n'
        f"<body>\n{body}\n</body></html>\n"
    ).encode()


def table(heads: Mapping[str, str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table.

    Args:
        heads: the titles of its columns, each with the class of its cells: 'number', or nothing.
        rows: the cells of each row, as HTML.
        kind: the class of the table, or nothing.
    """
    lines = [_row("th", zip(heads, heads.values(), strict=True))]
    lines += [_row("td", zip(row, heads.values(), strict=True)) for row in rows]
    return "\n".join([f"<table{_class(kind)}>", *lines, "</table>"])


def titled_table(title: str, heads: Mapping[str, str], rows: Sequence[Sequence[str]]) -> str:
    """A table below its title; nothing where it has no rows. Arguments as of `table`."""
    return f"<h2>{title}</h2>\n{table(heads, rows)}" if rows else ""


def _row(tag: str, cells: Iterable[tuple[str, str]]) -> str:
    return f"<tr>{''.join(f'<{tag}{_class(kind)}>{cell}</{tag}>' for cell, kind in cells)}</tr>"


def _class(name: str) -> str:
    return f" class='{name}'" if name else ""


def text(content: object) -> str:
    """A text as HTML, whatever it holds."""
    return escape(clean(str(content)), quote=True)


def clean(content: str) -> str:
    """A text in one line, without what no file can hold or no screen shows."""
    plain = content.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() or each in _JOINERS else " " for each in plain)


def number(value: float | None) -> str:
    """A number as a reader wants it."""
    if value is None:
        return "no number"
    return f"{value:.4f}" if TINY <= abs(value) < LARGE or not value else f"{value:.4g}"


def key_of_colours() -> str:
    """The colours with their words."""
    return "".join(f'<span class="box" style="background:{COLOURS[state]}"></span>{WORDS[state]}' for state in COLOURS)
