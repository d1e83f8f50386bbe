"""Checkpoints: trained networks as files, our own with their recipe and results in the metadata."""

import json
import os
import reprlib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from excel_export.shared.errors import UserError
from excel_export.shared.files import write_atomically
from excel_export.shared.reading import refuse_pipe
from mnist_adder.compute.transfer import on_cpu
from mnist_adder.network.by_shapes import SUFFIXES, find_network, read_state_dict
from mnist_adder.network.model import HEADS, PRESETS, AdderNetwork

LAST = "checkpoint.safetensors"
"""The network after the last epoch, in the folder of a training."""
FORMAT_VERSION = 4
# All in one key: safetensors writes several keys in random order, and the same training must give the same bytes.
METADATA_KEY = "mnist_adder"
# The full network takes half a megabyte, and the state to resume its training a few times as much.
MOST_BYTES = 16 << 20
LONGEST_WORDS = 100
BUNDLED_DIR = Path(__file__).parent / "checkpoints"


@dataclass(frozen=True)
class CheckpointInfo:
    """The training of a network, as its file describes it.

    Attributes:
        recipe: the recipe of its training, by the fields of `Recipe`: {'epochs': 120, …}; {} if it is not known.
        results: its scores after training, as `Epoch.results` returns them: {'epochs': 120, 'test': {'loss': 0.25, …},
            …}; {} if they are not known.
    """

    recipe: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(path: Path, model: AdderNetwork, recipe: dict[str, Any], results: dict[str, Any]) -> None:
    """Write a network with its recipe, {'epochs': 10}, and its results; the file is replaced whole or not at all.

    Raises:
        UserError: the file can't be written.
    """
    write_atomically(path, checkpoint_bytes(model, recipe, results))


def checkpoint_bytes(model: AdderNetwork, recipe: dict[str, Any], results: dict[str, Any]) -> bytes:
    """Return the content of a checkpoint, for `load_checkpoint`: the same network and texts give the same bytes.

    Args:
        model: the network, on any device.
        recipe: the recipe of its training, such as `{"recipe": "fast", "epochs": 1}`; {} if it is not known.
        results: its scores, such as `{"epochs": 1, "test": {"digit_accuracy": 0.99}}`; {} if they are not known.
    """
    description = {
        "format_version": FORMAT_VERSION,
        "preset": model.preset,
        "head": model.head,
        "recipe": recipe,
        "results": results,
    }
    metadata = {METADATA_KEY: json.dumps(description, sort_keys=True)}
    return safetensors.torch.save(on_cpu(model.state_dict()), metadata)


def load_checkpoint(path: Path) -> tuple[AdderNetwork, CheckpointInfo]:
    """Return the network in a file, model.safetensors, and the description of its training, a `CheckpointInfo`.

    Args:
        path: a file that `mnist-adder train` wrote; or the `state_dict` of the same layers, as safetensors, or as
            `torch.save` wrote it into a file that ends in `.pt` or `.pth`.

    Returns:
        The network, on the CPU and in evaluation mode, and what the file says about its training.

    Raises:
        UserError: the file is missing, isn't a whole file of either kind, or has other tensors than its network; the
            message names the file and the tensor.
    """
    if path.suffix.lower() in SUFFIXES:
        model, tensors = read_state_dict(path, MOST_BYTES)
        info = CheckpointInfo()
    else:
        metadata, tensors = read_safetensors(path)
        if METADATA_KEY in metadata:
            model, info = _parse(path, metadata[METADATA_KEY])
        else:
            (model, tensors), info = find_network(tensors), CheckpointInfo()
    _check_tensors(path, tensors, model.state_dict())
    model.load_state_dict(tensors)
    return model.eval(), info


