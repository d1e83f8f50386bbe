"""The scores of every epoch for TensorBoard."""

from collections.abc import Callable
from pathlib import Path

from mnist_adder.commands.extras import require
from mnist_adder.training.run_folder import SCORE_COLUMNS, Epoch


def tensorboard_log(folder: Path, first: int) -> Callable[[Epoch], None]:
    """Give what writes an epoch into `folder`; from the epoch `first` on, what is there no longer counts.

    Raises UserError when TensorBoard isn't installed.
    """
    require("--tensorboard", "tensorboard", "tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder), purge_step=first)

    def log(epoch: Epoch) -> None:
        for column in SCORE_COLUMNS:
            for part, score in epoch.scores.items():
                writer.add_scalar(f"{column}/{part}", getattr(score, column), epoch.number)
        writer.add_scalar("seconds", epoch.seconds, epoch.number)
        writer.flush()

    return log
