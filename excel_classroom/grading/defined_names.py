"""Defined names of a student's own, written out in the formulas that use them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from excel_export.shared.a1_notation import without_texts

LONGEST, DEEPEST = 32_000, 8
_PIECES = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'!?|[^"']+|["']""")
_WORD = re.compile(r"(?<![\w.$!\\])((?:[\w.]+!)?)([^\W\d][\w.\\]*)(?![\w.!])")
_REFERENCE = re.compile(r"(?:(?:'(?:[^']|'')+'|[\w.]+)!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?", re.I)


def written_out(formula: str, names: Mapping[str, str], known: Collection[str]) -> str:
    """Return a formula without defined names.

    Args:
        formula: without its '='.
        names: what each of the student's names stands for.
        known: names that stay, since the exercise has them.
    """
    kept = {name.casefold() for name in known}
    targets = {name.casefold(): _operand(target) for name, target in names.items() if name.casefold() not in kept}
    for _ in range(DEEPEST):
        new = _once(formula, targets)
        if new == formula or len(new) > LONGEST:
            break
        formula = new
    return formula


def _once(formula: str, targets: Mapping[str, str]) -> str:
    pieces = _PIECES.findall(formula)
    for k, piece in enumerate(pieces):
        if piece[0] not in "\"'":
            pieces[k] = _WORD.sub(lambda match: targets.get(match[2].casefold(), match[0]), piece)
    return "".join(pieces)


def _operand(target: str) -> str:
    """What a name stands for, as a part of a formula."""
    target = target.strip().removeprefix("=")
    is_lambda = without_texts(target).upper().removeprefix("_XLFN.").startswith("LAMBDA(")
    return target if is_lambda or _REFERENCE.fullmatch(target) else f"({target})"
