"""The run folder: all files that a training writes, and what it needs to resume."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from excel_export.shared.errors import UserError
from excel_export.shared.files import make_directory, write_atomically
from mnist_adder.network.checkpoint import LAST, METADATA_KEY, read_safetensors, save_checkpoint
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score
from mnist_adder.training.history import NEEDED_SPLITS, SPLITS, Epoch, as_csv
from mnist_adder.training.recipe import Recipe

STATE_VERSION = 2
ANEW = "start anew with --overwrite instead of --resume"


class RunFolder:
    """The folder of a training.

    Attributes:
        path: the folder.
        epochs: the epochs that were written so far.
        checkpoint: the network after the last epoch.
        best: the network after the best epoch: the one with the most digits right among the held-out images, or
            without such images, the one with the smallest training loss.
        history: the scores of every epoch, as CSV.
        state: what is needed to resume. It is written last, so that all it refers to is there.
        tensorboard: the folder of the logs for TensorBoard.
        report: the folder of the report.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.epochs: list[Epoch] = []
        self.checkpoint = path / LAST
        self.best = path / "best.safetensors"
        self.history = path / "history.csv"
        self.state = path / "resume.safetensors"
        self.tensorboard = path / "tensorboard"
        self.report = path / "report"

    def create(self) -> None:
        """Make the folder.

        Raises:
            UserError: it can't be written to.
        """
        make_directory(self.path)

    def save_epoch(self, epoch: Epoch, network: AdderNetwork, recipe: Recipe, state: dict[str, Tensor]) -> None:
        """Write everything after an epoch.

        Args:
            epoch: its results.
            network: the network after it.
            recipe: how it is trained.
            state: where to resume, as `Learner.state` gives it.

        Raises:
            UserError: a file can't be written.
        """
        self.epochs.append(epoch)
        save_checkpoint(self.checkpoint, network, asdict(recipe), epoch.results())
        if epoch is max(self.epochs, key=lambda one: one.selection_score):
            save_checkpoint(self.best, network, asdict(recipe), epoch.results())
        write_atomically(self.history, as_csv(self.epochs).encode())
        note = {"state_version": STATE_VERSION, "recipe": asdict(recipe), "history": list(map(asdict, self.epochs))}
        write_atomically(self.state, safetensors.torch.save(state, {METADATA_KEY: json.dumps(note)}))

    def resume(self) -> tuple[Recipe, dict[str, Tensor]] | None:
        """Read where the training stopped, and fill `epochs`.

        Returns:
            The recipe, and the state for `Learner.restore`; None if nothing was written yet.

        Raises:
            UserError: the state can't be read, or is damaged.
        """
        if not self.state.exists():
            return None
        metadata, tensors = read_safetensors(self.state)
        try:
            note = json.loads(metadata[METADATA_KEY])
            if note["state_version"] != STATE_VERSION:
                raise ValueError
            self.epochs = [_epoch(number, **fields) for number, fields in enumerate(note["history"], 1)]
            recipe = Recipe(**note["recipe"])
            if not 1 <= len(self.epochs) <= recipe.epochs:
                raise ValueError
            return recipe, tensors
        except UserError as error:
            raise UserError(f"{self.state}: {error}; {ANEW}") from None
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise UserError(f"{self.state} isn't a training to go on with; {ANEW}") from None


def _epoch(expected: int, number: int, scores: dict[str, dict[str, Any]], seconds: float) -> Epoch:
    if number != expected or not {*NEEDED_SPLITS} <= {*scores} <= {*SPLITS} or not math.isfinite(seconds):
        raise ValueError
    return Epoch(number, {split: _score(**score) for split, score in scores.items()}, float(seconds))


def _score(images: int, **metrics: float) -> Score:
    return Score(int(images), **{name: float(value) for name, value in metrics.items()})
