"""Each operator against float64 autograd, recalculated by an engine from stripped files, edge cases included."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors, verify
from excel_export.operator import all_operators
from tests.engines import recalculate


class Apply(nn.Module):
    """A weighted sum of a function's result, so that every element gets a gradient of its own."""

    def __init__(self, function, *inputs):
        super().__init__()
        self.function = function
        size = function(*inputs).numel()
        self.register_buffer("mix", torch.linspace(-1.3, 2.1, size) if size > 1 else torch.ones(1))

    def forward(self, x, y=None):
        result = self.function(x) if y is None else self.function(x, y)
        return F.mse_loss(result.flatten().float(), self.mix)


def randn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).double()


TIES = torch.tensor([[1.0, 2, 2, 0], [2, 1, 3, 3], [0, 0, -1, -1], [0, 0, -1, -1]]).reshape(1, 1, 4, 4)
IMAGE, FILTERS = randn(2, 3, 6, 5), randn(4, 3, 3, 2)
CASES = {
    "relu": (F.relu, randn(3, 4)),
    "relu at zero": (F.relu, torch.tensor([[-1.0, 0.0, 2.0]])),
    "relu method": (lambda x: x.relu(), randn(3, 4)),
    "relu module": (nn.ReLU(inplace=True), randn(3, 4)),
    "add": (lambda x, y: x + y, randn(3, 4), randn(3, 4)),
    "add broadcast": (lambda x, y: x + y, randn(3, 4), randn(4)),
    "add number": (lambda x: 2.5 + x, randn(3, 4)),
    "add negative number": (lambda x: x + -2.5, randn(3, 4)),
    "add itself": (lambda x: x + x, randn(3, 4)),
    "sub": (lambda x, y: x - y, randn(3, 4), randn(3, 1)),
    "sub negative number": (lambda x: x - -1.5, randn(3, 4)),
    "mul": (lambda x, y: x * y, randn(3, 4), randn(3, 1)),
    "mul negative number": (lambda x: x * -1.5, randn(3, 4)),
    "div": (lambda x, y: x / y, randn(3, 4), randn(3, 4) + 3),
    "div broadcast": (lambda x, y: x / y, randn(3, 4), randn(1, 4) + 3),
    "fan-out": (lambda x: F.relu(x) * x + x, randn(3, 4)),
    "flatten": (lambda x: torch.flatten(x, 1), IMAGE),
    "stack": (lambda x, y: torch.stack((x, y, x), dim=1), randn(3, 4), randn(3, 4)),
    "cat": (lambda x, y: torch.cat([x, y, x], dim=1), randn(3, 4), randn(3, 2)),
    "cat negative dim": (lambda x, y: torch.cat([x, y], -1), randn(3, 4), randn(3, 2)),
    "softmax": (lambda x: F.softmax(x, dim=1), randn(3, 4)),
    "softmax saturated": (lambda x: x.softmax(-1), torch.tensor([[700.0, -700, 3], [-700, -700, -700]])),
    "argmax": (lambda x: torch.argmax(x, dim=1).float(), randn(3, 4)),
    "argmax ties": (lambda x: x.argmax(1).float(), torch.tensor([[1.0, 3, 3], [2, 2, 2]])),
    "one_hot": (lambda x: F.one_hot(x.long(), 4).float(), torch.tensor([0.0, 3, 1])),
    "mse_loss": (lambda x, y: F.mse_loss(x, y), randn(3, 4), randn(3, 4)),
    "cross_entropy": (lambda x, y: F.cross_entropy(x, y), randn(3, 4), torch.tensor([0, 3, 1])),
    "cross_entropy saturated": (nn.CrossEntropyLoss(), torch.tensor([[700.0, -700, 0]]), torch.tensor([1])),
    "linear small": (lambda x, y: F.linear(x, y), randn(3, 2), randn(4, 2)),
    "linear wide": (lambda x, y: F.linear(x, y), randn(3, 9), randn(4, 9)),
    "linear module": (nn.Linear(9, 2), randn(1, 9)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), IMAGE),
    "avg_pool2d overlapping": (nn.AvgPool2d(3, stride=1), IMAGE),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), IMAGE),
    "max_pool2d overlapping": (nn.MaxPool2d(3, stride=1), IMAGE),
    "max_pool2d padded": (nn.MaxPool2d(3, stride=2, padding=1), IMAGE),
    "max_pool2d ties": (lambda x: F.max_pool2d(x, 2), TIES),
    "max_pool2d overlapping ties": (lambda x: F.max_pool2d(x, 3, 1), TIES),
    "conv2d": (lambda x, y: F.conv2d(x, y), IMAGE, FILTERS),
    "conv2d module": (nn.Conv2d(3, 4, 3), IMAGE),
    "conv2d 1x1": (nn.Conv2d(3, 4, 1), IMAGE),
    "conv2d no bias": (nn.Conv2d(3, 2, (3, 2), bias=False), IMAGE),
    "conv2d whole image": (nn.Conv2d(3, 4, (6, 5)), IMAGE),
    "conv2d stride": (nn.Conv2d(3, 4, 3, stride=2), IMAGE),
    "conv2d padding": (nn.Conv2d(3, 4, 3, padding=2), IMAGE),
    "conv2d dilation": (nn.Conv2d(3, 4, 2, dilation=(3, 2)), IMAGE),
    "conv2d groups": (nn.Conv2d(4, 6, 3, groups=2), randn(2, 4, 5, 5)),
    "conv2d everything": (
        nn.Conv2d(4, 8, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=4),
        randn(1, 4, 7, 6),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_tensor_equals_autograd(case, tmp_path):
    torch.manual_seed(len(case))
    function, *inputs = CASES[case]
    function = function.double() if isinstance(function, nn.Module) else function
    module = Apply(function, *inputs)
    export(module, tuple(inputs), tmp_path / "case.xlsx")
    recalculated = recalculate(tmp_path / "case.xlsx", "ironcalc", tmp_path)
    report = verify(recalculated.path, module, tuple(inputs))
    assert report.ok, report


def test_every_operator_has_a_case():
    covered = {case.split()[0] for case in CASES} | {"cast"}
    assert {operator.name for operator in all_operators()} <= covered


@pytest.mark.parametrize("operator", all_operators(), ids=lambda operator: operator.name)
def test_every_operator_explains_itself(operator):
    assert operator.forward_math
    assert operator.backward_math
    assert type(operator).__doc__


def test_the_first_of_tied_maxima_gets_the_gradient(tmp_path):
    class Tied(nn.Module):
        def forward(self, x):
            return F.mse_loss(F.max_pool2d(x, 2).flatten(), torch.zeros(4))

    export(Tied(), (TIES,), tmp_path / "tied.xlsx")
    grad = read_tensors(tmp_path / "tied.xlsx")["grad.x"][0, 0]
    assert (grad != 0).tolist() == [
        [False, True, False, False],
        [False, False, True, False],
        [False, False, True, False],
        [False, False, False, False],
    ]
    assert np.count_nonzero(grad) == 3
