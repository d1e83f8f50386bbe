"""The average of the weights along the way, which reads better than where the way ends."""

import itertools

import torch
from torch import Tensor, nn

EVERY = 4  # steps; an average over hundreds of steps needs no finer sampling


class Average:
    """A moving average of a network's parameters and running averages: each `EVERY` steps, `decay` of it stays.

    At first the average forgets faster, so that the random start does not weigh on it. With a decay of 0 it
    is the network itself. Nothing here waits for the device.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self._live = [tensor.detach() for tensor in _moving(network)]
        self.tensors = [parameter.clone() for parameter in self._live]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the parameters after `step`, which counts from 1."""
        if step % EVERY:
            return
        samples = step // EVERY
        kept = min(self.decay, samples / (samples + 9))
        torch._foreach_lerp_(self.tensors, self._live, 1 - kept)

    @torch.no_grad()
    def write_to(self, network: nn.Module) -> None:
        """Set a network of the same kind to the average, or to the live one when the decay is 0."""
        source: list[Tensor] = self.tensors if self.decay else self._live
        for parameter, value in zip(_moving(network), source, strict=True):
            parameter.copy_(value)


def _moving(network: nn.Module) -> list[Tensor]:
    """All that changes while a network learns, but for counters."""
    tensors = itertools.chain(network.parameters(), network.buffers())
    return [tensor for tensor in tensors if tensor.is_floating_point()]
