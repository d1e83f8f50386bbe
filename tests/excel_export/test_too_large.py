"""The rate that is too large: the first factor at which the loss grows visibly, else at all."""

import pytest
import torch
from torch import nn

from excel_export.book.composition import start_book
from excel_export.compiler.trace.tracer import trace
from excel_export.sheets.network.too_large import too_large


class Loss(nn.Module):
    """A loss of one weight, which begins at 1."""

    def __init__(self, loss):
        super().__init__()
        self.weight, self.loss = nn.Parameter(torch.tensor(1.0)), loss

    def forward(self, x):
        return self.loss(self.weight * x)


@pytest.mark.parametrize(
    ("loss", "rate", "times"),
    [
        (torch.square, 0.0335, 100),  # 30 times: 1.02 instead of 1; 100 times: 32
        (torch.square, 0.1, 30),
        (lambda w: 10 + torch.cos(3 * w), 0.04, 30),  # never grows by half: by 10 % already at 30 times
        (torch.neg, 0.1, None),
    ],
)
def test_the_first_factor_that_makes_the_loss_grow_by_half_or_else_at_all(loss, rate, times):
    module = Loss(loss)
    book = start_book(trace(module, {"x": torch.tensor(1.0)}), rate, module=module)
    assert too_large(book) == times
