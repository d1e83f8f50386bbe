"""interpolate: an image made larger or smaller."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import Tensor, operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.formulas.words import size
from excel_export.ops._numbers import EXTREME, EXTREME_IMAGE, IMAGE, MATRIX, randn
from excel_export.ops._resampling import Resampling

_HOW = {
    "nearest": "Each new number is a copy of the old one that is nearest.",
    "nearest-exact": "Each new number is a copy of the old one that is nearest.",
    "linear": "Each new number lies on a straight line between its two neighbours.",
    "bilinear": "Each new number is a mean of its four neighbours; the nearer one is, the more it counts.",
    "trilinear": "Each new number is a mean of its eight neighbours; the nearer one is, the more it counts.",
    "bicubic": "Each new number lies on a smooth curve through sixteen neighbours.",
    "area": "Each new number is the mean of the old ones that lie under it.",
}


@operator(F.interpolate)
class interpolate(Resampling):
    """An image (N, C, …) with one to three axes, in another size."""

    size: int | tuple[int, ...] | None = None
    scale_factor: float | tuple[float, ...] | None = None
    mode: str = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None
    antialias: bool = False

    called = "{input}, resized"
    forward_math = "y = Σ x · (a factor for how near x is)"

    def forward_words_here(self, y: Tensor) -> str:
        return f"{size(self.input.shape[2:])} numbers become {size(y.shape[2:])}. {_HOW[self.mode]}"

    def resample(self, numbers: torch.Tensor) -> torch.Tensor:
        settings = {key: item for key, item in self.arguments.items() if key != "input"}
        return F.interpolate(numbers, **settings)

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.Upsample(4, mode="linear"), MATRIX[None])
        yield Example("nearest", nn.Upsample(scale_factor=2), randn(1, 2, 2, 3))
        yield Example("nearest, smaller", lambda x: F.interpolate(x, (4, 3)), IMAGE)
        yield Example("nearest-exact", lambda x: F.interpolate(x, scale_factor=1.5, mode="nearest-exact"), IMAGE)
        yield Example("bilinear", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), randn(1, 2, 3, 2))
        yield Example("corners aligned", nn.UpsamplingBilinear2d((4, 5)), randn(1, 2, 3, 2))
        yield Example("bicubic", lambda x: F.interpolate(x, (3, 5), mode="bicubic"), randn(1, 1, 4, 3))
        yield Example("area", lambda x: F.interpolate(x, (4, 2), mode="area"), IMAGE)
        yield Example("trilinear", lambda x: F.interpolate(x, 3, mode="trilinear"), randn(1, 1, 2, 2, 2))
        yield Example("antialias", lambda x: F.interpolate(x, 3, mode="bilinear", antialias=True), IMAGE)
        yield Extreme("", lambda x: F.interpolate(x, 3), EXTREME[None])
        yield Extreme("nearest of an image", lambda x: F.interpolate(x, scale_factor=2), EXTREME_IMAGE)
