"""Random numbers: drawn once, as after torch.manual_seed(0), and shown as inputs that can be changed."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors, verify
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.cells import with_typed
from tests.support.engines import recalculate

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()
IMAGE = torch.linspace(-2, 3, 2 * 3 * 4).reshape(2, 3, 2, 2).double().cos()


class Net(nn.Module):
    """A linear layer, and what is done with it."""

    def __init__(self, function, *layers):
        super().__init__()
        torch.manual_seed(4)
        self.function, self.layer, self.layers = function, nn.Linear(4, 4), nn.ModuleList(layers)
        self.double()

    def forward(self, x):
        h = self.layer(x) if x.shape[-1] == 4 else x * self.layer.weight[0, 0]
        h = self.function(h, *self.layers)
        return (h * torch.linspace(1, 2, h.numel()).double().reshape(h.shape)).square().sum()


def encoder(h, layer):
    return layer(h.unsqueeze(0))


NETWORKS = {
    "dropout": (lambda h: F.dropout(h, 0.4), X),
    "twice": (lambda h, layer: layer(layer(h).tanh()), X, nn.Dropout(0.3)),
    "in place": (lambda h: F.dropout(h * 1, 0.4, inplace=True), X),
    "transposed": (lambda h: F.dropout(h.T, 0.4), X),
    "of everything": (lambda h: F.dropout(h, 1.0) + h, X),
    "of channels": (lambda h, layer: layer(h), IMAGE, nn.Dropout2d(0.5)),
    "of channels without a batch": (lambda h: F.dropout1d(h, 0.5), X),
    "alpha": (lambda h, layer: layer(h), X, nn.AlphaDropout(0.4)),
    "alpha of channels": (lambda h, layer: layer(h), IMAGE, nn.FeatureAlphaDropout(0.4)),
    "noise": (lambda h: h + 0.1 * torch.randn_like(h), X),
    "noise in float32": (lambda h: h * torch.rand(4), X),
    "noise made in place": (lambda h: h * torch.empty(4).normal_(1, 2).mul_(0.5), X),
    "noise that is scaled": (lambda h: h + h.exp() * torch.normal(torch.zeros(3, 4), torch.ones(3, 4)), X),
    "several": (lambda h: F.dropout(torch.rand(4) * h) + torch.randn_like(h), X),
    "gumbel softmax": (lambda h: F.gumbel_softmax(h, tau=0.7), X),
    "a layer that is made on the way": (lambda h: nn.Linear(4, 4).double()(h), X),
    "a permutation": (lambda h: h[torch.randperm(3)] * h, X),
    "a transformer": (encoder, X, nn.TransformerEncoderLayer(4, 2, 6, dropout=0.3, batch_first=True)),
    "an LSTM": (lambda h, layer: layer(h)[0], X, nn.LSTM(4, 3, 2, dropout=0.5)),
}


def made(case):
    function, x, *layers = NETWORKS[case]
    return Net(function, *layers), x


@pytest.mark.parametrize("case", NETWORKS)
def test_the_numbers_are_those_after_the_seed(case):
    net, x = made(case)
    graph, note = confirmed_trace(net, (x,))
    torch.manual_seed(0)
    loss = net(x)
    loss.backward()
    assert graph.loss.data == pytest.approx(loss.item(), rel=1e-12)
    grad = next(value.gradient for value in graph.of_kind("parameter") if value.name == "layer.weight")
    assert grad == pytest.approx(net.layer.weight.grad.numpy(), rel=1e-9, abs=1e-12)
    if case not in ("of everything", "a permutation", "a layer that is made on the way"):
        assert [value.note for value in graph.of_kind("input") if value.drawn]
        assert "torch.manual_seed(0)" in note


@pytest.mark.slow
def test_a_mask_can_be_changed(tmp_path):
    net, x = made("dropout")
    export(net, (x,), tmp_path / "net.xlsx")
    mask = read_tensors(tmp_path / "net.xlsx")["dropout_mask"]
    assert set(mask.flat) == {0, 1}
    other = 1 - mask
    found = with_typed(tmp_path / "net.xlsx", "dropout_mask", other, tmp_path)
    h = net.layer(x) * torch.tensor(other) / 0.6
    loss = (h * torch.linspace(1, 2, 12).double().reshape(3, 4)).square().sum()
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    assert found["grad.layer.weight"] == pytest.approx(net.layer.weight.grad.numpy(), rel=1e-9)


@pytest.mark.slow
def test_a_mask_of_something_else_is_refused_on_the_sheet(tmp_path):
    net, x = made("dropout")
    export(net, (x,), tmp_path / "net.xlsx")
    before = read_tensors(tmp_path / "net.xlsx")
    mask = before["dropout_mask"].copy()
    mask.flat[0] = 2.0
    found = with_typed(tmp_path / "net.xlsx", "dropout_mask", mask, tmp_path)
    assert found["loss"] == pytest.approx(before["loss"], rel=1e-12)


@pytest.mark.slow
def test_noise_can_be_changed_and_follows_what_was_drawn(tmp_path):
    net, x = made("gumbel softmax")
    export(net, (x,), tmp_path / "net.xlsx")
    drawn = read_tensors(tmp_path / "net.xlsx")["exponential"]
    found = with_typed(tmp_path / "net.xlsx", "exponential", drawn + 0.5, tmp_path)
    h = ((net.layer(x) - torch.tensor(drawn + 0.5).log()) / 0.7).softmax(-1)
    loss = (h * torch.linspace(1, 2, 12).double().reshape(3, 4)).square().sum()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)


def test_the_callers_random_numbers_count_for_nothing_and_go_on(tmp_path):
    net, x = made("several")
    torch.manual_seed(7)
    state = torch.get_rng_state()
    export(net, (x,), tmp_path / "net.xlsx")
    assert torch.equal(state, torch.get_rng_state())
    torch.rand(3)
    assert verify(tmp_path / "net.xlsx", net, (x,)).ok


@pytest.mark.slow
def test_the_sheet_says_what_was_drawn(tmp_path):
    net, x = made("dropout")
    report = export(net, (x,), tmp_path / "net.xlsx")
    assert report.note.startswith("random numbers are those after torch.manual_seed(0)")
    found = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path)
    texts = found.texts("Start")
    assert any("drawn at random once" in text for text in texts)


def test_what_is_drawn_and_not_read_is_left_out():
    def draws(h):
        torch.rand(5)
        return h

    graph, note = confirmed_trace(Net(draws), (X,))
    assert not [value for value in graph.values if value.drawn]
    assert not note


def test_a_branch_on_a_random_number_is_refused():
    with pytest.raises(ExportError, match=r"read by bool\(\) in test_sampling.py, line"):
        confirmed_trace(Net(lambda h: h if torch.rand(()) < 2 else 2 * h), (X,))


def test_rrelu_in_training_says_why_it_is_refused():
    with pytest.raises(ExportError, match="draws a slope for each negative number"):
        confirmed_trace(Net(lambda h: F.rrelu(h, training=True)), (X,))
