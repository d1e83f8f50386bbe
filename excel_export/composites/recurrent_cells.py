"""One step of a recurrent network, as `nn.LSTMCell` and its like compute it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from excel_export.composites._all_results import AllResults
from excel_export.composites._composite import Composite, ExampleTable, composite
from excel_export.composites._recurrence import Labeller, Step, Weights
from excel_export.composites.recurrent import RELU, TANH, gru_step, lstm_step
from excel_export.ops._numbers import randn

Parameter = torch.Tensor | None


def _cell(step: Step, function: Callable[..., Any]) -> Composite:
    """The composite of one step: PyTorch's function takes its input, the state before, and the weights."""

    def cell(
        input: torch.Tensor, hx: Any, w_ih: torch.Tensor, w_hh: torch.Tensor,
        b_ih: Parameter = None, b_hh: Parameter = None,
    ) -> Any:  # fmt: skip
        weights, label = Weights(w_ih, w_hh, b_ih, b_hh), Labeller()
        state = (hx,) if isinstance(hx, torch.Tensor) else hx
        names = ("state before", "cell state before")
        before = tuple(label(part, what) for part, what in zip(state, names, strict=False))
        sums = label(
            F.linear(input, w_ih, b_ih),
            "sums from input",
            "What the input adds to the sums of the gates: every number times a weight of its own.",
        )
        found = step(sums, before, weights, label)
        return found[0] if isinstance(hx, torch.Tensor) else found

    return composite(function)(cell)


lstm_cell, gru_cell = _cell(lstm_step, torch.lstm_cell), _cell(gru_step, torch.gru_cell)
rnn_tanh_cell, rnn_relu_cell = _cell(TANH, torch.rnn_tanh_cell), _cell(RELU, torch.rnn_relu_cell)


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
