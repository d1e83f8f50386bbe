"""The Softmax sheet: its numbers are PyTorch's, also after edits, and it is drawn only where it is true."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.compiler.trace.tracer import trace
from excel_export.exporter import compose
from excel_export.sheets.softmax.softmax import (
    BESIDE,
    CLASS,
    EXPONENTIAL,
    FIRST,
    GRADIENT,
    LOGIT,
    NAME,
    OTHERS,
    PROBABILITY,
    SHARE,
    SHIFTED,
    SLOPE,
    TRUTH,
)
from excel_export.sheets.story import Story
from excel_export.xlsx.read import read_index
from tests.support.cells import cell
from tests.support.engines import edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet

FEATURES = torch.tensor([[0.4, -1.2, 0.7], [1.0, 0.3, -0.2], [-0.6, 0.9, 0.1]], dtype=torch.float64)


class Net(nn.Module):
    """A layer and its cross-entropy, in whatever way `loss` makes it."""

    def __init__(self, loss=F.cross_entropy, classes=4):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, classes)
        self.loss = loss
        self.tensor_names = {"layer": "scores"}

    def forward(self, x, label):
        return self.loss(self.layer(x), label)


def twice(logits, label):
    """The logits lead to the loss on two ways, and only half of the cross-entropy counts."""
    return F.cross_entropy(logits, label) / 2 + torch.softmax(logits, dim=1).amax().pow(2)


def through_argmax(logits, label):
    return F.cross_entropy(logits, label) + logits.argmax(dim=1).float().sum()


KINDS = {
    "one": (F.cross_entropy, 1, 1.0),
    "mean of three": (F.cross_entropy, 3, 1 / 3),
    "sum of three": (lambda logits, label: F.cross_entropy(logits, label, reduction="sum"), 3, 1.0),
    "each of three": (lambda logits, label: F.cross_entropy(logits, label, reduction="none").sum(), 3, 1.0),
    "two ways": (twice, 1, 0.5),
    "argmax beside": (through_argmax, 1, 1.0),
    "against": (lambda logits, label: -F.cross_entropy(logits, label), 1, -1.0),
    "nothing arrives": (lambda logits, label: F.cross_entropy(logits, label) * 0.0, 1, 0.0),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Exports each kind once."""
    paths = {}

    def make(kind, classes=4):
        if (kind, classes) not in paths:
            loss, samples, _ = KINDS[kind]
            path = tmp_path_factory.mktemp("softmax") / "net.xlsx"
            export(
                Net(loss, classes), (FEATURES[:samples], torch.tensor([1 if classes == 2 else 2, 0, 1][:samples])), path
            )
            paths[kind, classes] = path
        return paths[kind, classes]

    return make


def truth(kind, net, label):
    """The columns of the sheet as PyTorch has them, for the first sample."""
    loss, samples, share = KINDS[kind]
    logits = net.layer(FEATURES[:samples]).detach().requires_grad_()
    labels = torch.tensor([label, 0, 1][:samples])
    loss(logits, labels).backward()
    first = logits[:1].detach().requires_grad_()
    (F.cross_entropy(first, labels[:1]) * share).backward()
    z, alone, whole = first.detach()[0], first.grad[0], logits.grad[0]
    p = torch.softmax(z, 0)
    y = F.one_hot(torch.tensor(label), len(z)).double()
    shifted = z - z.max()
    return {LOGIT: z, SHIFTED: shifted, EXPONENTIAL: shifted.exp(), PROBABILITY: p, TRUTH: y, SLOPE: p - y,
            SHARE: alone, OTHERS: whole - alone, GRADIENT: whole}  # fmt: skip


def check(read, kind, net, label):
    """Hold every number of the table against PyTorch's; `read` gives the value of a cell."""
    wanted = truth(kind, net, label)
    if kind != "two ways":
        del wanted[OTHERS]
    for column, numbers in wanted.items():
        found = [read(cell(FIRST + k, column)) for k in range(len(numbers))]
        assert found == pytest.approx(numbers.tolist(), rel=1e-12, abs=1e-13), column
    return [read(cell(FIRST + k, BESIDE)) for k in range(14)]


def place(path, key, *index):
    grid = next(entry.grid for entry in read_index(path) if entry.key == key)
    return grid.sheet, cell(int(grid.rows[index]), int(grid.cols[index]))


@pytest.mark.parametrize("kind", only_quick(KINDS, "one", "two ways"))
def test_every_number_is_pytorchs_also_after_edits(made, kind, tmp_path):
    path = made(kind)
    live, net = Live(path, tmp_path), Net().double()
    check(lambda at: live.value((NAME, at)), kind, net, 2)
    assert not live.errors(NAME)
    net.layer.weight.data[2, 1] = 2.5
    live.type({place(path, "layer.weight", 2, 1): 2.5, place(path, "label", 0): 3})
    check(lambda at: live.value((NAME, at)), kind, net, 3)
    assert not live.errors(NAME)


