"""The history of a training: the scores of every epoch, and `history.csv`, the table that holds them."""

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from excel_export.shared.errors import UserError
from excel_export.shared.reading import refuse_pipe
from mnist_adder.network.scoring import Score

SPLITS = ("train", "test", "held_out")
METRICS = ("loss", "digit_accuracy", "sum_accuracy", "sum_accuracy_given_digit")
# Those that a report can't do without.
NEEDED_SPLITS = ("train", "test")
NEEDED_METRICS = ("loss", "digit_accuracy", "sum_accuracy")


@dataclass(frozen=True)
class Epoch:
    """The results of an epoch: Epoch(1, {'train': Score(…), 'test': …}, seconds=7.25).

    Attributes:
        number: the number of the epoch, from 1.
        scores: by the images they were taken on, 'train', 'test' and, if there are such images, 'held_out'.
        seconds: the time of the steps alone, without scoring and writing.
    """

    number: int
    scores: dict[str, Score]
    seconds: float

    def results(self) -> dict[str, Any]:
        """Return the number and the scores, as `Score` has them, without times, which differ from run to run.

        {'epochs': 120, 'train': {'images': 60000, 'loss': 0.25, 'digit_accuracy': 0.99, …}, 'test': {…}}.
        """
        return {"epochs": self.number, **{split: asdict(score) for split, score in self.scores.items()}}

    @property
    def selection_score(self) -> float:
        """The number by which the best epoch is chosen, the highest: the share of held-out digits read right, 0.989.

        Without held-out images it is −1 times the loss on the training images. The test images have no part in it.
        """
        held_out = self.scores.get("held_out")
        return held_out.digit_accuracy if held_out else -self.scores["train"].loss


@dataclass(frozen=True)
class History:
    """The content of `history.csv`: History([1, 2], {'test_loss': [0.5, 0.4], …}, seconds=14.2).

    Attributes:
        epochs: the numbers of the epochs.
        columns: by the name of a column, such as `test_loss`, a value for each epoch; accuracies are 0 to 1.
        seconds: the time of all epochs together.
    """

    epochs: list[int]
    columns: dict[str, list[float]]
    seconds: float


def as_csv(epochs: Sequence[Epoch]) -> str:
    """Return epochs as CSV: 'epoch,train_loss,…,seconds' in the first line, then '1,0.512345,…,7.25' for each epoch."""
    splits = [split for split in SPLITS if split in epochs[0].scores]
    lines = [["epoch", *(f"{split}_{metric}" for split in splits for metric in METRICS), "seconds"]]
    for epoch in epochs:
        values = [getattr(epoch.scores[split], metric) for split in splits for metric in METRICS]
        lines.append([str(epoch.number), *(f"{value:.6f}" for value in values), f"{epoch.seconds:.2f}"])
    return "".join(",".join(line) + "\n" for line in lines)


def read_history(path: Path) -> History:
    """Return the content of `history.csv`: History([1, 2], {'test_loss': [0.5, 0.4], …}, seconds=14.2).

    Raises:
        UserError: the file can't be read, lacks a column, or holds something that isn't a finite number.
    """
    refuse_pipe(path)
    epochs: list[int] = []
    rows: list[dict[str, float]] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or ()
            names = [name for split in NEEDED_SPLITS for name in _names(split)]
            if set(_names("held_out")) <= set(found):
                names += _names("held_out")
            missing = [name for name in ("epoch", *names, "seconds") if name not in found]
            if missing:
                raise UserError(
                    f"{path} lacks the column {missing[0]}; `mnist-adder train` writes a history that has it"
                )
            for row in reader:
                epochs.append(int(row["epoch"] or ""))
                rows.append({name: _number(row[name]) for name in (*names, "seconds")})
    except OSError as error:
        raise UserError(
            f"can't read {path}: {error.strerror or error}; give a folder that `mnist-adder train` wrote"
        ) from None
    except (ValueError, csv.Error):
        raise UserError(f"{path}: epoch {len(rows) + 1} isn't a row of finite numbers") from None
    if not rows:
        raise UserError(f"{path} holds no epoch yet")
    columns = {name: [row[name] for row in rows] for name in names}
    return History(epochs, columns, sum(row["seconds"] for row in rows))


def _names(split: str) -> list[str]:
    return [f"{split}_{metric}" for metric in NEEDED_METRICS]


def _number(text: str | None) -> float:
    # A row that is too short has None in it.
    value = float(text or "")
    if not math.isfinite(value):
        raise ValueError
    return value
