"""One step of a recurrent network, as `nn.LSTMCell` and its like compute it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._all_results import AllResults
from excel_export.composites._composite import ExampleTable, composite
from excel_export.composites._recurrence import Step, Voice, Weights
from excel_export.composites.recurrent import RELU, TANH, gru_step, lstm_step
from excel_export.ops._numbers import randn

Parameter = torch.Tensor | None


def _stepped(
    step: Step, input: torch.Tensor, state: Sequence[torch.Tensor], parameters: tuple[Parameter, ...]
) -> tuple[torch.Tensor, ...]:
    of_input, of_state, *biases = parameters
    assert of_input is not None
    assert of_state is not None
    weights, voice = Weights(of_input, of_state, *biases), Voice()
    before = tuple(voice(part, what) for part, what in zip(state, ("state before", "cell state before"), strict=False))
    sums = voice(
        F.linear(input, weights.of_input, weights.bias_of_input),
        "sums from input",
        "What the input adds to the sums of the gates: every number times a weight of its own.",
    )
    return step(sums, before, weights, voice)


@composite(torch.lstm_cell)
def lstm_cell(
    input: torch.Tensor, hx: Sequence[torch.Tensor], w_ih: torch.Tensor, w_hh: torch.Tensor,
    b_ih: Parameter = None, b_hh: Parameter = None,
) -> tuple[torch.Tensor, ...]:  # fmt: skip
    """One step of long short-term memory."""
    return _stepped(lstm_step, input, hx, (w_ih, w_hh, b_ih, b_hh))


@composite(torch.gru_cell)
def gru_cell(
    input: torch.Tensor, hx: torch.Tensor, w_ih: torch.Tensor, w_hh: torch.Tensor,
    b_ih: Parameter = None, b_hh: Parameter = None,
) -> torch.Tensor:  # fmt: skip
    """One step of a gated recurrent unit."""
    return _stepped(gru_step, input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


@composite(torch.rnn_tanh_cell)
def rnn_tanh_cell(
    input: torch.Tensor, hx: torch.Tensor, w_ih: torch.Tensor, w_hh: torch.Tensor,
    b_ih: Parameter = None, b_hh: Parameter = None,
) -> torch.Tensor:  # fmt: skip
    """One step of a plain recurrent network."""
    return _stepped(TANH, input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


@composite(torch.rnn_relu_cell)
def rnn_relu_cell(
    input: torch.Tensor, hx: torch.Tensor, w_ih: torch.Tensor, w_hh: torch.Tensor,
    b_ih: Parameter = None, b_hh: Parameter = None,
) -> torch.Tensor:  # fmt: skip
    """The same with max(0, x) in the place of tanh."""
    return _stepped(RELU, input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield lstm_cell.example("", AllResults(nn.LSTMCell(2, 3)), randn(2, 2))
    yield lstm_cell.example(
        "a state", AllResults(nn.LSTMCell(2, 3), lambda cell, x, h: cell(x, (h, 2 * h))), randn(2, 2), randn(2, 3)
    )
    yield lstm_cell.example("no bias, no batch", AllResults(nn.LSTMCell(2, 3, bias=False)), randn(2))
    yield gru_cell.example("", nn.GRUCell(2, 3), randn(2, 2))
    yield gru_cell.example("a state", nn.GRUCell(2, 3, bias=False), randn(2, 2), randn(2, 3))
    yield gru_cell.example("no batch", nn.GRUCell(2, 3), randn(2))
    yield rnn_tanh_cell.example("", nn.RNNCell(2, 3), randn(2, 2))
    yield rnn_tanh_cell.example("a state", nn.RNNCell(2, 3), randn(2, 2), randn(2, 3))
    yield rnn_relu_cell.example("", nn.RNNCell(2, 3, nonlinearity="relu"), randn(2, 2))
