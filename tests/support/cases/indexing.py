"""The cases of excel_export/composites/indexing.py."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import Example, randn


def masked_select():
    yield Example("", lambda x: x.masked_select(torch.eye(3, dtype=torch.bool)), randn(3, 3))
    yield Example("broadcast", lambda x: torch.masked_select(x, torch.tensor([True, False, True])), randn(2, 1))


def masked_scatter():
    yield Example("", lambda x, y: x.masked_scatter(torch.eye(3, dtype=torch.bool), y), randn(3, 3), randn(4))
    yield Example("live mask", lambda x, y: x.masked_scatter(x > 0, y), randn(2, 3), randn(6))


def repeat_interleave():
    yield Example("", lambda x: x.repeat_interleave(2), randn(2, 2))
    yield Example("by slice", lambda x: torch.repeat_interleave(x, torch.tensor([0, 2, 1]), 1), randn(2, 3))


def bincount():
    places = torch.tensor([0, 3, 0, 1])
    yield Example("", lambda x, i: torch.bincount(i, minlength=4) * x, randn(4), places)
    yield Example("weights", lambda x, i: i.bincount(x.detach(), 5) * x.sum(), randn(4), places)


def bucketize():
    borders = torch.tensor([-0.5, 0.0, 0.7], dtype=torch.float64)
    met = partial(torch.bucketize, right=True)
    yield Example("", lambda x: x * torch.bucketize(x.detach(), borders), randn(2, 3))
    yield Example("live, met", lambda x: x * met(x.detach(), x[0].detach().sort()[0]), randn(2, 3))


def searchsorted():
    find, sizes = torch.searchsorted, randn(2, 3).abs()
    yield Example("", lambda x: x * find(x.detach().cumsum(-1), x.detach() * 2, right=True), sizes)
    yield Example("of a line", lambda x: x * find(x[0].detach().cumsum(-1), x.detach(), side="left"), sizes)


def embedding_bag():
    words = torch.tensor([[0, 1, 1], [2, 3, 0]])
    yield Example("", nn.EmbeddingBag(4, 2), words)
    yield Example("sum", nn.EmbeddingBag(4, 2, mode="sum"), words)
    yield Example("max", nn.EmbeddingBag(4, 2, mode="max"), words)
    bags, table = F.embedding_bag, randn(4, 2)
    yield Example("bags of different sizes", lambda w: bags(words.flatten(), w, torch.tensor([0, 1, 4])), table)
    yield Example("weights", lambda w, p: bags(words, w, mode="sum", per_sample_weights=p), table, randn(2, 3))


def scatter_reduce():
    places = torch.tensor([[2, 2, 0, 1], [2, 0, 0, 1]])
    rows = torch.tensor([[2, 0, 2, 2, 1], [0, 0, 1, 1, 1]])

    def reduced(dim, way, x, y, i, **settings):
        return x.scatter_reduce(dim, i, y, way, **settings)

    alone = partial(reduced, include_self=False)
    for way in ("sum", "mean", "amax", "amin", "prod"):
        yield Example(way.removeprefix("sum"), partial(reduced, 0, way, i=places), randn(3, 4), randn(2, 4))
    for way in ("sum", "mean"):
        yield Example(f"{way} without self", partial(alone, 0, way, i=places), randn(3, 4), randn(2, 4))
    for way in ("amax", "amin", "prod"):
        yield Example(f"{way} without self", partial(alone, 1, way), randn(2, 4), randn(2, 5), rows)
    zeros = torch.zeros(2, 5, dtype=torch.float64)
    yield Example("amax of zeros without self", lambda y, i: alone(1, "amax", y.new_zeros(2, 4), y, i), zeros, rows)
