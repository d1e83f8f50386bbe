"""The folder of a training: what it wrote, and all it needs to go on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from excel_export.shared.errors import UserError
from excel_export.shared.files import make_directory, write_atomically
from mnist_adder.network.checkpoint import METADATA_KEY, read_safetensors, save_checkpoint
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score
from mnist_adder.training.recipe import Recipe

STATE_VERSION = 1
PARTS = ("train", "test", "held_out")
SCORE_COLUMNS = ("loss", "digit_accuracy", "sum_accuracy", "sum_accuracy_given_digit")


@dataclass(frozen=True)
class Epoch:
    """What came of an epoch: its number, from 1; its scores, by the images they were taken on; its time.

    The images are those of `train`, of `test`, and `held_out` ones if there are any. `seconds` are those of
    learning alone, without scoring and writing.
    """

    number: int
    scores: dict[str, Score]
    seconds: float

    def results(self) -> dict[str, Any]:
        """Give all of it that the same recipe always gives."""
        return {"epochs": self.number, **{part: asdict(score) for part, score in self.scores.items()}}

    @property
    def goodness(self) -> float:
        """What the best epoch has most of; the test images have no say in it."""
        held_out = self.scores.get("held_out")
        return held_out.digit_accuracy if held_out else -self.scores["train"].loss


class RunFolder:
    """What a training has written so far.

    `checkpoint.safetensors` is the network after the last epoch, `best.safetensors` after the best one: the
    one with the most digits right among the images held out, or the smallest loss in training when there are
    none. `history.csv` has a line an epoch. `resume.safetensors` is written last, so that all that it speaks
    of lies there whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history: list[Epoch] = []
        self.checkpoint, self.best = path / "checkpoint.safetensors", path / "best.safetensors"
        self.table, self.state = path / "history.csv", path / "resume.safetensors"

    def make(self) -> None:
        """Make the folder; UserError when it can't be written to."""
        make_directory(self.path)

    def add(self, epoch: Epoch, network: AdderNetwork, recipe: Recipe, state: dict[str, Tensor]) -> None:
        """Write down an epoch: what the network is after it, and the state to go on from.

        Raises UserError when a file can't be written.
        """
        self.history.append(epoch)
        save_checkpoint(self.checkpoint, network, asdict(recipe), epoch.results())
        if epoch is max(self.history, key=lambda one: one.goodness):
            save_checkpoint(self.best, network, asdict(recipe), epoch.results())
        write_atomically(self.table, as_table(self.history).encode())
        note = {"state_version": STATE_VERSION, "recipe": asdict(recipe), "history": list(map(asdict, self.history))}
        write_atomically(self.state, safetensors.torch.save(state, {METADATA_KEY: json.dumps(note)}))

    def recall(self) -> tuple[Recipe, dict[str, Tensor]] | None:
        """Take up the history, and give the recipe and the state to go on from; None when nothing is there yet.

        Raises UserError when the state can't be read or is damaged.
        """
        if not self.state.exists():
            return None
        metadata, tensors = read_safetensors(self.state)
        try:
            note = json.loads(metadata[METADATA_KEY])
            if note["state_version"] != STATE_VERSION:
                raise ValueError
            self.history = [_epoch(**fields) for fields in note["history"]]
            return Recipe(**note["recipe"]), tensors
        except (KeyError, TypeError, ValueError, RecursionError):
            raise UserError(f"{self.state} isn't a training to go on with; leave out --resume to start anew") from None


def _epoch(number: int, scores: dict[str, dict[str, Any]], seconds: float) -> Epoch:
    return Epoch(int(number), {part: Score(**score) for part, score in scores.items()}, float(seconds))


def as_table(history: Sequence[Epoch]) -> str:
    """Write the epochs as CSV, under a line of headings such as `test_loss`; shares are 0 to 1."""
    parts = [part for part in PARTS if part in history[0].scores]
    headings = ["epoch", *(f"{part}_{column}" for part in parts for column in SCORE_COLUMNS), "seconds"]
    lines = [headings]
    for epoch in history:
        values = [getattr(epoch.scores[part], column) for part in parts for column in SCORE_COLUMNS]
        lines.append([str(epoch.number), *(f"{value:.6f}" for value in values), f"{epoch.seconds:.2f}"])
    return "".join(",".join(line) + "\n" for line in lines)
