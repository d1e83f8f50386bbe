"""The run folder: all files of a training, the state to resume it, and a lock."""

import hashlib
import json
import math
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import join
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from excel_export.shared.errors import UserError
from excel_export.shared.files import failure_words, make_directory, write_together
from mnist_adder.network.checkpoint import LAST, METADATA_KEY, checkpoint_bytes, read_safetensors
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score
from mnist_adder.training.history import NEEDED_SPLITS, SPLITS, Epoch, as_csv
from mnist_adder.training.recipe import Recipe, as_toml

if sys.platform != "win32":
    import fcntl

STATE_VERSION = 3
ANEW = "start anew with --overwrite instead of --resume"


class RunFolder:
    """The folder of a training: RunFolder(Path('run')) has run/checkpoint.safetensors, run/history.csv, ….

    It reads and writes nothing when it is made: `claimed` makes the folder, or reads what is there to resume.

    Attributes:
        path: the folder.
        epochs: the epochs that were written so far, [Epoch(1, …), …].
        checkpoint, best: the files of the network after the last epoch, and after that with the best `selection_score`.
        history: the file of the scores of every epoch, CSV.
        state: the file of the state to resume. It is written last, so that the files to which it refers are there.
        recipe: the file of the recipe, TOML.
        run: the file of the versions and the machine, JSON: a list with the result of `run_info` for each start.
        report: the folder of the report.
        about: the object of `run_info` for this start.
        threads: the number of threads of the training that is resumed; None for a new one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.epochs: list[Epoch] = []
        self.checkpoint = path / LAST
        self.best = path / "best.safetensors"
        self.history = path / "history.csv"
        self.state = path / "resume.safetensors"
        self.report = path / "report"
        self.recipe = path / "recipe.toml"
        self.run = path / "run.json"
        self.about: dict[str, Any] = {}
        self.threads: int | None = None
        self._former: list[Path] = []
        self._is_described = False

    @contextmanager
    def claimed(self, *, resume: bool, overwrite: bool) -> Iterator[None]:
        """Return a context for a `with` block that makes the folder, and locks it until the end of the block.

        What is in the folder stays until the new training writes its first files.

        Args:
            resume: True to go on with the training in it.
            overwrite: True to replace the training in it.

        Raises:
            UserError: another training writes to the folder; it holds a training, and both arguments are False; it is
                to be resumed, and has no state; or it can't be written to.
        """
        with locked(self.path):
            networks = [self.checkpoint, self.best, self.history]
            # The state first: without it, nobody can go on with a training of which only a part is left.
            ours = [self.state, *networks, self.recipe, self.run, self.report]
            there = [path for path in ours if path.exists()]
            if there and not (resume or overwrite):
                raise UserError(
                    f"{self.path} holds a training already ({there[0].name}): --resume goes on with it, --overwrite "
                    "replaces it, and --out names another folder"
                )
            if resume and not self.state.exists() and (found := [path for path in networks if path.exists()]):
                raise UserError(
                    f"{self.path} holds {found[0].name}, but no {self.state.name} to go on with: --overwrite instead "
                    "of --resume replaces it, and --out names another folder"
                )
            for path in there if overwrite else []:
                self._former += [*sorted(path.rglob("*"), reverse=True), path] if path.is_dir() else [path]
            yield

    def save_epoch(self, epoch: Epoch, network: AdderNetwork, recipe: Recipe, state: dict[str, Tensor]) -> None:
        """Write all files after an epoch: the network, its history, and `state`, as `Learner.state` returns it.

        Raises:
            UserError: a file can't be written.
        """
        if not self._is_described:
            self._describe(recipe)
        self.epochs.append(epoch)
        checkpoint = checkpoint_bytes(network, asdict(recipe), epoch.results())
        contents = {self.checkpoint: checkpoint}
        if epoch is max(self.epochs, key=lambda one: one.selection_score):
            contents[self.best] = checkpoint
        contents[self.history] = as_csv(self.epochs).encode()
        note = {
            "state_version": STATE_VERSION,
            "threads": torch.get_num_threads(),
            "recipe": asdict(recipe),
            "history": list(map(asdict, self.epochs)),
        }
        note["sha256"] = checksum(note, state)
        contents[self.state] = safetensors.torch.save(state, {METADATA_KEY: json.dumps(note)})
        write_together(contents)

    def _describe(self, recipe: Recipe) -> None:
        try:
            for path in self._former:
                if not path.is_dir():
                    path.unlink(missing_ok=True)
                elif not any(path.iterdir()):  # the logs of this training may be in it
                    path.rmdir()
        except OSError as error:
            raise UserError(f"can't remove {error.filename}: {failure_words(error)}") from None
        starts = [*(_starts(self.run) if self.epochs else []), self.about]
        run = json.dumps(starts, indent=2) + "\n"
        write_together({self.recipe: as_toml(recipe).encode(), self.run: run.encode()})
        self._is_described = True

    def resume(self) -> tuple[Recipe, dict[str, Tensor]] | None:
        """Return the recipe and the state with which the training stopped, and fill `epochs`.

        Returns:
            The recipe, and the state for `Learner.restore`, {'steps': …}; None if nothing was written yet.

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
            if note["sha256"] != checksum(note, tensors):
                raise UserError("it is damaged: its checksum differs")
            self.threads = int(note["threads"])
            self.epochs = [_epoch(number, **fields) for number, fields in enumerate(note["history"], 1)]
            recipe = Recipe(**note["recipe"])
            if not 1 <= len(self.epochs) <= recipe.epochs:
                raise ValueError
            return recipe, tensors
        except UserError as error:
            raise UserError(f"{self.state}: {error}; {ANEW}") from None
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise UserError(f"{self.state} isn't a training to go on with; {ANEW}") from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder, if it is not there, and lock it against other trainings until the end of the `with` block.

    The system releases the lock when the process ends, in whatever way. There is no lock on Windows, nor in a network
    folder without locks. A new folder that is still empty at the end is removed.

    Raises:
        UserError: another training holds the lock, or the folder can't be written to.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    make_directory(folder)
    descriptor = None
    try:
        if sys.platform != "win32":
            descriptor = os.open(folder, os.O_RDONLY)
            _lock(descriptor, folder)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
        for path in made:
            with suppress(OSError):  # something was written to it
                path.rmdir()


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"another training is writing to {folder}: wait until it has ended, or name another folder with --out"
        ) from None
    except OSError:  # this file system has no locks
        pass


