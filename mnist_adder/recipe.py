"""What decides how a network is trained."""

from dataclasses import dataclass

EPOCHS = {"full": 5, "slice": 60}
LEARNING_RATE = {"full": 0.003, "slice": 0.015}
# The slice is too small to learn images by heart, and distorted ones keep it unsure of what it reads.
DISTORT = {"full": True, "slice": False}
# The onehot adder has to learn its hundred sums apart from each other; at the classifier's pace it lags behind.
ADDER_SPEED = {"regression": 1.0, "onehot": 4.0}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is learned: the same recipe gives the same network.

    The same to the last bit on a CPU with the same PyTorch and number of threads, nearly the same elsewhere.
    The adder learns `adder_speed` times as fast as the classifier, which learns at `learning_rate`.
    """

    preset: str
    head: str
    data: str
    epochs: int
    batch_size: int
    learning_rate: float
    adder_speed: float
    distort: bool
    seed: int