@pytest.mark.parametrize("kind", ["one", "two ways"])
@pytest.mark.parametrize("engine", ["libreoffice", "formualizer", "formulon", "gnumeric"])
def test_other_engines_agree(made, kind, engine, tmp_path):
    path, net = made(kind), Net().double()
    net.layer.bias.data[0] = -0.75
    changes = {place(path, "layer.bias", 0): -0.75, place(path, "label", 0): 1}
    found = recalculate(edit(path, changes, tmp_path / "edited.xlsx"), engine, tmp_path)
    lines = check(lambda at: found.value(NAME, at), kind, net, 1)
    p = torch.softmax(net.layer(FEATURES[:1]), 1)[0, 1].item()
    assert f"{p:.3f}" in lines[1]
    assert lines[1].startswith("p₁ = e^")


def test_the_numbers_are_spelled_out(made, tmp_path):
    path = made("one")
    live, net = Live(path, tmp_path), Net().double()
    lines = [live.value((NAME, cell(FIRST + k, BESIDE))) for k in range(14)]
    z = net.layer(FEATURES[:1])[0].tolist()
    p = [math.exp(each) / sum(map(math.exp, z)) for each in z]
    rival = max((k for k in range(4) if k != 2), key=lambda k: p[k])
    assert lines[2] == "2 · Cross-entropy: how surprising is label 2?"
    assert lines[3] == f"−ln p₂ = −ln {p[2]:.3f} = {-math.log(p[2]):.2f}"
    assert lines[8] == f"k = 2:  −1 + {p[2]:.3f}      k = {rival}:  0 + {p[rival]:.3f}"
    assert lines[10] == f"k = 2:  −{1 - p[2]:.3f}      k = {rival}:  {p[rival]:.3f}"
    assert lines[11].startswith("A small step against this slope pulls z₂ up")
    assert live.value((NAME, cell(FIRST + 14, BESIDE))).startswith("✓")


@pytest.mark.slow
def test_two_ways_and_other_signs_are_said(made, tmp_path):
    def said(kind):
        live = Live(made(kind), tmp_path)
        return [str(live.value((NAME, cell(FIRST + k, BESIDE)))) for k in range(15)]

    assert said("two ways")[14] == "The path through softmax of scores adds to ∂L/∂z."
    assert said("argmax beside")[14].startswith("✓")
    assert said("against")[11].startswith("What arrives is negative")
    assert said("nothing arrives")[11].startswith("No gradient arrives")


class Shifted(Net):
    """The label is computed, so that it can leave the classes."""

    def forward(self, x, label):
        return F.cross_entropy(self.layer(x), label + 1)


def test_a_label_that_is_no_class_is_said_and_nothing_breaks(tmp_path):
    path = tmp_path / "net.xlsx"
    export(Shifted(), (FEATURES[:1], torch.tensor([1])), path)
    live = Live(path, tmp_path)
    for label in (3, -2):
        live.type({place(path, "label", 0): label})
        lines = [str(live.value((NAME, cell(FIRST + k, BESIDE)))) for k in range(14)]
        assert lines[1] == lines[3] == "The label is no class from 0 to 3."
        columns = (LOGIT, PROBABILITY, TRUTH, SLOPE)
        found = [live.value((NAME, cell(FIRST + k, column))) for k in range(4) for column in columns]
        assert all(isinstance(each, float | int) for each in found)


def test_huge_logits_do_not_overflow(made, tmp_path):
    path = made("one")
    live = Live(path, tmp_path)
    live.type({place(path, "layer.bias", 0): 1e5, place(path, "layer.bias", 2): -1e5})
    assert not live.errors(NAME)
    assert live.value((NAME, cell(FIRST, PROBABILITY))) == 1
    assert live.value((NAME, cell(FIRST + 2, SLOPE))) == -1


@pytest.mark.parametrize("classes", only_quick([2, 15, 16, 20], 2, 16))
def test_any_number_of_classes_is_on_one_screen(made, classes, tmp_path):
    path = made("one", classes)
    live = Live(path, tmp_path)
    live.type({place(path, "label", 0): 1})
    check(lambda at: live.value((NAME, at)), "one", Net(classes=classes).double(), 1)
    heights = load_sheet(path, NAME).row_dimensions
    points = [heights[row].height for row in range(1, max(heights) + 1)]
    assert sum(points) <= 430
    assert min(points) >= 15
    assert live.value((NAME, cell(FIRST + classes, CLASS))) == "Σ"


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(torch.arange(1.0, 5.0)),
        lambda logits, label: F.cross_entropy(logits, label, label_smoothing=0.1),
        lambda logits, label: F.cross_entropy(logits, label, ignore_index=3),
        lambda logits, label: F.cross_entropy(logits, torch.full((1, 4), 0.25)) + 0 * label.sum(),
        lambda logits, label: F.mse_loss(logits, F.one_hot(label, 4).double()),
    ],
    ids=["weights", "smoothing", "ignore_index", "probabilities", "no cross-entropy"],
)
def test_it_is_drawn_only_where_it_is_true(loss):
    assert NAME not in tabs(Net(loss))


def test_too_many_classes_have_no_sheet_and_the_tab_follows_the_lens():
    assert NAME not in tabs(Net(classes=21))
    assert tabs(Net())[:3] == ["Start", "Lens", NAME]


def tabs(net):
    graph = trace(net.double(), (FEATURES[:1], torch.tensor([2])))
    return [canvas.name for canvas in compose(graph, Story("net"), 0.1).canvases]
