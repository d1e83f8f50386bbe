"""What forward() keeps for its next call: no training and no loss after the step, if these depend on it."""

from itertools import cycle
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, Training, export, read_tensors
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.state import kept_state
from excel_export.workbook.read import AFTER_TRAINING, read_all
from tests.excel_export.test_learning_rules import by_torch
from tests.support import tiny
from tests.support.engines import recalculate
from tests.support.long_proofs import only_quick

X = torch.linspace(-1, 2, 12).reshape(4, 3).double().sin()
STEPS = 12


class Net(nn.Module):
    """A layer, others, and a function of all of them."""

    def __init__(self, function, *layers):
        super().__init__()
        torch.manual_seed(0)
        self.function, self.layer, self.layers = function, nn.Linear(3, 3), nn.ModuleList(layers)
        self.steps, self.hidden, self.log = 0, None, []
        self.meter, self.schedule = SimpleNamespace(count=0), cycle([1.0, 0.5])
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("count", torch.tensor(0))
        self.double()

    def forward(self, x):
        return self.function(self, x)


def counter(self, x):
    self.steps += 1
    return self.layer(x).square().sum() * min(1, self.steps / 10)


def warm_up(self, x):
    self.count += 1
    return self.layer(x).square().sum() * (self.count > STEPS - 3) + self.layer(x).sum()


def late(self, x):
    self.steps += 1
    return self.layer(x).square().sum() * (1 if self.steps < 45 else 2)


def moving_mean(self, x):
    y = self.layer(x)
    loss = (y - self.mean).square().sum()
    self.mean = 0.9 * self.mean + 0.1 * y.mean(0).detach()
    return loss


def moving_mean_in_place(self, x):
    y = self.layer(x)
    self.mean.mul_(0.9).add_(0.1 * y.mean(0).detach())
    return (y - self.mean).square().sum()


def hidden_state(self, x):
    h = torch.tanh(self.layer(x) + (0 if self.hidden is None else self.hidden))
    self.hidden = h.detach()
    return h.square().sum()


def through(self, x):
    return (self.layers[0](self.layer(x)) * x).square().sum()


def statistics_that_are_read(self, x):
    before = self.layers[0].running_mean.clone()
    return (through(self, x) * (1 + before)).sum()


def meter(self, x):
    self.meter.count += 1
    return self.layer(x).square().sum() * self.meter.count


def schedule(self, x):
    return self.layer(x).square().sum() * next(self.schedule)


def teacher(self, x):
    y = self.layer(x)
    loss = F.mse_loss(y, self.layers[0](x))
    with torch.no_grad():
        for of_teacher, of_student in zip(self.layers[0].parameters(), self.layer.parameters(), strict=True):
            of_teacher.lerp_(of_student, 0.1)
    return loss


def clamped(self, x):
    y = self.layer(x)
    loss = (y * self.mean.clamp(min=0)).sum()
    self.mean.copy_(x.mean(0))
    return loss


def logged(self, x):
    self.steps += 1
    self.log.append(self.steps)
    return self.layer(x).square().sum()


def masked(self, x):
    self.layer.weight.data *= torch.eye(3)
    return self.layer(x).square().sum()


def with_masked_weights():
    net = Net(masked)
    masked(net, X)
    return net


def codebook(self, x):
    y = self.layer(x)
    loss = (y - self.layers[0].weight[0].detach()).square().sum()
    with torch.no_grad():
        self.layers[0].weight = nn.Parameter(0.9 * self.layers[0].weight + 0.1 * y.mean(0), requires_grad=False)
    return loss


def with_a_codebook():
    net = Net(codebook, nn.Linear(3, 3))
    net.layers[0].weight.requires_grad_(False)
    return net


def with_a_teacher():
    net = Net(teacher, nn.Linear(3, 3))
    net.layers[0].requires_grad_(False)
    return net


def spectral(parametrized):
    kind = nn.utils.parametrizations.spectral_norm if parametrized else nn.utils.spectral_norm
    return kind(nn.Linear(3, 3))


