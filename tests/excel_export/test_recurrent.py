"""Recurrent layers: what their gates are called, what is said of them, and the gradient on its way back in time."""

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, Training, export, read_tensors, verify
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.trace.tracer import trace
from excel_export.pages.inputs import Examples, inputs_of, packed_examples
from excel_export.views.index_names import IndexNames, time_steps
from tests.support.engines import recalculate
from tests.support.passes import each_writer


class Reader(nn.Module):
    """A recurrent layer, and a loss of its last output."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        found, _ = self.layer(x)
        return found[-1].square().sum()


class Twice(nn.Module):
    """Two cells, one after the other, each called twice."""

    def __init__(self):
        super().__init__()
        self.low, self.high = nn.GRUCell(2, 3), nn.RNNCell(3, 2)

    def forward(self, x):
        h = g = None
        for step in x:
            h = self.low(step, h)
            g = self.high(h, g)
        return g.square().sum()


class Plain(nn.Module):
    """A layer without memory."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x).sum()


def called(graph):
    return {value.name: value.called for value in graph.of_kind("intermediate")}


def test_each_gate_of_each_step_has_a_name():
    names = called(trace(Reader(nn.LSTM(2, 3)), (torch.ones(3, 1, 2),)))
    for step in (1, 2, 3):
        for gate in ("input", "forget", "output"):
            assert names[f"layer.{gate}_gate.{step}"] == f"{gate} gate {step}"
        assert names[f"layer.cell_state.{step}"] == f"cell state {step}"


def test_layers_and_directions_are_told_apart():
    names = called(trace(Reader(nn.GRU(2, 3, 2, bidirectional=True)), (torch.ones(2, 1, 2),)))
    assert names["layer.update_gate_l1_reverse.2"] == "update gate 2, layer 2, from the end"
    assert names["layer.reset_gate_l0.1"] == "reset gate 1, layer 1"


def test_cells_are_told_apart():
    names = called(trace(Twice(), (torch.ones(2, 1, 2),)))
    assert names["low.reset_gate"] == "low: reset gate"
    assert names["low_1.reset_gate"] == "low: reset gate 2"
    assert names["high_1.hidden_state"] == "high: hidden state 2"


def test_a_gate_says_what_it_does():
    graph = trace(Reader(nn.LSTM(2, 3)), (torch.ones(2, 1, 2),))
    words = {call.outputs[0].called: call.forward_words for call in graph.calls}
    assert "0 forgets it, 1 keeps it all" in words["forget gate 2"]
    assert max(map(len, words.values())) <= 220


def test_what_nothing_reads_is_left_out():
    names = called(trace(Reader(nn.LSTM(2, 3)), (torch.ones(2, 1, 2),)))
    assert "layer.hidden_states" in names
    assert not {"layer.last_hidden_state", "layer.last_cell_state"} & set(names)


@each_writer
def test_a_cell_whose_last_state_nothing_reads(write, tmp_path):
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(2, 2)

        def forward(self, x):
            h, total = x.new_zeros(1, 2), 0.0
            for step in x:
                total = total + h.square().sum()
                h = self.cell(step, h)
            return total

    module, x = Loop(), torch.ones(2, 1, 2)
    write(module, (x,), tmp_path / "net.xlsx")
    computed = recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path
    assert verify(computed, module, (x,)).ok
    assert not read_tensors(computed)["grad.cell_1"].any()


@each_writer
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_constant_to_begin_with(kind, write, tmp_path):
    class Begins(Reader):
        def forward(self, x):
            return (self.layer(torch.zeros(2, 1, 2))[0] * x).sum()

    module, x = Begins(kind(2, 3)), torch.ones(2, 1, 3)
    write(module, (x,), tmp_path / "net.xlsx")
    assert verify(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path, module, (x,)).ok


def test_the_gradient_through_time_is_pytorchs(made_of, tmp_path):
    made = made_of("example letters")
    network, inputs = made.module, made.inputs
    shown = recalculate(made.path, "ironcalc", tmp_path).values("Through time", "C7:D11")
    lstm = network.double().lstm
    hidden = cell = torch.zeros(1, 3, dtype=torch.float64)
    states = []
    for x in network.embedding(inputs["letters"]):
        # PyTorch's own LSTM does not tell the gradient of a cell state within a step.
        sums = F.linear(x, lstm.weight_ih_l0, lstm.bias_ih_l0) + F.linear(hidden, lstm.weight_hh_l0, lstm.bias_hh_l0)
        i, f, n, o = sums.chunk(4, -1)
        cell = f.sigmoid() * cell + i.sigmoid() * n.tanh()
        hidden = o.sigmoid() * cell.tanh()
        states.append((hidden, cell))
        hidden.retain_grad()
        cell.retain_grad()
    F.cross_entropy(network.letter(hidden), inputs["next_letter"]).backward()
    expected = [[state.grad.norm().item() for state in pair] for pair in states]
    assert shown == [pytest.approx(row, rel=1e-6) for row in expected]
    assert shown[0][0] < shown[-1][0] / 10  # it fades


class Packed(nn.Module):
    """A layer that is given sequences of different lengths."""

    def __init__(self):
        super().__init__()
        self.layer = nn.LSTM(2, 3)

    def forward(self, sequences):
        found, (hidden, _) = self.layer(sequences)
        return found.data.square().sum() + hidden.sum()


