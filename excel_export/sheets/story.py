"""What the author of a workbook tells its readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from excel_export.formulas.expression import Operand

Result = Callable[[Mapping[str, Operand]], Operand]
"""From the cells of every recorded value, by name, to a formula; a KeyError where a part of a network lacks one."""


@dataclass(frozen=True)
class Story:
    """What the author of a workbook tells its readers."""

    title: str
    intro: Sequence[str] = ()
    """Paragraphs."""
    results: Mapping[str, Result] = field(default_factory=dict)
    """Lines of the result: a label, and its formula, such as `lambda cells: cells["argmax"]`."""
    losses: Mapping[str, Result] = field(default_factory=dict)
    """What the loss is the sum of, alike: shown as it is and as it is after the step."""
