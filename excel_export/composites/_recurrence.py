"""The common part of recurrent networks: layers, directions, and time, each step of which is computed by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import torch
import torch.nn.functional as F

from excel_export.composites._composite import StepLabel, named

State = tuple[torch.Tensor, ...]
"""The tensors that one step hands to the next: the hidden state (N, H); for an LSTM the cell state, too."""


@dataclass(frozen=True)
class Weights:
    """The parameters of one layer in one direction: G gates (4 for an LSTM) of H numbers each; inputs of F numbers."""

    of_input: torch.Tensor
    """The factors of the input: (G · H, F)."""
    of_state: torch.Tensor
    """The factors of the hidden state: (G · H, H)."""
    bias_of_input: torch.Tensor | None = None
    bias_of_state: torch.Tensor | None = None
    projection: torch.Tensor | None = None
    """The (P, H) matrix that shortens an LSTM's hidden state to P numbers; None without."""


@dataclass(frozen=True)
class Labeller:
    """Names the results of one time step: label(tensor, 'forget gate') names a tensor 'forget gate 3' in step 3.

    Its recorded name is 'forget_gate.3'. With the place ('layer 2',) and the suffix '_l1', these names are 'forget gate
    3, layer 2' and 'forget_gate_l1.3'.
    """

    step: int | None = None
    """The number of the time step, from 1 on; None for a cell that is called by itself."""
    place: tuple[str, ...] = ()
    """The layer and the direction, if there are several: ('layer 2', 'from the end')."""
    suffix: str = ""
    """The layer and direction in PyTorch's names of parameters: '_l0_reverse'."""

    parts: Mapping[str, str] = field(default_factory=dict)
    """The group in which each result is shown: {'forget gate': 'gates'}; any other is shown by itself."""

    def __call__(self, tensor: torch.Tensor, what: str, words: str = "", step: int | None = None) -> torch.Tensor:
        """Return a tensor, named by `what`, 'forget gate', with `words` for it; `step` None is the labeller's."""
        step = self.step if step is None else step
        number = "" if step is None else str(step)
        key = ".".join(filter(None, (what.replace(" ", "_") + self.suffix, number)))
        part_of = self.parts.get(what, "")
        name, whole = (", ".join((f"{each} {number}".rstrip(), *self.place)) for each in (what, part_of))
        return named(tensor, StepLabel(key, name, words, whole if part_of else ""))


Step = Callable[[torch.Tensor, State, Weights, Labeller], State]
"""Returns the state after a step, from the input's part of the sums, the state before, the weights and the labeller."""


@dataclass(frozen=True)
class Batches:
    """The number of samples of each step, `sizes`: Batches((2, 2, 1), packed=True) for two sequences of 3 and 2 steps.

    If `packed`, the samples of all steps lie one behind the other in a (5, F) tensor, the longest sequence first, and
    `starts` is (0, 2, 4, 5), the first row of each step and the end. Otherwise the tensor is (T, N, F).
    """

    sizes: tuple[int, ...]
    packed: bool = False
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", (0, *accumulate(self.sizes)))

    def step(self, sequence: torch.Tensor, t: int) -> torch.Tensor:
        """Return the samples of step `t`, from 0 on: sequence[t], or sequence[starts[t] : starts[t + 1]] if packed."""
        return sequence[self.starts[t] : self.starts[t + 1]] if self.packed else sequence[t]

    def joined(self, steps: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return one tensor of those of all steps, (T, N, F), or (rows, F) if packed: the inverse of `step`."""
        return torch.cat(list(steps)) if self.packed else torch.stack(list(steps))


def through_time(
    step: Step,
    sequence: torch.Tensor,
    batches: Batches,
    state: State,
    weights: Weights,
    label: Labeller,
    backwards: bool,
) -> tuple[torch.Tensor, State]:
    """Run one layer in one direction; return all hidden states, in the form of `sequence`, and the last state.

    step(x, state, weights, label), such as `lstm_step`, returns the next state; x is W · input + b, (N, G · H). A state
    is (h,), or (h, c) for an LSTM; `state` is that before the first step. `backwards` is True to run from the end.
    """
    sums = label(
        F.linear(sequence, weights.of_input, weights.bias_of_input),
        "sums from input",
        "For each step of time, what its input adds to the sums of the gates: every number times a weight of its own.",
    )
    first, finished, hidden = state, list[State](), list[torch.Tensor]()
    times = range(len(batches.sizes))
    state = tuple(part[: batches.sizes[-1 if backwards else 0]] for part in state) if batches.packed else state
    for t in reversed(times) if backwards else times:
        size, before = batches.sizes[t], len(state[0])
        if size < before:  # some sequences have ended
            finished.append(tuple(part[size:] for part in state))
            state = tuple(part[:size] for part in state)
        elif size > before:  # seen from the end, some begin
            state = tuple(torch.cat((part, start[before:size])) for part, start in zip(state, first, strict=True))
        now = replace(label, step=t + 1)
        state = step(now(batches.step(sums, t), "sums from input"), state, weights, now)
        hidden.append(state[0])
    if finished:
        state = tuple(torch.cat(parts) for parts in zip(state, *reversed(finished), strict=True))
    return batches.joined(hidden[::-1] if backwards else hidden), state


def layers(
    step: Step,
    sequence: torch.Tensor,
    batches: Batches,
    first: State,
    weights: Iterator[Weights],
    num_layers: int,
    dropout: float,
    bidirectional: bool,
) -> tuple[torch.Tensor, State]:
    """Return the last layer's hidden states, (T, N, directions · H) or packed, and the last states, shaped as `first`.

    Args:
        step: a function that computes one step, such as `lstm_step`.
        sequence: (T, N, F), or packed.
        batches: the number of samples of each step.
        first: the states before the first step, each (layers · directions, N, H).
        weights: those of each layer and direction, in PyTorch's order.
        num_layers: the number of layers.
        dropout: the share of the numbers between two layers that is dropped, from 0 to 1.
        bidirectional: True if a second direction runs from the end.
    """
    directions = 2 if bidirectional else 1
    last: list[State] = []
    for layer in range(num_layers):
        if layer and dropout:
            sequence = F.dropout(sequence, dropout, training=True)
        sides = []
        for side in range(directions):
            place = (f"layer {layer + 1}",) * (num_layers > 1) + ("from the end",) * side
            suffix = f"_l{layer}{'_reverse' * side}" if num_layers * directions > 1 else ""
            label = Labeller(None, place, suffix)
            state = tuple(
                label(part[layer * directions + side], what, step=len(batches.sizes) + 1 if side else 0)
                for part, what in zip(first, ("hidden state", "cell state"), strict=False)
            )
            found, state = through_time(step, sequence, batches, state, next(weights), label, bool(side))
            sides.append(label(found, "hidden states"))
            last.append(state)
        sequence = torch.cat(sides, -1) if bidirectional else sides[0]
    states = (
        named(torch.stack(parts), StepLabel(f"last_{what}", f"last {what.replace('_', ' ')}"))
        for parts, what in zip(zip(*last, strict=True), ("hidden_state", "cell_state"), strict=False)
    )
    return sequence, tuple(states)
