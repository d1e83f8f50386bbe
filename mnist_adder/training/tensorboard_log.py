"""Logs for TensorBoard: the scores of every epoch."""

from collections.abc import Callable
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from mnist_adder.training.history import METRICS, Epoch


def tensorboard_log(folder: Path, first: int) -> Callable[[Epoch], None]:
    """Open the logs.

    Args:
        folder: where to write them.
        first: the first epoch that comes; what was logged of it or of later epochs no longer counts.

    Returns:
        A callback that logs an epoch.
    """
    writer = SummaryWriter(str(folder), purge_step=first)

    def log(epoch: Epoch) -> None:
        for metric in METRICS:
            for split, score in epoch.scores.items():
                writer.add_scalar(f"{metric}/{split}", getattr(score, metric), epoch.number)
        writer.add_scalar("seconds", epoch.seconds, epoch.number)
        writer.flush()

    return log