def checksum(note: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of a state, 64 hexadecimal digits: of its tensors, and its note without the key 'sha256'.

    The note is what JSON can hold, {'state_version': 3, 'recipe': {…}, …}; the tensors, by name, are on the CPU.
    """
    said = {name: value for name, value in note.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].numpy().tobytes())
    return digest.hexdigest()


def _starts(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_bytes())
        return found if isinstance(found, list) else []
    except (OSError, ValueError, RecursionError):  # it is for people: a training doesn't stop for it
        return []


def _epoch(expected: int, number: int, scores: dict[str, dict[str, Any]], seconds: float) -> Epoch:
    if number != expected or not {*NEEDED_SPLITS} <= {*scores} <= {*SPLITS} or not math.isfinite(seconds):
        raise ValueError
    return Epoch(number, {split: _score(**score) for split, score in scores.items()}, float(seconds))


def _score(images: int, **metrics: float) -> Score:
    return Score(int(images), **{name: float(value) for name, value in metrics.items()})


PACKAGES = ("excel-backprop", "torch", "torchvision", "numpy", "safetensors")


def run_info(arguments: Sequence[str], device: torch.device, first_epoch: int) -> dict[str, Any]:
    """Return the facts of a start of a training, for run.json: {'command': 'mnist-adder train', 'python': '3.12.1', …}.

    `arguments` are those of the command line; `first_epoch` counts from 1.
    """
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "first_epoch": first_epoch,
        "command": join(["mnist-adder", *arguments]),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "cuda": torch.version.cuda,
        "threads": torch.get_num_threads(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # it runs from its folder, without being installed
        return ""
