"""One process, or several that train the same network together, each on its share of every batch.

`torchrun` starts the processes and sets RANK, LOCAL_RANK and WORLD_SIZE.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed
from torch import Tensor, nn

from excel_export.shared.errors import UserError, first_line
from mnist_adder.compute.recorded import CudaGraph


@dataclass(frozen=True)
class Workers:
    """The processes that train together.

    Attributes:
        rank: which of them this one is, from 0.
        world_size: how many there are.
    """

    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that scores, writes files and prints."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Make `backward` average the gradients over all processes."""
        # Buffers are alike in all processes: each normalises by the batch of all of them.
        together = self.world_size > 1
        return nn.parallel.DistributedDataParallel(module, broadcast_buffers=False) if together else module

    def all_reduce(self, values: Tensor) -> Tensor:
        """Add up the tensors of all processes, which have the same shape; each process gets the sum."""
        if self.world_size > 1:
            torch.distributed.all_reduce(values)
        return values

    def all_reduce_with_grad(self, values: Tensor) -> Tensor:
        """Do as `all_reduce`, and let gradients flow back to every process."""
        from torch.distributed.nn.functional import all_reduce  # not every build of PyTorch has it

        return all_reduce(values)

    def barrier(self) -> None:
        """Wait until all processes are here."""
        if self.world_size > 1:
            torch.distributed.barrier()


ONE_PROCESS = Workers()


def local_rank() -> int:
    """Tell which of the processes on this machine this one is, from 0."""
    return _number("LOCAL_RANK", 0) if _number("WORLD_SIZE", 1) > 1 else 0


def is_main_process() -> bool:
    """Tell whether this process is the only one, or the first, before it has joined the others."""
    return _number("WORLD_SIZE", 1) <= 1 or _number("RANK", 0) == 0


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise UserError(f"the environment variable {name} must be a whole number, not {value!r:.50}") from None


@contextmanager
def join_workers(device: torch.device) -> Iterator[Workers]:
    """Connect to the other processes, if there are any, and disconnect at the end.

    Raises:
        UserError: the others can't be found.
    """
    world_size = _number("WORLD_SIZE", 1)
    if world_size <= 1:
        yield ONE_PROCESS
        return
    try:
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(
            f"can't join the other processes ({first_line(error)[:200]}); WORLD_SIZE is {world_size}: start them all "
            "with torchrun, or unset it"
        ) from None
    try:
        yield Workers(torch.distributed.get_rank(), world_size)
    finally:
        torch.distributed.destroy_process_group()


@dataclass(frozen=True)
class ComputeConfig:
    """How a training is computed. It changes the result by no more than rounding does.

    Attributes:
        workers: the processes that train together.
        compile: whether the network is compiled first.
        new_graph: makes an empty recording for the steps of one process; None leaves them unrecorded.
    """

    workers: Workers = ONE_PROCESS
    compile: bool = False
    new_graph: Callable[[], CudaGraph] | None = None
