"""Trained networks as files: safetensors, with the configuration and the results in their metadata."""

import json
import os
import reprlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from excel_export.shared.errors import UserError
from excel_export.shared.files import write_atomically
from excel_export.shared.reading import refuse_pipe
from mnist_adder.network.model import HEADS, PRESETS, AdderNetwork

FORMAT_VERSION = 1
# A single key: safetensors writes several in no fixed order, and the same training must give the same bytes.
METADATA_KEY = "mnist_adder"
# The largest network takes half a megabyte, and what resumes its training a few times as much.
MOST_BYTES = 16 << 20
LONGEST_WORDS = 100
BUNDLED_DIR = Path(__file__).parent / "checkpoints"


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint says about itself: which network it is, how it was trained, and how good it got."""

    preset: str
    head: str
    recipe: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(path: Path, model: AdderNetwork, recipe: dict[str, Any], results: dict[str, Any]) -> None:
    """Write the network with its recipe and results, atomically; UserError when `path` can't be written."""
    description = {
        "format_version": FORMAT_VERSION,
        "preset": model.preset,
        "head": model.head,
        "recipe": recipe,
        "results": results,
    }
    tensors = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    metadata = {METADATA_KEY: json.dumps(description, sort_keys=True)}
    write_atomically(path, safetensors.torch.save(tensors, metadata))


def load_checkpoint(path: Path) -> tuple[AdderNetwork, CheckpointInfo]:
    """Read a network, on the CPU and ready to evaluate.

    Raises UserError, naming the file and where there is one the tensor, when the file is missing, isn't a
    whole safetensors file, wasn't written by `mnist-adder train`, or holds other tensors than its network.
    """
    metadata, tensors = read_safetensors(path)
    info = _parse(path, metadata)
    model = AdderNetwork(info.preset, info.head)
    _check_tensors(path, tensors, model.state_dict())
    model.load_state_dict(tensors)
    return model.eval(), info


def bundled_checkpoint(preset: str, head: str) -> Path:
    """Give the path of the trained network that ships with this package; UserError when none does."""
    path = BUNDLED_DIR / f"{preset}-{head}.safetensors"
    if not path.is_file():
        raise UserError(
            f"no {preset} network with the {head} head ships with this package; "
            f"train one with: mnist-adder train --preset {preset} --head {head}"
        )
    return path


def find_checkpoint(name: str) -> Path:
    """Give the path that `name` is, or that of the bundled network with that name, such as slice-onehot."""
    bundled = BUNDLED_DIR / f"{name}.safetensors"
    is_plain_name = Path(name).name == name
    return bundled if is_plain_name and not Path(name).exists() and bundled.is_file() else Path(name)


def read_safetensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Give the metadata and the tensors of a file; UserError when it isn't a whole safetensors file."""
    refuse_pipe(path)
    try:
        # Opened first by hand: safetensors' own errors for files that can't be opened are hard to read.
        with path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
        if size > MOST_BYTES:
            raise UserError(f"{path} holds {size:,} bytes, far more than any network of this program")
        with safetensors.safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise UserError(f"can't read the checkpoint {path}: {error.strerror or error}") from None
    except safetensors.SafetensorError as error:
        raise UserError(f"{path} isn't a whole safetensors file ({_brief(str(error))})") from None


def _parse(path: Path, metadata: dict[str, str]) -> CheckpointInfo:
    try:
        description = json.loads(metadata[METADATA_KEY])
        version, preset, head = description["format_version"], description["preset"], description["head"]
        recipe, results = dict(description["recipe"]), dict(description["results"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UserError(
            f"{path} doesn't say which network it holds; `mnist-adder train` writes files that do"
        ) from None
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} has format version {reprlib.repr(version)}; this program reads version {FORMAT_VERSION}"
        )
    if preset not in tuple(PRESETS) or head not in HEADS:
        named = f"preset {reprlib.repr(preset)}, head {reprlib.repr(head)}"
        raise UserError(f"{path} holds a network this program doesn't know: {named}")
    return CheckpointInfo(preset, head, recipe, results)


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
    """Give a text that a stranger wrote as a short one, in one line."""
    line = "".join(character if character.isprintable() else "\ufffd" for character in text[:LONGEST_WORDS])
    return line + "…" * (len(text) > LONGEST_WORDS)