@each_writer
def test_a_packed_sequence_is_an_argument(write, tmp_path):
    x = torch.linspace(-1, 1, 14).reshape(7, 2)
    inputs = (nn.utils.rnn.pack_sequence([x[:3], x[3:]], enforce_sorted=False),)
    torch.manual_seed(0)
    network = Packed()
    write(network, inputs, tmp_path / "packed.xlsx")
    report = verify(recalculate(tmp_path / "packed.xlsx", "ironcalc", tmp_path).path, network, inputs)
    assert report.ok, report
    assert "sequences.data" in {row.key for row in report.table}


class Lengths(nn.Module):
    """A layer that reads sequences of given lengths, and may divide by them."""

    def __init__(self, *, of_mask=False):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.out, self.of_mask = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 2), of_mask

    def forward(self, x, lengths, label):
        lengths = lengths.sum(1) if self.of_mask else lengths
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        found, _ = nn.utils.rnn.pad_packed_sequence(self.layer(packed)[0], batch_first=True)
        return F.cross_entropy(self.out(found.sum(1) / lengths.unsqueeze(1)), label)


class Bags(nn.Module):
    """Words in bags, by where each bag begins."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.bag, self.out = nn.EmbeddingBag(6, 3), nn.Linear(3, 2)

    def forward(self, words, begins, label):
        return F.cross_entropy(self.out(self.bag(words, begins)), label)


X, LABELS = torch.linspace(-1, 1, 12).reshape(2, 3, 2), torch.tensor([1, 0])
SIZED = {
    "lengths": (Lengths(), "lengths", (X, torch.tensor([2, 3]), LABELS)),
    "a mask": (Lengths(of_mask=True), "lengths", (X, torch.tensor([[1, 1, 0], [1, 1, 1]]), LABELS)),
    "bags": (Bags(), "begins", (torch.tensor([1, 4, 2, 5]), torch.tensor([0, 1]), LABELS)),
}


@pytest.mark.parametrize("what", SIZED)
def test_an_input_that_says_how_large_something_is_stays_as_it_is(what, tmp_path):
    module, name, inputs = SIZED[what]
    report = export(module, inputs, tmp_path / "net.xlsx")
    assert report.ok
    assert report.edits == 2  # of all else, each held against the module
    book = openpyxl.load_workbook(tmp_path / "net.xlsx")
    links = {cell.value: cell.row for row in book["Start"].iter_rows() for cell in row if str(cell.value).endswith("→")}
    said = [str(cell.value) for cell in book["Start"][links[f"{name} →"]]]
    assert "it sets the size of something, so it is fixed" in said


class Deeper(nn.Module):
    """A layer before one that reads sequences of given lengths."""

    def __init__(self):
        super().__init__()
        self.first, self.rest = nn.Linear(2, 2), Lengths()

    def forward(self, x, lengths, label):
        return self.rest(self.first(x), lengths, label)


def test_it_stays_as_it_is_in_a_part_of_a_network(tmp_path):
    assert export(Deeper(), (X, torch.tensor([2, 3]), LABELS), tmp_path / "part.xlsx", start="rest").ok
    start = openpyxl.load_workbook(tmp_path / "part.xlsx")["Start"]
    assert any("so it is fixed" in str(cell.value) for row in start.iter_rows() for cell in row)


def test_a_page_does_not_offer_it_and_learns_from_examples_of_one_size():
    module, inputs = Lengths(), (X, torch.tensor([2, 3]), LABELS)
    graph = trace(module, inputs)
    assert {each["name"] for each in inputs_of(graph, place(graph))} == {"x", "label"}
    lengths = np.array([[2, 3], [2, 3]])
    assert packed_examples(Examples({"lengths": lengths}), graph, place(graph))["count"] == 2
    with pytest.raises(ExportError, match="'lengths' says how large something is"):
        packed_examples(Examples({"lengths": lengths[:, ::-1]}), graph, place(graph))


def test_a_training_of_sequences_of_several_lengths_is_refused(tmp_path):
    cases = [(torch.ones(1, 3, 2), torch.tensor([length]), torch.tensor([1])) for length in (3, 2)]
    with pytest.raises(ExportError, match="'lengths' says how large something is"):
        export(Lengths(), cases[0], tmp_path / "net.xlsx", training=Training(cases, steps=2))
    assert export(Lengths(), cases[0], tmp_path / "net.xlsx", training=Training(cases[:1] * 2, steps=2)).ok


def test_a_network_without_memory_has_no_such_sheet(tmp_path):
    export(Plain(), (torch.ones(1, 2),), tmp_path / "plain.xlsx")
    assert "Through time" not in openpyxl.load_workbook(tmp_path / "plain.xlsx", read_only=True).sheetnames


class Recurs(nn.Module):
    """A recurrent layer and the square of its last state."""

    def __init__(self, batch_first):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.RNN(2, 2, batch_first=batch_first)

    def forward(self, x):
        return self.rnn(x)[1].square().sum()


@pytest.mark.parametrize(
    ("batch_first", "shape", "names"),
    [
        (False, (3, 4, 2), ("time step", "sample", "number")),
        (True, (4, 3, 2), ("sample", "time step", "number")),
    ],
)
def test_an_index_of_time_is_named_so(batch_first, shape, names):
    graph = trace(Recurs(batch_first), (torch.ones(shape),))
    [x] = graph.of_kind("input")
    assert time_steps(graph) == 3
    assert IndexNames(graph).of(x) == names