def bundled_checkpoint(preset: str, head: str) -> Path:
    """Return the file of a network that ships with this package, by its preset and its head.

    They are 'slice' with 'regression' or 'onehot', and 'full' with 'regression'.

    Raises:
        UserError: there is no such network.

    Example:
        >>> bundled_checkpoint("slice", "onehot").name
        'slice-onehot.safetensors'
    """
    path = BUNDLED_DIR / f"{preset}-{head}.safetensors"
    if not path.is_file():
        raise UserError(
            f"no {preset} network with the {head} head ships with this package; "
            f"train one with: mnist-adder train --preset {preset} --head {head}"
        )
    return path


def find_checkpoint(name: str) -> Path:
    """Return the file of a checkpoint by its path, or by the name of a network that ships, such as `slice-onehot`.

    A file or folder of that name comes first. Of a folder of a training it is the network after the last epoch. A path
    with a folder in it is returned even if there is no such file.

    Raises:
        UserError: there is no such file here, and no such network.
    """
    path = Path(name)
    if (path / LAST).exists():
        return path / LAST
    if path.name != name or path.exists():
        return path
    shipped = {file.stem: file for file in BUNDLED_DIR.glob("*.safetensors")}
    if name not in shipped:
        raise UserError(
            f"there is no file {_brief(name)} here, and no network of this name ships with this program; "
            f"there are: {', '.join(sorted(shipped))}"
        )
    return shipped[name]


def read_safetensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return the metadata, texts by key, and the tensors by name, {'conv1.bias': …}, of any safetensors file.

    Raises:
        UserError: it can't be read, is too large, or isn't a whole safetensors file.
    """
    refuse_pipe(path)
    try:
        # Opened here first, because safetensors' own messages are hard to read.
        with path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
        if size > MOST_BYTES:
            raise UserError(f"{path} holds {size:,} bytes, far more than any network of this program")
        with safetensors.safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise UserError(f"can't read the checkpoint {path}: {error.strerror or error}") from None
    except safetensors.SafetensorError as error:
        if path.suffix.lower() == ".xlsx" and zipfile.is_zipfile(path):
            raise UserError(f"{path} is a workbook; make a checkpoint of it first: mnist-adder import {path}") from None
        raise UserError(f"{path} isn't a whole safetensors file ({_brief(str(error))})") from None


def _parse(path: Path, words: str) -> tuple[AdderNetwork, CheckpointInfo]:
    try:
        description = json.loads(words)
        version, preset, head = description["format_version"], description["preset"], description["head"]
        recipe, results = dict(description["recipe"]), dict(description["results"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UserError(
            f"{path} doesn't say which network it holds; `mnist-adder train` writes files that do"
        ) from None
    if version != FORMAT_VERSION:
        raise UserError(f"{path} has format version {reprlib.repr(version)}; this program reads {FORMAT_VERSION}")
    if preset not in tuple(PRESETS) or head not in HEADS:
        named = f"preset {reprlib.repr(preset)}, head {reprlib.repr(head)}"
        raise UserError(f"{path} holds a network this program doesn't know: {named}")
    return AdderNetwork(preset, head), CheckpointInfo(recipe, results)


def _check_tensors(path: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for name, tensor in expected.items():
        if name not in found:
            raise UserError(f"{path} lacks the tensor {name}")
        if found[name].shape != tensor.shape:
            raise UserError(f"{path}: the tensor {name} is {_shape(found[name])}, not {_shape(tensor)}")
        if found[name].dtype != tensor.dtype:
            raise UserError(f"{path}: the tensor {name} is {found[name].dtype}, not {tensor.dtype}")
        if not found[name].isfinite().all():
            raise UserError(f"{path}: the tensor {name} holds values that aren't finite numbers")
    for name in found:
        if name not in expected:
            raise UserError(f"{path} holds the tensor {_brief(name)}, which its network doesn't have")


def _shape(tensor: Tensor) -> str:
    return _brief("x".join(map(str, tensor.shape)) or "a scalar")


def _brief(text: str) -> str:
    line = "".join(character if character.isprintable() else "\ufffd" for character in text[:LONGEST_WORDS])
    return line + "…" * (len(text) > LONGEST_WORDS)
