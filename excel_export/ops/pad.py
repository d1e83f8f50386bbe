"""pad: a frame around a tensor, of a constant or of its own elements; negative widths cut off."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from excel_export.formulas import operator
from excel_export.ops._movement import CONSTANT, Moved, Movement


@operator(F.pad)
class pad(Movement):
    """Padding with a constant, or by reflection, replication or wrapping around."""

    pad: Sequence[int]
    mode: str = "constant"
    value: float | None = None

    forward_math = "y = x inside, the constant (0) or a copy of x around it"

    def check(self) -> str | None:
        return None if math.isfinite(self.value or 0) else "padding with infinity is not supported"

    def move(self, elements: torch.Tensor) -> Moved:
        return F.pad(elements, self.pad, self.mode, CONSTANT if self.mode == "constant" else None)

    def constant(self) -> float:
        return self.value or 0
