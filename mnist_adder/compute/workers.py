"""One process or several that train the same network, each on its share of every batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed
from torch import Tensor, nn


@dataclass(frozen=True)
class Workers:
    """How many processes train together, and which of them this one is, from 0."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that scores, writes and speaks."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Make `backward` average the gradients of all the workers."""
        return nn.parallel.DistributedDataParallel(module) if self.count > 1 else module

    def add_up(self, values: Tensor) -> Tensor:
        """Give the sum of all the workers' `values`, of the same shape in each, to each of them."""
        if self.count > 1:
            torch.distributed.all_reduce(values)
        return values

    def add_up_with_gradient(self, values: Tensor) -> Tensor:
        """Give the sum of all the workers' `values` as `add_up` does, so that gradients flow back to each."""
        return _Sum.apply(values)

    def wait(self) -> None:
        """Go on when all the workers are here."""
        if self.count > 1:
            torch.distributed.barrier()


class _Sum(torch.autograd.Function):
    """A sum over workers, whose gradient is the sum over what they all make of it."""

    @staticmethod
    def forward(_context: Any, values: Tensor) -> Tensor:
        total = values.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        total = gradient.clone()
        torch.distributed.all_reduce(total)
        return total


ALONE = Workers()


def local_rank() -> int:
    """Give the place of this process among those on its machine, as `torchrun` says; 0 without it."""
    return int(os.environ.get("LOCAL_RANK", 0))


@contextmanager
def join_workers(device: torch.device) -> Iterator[Workers]:
    """Meet the other processes that `torchrun` started, and part at the end; alone when there are none."""
    count = int(os.environ.get("WORLD_SIZE", 1))
    if count == 1:
        yield ALONE
        return
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Workers(torch.distributed.get_rank(), count)
    finally:
        torch.distributed.destroy_process_group()
