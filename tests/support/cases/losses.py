"""The cases of excel_export/composites/losses.py."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.cases._example import CLASS_WEIGHT, LABELS, Example, randn


def poisson_nll_loss():
    counts = torch.tensor([[0, 1, 2], [5, 3, 1]])
    yield Example("", F.poisson_nll_loss, randn(2, 3), counts)
    yield Example("full", nn.PoissonNLLLoss(full=True, reduction="sum"), randn(2, 3), counts)


def gaussian_nll_loss():
    each = nn.GaussianNLLLoss(reduction="none")
    yield Example("", lambda x, y: F.gaussian_nll_loss(x, y, x.detach().exp()), randn(2, 3), randn(2, 3))
    tiny = torch.tensor([1e-9, 2.0])
    yield Example("variances for rows", lambda x, y: each(x, x.sin(), y), randn(2, 3), tiny)
    yield Example("a number", lambda x, y: F.gaussian_nll_loss(x, y, 0.5), randn(2, 3), randn(2, 3))


def multi_margin_loss():
    at_the_margin = torch.tensor([[1.0, 0, 2], [0, 0, 0]])
    yield Example("", F.multi_margin_loss, randn(3, 4), LABELS)
    squares = nn.MultiMarginLoss(p=2, margin=0.7, weight=CLASS_WEIGHT, reduction="none")
    yield Example("squares and weights", squares, randn(3, 4), LABELS)
    yield Example("at the margin", F.multi_margin_loss, at_the_margin, LABELS[[0, 2]])
    yield Example("of one number", F.multi_margin_loss, torch.tensor(0.3), torch.tensor(0))


def multilabel_margin_loss():
    targets = torch.tensor([[2, 0, -1, 1], [3, -1, -1, -1]])
    yield Example("", F.multilabel_margin_loss, randn(2, 4), targets)
    yield Example("of one number", F.multilabel_margin_loss, torch.tensor(0.3), torch.tensor(0))
    yield Example("no label", F.multilabel_margin_loss, randn(2, 4), torch.tensor([[-1, 0, 1, 2], [0, -1, 0, 0]]))


def cosine_similarity():
    yield Example("", F.cosine_similarity, randn(3, 4), randn(3, 4))
    yield Example("of numbers", lambda x, y: F.cosine_similarity(x, y, 0), torch.tensor(0.3), torch.tensor(-2.0))
    yield Example("fewer dimensions", lambda x, y: F.cosine_similarity(x, y, 1), randn(3, 4), randn(4))
    yield Example("a short vector", F.cosine_similarity, randn(2, 4) * 1e-10, randn(2, 4))


def ctc_loss():
    def ctc(x, *given, **settings):
        return F.ctc_loss(x.log_softmax(-1), *given, **settings)

    tensor, logits, short = torch.tensor, randn(5, 2, 4), randn(3, 2, 3)
    letters, joined = tensor([[1, 2, 2], [3, 1, 0]]), tensor([0, 2, 1])
    yield Example("", lambda x, y: ctc(x, y, (5, 4), (3, 2)), logits, letters)
    yield Example("of each", lambda x: ctc(x, letters, tensor([5, 5]), tensor([3, 2]), reduction="none"), logits)
    yield Example(
        "one behind the other", lambda x, y: ctc(x, y, [5, 3], [2, 1], blank=3, reduction="sum"), logits, joined
    )
    yield Example("one", lambda x, y: ctc(x, y, tensor(4), tensor(2)), randn(4, 3), tensor([1, 1]))
    yield Example("no letter", lambda x, y: ctc(x, y, (3, 3), (0, 1)), short, tensor([[1], [2]]))
    yield Example(
        "too long", lambda x, y: ctc(x, y, (3, 2), (2, 2), zero_infinity=True), short, tensor([[1, 2], [1, 1]])
    )
