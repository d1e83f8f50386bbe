import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_classroom.practice.source import ExerciseNetwork
from tests.support.practice import drawn
from tests.support.tiny import Tiny, X


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(4, 3)
        self.norm = nn.LayerNorm(4)

    def forward(self, x, label, mask):
        return F.cross_entropy(self.layer(self.norm(x) * mask), label)


def test_the_same_text_gives_the_same_numbers():
    network = ExerciseNetwork.of(Tiny(), (X,))
    one, again, other = (drawn(network, "secret", text) for text in ("Ann", "Ann", "Ben"))
    assert torch.equal(one.inputs[0], again.inputs[0])
    assert not torch.equal(one.inputs[0], other.inputs[0])
    assert one.graph.loss.data == again.graph.loss.data != other.graph.loss.data
    assert not torch.equal(one.inputs[0], drawn(network, "another", "Ann").inputs[0])
    assert torch.equal(network.inputs[0], X)


def test_numbers_are_nice_and_of_the_size_of_the_old_ones():
    module = Classifier()
    inputs = (torch.rand(2, 4), torch.tensor([0, 2]), torch.tensor([True, False, True, True]))
    network = ExerciseNetwork.of(module, inputs)
    for text in map(str, range(5)):
        variant = drawn(network, "secret", text)
        x, label, mask = variant.inputs
        assert (x > 0).all()
        assert (x <= inputs[0].max()).all()
        assert sorted(label.tolist()) == [0, 2]
        assert label.dtype == torch.int64
        assert torch.equal(mask, inputs[2])
        for tensor in (x, *variant.module.parameters()):
            numbers = tensor.detach().numpy()
            assert (numbers == np.round(numbers, 2)).all()
            assert (numbers != 0).all()
        loss = variant.module(x, label, mask)
        assert loss.item() == pytest.approx(float(variant.graph.loss.data), abs=1e-15)


@pytest.mark.parametrize(("size", "least"), [(0.02, 0.001), (0.3, 0.01), (4.0, 0.01)])
def test_no_number_is_0_and_the_smallest_is_one_of_its_last_decimal(size, least):
    inputs = (torch.full((2000,), size).double() * torch.tensor([1.0, -1.0] * 1000), torch.zeros(2000).double())
    x = np.abs(drawn(ExerciseNetwork.of(nn.MSELoss(), inputs), "secret", "Ann").inputs[0].numpy())
    assert x.min() == pytest.approx(least)
    assert (x == np.round(x, round(-np.log10(least)))).all()


def test_classes_are_drawn_among_all_classes():
    network = ExerciseNetwork.of(Classifier(), (torch.rand(1, 4), torch.tensor([0]), torch.ones(4)))
    assert {int(drawn(network, "s", str(k)).inputs[1]) for k in range(20)} == {0, 1, 2}


class Lengths(nn.Module):
    """A layer that reads sequences of given lengths."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.out = nn.RNN(2, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x, lengths, label):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return F.cross_entropy(self.out(self.layer(packed)[1][0]), label)


def test_how_long_sequences_are_stays_as_it_is():
    network = ExerciseNetwork.of(Lengths(), (torch.rand(3, 4, 2), torch.tensor([2, 4, 3]), torch.tensor([0, 1, 1])))
    assert {tuple(drawn(network, "s", str(k)).inputs[1].tolist()) for k in range(5)} == {(2, 4, 3)}


class Cases(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.output = nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x, truth):
        return F.binary_cross_entropy_with_logits(self.output(torch.tanh(self.hidden(x))), truth)


def test_all_cases_of_a_training_are_there_in_another_order():
    """Of exclusive or, each variant has all four, and each with its own answer."""
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    network = ExerciseNetwork.of(Cases(), (x, torch.tensor([[0.0], [1.0], [1.0], [0.0]])))
    orders = set()
    for k in range(30):
        cases, truth = drawn(network, "s", str(k)).inputs
        rows = [(*case, answer[0]) for case, answer in zip(cases.tolist(), truth.tolist(), strict=True)]
        assert sorted(rows) == [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
        orders.add(str(rows))
    assert len(orders) > 10


def test_no_input_is_all_zero():
    network = ExerciseNetwork.of(Cases(), (torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0]])))
    for k in range(30):
        assert drawn(network, "s", str(k)).inputs[0].any()
