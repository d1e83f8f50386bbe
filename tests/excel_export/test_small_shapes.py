"""Single numbers where PyTorch takes a dimension, and tensors without elements."""

import pytest
import torch
from torch import nn

from excel_export import verify
from tests.support.engines import recalculate
from tests.support.passes import each_writer

X = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)).double()


class Apply(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *x):
        return self.function(*x)


def is_right(function, inputs, write, folder):
    """Whether a workbook of a function, computed by an engine, is PyTorch's."""
    write(Apply(function), inputs, folder / "small.xlsx")
    path = recalculate(folder / "small.xlsx", "ironcalc", folder).path
    return verify(path, Apply(function), inputs).ok


@pytest.mark.parametrize("function", [
    lambda x: torch.quantile(x, 0.3),  # constants that are single numbers stand beside others
    lambda x: torch.quantile(x.sum(), 0.3),
    lambda x: torch.linalg.vector_norm(x.sum(), dim=0),
    lambda x: x.sum().max(0)[0] + x.sum().softmax(-1),
])  # fmt: skip
@each_writer
def test_a_single_number(function, write, tmp_path):
    assert is_right(function, (X,), write, tmp_path)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.cat([x.new_zeros(0), x, x[:0]]).square().sum(),
        lambda x: (x[:, :0] @ x[:0]).sum() + x.sum(),
        lambda x: sum(part.sum() for part in x.split_with_sizes([0, 3])),
        lambda x: x[:0].softmax(0).sum() + x.sum(),
    ],
)
@each_writer
def test_a_tensor_without_elements_adds_nothing(function, write, tmp_path):
    assert is_right(function, (X,), write, tmp_path)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, i: x.sum().index_add(0, i, x[0, 0]),
        lambda x, i: x.sum().index_select(0, i).sum(),
    ],
)
@each_writer
def test_the_only_place_of_a_single_number(function, write, tmp_path):
    assert is_right(function, (X, torch.tensor(0)), write, tmp_path)
