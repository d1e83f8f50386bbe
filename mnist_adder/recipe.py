"""What decides how a network is trained."""

from dataclasses import dataclass

EPOCHS = {"full": 5, "slice": 60}
LEARNING_RATE = {"full": 0.003, "slice": 0.015}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is learned: the same recipe gives the same network.

    The same to the last bit on a CPU with the same PyTorch and number of threads, nearly the same elsewhere.
    """

    preset: str
    head: str
    data: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