KEPT = {
    "a counter": (lambda: Net(counter), "steps"),
    "a moving mean": (lambda: Net(moving_mean), "mean"),
    "a moving mean in place": (lambda: Net(moving_mean_in_place), "mean"),
    "a hidden state": (lambda: Net(hidden_state), "hidden"),
    "running statistics": (lambda: Net(statistics_that_are_read, nn.BatchNorm1d(3)), "layers.0.running_mean"),
    "an object's counter": (lambda: Net(meter), "meter"),
    "an iterator": (lambda: Net(schedule), "schedule"),
    "a teacher": (with_a_teacher, "layers.0.weight"),
    "a codebook": (with_a_codebook, "layers.0.weight"),
    "weights that are masked": (with_masked_weights, "layer.weight"),
    "spectral norm": (lambda: Net(through, spectral(True)), "layers.0.parametrizations.weight.0._u"),
    "spectral norm, as it was": (lambda: Net(through, spectral(False)), "layers.0.weight_u"),
}
FREE = {
    "nothing": lambda: Net(lambda self, x: self.layer(x).square().sum()),
    "a log": lambda: Net(logged),
    "batch normalization": lambda: Net(through, nn.BatchNorm1d(3)),
    "batch normalization in evaluation": lambda: Net(through, nn.BatchNorm1d(3)).eval(),
    "spectral norm in evaluation": lambda: Net(through, spectral(True)).eval(),
}


@pytest.mark.parametrize("case", KEPT)
def test_no_training_of_what_goes_on_from_the_step_before(case, tmp_path):
    make, name = KEPT[case]
    with pytest.raises(
        ExportError, match=r"forward\(\) changes .*, on which the next steps of a training depend"
    ) as no:
        export(make(), (X,), tmp_path / "net.xlsx", training=Training([(X,)], steps=4))
    assert f"'{name}'" in str(no.value)


@pytest.mark.parametrize("case", only_quick(KEPT, "a counter", "a moving mean in place"))
def test_no_loss_after_the_step_and_start_says_why(case, tmp_path):
    make, name = KEPT[case]
    assert export(make(), (X,), tmp_path / "net.xlsx").ok
    found = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path)
    texts = found.texts("Start")
    assert any(f"'{name}'" in text and "its next pass goes on from there" in text for text in texts)
    assert "after one step" not in texts
    loss = make()(X).item()
    assert read_tensors(found.path)["loss"] == pytest.approx(loss, rel=1e-12)


def test_a_state_that_counts_later_only(tmp_path):
    net = Net(warm_up)
    export(net, (X,), tmp_path / "net.xlsx", training=Training([(X,)], steps=STEPS - 4))
    with pytest.raises(ExportError, match="changes 'count'"):
        export(net, (X,), tmp_path / "net.xlsx", training=Training([(X,)], steps=STEPS))


def test_a_state_that_counts_after_many_steps(tmp_path):
    examples = [(X,), (X + 1,)]
    assert not kept_state(Net(late), examples, 40)
    assert kept_state(Net(late), examples, 50) == ["steps"]


def test_a_state_that_counts_for_some_examples_only(tmp_path):
    below, above = (-X.abs(),), (X.abs(),)
    assert not kept_state(Net(clamped), [below], 4)
    assert kept_state(Net(clamped), [below, above], 4) == ["mean"]


@pytest.mark.parametrize("case", FREE)
def test_a_state_that_no_loss_depends_on_is_no_matter(case, tmp_path):
    net = FREE[case]()
    assert not kept_state(net, [(X,)], STEPS)
    if case != "batch normalization":  # one is enough
        return
    export(net, (X,), tmp_path / "net.xlsx", training=Training([(X,)], steps=3, learning_rate=0.01))
    path = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path
    found = {key: array for (key, what), array in read_all(path).items() if what == AFTER_TRAINING}
    trained, *_ = by_torch(net, [(X,)] * 3, lambda module: torch.optim.SGD(module.parameters(), 0.01))
    for name, parameter in trained.named_parameters():
        assert found[name] == pytest.approx(parameter.detach().numpy(), rel=1e-9, abs=1e-12)


def annealed(self, x, beta):
    return F.mse_loss(self.layer(x), x) + beta * self.layer(x).square().sum()


def test_the_way_round_an_input(tmp_path):
    """What a counter gave is an input of each example, as the refusal says."""
    net, examples = tiny.Net(annealed).double(), [(X, torch.tensor(k / 3, dtype=torch.float64)) for k in range(3)]
    training = Training(examples, steps=3, learning_rate=0.01)
    export(net, examples[0], tmp_path / "net.xlsx", training=training)
    path = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path
    found = {key: array for (key, what), array in read_all(path).items() if what == AFTER_TRAINING}
    trained, *_ = by_torch(net, examples, lambda module: torch.optim.SGD(module.parameters(), 0.01))
    assert found["layer.weight"] == pytest.approx(trained.layer.weight.detach().numpy(), rel=1e-9)


def test_a_state_is_found_though_a_branch_is_frozen():
    def branch(self, x):
        self.count += 1
        return self.layer(x).sum() * self.count if x.sum().item() > 0 else self.layer(x).sum()

    graph, _ = confirmed_trace(Net(branch), (X,), freeze_branches=True)
    assert graph.frozen
    assert graph.state == ["count"]
