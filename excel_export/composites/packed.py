"""Sequences of different lengths, packed: step by step, without what is only padding."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import randn


@composite(torch._pack_padded_sequence)
def pack(input: torch.Tensor, lengths: torch.Tensor, batch_first: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Take from (T, N, …) the steps that each sequence has; the lengths are constant, the longest first."""
    sequence = input.transpose(0, 1) if batch_first else input
    longest = lengths.tolist()
    sizes = [sum(length > t for length in longest) for t in range(longest[0])]
    places = [t * len(longest) + n for t, size in enumerate(sizes) for n in range(size)]
    return sequence.flatten(0, 1).index_select(0, torch.tensor(places)), torch.tensor(sizes)


@composite(torch._pad_packed_sequence)
def pad(
    data: torch.Tensor, batch_sizes: torch.Tensor, batch_first: bool, padding_value: float, total_length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Put the steps back into (T, N, …), with a number where a sequence has ended."""
    sizes = batch_sizes.tolist()
    count, steps = sizes[0], max(total_length, len(sizes))
    places, before = [len(data)] * (steps * count), 0
    for t, size in enumerate(sizes):
        places[t * count : t * count + size] = range(before, before + size)
        before += size
    rows = F.pad(data, [0, 0] * (data.dim() - 1) + [0, 1], value=padding_value)
    padded = rows.index_select(0, torch.tensor(places)).reshape(steps, count, *data.shape[1:])
    lengths = torch.tensor([sum(size > n for size in sizes) for n in range(count)])
    return padded.transpose(0, 1) if batch_first else padded, lengths


class _Packed(nn.Module):
    """A recurrent layer that reads packed sequences."""

    def __init__(self, layer: nn.Module, lengths: list[int], batch_first: bool = False) -> None:
        super().__init__()
        self.layer, self.lengths, self.batch_first = layer, lengths, batch_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(x, self.lengths, self.batch_first, enforce_sorted=False)
        found, last = self.layer(packed)
        padded, _ = pad_packed_sequence(found, self.batch_first, padding_value=0.5)
        return torch.cat((padded.flatten(), (last[0] if isinstance(last, tuple) else last).flatten()))


def _to_a_length(total: int) -> Callable[[torch.Tensor], torch.Tensor]:
    def function(x: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(x, [2, 1])
        return pad_packed_sequence(packed, total_length=total)[0]

    return function


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield pack.example("of an LSTM", _Packed(nn.LSTM(2, 2), [1, 3, 2]), randn(3, 3, 2))
    yield pack.example(
        "from both ends", _Packed(nn.GRU(2, 2, bidirectional=True, batch_first=True), [3, 1], True), randn(2, 3, 2)
    )
    yield pad.example("to a length", _to_a_length(4), randn(2, 2, 1))
