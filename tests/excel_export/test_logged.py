"""Numbers that forward() reads only to log them, and checks for what no cell holds: they are read, and all is live."""

import math

import pytest
import torch

from excel_export import Training, export, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.edited import edited
from tests.support.engines import recalculate
from tests.support.tiny import Net

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()


def logs_an_item(self, x):
    loss = self.layer(x).square().sum()
    self.log.append(loss.item())
    self.total += loss.item() / 2
    return loss


def logs_floats(self, x):
    h = self.layer(x)
    self.log.append({"mean": float(h.detach().mean()), "all": h.detach().tolist(), "numpy": h.detach().numpy().copy()})
    return h.square().sum()


def prints(self, x):
    h = self.layer(x)
    print(f"{h.mean().item():.3f}", round(abs(h.sum().item()) * 100, 1))
    return h.square().sum()


def asks_for_nan(self, x):
    h = self.layer(x)
    assert not torch.isnan(h).any()
    if not torch.isfinite(h).all() or bool(h.isinf().any() | h.isnan().any()):
        h = h * 0
    loss = h.square().sum()
    if math.isnan(loss.item()):
        raise ValueError
    return loss


def asserts(self, x):
    h = self.layer(x)
    p = h.softmax(1)
    assert (p >= 0).all(), "no chances"
    assert torch.allclose(p.sum(1), torch.ones(3, dtype=p.dtype))
    assert p.max().item() <= 1
    assert (
        p.min() > -1
        or h.sum() > 1e9
    )  # fmt: skip
    if (x > 1e6).any():
        raise ValueError("too large")
    if x is None or (h.abs() > 1e6).any():
        raise ValueError(f"too large: {h.abs().max()}")
    return raises_or_halves(h).square().sum()


READ = (logs_an_item, logs_floats, prints, asks_for_nan, asserts)


def raises_or_halves(h):
    if h.mean() > 1e6:
        raise ValueError
    else:  # noqa: RET506
        h = h / 2
    if h.sum() > 1e6:
        h = h * 2
        raise ValueError
    return h


def test_a_check_that_raises_and_a_number_that_is_only_checked():
    """With every truth value turned, the check would raise whatever the number is."""

    def checks(self, x):
        if (x > 1e6).any():
            raise ValueError("too large")
        h = self.layer(x)
        assert h.max().item() <= 1e6
        return h.square().sum()

    assert confirmed_trace(Net(checks, 4).double(), (X,))[1] == ""


@pytest.mark.slow
@pytest.mark.parametrize("function", READ)
def test_what_only_a_log_reads(function, tmp_path):
    net = Net(function, 4, log=[], total=0.0).double()
    export(net, (X,), tmp_path / "net.xlsx", training=Training([(X,)], steps=2))
    other = Net(function, 4, log=[], total=0.0).double()
    with torch.no_grad():
        other.layer.weight.copy_(torch.linspace(-1, 1, 16).reshape(4, 4))
    path = edited(tmp_path / "net.xlsx", other, (X,), tmp_path / "edited.xlsx")
    found = read_tensors(recalculate(path, "ironcalc", tmp_path).path)
    loss = other(X)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    assert found["grad.layer.weight"] == pytest.approx(other.layer.weight.grad.numpy(), rel=1e-9)
