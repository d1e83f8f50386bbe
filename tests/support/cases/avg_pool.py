"""The cases of excel_export/ops/avg_pool.py."""

from functools import partial

import torch.nn.functional as F

from tests.support.cases._example import Example, Extreme, extreme_image, ramp, randn
from tests.support.cases._families import with_settings


def _windowed(rank, function):
    pool = with_settings(function)
    image, three = randn(2, 2, *((7,), (6, 5), (2, 4, 3))[rank - 1]), (2, 3, 3)[3 - rank :]
    yield Example("", pool(2), ramp(1, 1, *((6,), (4, 4), (2, 4, 2))[rank - 1]))
    yield Example("random", pool(2), image)
    yield Example("overlapping", pool(three, 1), image)
    yield Example("padded", pool(three, 2, 1), image)
    yield Example("padding not counted", pool(three, 1, 1, count_include_pad=False), image)
    yield Example("ceil_mode", pool((2, 3, 2)[:rank], ceil_mode=True), image)
    yield Example("ceil_mode padded", pool(three, 2, 1, ceil_mode=True), randn(1, 2, *(2, 6, 6)[3 - rank :]))
    yield Example("unbatched", pool((1, 1, 2)[3 - rank :], (1, 2, 1)[3 - rank :]), image[0])
    if rank > 1:
        yield Example("divisor", pool(2, divisor_override=3), image)
    yield Extreme("", pool((1, 2, 2)[3 - rank :]), extreme_image(rank))


def _adaptive(rank, function):
    pool = with_settings(function)
    image = randn(2, 2, *((4,), (6, 5), (3, 2, 3))[rank - 1])
    yield Example("", pool((1, 2, 2)[3 - rank :]), ramp(1, 1, *((3,), (4, 4), (2, 3, 2))[rank - 1]))
    yield Example("to one", pool((1,) * rank), image)
    yield Example("uneven", pool(((3,), (4, 3), (2, None, 2))[rank - 1]), image)
    yield Example("growing, unbatched", pool(((5,), (None, 7), (4, 2, 3))[rank - 1]), image[0])
    yield Extreme("", pool((1, 2, 2)[3 - rank :]), extreme_image(rank))


_WINDOWED, _ADAPTIVE = (
    (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d),
    (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d),
)
avg_pool1d, avg_pool2d, avg_pool3d = (partial(_windowed, *each) for each in enumerate(_WINDOWED, 1))
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (
    partial(_adaptive, *each) for each in enumerate(_ADAPTIVE, 1)
)
