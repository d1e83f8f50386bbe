"""Random numbers of Python, of NumPy and of generators that a module holds: inputs of the sheet, or refused by name."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from excel_export import ExportError, Training, export, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.cells import with_typed
from tests.support.engines import recalculate
from tests.support.long_proofs import only_quick

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()


class Net(nn.Module):
    """A layer, generators, and a function of them."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(4)
        self.function, self.layer, self.table = function, nn.Linear(4, 4), nn.Embedding(5, 4)
        self.generator, self.older, self.oldest = np.random.default_rng(3), np.random.RandomState(3), random.Random(3)
        self.torchs = torch.Generator().manual_seed(3)
        self.double()

    def forward(self, x):
        return self.function(self, self.layer(x)).square().sum()


INPUTS = {
    "tensor": lambda self, h: h + torch.tensor([random.gauss(0, 1) for _ in range(4)], dtype=torch.float64),
    "from_numpy": lambda self, h: h * torch.from_numpy(np.random.randn(3, 4)),
    "as_tensor": lambda self, h: h + torch.zeros(4) + torch.as_tensor(self.generator.normal(size=4)),
    "as_tensor_1": lambda self, h: h * torch.as_tensor(self.older.rand(4)) + torch.as_tensor(self.older.rand(4)),
    "full": lambda self, h: h * torch.full((4,), self.oldest.random(), dtype=torch.float64),
    "randint": lambda self, h: h + self.table(torch.randint(0, 5, (3,))),
    "dirichlet": lambda self, h: h * torch.distributions.Beta(0.4, 0.4).sample().double(),
    "randn": lambda self, h: h + torch.randn(4, generator=self.torchs, dtype=torch.float64),
    "rand": lambda self, h: h + torch.rand(4, generator=torch.Generator().manual_seed(5), dtype=torch.float64),
}
PLAIN = {
    "a branch": (lambda self, h: h if random.random() < 0.5 else 2 * h, "Python's random"),
    "a branch that is taken seldom": (lambda self, h: h if random.random() < 0.98 else 2 * h, "Python's random"),
    "a factor": (lambda self, h: h * np.random.rand(), "numpy.random"),
    "a factor beside a tensor": (lambda self, h: self.generator.random() * INPUTS["tensor"](self, h), "'generator'"),
    "how often": (lambda self, h: sum(h for _ in range(self.oldest.randint(1, 9))), "'oldest'"),
}


def eager(net):
    """What PyTorch computes after the seeds."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    loss = net(X)
    loss.backward()
    return loss.item(), net.layer.weight.grad.numpy()


@pytest.mark.parametrize("name", only_quick(INPUTS, "randint"))
def test_what_was_drawn_is_an_input(name, tmp_path):
    report = export(Net(INPUTS[name]), (X,), tmp_path / "net.xlsx")
    assert "random numbers are those after torch.manual_seed(0)" in report.note
    tensors = read_tensors(tmp_path / "net.xlsx")
    loss, grad = eager(Net(INPUTS[name]))
    assert tensors["loss"] == pytest.approx(loss, rel=1e-12)
    assert tensors["grad.layer.weight"] == pytest.approx(grad, rel=1e-9, abs=1e-12)
    other = (tensors[name] + 1) % 5 if name == "randint" else tensors[name] + 0.5
    found = with_typed(tmp_path / "net.xlsx", name, other, tmp_path)
    assert not np.isclose(found["loss"], loss)
    assert not [key for key, numbers in found.items() if np.isnan(numbers).any()]


@pytest.mark.slow
def test_edited_noise_gives_what_pytorch_gives(tmp_path):
    export(Net(INPUTS["from_numpy"]), (X,), tmp_path / "net.xlsx")
    noise = read_tensors(tmp_path / "net.xlsx")["from_numpy"] - 0.25
    found = with_typed(tmp_path / "net.xlsx", "from_numpy", noise, tmp_path)
    loss, grad = eager(Net(lambda self, h: h * torch.from_numpy(noise)))
    assert found["loss"] == pytest.approx(loss, rel=1e-12)
    assert found["grad.layer.weight"] == pytest.approx(grad, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("case", PLAIN)
def test_a_plain_number_is_refused_by_name(case, tmp_path):
    function, name = PLAIN[case]
    with pytest.raises(ExportError, match=f"draws plain numbers at random, from .*{name}") as refusal:
        export(Net(function), (X,), tmp_path / "net.xlsx")
    assert "freeze_branches=True" in str(refusal.value)


@pytest.mark.slow
def test_a_plain_number_is_frozen_on_request_and_start_says_so(tmp_path):
    net = Net(PLAIN["a branch"][0])
    report = export(net, (X,), tmp_path / "net.xlsx", freeze_branches=True)
    assert "random.seed(0)" in report.note
    assert "stay as they are" in report.note
    assert read_tensors(tmp_path / "net.xlsx")["loss"] == pytest.approx(eager(net)[0], rel=1e-12)
    found = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path)
    texts = found.texts("Start")
    assert any("random numbers of Python's random, drawn once" in text for text in texts)
    with pytest.raises(ExportError, match="a training would not follow it"):
        export(net, (X,), tmp_path / "net.xlsx", freeze_branches=True, training=Training([(X,)]))


NO_TRAINING = {
    "dropout": lambda self, h: nn.functional.dropout(h, 0.4),
    "noise of NumPy": INPUTS["from_numpy"],
    "whole numbers": INPUTS["randint"],
    "a layer that is made on the way": lambda self, h: nn.Linear(4, 4).double()(h),
    "a constructor that calls no mode": lambda self, h: h * torch.Tensor(np.random.randn(4)),
}


@pytest.mark.parametrize("case", NO_TRAINING)
def test_no_training_of_what_draws_anew_in_each_step(case, tmp_path):
    with pytest.raises(ExportError, match=r"draws random numbers, '.*' among them, anew in each step"):
        export(Net(NO_TRAINING[case]), (X,), tmp_path / "net.xlsx", training=Training([(X,)]))


def test_a_number_that_was_drawn_and_is_read_says_so():
    with pytest.raises(ExportError, match="a number of a tensor that is drawn at random is read by item"):
        confirmed_trace(Net(lambda self, h: h * torch.randint(1, 9, ()).item()), (X,))


def test_the_callers_generators_go_on_as_they_were():
    net = Net(INPUTS["as_tensor"])
    before = random.getstate(), np.random.get_state()[1].tolist(), net.generator.bit_generator.state
    confirmed_trace(net, (X,))
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), net.generator.bit_generator.state)
