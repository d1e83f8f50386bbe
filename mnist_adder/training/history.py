"""Reading the history that a training wrote."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from excel_export.shared.errors import UserError
from excel_export.shared.reading import refuse_pipe

PARTS = ("train", "held_out", "test")
COLUMNS = ("loss", "digit_accuracy", "sum_accuracy")


@dataclass(frozen=True)
class History:
    """What a training came to after each epoch: by the names of `history.csv`, lists as long as `epochs`.

    Accuracies are 0 to 1. `seconds` is the time of all the epochs together.
    """

    epochs: list[int]
    columns: dict[str, list[float]]
    seconds: float

    @property
    def parts(self) -> list[str]:
        """Give the kinds of images that were scored, in the order of `PARTS`."""
        return [part for part in PARTS if f"{part}_{COLUMNS[0]}" in self.columns]


def read_history(path: Path) -> History:
    """Read `history.csv` by the names of its columns, in any order; those that it doesn't know are passed over.

    Images held out need not be there.

    Raises UserError when the file can't be read, lacks a column, or holds what isn't a finite number.
    """
    refuse_pipe(path)
    epochs: list[int] = []
    rows: list[dict[str, float]] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or ()
            held_out = _names("held_out")
            names = [*_names("train"), *(held_out if set(held_out) <= set(found) else ()), *_names("test")]
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


def _names(part: str) -> list[str]:
    return [f"{part}_{column}" for column in COLUMNS]


def _number(text: str | None) -> float:
    # A row that is too short has None in it.
    value = float(text or "")
    if not math.isfinite(value):
        raise ValueError
    return value
