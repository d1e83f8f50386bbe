"""The cases of excel_export/ops/convolution.py."""

from functools import partial

import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import EXTREME, Example, Extreme, doubles, extreme_filter, extreme_image, ramp, randn


def _convolution(rank, function, layer):
    size, small = ((9,), (6, 5), (3, 3, 2))[rank - 1], ((4,), (3, 3), (2, 2, 2))[rank - 1]
    image = randn(1 if rank == 3 else 2, 3, *size)
    yield Example("", layer(1, 1, 2), ramp(1, 1, *[3] * rank))
    yield Example("two inputs", function, image, randn(4, 3, *(3, 2, 2)[:rank]))
    yield Example("module", layer(3, 4, (3, 3, 2)[:rank]), image)
    yield Example("of single numbers", layer(3, 2, 1), image)
    yield Example("no bias", layer(3, 2, (3, 2, 2)[:rank], bias=False), image)
    yield Example("of the whole", layer(3, 4, size), image)
    yield Example("stride", layer(3, 4, 2, stride=(3, 2, 1)[:rank]), image)
    yield Example("padding", layer(3, 2, 3, padding=2), randn(1, 3, *small))
    yield Example("padding 'same'", layer(3, 2, (2, 3, 2)[:rank], padding="same", dilation=(1, 2, 1)[:rank]), image)
    yield Example("padding 'valid'", layer(3, 2, 2, padding="valid"), image)
    yield Example("dilation", layer(3, 4, 2, dilation=(2, 2, 1)[:rank]), image)
    yield Example("groups", layer(4, 6, 2, groups=2), randn(2, 4, *small))
    everything = layer(4, 8, (3, 2, 2)[:rank], (2, 1, 1)[:rank], (1, 2, 1)[:rank], (1, 2, 1)[:rank], groups=4)
    yield Example("everything", everything, randn(1, 4, *size))
    yield Example("many channels", layer(14, 15, (2, 2, 1)[:rank]), randn(2, 14, *small))
    yield Example("unbatched", layer(3, 4, 2, stride=2, padding=1), image[0])
    yield Example("unbatched, many channels", layer(13, 14, 2, padding=(1, 0, 0)[:rank]), randn(13, *small))
    yield Example("padding mode", layer(3, 2, 2, padding=1, padding_mode="circular"), randn(2, 3, *small))
    yield Extreme("", function, extreme_image(rank), extreme_filter(rank))
    if rank == 1:
        yield Example("reflected", layer(3, 2, 3, padding=1, padding_mode="reflect"), randn(2, 3, 5))
        yield Extreme("of channels", F.conv1d, EXTREME, doubles([[1e-300, -1e3], [1.0, 0], [0, 0.5]]))


def _transposed(rank, function, layer):
    size, small = ((4,), (3, 4), (2, 2, 2))[rank - 1], ((3,), (3, 3), (1, 2, 2))[rank - 1]
    yield Example("", layer(1, 1, 2, stride=2), ramp(1, 1, *((3,), (2, 3), (2, 2, 2))[rank - 1]))
    yield Example("two inputs", function, randn(2, 3, *size), randn(3, 2, *(3, 2, 1)[:rank]))
    yield Example("of single numbers", layer(3, 2, 1), randn(2, 3, *small))
    yield Example("of one number", layer(3, 2, 3, bias=False), randn(2, 3, *[1] * rank))
    yield Example("stride and padding", layer(3, 2, 4, 2, 1, bias=False), randn(1, 3, *small))
    everything = layer(4, 6, (3, 2, 2)[:rank], (3, 2, 1)[:rank], 1, (1, 1, 0)[:rank], 2, dilation=(2, 1, 2)[:rank])
    yield Example("everything", everything, randn(1 if rank == 3 else 2, 4, *size))
    yield Example("many channels", layer(14, 13, 2, stride=2, padding=(0, 1, 1)[3 - rank :]), randn(1, 14, *small))
    yield Example("unbatched", layer(2, 3, 2), randn(2, *size))
    yield Extreme("", function, extreme_image(rank), extreme_filter(rank), cancels=True)
    if rank == 1:
        filters = doubles([[1e-300, -1e3]], [[1, 0]], [[0, 0.5]])
        yield Extreme("of channels", F.conv_transpose1d, EXTREME, filters)


conv1d = partial(_convolution, 1, F.conv1d, nn.Conv1d)
conv2d = partial(_convolution, 2, F.conv2d, nn.Conv2d)
conv3d = partial(_convolution, 3, F.conv3d, nn.Conv3d)
conv_transpose1d = partial(_transposed, 1, F.conv_transpose1d, nn.ConvTranspose1d)
conv_transpose2d = partial(_transposed, 2, F.conv_transpose2d, nn.ConvTranspose2d)
conv_transpose3d = partial(_transposed, 3, F.conv_transpose3d, nn.ConvTranspose3d)
