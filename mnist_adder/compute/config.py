"""The compute config: how a training is computed, apart from what it learns."""

from dataclasses import dataclass

from mnist_adder.compute.workers import ONE_PROCESS, Workers


@dataclass(frozen=True)
class ComputeConfig:
    """How a training is computed. It changes the result by no more than rounding does.

    Attributes:
        workers: the processes that train together.
        accumulate: into how many parts each batch is split, one computed after the other; more parts need less memory.
        compile: whether the network is compiled first.
    """

    workers: Workers = ONE_PROCESS
    accumulate: int = 1
    compile: bool = False
