"""unfold: the windows of an image, each laid out as a column; fold: windows laid back, added up where they overlap."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME, EXTREME_IMAGE, IMAGE, PICTURE, ramp, randn
from excel_export.ops._resampling import Resampling
from excel_export.ops._windows import Setting


@operator(F.unfold)
class unfold(Movement):
    """(N, C, H, W) or (C, H, W) to (N, C · k, L): windows with k elements at L stops."""

    kernel_size: Setting
    dilation: Setting = 1
    padding: Setting = 0
    stride: Setting = 1

    called = "windows of {input}"
    forward_words = "A window slides over the image. What it sees at each stop stands in a column of its own."
    forward_math = "y(·, stop) = the numbers of x under the window"

    def move(self, elements: torch.Tensor) -> Moved:
        # Padding is 0, as the number of the first element would be: counted from 1, what is none becomes −1.
        return F.unfold(elements + 1, self.kernel_size, self.dilation, self.padding, self.stride) - 1

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", nn.Unfold(2), PICTURE)
        yield Example("everything", nn.Unfold((2, 3), (1, 2), (1, 0), (2, 1)), IMAGE)
        yield Example("unbatched", nn.Unfold(2, padding=1), IMAGE[0])
        yield Extreme("", lambda x: F.unfold(x, 2), EXTREME_IMAGE)


@operator(F.fold)
class fold(Resampling):
    """(N, C · k, L) or (C · k, L), windows with k elements at L stops, to images."""

    output_size: Setting
    kernel_size: Setting
    dilation: Setting = 1
    padding: Setting = 0
    stride: Setting = 1

    called = "{input}, folded"
    forward_words = "The windows are laid back into an image. Where they overlap, their numbers are added up."
    forward_math = "y(i, j) = Σ x over the windows that cover (i, j)"
    backward_words = "Each number of a window gets the gradient of the place where it was laid."
    backward_math = "∂L/∂x = g of its place"

    def resample(self, numbers: torch.Tensor) -> torch.Tensor:
        return F.fold(numbers, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    @property
    def lead(self) -> int:
        return len(self.input.shape) - 2

    @classmethod
    def cases(cls) -> Cases:
        yield Example("", lambda x: F.fold(x, (1, 4), (1, 2)), ramp(1, 2, 3))
        yield Example("overlapping", lambda x: F.fold(x, (3, 4), 2, padding=1, stride=(1, 2)), randn(2, 8, 12))
        yield Example("unbatched", lambda x: F.fold(x, 4, 2, stride=2), randn(8, 4))
        yield Extreme("", lambda x: F.fold(x, (1, 4), (1, 1)), EXTREME[:1])
