"""The formulas of a file, each once: what filling down or to the right made of one is that formula, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from excel_export.shared.cells import name_of
from excel_export.similarity.normal_form import canonical, relative


class Formulas:
    """The formulas of a file."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        """Take what `check_file` returns when it is asked for the content."""
        self._written: dict[str, str] = {}
        first: dict[str, tuple[str, int, int]] = {}
        stand: set[tuple[int, int, str]] = set()
        for sheet, cells in found.get("content", {}).items():
            for row, col, _, formula in cells:
                at = f"{sheet}!{name_of(row, col)}"
                if formula:
                    self._written[at] = written = relative(formula, row, col, dollars=True)
                    first.setdefault(written, (formula, row, col))
                    stand.add((row, col, canonical(formula)))
        claims = found.get("claims", [])
        for cell in [*claims, *(claim["slip"] for claim in claims if "slip" in claim)]:
            if "array" in cell:
                self._written[cell["cell"]] = self._written.get(cell["array"], "")
        self.elsewhere = frozenset(relative(*each) for each in first.values())
        """Each formula, as it is the same where the whole sheet is moved."""
        self.where = hash(frozenset(stand))
        """The same for files with the same formulas in the same cells."""

    def written(self, at: str) -> str:
        """What stands in a cell, as it is the same for copies of the formula; '' where there is none."""
        return self._written.get(at, "")
