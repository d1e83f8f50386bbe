"""Texts in a workbook: what a cell can hold, and how a formula writes one."""

from __future__ import annotations

import re

LONGEST_TEXT, LONGEST_LITERAL = 32_767, 255
"""As Excel counts: an emoji is two."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Text(str):
    """A text that is shown as it is, even where it begins like a formula."""

    def __new__(cls, text: object) -> Text:
        """Drop what XML cannot hold, and what a cell cannot."""
        text = _cut(str(text), LONGEST_TEXT)
        return super().__new__(cls, text if text.isprintable() else _FORBIDDEN.sub("\ufffd", text))


def literal(text: str) -> str:
    """Return a text as a formula writes it, as much of it as a formula can hold."""
    return '"' + _cut(Text(text), LONGEST_LITERAL).replace('"', '""') + '"'


def _cut(text: str, length: int) -> str:
    if 2 * len(text) <= length:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "replace")
