"""Arguments for which PyTorch has no gradient: it takes labels and inputs there, as long as they ask for none."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors, verify
from tests.support.engines import edit, recalculate
from tests.support.kinds import Made
from tests.support.passes import each_writer
from tests.support.retyped import reports_after_edits

H = torch.tensor([[1.0, 2.0], [0.0, 1.0], [3.0, 5.0]], dtype=torch.float64)
LABELS, TRUTH = torch.tensor([0, 1, 1]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
NUMBERS = torch.tensor([0.5, 3.0], dtype=torch.float64)
CALLS = {
    "class weights of labels": (lambda h, y: F.cross_entropy(h, y, (F.one_hot(y, 2).sum(0) + 1).to(h)), LABELS, 2, 0),
    "class weights": (lambda h, w: F.cross_entropy(h, LABELS, w), NUMBERS, 1, 2.0),
    "detached": (lambda h, t: F.cross_entropy(h * t, LABELS, (1 + h.sum(0) ** 2).detach()), NUMBERS, 1, 2.0),
    "a mask": (lambda h, m: F.binary_cross_entropy_with_logits(h, TRUTH, weight=m), TRUTH, (0, 1), 0.5),
    "a mask that is changed": (lambda h, m: F.binary_cross_entropy(h.sigmoid(), TRUTH, m + 1), TRUTH, (0, 1), 0.5),
    "pos_weight": (lambda h, w: F.binary_cross_entropy_with_logits(h, TRUTH, pos_weight=w), NUMBERS, 0, 2.0),
    "of a composite": (lambda h, w: F.multi_margin_loss(h, LABELS, weight=w), NUMBERS, 0, 2.0),
    "statistics": (lambda h, m: F.batch_norm(h, m, h.var(0).detach()).square().sum(), NUMBERS, 0, 2.0),
    "floor_divide": (lambda h, x: (h * (x // 0.5)).sum(), NUMBERS, 0, 2.2),
}  # fmt: skip


class Weighed(nn.Module):
    """A scaled H, and a loss of it and another tensor."""

    def __init__(self, function):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.5, dtype=torch.float64))
        self.function = function

    def forward(self, t):
        return self.function(H * self.scale, t)


@each_writer
@pytest.mark.parametrize("case", CALLS)
def test_it_follows_an_edit_and_has_no_gradient(case, write, tmp_path):
    function, given, index, number = CALLS[case]
    module, path = Weighed(function), tmp_path / "out.xlsx"
    write(module, (given,), path)
    assert verify(recalculate(path, "ironcalc", tmp_path).path, module, (given,)).ok
    place = Made("", path, module, (given,)).place("t", *(index if isinstance(index, tuple) else (index,)))
    found = read_tensors(recalculate(edit(path, {place: number}, tmp_path / "b.xlsx"), "ironcalc", tmp_path).path)
    typed = given.clone()
    typed[index] = number
    loss = module(typed)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-9)
    assert found["grad.scale"] == pytest.approx(module.scale.grad.item(), rel=1e-9)
    assert "detached" in case or "grad.t" not in found


def test_other_inputs_keep_theirs(tmp_path):
    class Two(nn.Module):
        def forward(self, x, m, t):
            return F.binary_cross_entropy_with_logits(x, t, weight=m)

    export(Two(), (H, TRUTH, TRUTH), tmp_path / "out.xlsx")
    found = read_tensors(tmp_path / "out.xlsx")
    assert {"grad.x", "grad.t"} <= found.keys()
    assert "grad.m" not in found


def detached_distance(x, y):
    return ((x - y) / ((x - y).square().sum(1, keepdim=True).sqrt().detach() + 1)).sum(1)


def in_no_grad(x, y):
    with torch.no_grad():
        share = (x * y).pow(0.3)
    return x + share


@pytest.mark.parametrize(
    ("function", "met"),
    [(detached_distance, torch.tensor([[1.0, 2], [4, 5]])), (in_no_grad, torch.tensor([[0.0, 1], [2, 0]]))],
    ids=["sqrt of 0", "root of 0"],
)
def test_an_infinite_slope_behind_a_stop_counts_for_nothing(function, met, tmp_path):
    x = torch.tensor([[1.0, 2], [3, 4]])
    [report] = reports_after_edits(function, [x, x + 1], [[x, met]], ["ironcalc"], tmp_path)
    assert report.ok, report.complaint


def test_a_parameter_there_is_pytorchs_own_error(tmp_path):
    class Learns(Weighed):
        def forward(self, t):
            return F.cross_entropy(t, LABELS, self.scale.expand(2))

    with pytest.raises(ExportError, match=r"PyTorch itself cannot run Learns .* with respect to argument 'weight'"):
        export(Learns(None), (H,), tmp_path / "out.xlsx")
