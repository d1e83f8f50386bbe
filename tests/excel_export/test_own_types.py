"""A module that asks for the type of its numbers: it must not go another way in float64 than in its own types."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.cells import cells_of
from tests.support.engines import edit, recalculate
from tests.support.tiny import Net

X = torch.tensor([[1.0, -2.0, 0.5]])


BRANCHES = {
    "of an input": lambda self, x: self.layer(x).sum() * (1 if x.dtype == torch.float32 else 2),
    "of a parameter": lambda self, x: self.layer(x).sum() * (1 if self.layer.weight.dtype is torch.float32 else 2),
    "by its name": lambda self, x: self.layer(x).sum() * (1 if x.type() == "torch.FloatTensor" else 2),
    "by its class": lambda self, x: self.layer(x).sum() * (1 if isinstance(x, torch.FloatTensor) else 2),
    "by the class of some": lambda self, x: self.layer(x).sum() * sum(isinstance(a, torch.FloatTensor) for a in [x]),
    "by its size": lambda self, x: self.layer(x).sum() * x.element_size(),
    "of a constant": lambda self, x: self.layer(x).sum() * {torch.float32: 1}.get(torch.zeros(1).to(x).dtype, 2),
}
SAME = {
    "a cast to it": lambda self, x: self.layer(x).to(x.dtype).sum(),
    "a mask of its least number": lambda self, x: (
        self.layer(x).masked_fill(torch.tensor([[True, False, True]]), torch.finfo(x.dtype).min).softmax(-1)[0, 1]
        * self.layer(x).sum()
    ),
}


@pytest.mark.parametrize("case", BRANCHES)
def test_another_way_is_refused(case):
    net = Net(BRANCHES[case])
    with pytest.raises(ExportError, match="let nothing depend on the type of a tensor") as refusal:
        confirmed_trace(net, (X,))
    assert f"the loss is {net(X).item():.4g}"[:-1] in str(refusal.value)
    graph, _ = confirmed_trace(net.double(), (X.double(),))  # the way round that it names
    assert graph.loss.data == pytest.approx(net(X.double()).item())


@pytest.mark.parametrize("case", SAME)
def test_the_same_way_is_not(case):
    graph, _ = confirmed_trace(Net(SAME[case]), (X,))
    assert graph.loss.data == pytest.approx(Net(SAME[case])(X).item(), rel=1e-5)


def test_rounding_on_the_way_is_no_other_way():
    """As transformers compute the angles of positions: in float32, then back."""
    net = Net(lambda self, x: (9 * self.layer(x)).float().sin().to(x.dtype).sum()).double()
    graph, _ = confirmed_trace(net, (X.double(),))
    assert graph.loss.data == pytest.approx(net(X.double()).item(), rel=1e-5)
    assert graph.loss.data != pytest.approx(net(X.double()).item(), rel=1e-8)


class OneHot(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 3)
        self.double()

    def forward(self, x, y):
        return (self.layer(x).softmax(-1) - F.one_hot(y)).square().sum()


def test_one_hot_without_num_classes_is_refused_or_frozen(tmp_path):
    net, x, y = OneHot(), X.double().expand(2, 3), torch.tensor([1, 2])
    with pytest.raises(ExportError, match="give num_classes"):
        confirmed_trace(net, (x, y))
    path, other = tmp_path / "net.xlsx", torch.tensor([2, 0])
    export(net, (x, y), path, freeze_branches=True)
    edit(path, dict(zip(cells_of(path, "y"), [2.0, 0.0], strict=True)), tmp_path / "edited.xlsx")
    computed = recalculate(tmp_path / "edited.xlsx", "ironcalc", tmp_path)
    assert read_tensors(computed.path)["loss"] == pytest.approx(net(x, other).item(), rel=1e-12)
    said = computed.texts("Start")
    assert "still so" in said
    edit(path, dict(zip(cells_of(path, "y"), [1.0, 0.0], strict=True)), tmp_path / "edited.xlsx")
    computed = recalculate(tmp_path / "edited.xlsx", "ironcalc", tmp_path)
    said = computed.texts("Start")
    assert any(text.startswith("NO LONGER SO") for text in said)
