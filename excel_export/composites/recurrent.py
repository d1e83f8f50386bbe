"""Recurrent networks, unrolled over time: the same weights at every step, and each step's gates by themselves.

Sequences of different lengths are packed: step by step, without what is only padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import Composite, StepLabel, composite, named, sizes
from excel_export.composites._recurrence import Batches, Labeller, State, Step, Weights, layers

_SUMS_FROM_STATE = (
    "What the previous hidden state adds to the sums of the gates: each number times its own weight. "
    "The weights are the same at every step."
)
_SUMS = "What the input says and what the state before says, added up."


_PARTS_OF_RNN = dict.fromkeys(("sums from state", "sums", "hidden state"), "hidden state")
_PARTS_OF_LSTM = {
    **dict.fromkeys(("sums from state", "sums", "input gate", "forget gate", "new content", "output gate"), "gates"),
    **dict.fromkeys(("kept", "written", "cell state"), "cell state"),
    **dict.fromkeys(("squashed cell state", "hidden state before projection", "hidden state"), "hidden state"),
}
_PARTS_OF_GRU = {
    **dict.fromkeys(("sums from state", "reset sums", "reset gate", "update sums", "update gate"), "gates"),
    **dict.fromkeys(("let through", "content sums", "new content"), "new content"),
    **dict.fromkeys(("written", "kept", "hidden state"), "hidden state"),
}


def rnn_step(x: torch.Tensor, state: State, weights: Weights, label: Labeller, activation: Callable[..., Any]) -> State:
    """Return (h,), the state after a step: h = activation(x + U h₋₁ + c), where `x` is W · input + b."""
    label = replace(label, parts=_PARTS_OF_RNN)
    from_state = label(
        F.linear(state[0], weights.of_state, weights.bias_of_state),
        "sums from state",
        "What the previous hidden state contributes: each number times its own weight. "
        "The weights are the same at every step.",
    )
    sums = label(x + from_state, "sums", _SUMS)
    words = (
        "The memory of the network. "
        "It hands it on to its next step, and shows it to what comes after. "
        "The gradient comes back the same way: from each step to the one before."
    )
    return (label(activation(sums), "hidden state", words),)


def lstm_step(x: torch.Tensor, state: State, weights: Weights, label: Labeller) -> State:
    """Return (h, c): c = f · c₋₁ + i · n and h = o · tanh(c), with the gates i, f, o and the new content n.

    `x` is the input's part of the sums of the gates, (N, 4 · H), `state` is (h₋₁, c₋₁).
    """
    hidden, cell = state
    label = replace(label, parts=_PARTS_OF_LSTM)
    from_state = label(F.linear(hidden, weights.of_state, weights.bias_of_state), "sums from state", _SUMS_FROM_STATE)
    sums = label(x + from_state, "sums", _SUMS)
    parts = [
        label(part, f"{what} sums")
        for part, what in zip(sums.chunk(4, -1), ("input", "forget", "content", "output"), strict=True)
    ]
    entering = label(
        torch.sigmoid(parts[0]), "input gate",
        "A gate is between 0, shut, and 1, open. "
        "This one says, for each number of the cell state, how much of the new content is written into it.",
    )  # fmt: skip
    keeping = label(
        torch.sigmoid(parts[1]), "forget gate",
        "A gate is between 0, shut, and 1, open. "
        "This one says how much of each number of the cell state is kept: 0 forgets it, 1 keeps it all.",
    )  # fmt: skip
    content = label(
        torch.tanh(parts[2]), "new content",
        "What this step would like to write into the cell state, between −1 and 1. "
        "The input gate says how much of it gets in.",
    )  # fmt: skip
    showing = label(
        torch.sigmoid(parts[3]), "output gate",
        "A gate is between 0, shut, and 1, open. "
        "This one says how much of each number of the cell state is shown: to the next step, and to what comes after.",
    )  # fmt: skip
    kept = label(
        keeping * cell, "kept",
        "What is left of the cell state of the step before, once the forget gate has closed. "
        "On its way back in time the gradient is multiplied by the same gate, so it fades.",
    )  # fmt: skip
    written = label(entering * content, "written", "What the input gate lets in of the new content.")
    cell = label(
        kept + written, "cell state",
        "The long memory: what was kept, and what was written. "
        "It is only added to, so its gradient goes back in time with nothing but forget gates on its way.",
    )  # fmt: skip
    shown = label(torch.tanh(cell), "squashed cell state")
    words = "What the network shows of its memory: to its next step, and to what comes after."
    if weights.projection is None:
        return label(showing * shown, "hidden state", words), cell
    whole = label(showing * shown, "hidden state before projection", words)
    return label(F.linear(whole, weights.projection), "hidden state"), cell


def gru_step(x: torch.Tensor, state: State, weights: Weights, label: Labeller) -> State:
    """Return (h,): h = (1 − z) · n + z · h₋₁, with the gates r and z and the new content n = tanh(… + r · (U h₋₁ + c)).

    `x` is the input's part of the sums, (N, 3 · H).
    """
    (hidden,) = state
    label = replace(label, parts=_PARTS_OF_GRU)
    from_state = label(F.linear(hidden, weights.of_state, weights.bias_of_state), "sums from state", _SUMS_FROM_STATE)
    names = ("reset", "update", "content")
    of_input = [label(part, f"{what} from input") for part, what in zip(x.chunk(3, -1), names, strict=True)]
    of_state = [label(part, f"{what} from state") for part, what in zip(from_state.chunk(3, -1), names, strict=True)]
    reset = label(
        torch.sigmoid(label(of_input[0] + of_state[0], "reset sums", _SUMS)), "reset gate",
        "A gate is between 0, shut, and 1, open. "
        "This one says how much the new content may look at the hidden state of the step before.",
    )  # fmt: skip
    update = label(
        torch.sigmoid(label(of_input[1] + of_state[1], "update sums", _SUMS)), "update gate",
        "A gate is between 0, shut, and 1, open. "
        "This one says how much of each number of the hidden state is kept: 1 keeps the old number, 0 takes the new one.",
    )  # fmt: skip
    looked_at = label(reset * of_state[2], "let through", "What the reset gate lets through of the state before.")
    content = label(
        torch.tanh(label(of_input[2] + looked_at, "content sums", _SUMS)), "new content",
        "What the hidden state would become, between −1 and 1, if nothing of the old one were kept.",
    )  # fmt: skip
    new = label((1 - update) * content, "written", "Where the update gate is shut, the new content takes over.")
    old = label(
        update * hidden, "kept",
        "Where the update gate is open, the old number stays. "
        "On its way back in time the gradient is multiplied by the same gate, so it fades.",
    )  # fmt: skip
    return (
        label(
            new + old, "hidden state",
            "The memory of the network, between the old one and the new content. "
            "It is handed on to the next step, and shown to what comes after.",
        ),
    )  # fmt: skip


TANH, RELU = partial(rnn_step, activation=torch.tanh), partial(rnn_step, activation=torch.relu)


def _recurrent(step: Step, args: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    """Run a function of PyTorch's on its arguments, which lie in another order where sequences are packed."""
    if isinstance(args[1], torch.Tensor) and not args[1].is_floating_point():
        sequence, sizes, first, params, biases, num_layers, dropout, training, bidirectional = args
        batches, batch_first = Batches(tuple(sizes.tolist()), packed=True), False
    else:
        sequence, first, params, biases, num_layers, dropout, training, bidirectional, batch_first = args
        sequence = sequence.transpose(0, 1) if batch_first else sequence
        batches = Batches((sequence.shape[1],) * sequence.shape[0])
    states = tuple(first) if isinstance(first, (list, tuple)) else (first,)
    weights = _weights(params, biases, len(params) // (num_layers * (2 if bidirectional else 1)))
    found, last = layers(
        step, sequence, batches, states, weights, num_layers, dropout if training else 0, bidirectional
    )
    found = found.transpose(0, 1) if batch_first else found
    return named(found, StepLabel("output", "hidden states")), *last


def _weights(params: Sequence[torch.Tensor], biases: bool, count: int) -> Iterator[Weights]:
    """Yield the parameters of each layer and direction: `count` of PyTorch's list."""
    for k in range(0, len(params), count):
        of_input, of_state, *rest = params[k : k + count]
        one, other = (rest.pop(0), rest.pop(0)) if biases else (None, None)
        yield Weights(of_input, of_state, one, other, rest[0] if rest else None)


lstm = composite(torch.lstm)(lambda *args: _recurrent(lstm_step, args))
gru = composite(torch.gru)(lambda *args: _recurrent(gru_step, args))
rnn_tanh = composite(torch.rnn_tanh)(lambda *args: _recurrent(TANH, args))
rnn_relu = composite(torch.rnn_relu)(lambda *args: _recurrent(RELU, args))


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


@composite(torch._pack_padded_sequence)
def pack(input: torch.Tensor, lengths: torch.Tensor, batch_first: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (packed, batch sizes) of (T, N, …), or (N, T, …) if `batch_first`; lengths [3, 2] give sizes [2, 2, 1].

    `lengths` are sorted, the longest first, and constant. The rows of step 0 come first, then those of step 1.
    """
    sequence = input.transpose(0, 1) if batch_first else input
    longest = sizes(lengths)
    running = [sum(length > t for length in longest) for t in range(longest[0])]
    places = [t * len(longest) + n for t, size in enumerate(running) for n in range(size)]
    return sequence.flatten(0, 1).index_select(0, torch.tensor(places)), torch.tensor(running)


@composite(torch._pad_packed_sequence)
def pad(
    data: torch.Tensor, batch_sizes: torch.Tensor, batch_first: bool, padding_value: float, total_length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the (T, N, …) tensor of packed rows, with `padding_value` behind the end of a sequence, and the lengths.

    T is the longest length, or `total_length` if that is larger.
    """
    running = sizes(batch_sizes)
    count, steps = running[0], max(total_length, len(running))
    places, before = [len(data)] * (steps * count), 0
    for t, size in enumerate(running):
        places[t * count : t * count + size] = range(before, before + size)
        before += size
    rows = F.pad(data, [0, 0] * (data.dim() - 1) + [0, 1], value=padding_value)
    padded = rows.index_select(0, torch.tensor(places)).reshape(steps, count, *data.shape[1:])
    lengths = torch.tensor([sum(size > n for size in running) for n in range(count)])
    return padded.transpose(0, 1) if batch_first else padded, lengths
