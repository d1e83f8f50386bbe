"""Reading the history that a training wrote."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from mnist_adder.errors import UserError
from mnist_adder.files import refuse_pipe

PARTS = ("train", "test")
COLUMNS = ("loss", "digit_accuracy", "sum_accuracy")


@dataclass(frozen=True)
class History:
    """What a training came to after each epoch: by the names of `history.csv`, lists as long as `epochs`.

    Accuracies are 0 to 1. `seconds` is the time of all the epochs together.
    """

    epochs: list[int]
    columns: dict[str, list[float]]
    seconds: float


def read_history(path: Path) -> History:
    """Read `history.csv` by the names of its columns, in any order; others than those needed are passed over.

    Raises UserError when the file can't be read, lacks a column, or holds what isn't a finite number.
    """
    refuse_pipe(path)
    names = [f"{part}_{column}" for part in PARTS for column in COLUMNS]
    epochs: list[int] = []
    rows: list[dict[str, float]] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in ("epoch", *names, "seconds") if name not in (reader.fieldnames or ())]
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


def _number(text: str | None) -> float:
    # A row that is too short has None in it.
    value = float(text or "")
    if not math.isfinite(value):
        raise ValueError
    return value
