"""What the comparison of a sheet with a network has found, as JSON and in words."""

from __future__ import annotations

from typing import Any

from spreadsheet_autograd.advice import MORE_TIME_FOR_LOSSES
from spreadsheet_autograd.compare.comparison import Compared, Difference
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.language.syntax import address, written
from spreadsheet_autograd.words.check_json import repair_words


def forward_as_json(labels: Labels, compared: Compared) -> dict[str, Any]:
    """What `check --json` prints besides, where there is a network to compare with."""
    left_out = []
    if compared.why_not:
        left_out.append({"cell": "network", "why": compared.why_not, "count": 1})
    if compared.too_late:
        first, count = address(compared.too_late[0]), len(compared.too_late)
        why = f"no time to compare {count} losses with the network's: {MORE_TIME_FOR_LOSSES}"
        left_out.append({"cell": first, "why": why, "count": count})
    return {
        "forward": [_finding(labels, difference) for difference in compared.differences],
        "compared": [address(at) for at in compared.losses if at not in compared.too_late],
        "unmatched": [[name, place] for name, place in compared.unmatched],
        "left out": left_out,
    }


def _finding(labels: Labels, difference: Difference) -> dict[str, Any]:
    repair, element = difference.repair, difference.element
    goal = f"the network's {element}"
    if repair:
        return {
            "cell": address(repair.cell),
            "kind": repair.edit.kind,
            "words": repair_words(labels, repair, difference.cell, goal),
            "network": element,
            "mended": "=" + written(repair.formula, repair.cell[0]),
            "like": address(repair.like) if repair.like else None,
        }
    cell = address(difference.cell)
    lacking = f"no cell holds {' or '.join(difference.missing)}" if difference.missing else ""
    if not element:
        words = f"{lacking}, of the network's parameters"
    else:
        words = f"{cell} is not {goal}" + (f", but its {difference.holds}" if difference.holds else "")
        words += f"; {lacking}" if lacking else ""
    kind = "missing parameter" if lacking else "another number" if difference.holds else "unknown"
    return {"cell": cell, "kind": kind, "words": words + ".", "network": element or None, "mended": None, "like": None}
