"""Numbers that forward() reads only to log them, and checks for what no cell holds: they are read, and all is live."""

import math

import pytest
import torch
from torch import nn

from excel_export import ExportError, Training, export, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.edited import edited
from tests.support.engines import recalculate
from tests.support.long_proofs import only_quick

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()


class Net(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.function, self.log, self.total = nn.Linear(4, 4), function, [], 0.0
        self.double()

    def forward(self, x):
        return self.function(self, x)


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


def keeps_an_answer(h):
    assert (is_large := bool(h.mean() > 0.1)) in (True, False)  # noqa: RUF018
    return h * 2 if is_large else h


def raises_or_halves(h):
    if h.mean() > 1e6:
        raise ValueError
    else:  # noqa: RET506
        h = h / 2
    if h.sum() > 1e6:
        h = h * 2
        raise ValueError
    return h


def beside_an_assert(h):
    assert h.dim() == 2; return h * int(h.square().sum())  # noqa: E702  # fmt: skip


DECIDES = {
    "a branch": lambda self, h: h * 2 if h.mean().item() > 0.1 else h,
    "between two numbers": lambda self, h: h * 2 if 3.01 < h.mean().item() * 1 < 3.02 else h,
    "the larger one": lambda self, h: h * max(self.total, h.mean().item()),
    "a whole number": lambda self, h: h * int(h.square().sum().item()),
    "a factor": lambda self, h: h * h.mean().item(),
    "a factor by float": lambda self, h: h * float(h.detach().mean()),
    "a branch by float": lambda self, h: h * 2 if float(h.detach().square().mean()) > 0.1 else h,
    "a list": lambda self, h: h * torch.tensor(h.tolist()),
    "a loop": lambda self, h: h if float(h.detach().abs().sum()) < 1 else DECIDES["a loop"](self, h / 2),
    "an assert that keeps its answer": lambda self, h: keeps_an_answer(h),
    "beside an assert": lambda self, h: beside_an_assert(h),
    "a mask that may be empty": lambda self, h: h if (h > 0).any() else h * 2,
}


@pytest.mark.parametrize("function", only_quick(READ, logs_floats))
def test_what_only_a_log_reads(function, tmp_path):
    net = Net(function)
    export(net, (X,), tmp_path / "net.xlsx", training=Training([(X,)], steps=2))
    other = Net(function)
    with torch.no_grad():
        other.layer.weight.copy_(torch.linspace(-1, 1, 16).reshape(4, 4))
    edited(tmp_path / "net.xlsx", other, (X,), tmp_path / "edited.xlsx")
    found = read_tensors(recalculate(tmp_path / "edited.xlsx", "ironcalc", tmp_path).path)
    loss = other(X)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    assert found["grad.layer.weight"] == pytest.approx(other.layer.weight.grad.numpy(), rel=1e-9)


@pytest.mark.parametrize("case", DECIDES)
def test_what_something_depends_on_is_refused(case):
    with pytest.raises(ExportError, match=r"is read by .*\(\) in test_logged\.py"):
        confirmed_trace(Net(lambda self, x: DECIDES[case](self, self.layer(x)).square().sum()), (X,))
