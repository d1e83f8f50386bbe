"""Logs for TensorBoard: the scores of every epoch, and the loss of every step."""

from pathlib import Path

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from mnist_adder.training.history import METRICS, Epoch


class TensorBoardLog:
    """Writes the logs of a training. What was logged before of an epoch that still comes, no longer counts."""

    def __init__(self, folder: Path, first_epoch: int, first_step: int) -> None:
        """Open the logs in a folder, those of the steps in a folder in it, from an epoch and a step that still come."""
        self._epochs = SummaryWriter(str(folder), purge_step=first_epoch)
        self._steps = SummaryWriter(str(folder / "steps"), purge_step=first_step)
        self._waiting: list[tuple[int, Tensor, float]] = []

    def on_step(self, number: int, loss: Tensor, learning_rate: float) -> None:
        """Keep a step until the end of its epoch, since to read its loss is to wait for the device."""
        self._waiting.append((number, loss, learning_rate))

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Log an epoch and its steps."""
        for number, loss, learning_rate in self._waiting:
            self._steps.add_scalar("loss", float(loss), number)
            self._steps.add_scalar("learning_rate", learning_rate, number)
        self._waiting.clear()
        for metric in METRICS:
            for split, score in epoch.scores.items():
                self._epochs.add_scalar(f"{metric}/{split}", getattr(score, metric), epoch.number)
        self._epochs.add_scalar("seconds", epoch.seconds, epoch.number)
        self._epochs.flush()
        self._steps.flush()
