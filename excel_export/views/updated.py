"""Where a step of learning leads the parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

from excel_export.formulas.expression import OperandLike
from excel_export.formulas.grid import Grid
from excel_export.graph.graph import Value


@dataclass(frozen=True)
class Updated:
    """What the step makes: after = before − rate · direction."""

    rate: OperandLike = 0.0
    after: dict[Value, Grid] = field(default_factory=dict)
    """Where each lies after the step."""
    directions: dict[Value, Grid] = field(default_factory=dict)
    """In which direction the step moves each, where that has cells of its own."""
