"""Batch normalization of one example: PyTorch's own backward pass of a transposed gradient is wrong."""

import numpy as np
import pytest
import torch
from torch import nn

from excel_export import export, read_tensors
from excel_export.compiler.confirm.confirmation import ContiguousGradients
from excel_export.compiler.reference.eager import run_eagerly
from tests.support.engines import recalculate

STEP = 1e-6


class Patches(nn.Module):
    """A patch embedding, normalized, and its places one after the other."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.norm = nn.Conv2d(1, 3, 2, 2), nn.BatchNorm2d(3)
        self.norm.running_mean.normal_()
        self.norm.running_var.uniform_(0.5, 2)
        self.register_buffer("mix", torch.randn(1, 4, 3))
        self.eval().double()

    def forward(self, x):
        return (self.norm(self.embed(x)).flatten(2).transpose(1, 2) * self.mix).sum()


def slope(net, x, parameter, index):
    with torch.no_grad():
        losses = []
        for side in (STEP, -2 * STEP):
            parameter[index] += side
            losses.append(net(x).item())
        parameter[index] += STEP
    return (losses[0] - losses[1]) / (2 * STEP)


@pytest.mark.slow
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("count", [1, 2])
def test_the_sheet_has_the_slopes_of_the_loss(count, training, tmp_path):
    net, x = Patches().train(training), torch.randn(count, 1, 4, 4, dtype=torch.float64)
    report = export(net, (x,), tmp_path / "net.xlsx")
    assert report.ok
    found = read_tensors(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path)
    for name, parameter in net.named_parameters():
        for index in np.ndindex(*parameter.shape):
            assert found[f"grad.{name}"][index] == pytest.approx(slope(net, x, parameter, index), rel=1e-6, abs=1e-7)
    grads = torch.autograd.grad(net(x), list(net.parameters()))
    names = [name for name, _ in net.named_parameters()]
    is_right = all(np.allclose(found[f"grad.{name}"], grad) for name, grad in zip(names, grads, strict=True))
    assert ("PyTorch's own gradients are wrong" in report.note) is not is_right
    assert "in evaluation" not in report.note


def test_the_usual_order_in_memory_gives_the_slopes():
    net, x = Patches(), torch.randn(1, 1, 4, 4, dtype=torch.float64)
    plain, ordered = run_eagerly(net, (x,)), run_eagerly(net, (x,), ContiguousGradients())
    if all(np.allclose(one.grad, other.grad) for one, other in zip(plain.parameters, ordered.parameters, strict=True)):
        pytest.skip("this PyTorch is right")
    for leaf in ordered.parameters:
        slopes = [slope(net, x, net.get_parameter(leaf.names[0]), index) for index in np.ndindex(*leaf.grad.shape)]
        assert leaf.grad.ravel() == pytest.approx(slopes, rel=1e-6, abs=1e-7)
