"""unfold: the windows of an image, each laid out as a column."""

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.formulas import operator
from excel_export.formulas.example import Cases, Example, Extreme
from excel_export.ops._movement import Moved, Movement
from excel_export.ops._numbers import EXTREME_IMAGE, IMAGE, PICTURE
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
