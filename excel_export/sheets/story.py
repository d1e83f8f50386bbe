"""What the author of a workbook adds to it: words, results, and sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from excel_export.formulas import Operand
from excel_export.sheets.sheet import SheetSpec

Result = Callable[[Mapping[str, Operand]], Operand]
"""From the cells of every recorded value, by name, to a formula; a KeyError where a part of a network lacks one."""


@dataclass(frozen=True)
class Story:
    """What the author of a workbook adds to it."""

    title: str
    intro: Sequence[str] = ()
    """Paragraphs."""
    results: Mapping[str, Result] = field(default_factory=dict)
    """Lines of the result: a label, and its formula, such as `lambda cells: cells["argmax"]`."""
    at_a_glance: Mapping[str, Result] = field(default_factory=dict)
    """The same for the Lens, with short labels: four at most, two answers and then what they should be."""
    losses: Mapping[str, Result] = field(default_factory=dict)
    """What the loss is the sum of, alike: shown as it is and as it is after the step."""
    sheets: Sequence[SheetSpec[Any]] = ()
    """Sheets beside the exporter's own; see `excel_export.authoring`. They may make inputs follow something else."""
