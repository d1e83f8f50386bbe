"""The cases of excel_export/ops/max_pool.py."""

from functools import partial
from operator import mul

import torch.nn.functional as F

from tests.support.cases._example import APART, TIES, Example, Extreme, extreme_image, ramp, randn
from tests.support.cases._families import with_settings


def _with_indices(cases, rank, function):
    """Cases of the pool that returns the places, too: those that show what its windows do, the maxima times places."""
    whole = cases(rank, lambda *settings, **more: mul(*function(*settings, **more)))
    yield from (case for case in whole if case.what in ("", "ties", "uneven", "everything"))


def _windowed(rank, function):
    pool = with_settings(function)
    image = randn(2, 2, *((7,), (6, 5), (2, 4, 3))[rank - 1])
    ties = TIES.reshape(1, 1, *((16,), (4, 4), (2, 2, 4))[rank - 1])
    yield Example("", pool(2), ramp(1, 1, *((6,), (4, 4), (2, 4, 2))[rank - 1]).sin())
    yield Example("random", pool(2), image)
    yield Example("overlapping", pool((2, 3, 3)[3 - rank :], 1), image)
    yield Example("padded", pool(3, 2, 1), image)
    yield Example("padded, all negative", pool(2, 2, 1), -image.abs() - 1)
    yield Example("ties", pool(2), ties)
    yield Example("overlapping ties", pool((2, 2, 3)[3 - rank :], 1), ties)
    yield Example("dilation", pool(2, 1, 0, (1, 2, 2)[3 - rank :]), image)
    yield Example("dilation ties", pool(2, 1, 1, (1, 1, 2)[3 - rank :]), ties)
    yield Example("ceil_mode", pool((2, 3, 2)[:rank], ceil_mode=True), image)
    everything = pool((3, 2, 2)[:rank], (2, 1, 2)[:rank], (1, 0, 1)[:rank], (2, 1, 1)[:rank], ceil_mode=True)
    yield Example("everything", everything, randn(1, 2, *(7, 4, 3)[:rank]))
    yield Example("unbatched", pool((1, 1, 2)[3 - rank :], (1, 2, 1)[3 - rank :]), image[0])
    yield Extreme("", pool((1, 2, 2)[3 - rank :]), APART if rank == 1 else extreme_image(rank))


def _adaptive(rank, function):
    pool = with_settings(function)
    image = randn(2, 2, *((4,), (6, 5), (3, 2, 3))[rank - 1])
    yield Example("", pool((1, 2, 2)[3 - rank :]), ramp(1, 1, *((3,), (4, 4), (2, 3, 2))[rank - 1]).sin())
    yield Example("uneven", pool(((3,), (4, 3), (2, None, 2))[rank - 1]), image)
    yield Example("ties", pool((2, 3, 3)[3 - rank :]), TIES.reshape(1, 1, *((16,), (4, 4), (2, 2, 4))[rank - 1]))
    yield Example("to one, unbatched", pool((1,) * rank), image[0])
    yield Extreme("", pool((1, 2, 2)[3 - rank :]), APART if rank == 1 else extreme_image(rank))


for _name, _cases in (("max_pool", _windowed), ("adaptive_max_pool", _adaptive)):
    for _rank in (1, 2, 3):
        _pool, _places = f"{_name}{_rank}d", f"{_name}{_rank}d_with_indices"
        globals()[_pool] = partial(_cases, _rank, getattr(F, _pool))
        globals()[_places] = partial(_with_indices, _cases, _rank, getattr(F, _places))
