"""The reference is what the user runs: with or without gradients of inputs, in which types, and with which loss."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.tiny import Net

X = torch.tensor([[1.0, -2.0, 0.5], [0.3, 0.8, -1.0]])
Y = torch.tensor([[1.0, 0.0, 0.0], [0.2, 0.8, 0.0]])


ASKS = {
    "an input": lambda self, x: self.layer(x).square().sum() * (2 if x.requires_grad else 1),
    "what is made of one": lambda self, x: self.layer(x).square().sum() * (2 if (x * 2).grad_fn is None else 1),
    "what learns": lambda self, x: self.layer(x).square().sum() * (2 if self.layer(x).requires_grad else 1),
}


@pytest.mark.parametrize("case", ASKS)
@pytest.mark.parametrize("learns", [False, True])
def test_inputs_keep_the_state_that_they_came_with(case, learns):
    x = X.double().requires_grad_(learns)
    net = Net(ASKS[case]).double()
    graph, _ = confirmed_trace(net, (x,))
    assert graph.loss.data == pytest.approx(net(x).item(), rel=1e-12)
    (value,) = graph.of_kind("input")
    assert (value.gradient is not None) == (learns or case == "what learns")


def test_a_question_that_no_copy_can_answer_is_refused():
    with pytest.raises(ExportError, match=r"x\.is_leaf is asked for in test_as_the_user_runs_it\.py, line"):
        confirmed_trace(Net(lambda self, x: self.layer(x).sum() * (2 if x.is_leaf else 1)), (X,))


PROBABILITIES = {
    "kl_div": lambda self, x, y: F.kl_div(self.layer(x).log_softmax(1), y, reduction="batchmean"),
    "xlogy": lambda self, x, y: (torch.xlogy(y, y) - y * self.layer(x).log_softmax(1)).sum(),
}


@pytest.mark.parametrize("case", PROBABILITIES)
def test_a_label_without_a_finite_gradient_has_none(case, tmp_path):
    net = Net(PROBABILITIES[case]).double()
    report = export(net, (X.double(), Y.double()), tmp_path / "net.xlsx")
    assert report.ok
    keys = {row.key for row in report.table}
    assert "grad.layer.weight" in keys
    gradients = [key for key in keys if key.startswith("grad.inputs")]
    assert len(gradients) == 1


def mean_square(self, x):
    return self.layer(x).square().mean()


def by_autocast(self, x, enabled=True):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
        return mean_square(self, x)


def by_the_switch(self, x):
    torch.set_autocast_enabled("cpu", True)
    try:
        return mean_square(self, x)
    finally:
        torch.set_autocast_enabled("cpu", False)


def test_casts_to_16_bits_are_refused_however_they_are_made():
    for function in (by_autocast, by_the_switch):
        with pytest.raises(ExportError, match=r"autocast in test_as_the_user_runs_it\.py, line .* bfloat16"):
            confirmed_trace(Net(function), (X,))
    with torch.autocast("cpu"), pytest.raises(ExportError, match=r"autocast in .* computes in bfloat16"):
        confirmed_trace(Net(mean_square), (X,))
    assert confirmed_trace(Net(lambda self, x: by_autocast(self, x, enabled=False)), (X,))[1] == ""


def test_the_report_says_how_far_a_narrow_module_is(tmp_path):
    net = Net(lambda self, x: self.layer(x).square().mean()).bfloat16()
    report = export(net, (X.bfloat16(),), tmp_path / "net.xlsx")
    own = net(X.bfloat16()).item()
    assert report.ok
    assert f"in its own types, bfloat16, PyTorch's loss is {own:.6g}" in report.note


def test_the_report_says_where_a_narrow_module_has_no_number(tmp_path):
    """e^100 is beyond float32."""
    net = Net(lambda self, x: torch.logsumexp(x, 0).sum() + self.layer(x).exp().sum().log())
    with torch.no_grad():
        net.layer.weight.fill_(60.0)
    report = export(net, (torch.ones_like(X),), tmp_path / "net.xlsx")
    assert report.ok
    assert "in its own types, float32, PyTorch's loss is inf, and here " in report.note


class Talks(nn.Module):
    """Prints its loss, and keeps it in a list."""

    def __init__(self):
        super().__init__()
        self.w, self.log = nn.Parameter(torch.tensor(1.5)), []

    def forward(self, x):
        loss = (self.w * x).square().sum()
        self.log.append(loss.item())
        print(f"loss {loss.item():.4f}")
        return loss


def test_what_a_module_prints_is_of_its_own_numbers(tmp_path, capsys):
    export(Talks(), (torch.tensor([3.0]),), tmp_path / "net.xlsx")
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("loss ")]
    assert said
    assert {*said} == {"loss 20.2500"}


def test_a_step_to_where_there_is_no_number_asks_for_a_smaller_rate(tmp_path):
    class Gaussian(nn.Module):
        def __init__(self):
            super().__init__()
            self.mu, self.sigma = nn.Parameter(torch.tensor(0.0)), nn.Parameter(torch.tensor(0.5))

        def forward(self, x):
            return (self.sigma.log() + (x - self.mu) ** 2 / (2 * self.sigma**2)).mean()

    x = torch.tensor([0.3, -0.2, 0.4])
    with pytest.raises(ExportError, match=r"learning rate 0\.1, .* choose a smaller rate"):
        export(Gaussian(), (x,), tmp_path / "net.xlsx")
    assert not (tmp_path / "net.xlsx").exists()
    assert export(Gaussian(), (x,), tmp_path / "net.xlsx", learning_rate=0.01).ok


def test_a_float32_module_needs_no_word():
    assert confirmed_trace(Net(lambda self, x: self.layer(x).square().mean()), (X,))[1] == ""


def accuracy(h):
    return (h.argmax(1) == 0).float().mean()


def test_the_one_number_that_learns_is_the_loss():
    net = Net(lambda self, x: (accuracy(self.layer(x)), self.layer(x).square().mean())).double()
    graph, _ = confirmed_trace(net, (X.double(),))
    assert graph.loss.data == pytest.approx(net(X.double())[1].item())
    assert graph.tensors["grad.layer.weight"].any()


@pytest.mark.parametrize(
    "function",
    [
        lambda self, x: accuracy(self.layer(x)),
        lambda self, x: self.layer(x).sum().detach() * 2,
        lambda self, x: torch.no_grad()(lambda: self.layer(x).sum())(),
    ],
)
def test_a_loss_that_is_cut_from_all_that_learns_is_refused(function):
    with pytest.raises(ExportError, match="no gradient leaves the loss"):
        confirmed_trace(Net(function), (X,))
