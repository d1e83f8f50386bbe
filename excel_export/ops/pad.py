"""pad: a frame around a tensor, of a constant or of its own elements; negative widths cut off."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.words import figure
from excel_export.ops._movement import CONSTANT, Moved, Movement
from excel_export.ops._numbers import EXTREME, IMAGE, ROW, randn


@operator(F.pad)
class pad(Movement):
    """Padding with a constant, or by reflection, replication or wrapping around."""

    pad: Sequence[int]
    mode: str = "constant"
    value: float | None = None

    called = "{input}, padded"
    forward_math = "y = x inside, the constant (0) or a copy of x around it"

    def forward_words_here(self, y: Tensor) -> str:
        border = {
            "constant": f"a border of {figure(self.value or 0)}",
            "reflect": "their mirror image",
            "replicate": "copies of the outermost ones",
            "circular": "those from the other side",
        }
        return f"Around the numbers stands {border[self.mode]}."

    def check(self) -> str | None:
        return None if math.isfinite(self.value or 0) else "padding with infinity is not supported"

    def move(self, elements: torch.Tensor) -> Moved:
        return F.pad(elements, self.pad, self.mode, CONSTANT if self.mode == "constant" else None)

    def constant(self) -> float:
        return self.value or 0

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: F.pad(x, (1, 0), value=0.5), ROW)
        yield Example("zeros", lambda x: F.pad(x, (1, 2)), randn(3, 4))
        yield Example("value", nn.ConstantPad2d((1, 0, 2, 1), -1.5), IMAGE)
        yield Example("empty", lambda x: F.pad(x, (0, 0)) * 2, randn(3, 4))
        yield Example("cropping", lambda x: F.pad(x, (-1, 1), value=3), randn(3, 4))
        yield Example("reflect", nn.ReflectionPad2d(2), IMAGE)
        yield Example("replicate", lambda x: F.pad(x, (2, 3), mode="replicate"), randn(2, 2, 3))
        yield Extreme("", lambda x: F.pad(x, (1, 2), value=-1e300), EXTREME)
