"""Texts from files of others, as a line of a page or a cell of a table that no program runs."""

from __future__ import annotations

import re

_JOINERS = "\u200c\u200d"
"""Some scripts need them within words."""
# Where a table is read by another separator than it was written with, a name's second half begins a cell.
_FORMULA = re.compile(r"(^|[;,\t|\"'])(\s*)([=+\-@＝＋－＠])")


def clean(content: str) -> str:
    """A text in one line, without what no file can hold or no screen shows."""
    plain = content.encode("utf-8", "replace").decode()
    return "".join(each if each.isprintable() or each in _JOINERS else " " for each in plain)


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever parts its columns."""
    return _FORMULA.sub(r"\1\2'\3", " ".join(clean(text).split()))
