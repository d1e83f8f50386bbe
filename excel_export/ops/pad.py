"""pad: a frame around a tensor, of a constant or of its own elements; negative widths cut off."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.formulas.operator import operator
from excel_export.ops._movement import CONSTANT, Shuffle


@operator(F.pad)
class pad(Shuffle):
    """Padding with a constant, or by reflection, replication or wrapping around."""

    forward_math = "y = x inside, the constant (0) or a copy of x around it"

    def check(self, **arguments: Any) -> str | None:
        return None if math.isfinite(arguments["value"] or 0) else "padding with infinity is not supported"

    def move(self, input: torch.Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
        return F.pad(input, pad, mode, CONSTANT if mode == "constant" else None)

    def constant(self, **settings: Any) -> float:
        return settings["value"] or 0
