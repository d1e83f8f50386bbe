"""The cases of excel_export/composites/recurrent.py."""

from functools import partial

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence as pack_padded
from torch.nn.utils.rnn import pad_packed_sequence as pad_packed

from excel_export.shared.trees import tree_flatten
from tests.support.cases._example import Example, randn


class _AllResults(nn.Module):
    """For examples: the tensors that a layer returns, one after another in a vector."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return torch.cat([part.flatten() for part in tree_flatten(self.layer(x))[0]])


class _Packed(nn.Module):
    """A recurrent layer that reads packed sequences."""

    def __init__(self, layer, lengths, batch_first=False):
        super().__init__()
        self.layer, self.lengths, self.batch_first = layer, lengths, batch_first

    def forward(self, x):
        packed = pack_padded(x, self.lengths, self.batch_first, enforce_sorted=False)
        found, last = self.layer(packed)
        padded, _ = pad_packed(found, self.batch_first, padding_value=0.5)
        return torch.cat((padded.flatten(), (last[0] if isinstance(last, tuple) else last).flatten()))


def _padded_to_4(x):
    return pad_packed(pack_padded(x, [2, 1]), total_length=4)[0]


def lstm():
    yield Example("", _AllResults(nn.LSTM(2, 3)), randn(3, 1, 2))
    yield Example("with a projection", _AllResults(nn.LSTM(2, 3, proj_size=2)), randn(3, 1, 2))
    yield Example("layers, from both ends", _AllResults(nn.LSTM(2, 2, 2, bidirectional=True)), randn(2, 2, 2))


def _of(layer, *shape):
    yield Example("", layer(), randn(*shape))


gru = partial(_of, lambda: _AllResults(nn.GRU(2, 3)), 3, 2, 2)
rnn_tanh = partial(_of, lambda: _AllResults(nn.RNN(2, 3)), 3, 2, 2)
rnn_relu = partial(_of, lambda: _AllResults(nn.RNN(2, 3, nonlinearity="relu")), 3, 2, 2)
lstm_cell = partial(_of, lambda: _AllResults(nn.LSTMCell(2, 3)), 2, 2)
gru_cell = partial(_of, lambda: nn.GRUCell(2, 3), 2, 2)
rnn_tanh_cell = partial(_of, lambda: nn.RNNCell(2, 3), 2, 2)
rnn_relu_cell = partial(_of, lambda: nn.RNNCell(2, 3, nonlinearity="relu"), 2, 2)


def pack_padded_sequence():
    yield Example("", _Packed(nn.LSTM(2, 2), [1, 3, 2]), randn(3, 3, 2))
    yield Example(
        "from both ends", _Packed(nn.GRU(2, 2, bidirectional=True, batch_first=True), [3, 1], True), randn(2, 3, 2)
    )


def pad_packed_sequence():
    yield Example("", _padded_to_4, randn(2, 2, 1))
