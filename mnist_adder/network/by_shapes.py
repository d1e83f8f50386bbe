"""Networks from files that don't name their preset and head: these are found by the shapes of the tensors.

Such files are a workbook, also after somebody has changed it, and the `state_dict` of any training, from `torch.save`
or as plain safetensors.
"""

import os
import pickle
import re
import zipfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import excel_export
from excel_export.shared.errors import UserError, first_line
from excel_export.shared.reading import refuse_pipe
from mnist_adder.network.model import HEADS, PRESETS, AdderNetwork

SUFFIXES = (".pt", ".pth")
WRAPPED = ("state_dict", "model_state_dict")  # what many loops call it, beside the state of their optimizer
WRAPPERS = re.compile(r"^((module|_orig_mod)\.)+")  # of several GPUs, and of torch.compile
BEFORE_ZIP = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)  # torch.save's files began so before PyTorch 1.6
HOW = "save it with torch.save(network.state_dict(), ...)"


def read_workbook(path: Path, after_step: bool = False) -> AdderNetwork:
    """Return the network in a workbook, with the parameters in its yellow cells, even if a learner changed them.

    With `after_step` they are those after the workbook's one step.

    Raises:
        UserError: the file can't be read, holds no whole network of this program, or lacks numbers.
    """
    shapes = {name: tensor.shape for name, tensor in excel_export.read_tensors(path).items()}
    for preset, head in product(PRESETS, HEADS):
        network = AdderNetwork(preset, head)
        if all(shapes.get(name) == tuple(parameter.shape) for name, parameter in network.named_parameters()):
            excel_export.load_parameters(path, network, "after step" if after_step else "typed")
            return network.eval()
    raise UserError(
        f"{path} holds no whole network of this program: its parameters are not those of any of "
        f"{', '.join('-'.join(pair) for pair in product(PRESETS, HEADS))}"
    )


def read_state_dict(path: Path, most: int) -> tuple[AdderNetwork, dict[str, Tensor]]:
    """Return a network to which the tensors in a file of torch.save fit best, and these tensors by name.

    For a full network's file: (AdderNetwork('full', 'onehot'), {'conv1.weight': …}), made by `find_network`.

    Raises:
        UserError: the file can't be read, is larger than `most` bytes, or holds anything but tensors by name.
    """
    refuse_pipe(path)
    try:
        # Its parts may be compressed: what they hold counts, before it fills the memory.
        if _bytes_inside(path) > most:
            raise UserError(f"{path} holds far more than any network of this program")
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise UserError(f"can't read the checkpoint {path}: {error.strerror or error}") from None
    except zipfile.BadZipFile:
        raise UserError(f"{path} isn't a whole file of PyTorch; {HOW}") from None
    except UserError:
        raise
    except Exception as error:  # what the reader raises at damaged files, and at more than numbers, has no common class
        reason = "" if "weights_only" in str(error).lower() else f" ({first_line(error)[:100]})"
        raise UserError(f"{path} holds more than tensors, or is damaged{reason}; {HOW}") from None
    for name in WRAPPED:
        found = found[name] if isinstance(found, dict) and isinstance(found.get(name), dict) else found
    if not isinstance(found, dict) or not found or not all(map(_is_plain, found.values())):
        raise UserError(f"{path} isn't a dict of tensors by name; {HOW}")
    return find_network(found)


def find_network(found: Mapping[str, Tensor]) -> tuple[AdderNetwork, dict[str, Tensor]]:
    """Return a new network to which tensors fit best, and the tensors; the network's own numbers are random.

    Of all presets and heads it is the one with the most tensors of the right name and shape: with a 'conv5.weight' of
    the right shape it is a full one. Prefixes of wrappers, such as 'module.', are taken off the names.

    Returns:
        The network; and all tensors by name, of which those that fit are converted to the network's number format, so
        that `load_state_dict` takes them. It is not checked that any tensor fits.
    """
    tensors = {WRAPPERS.sub("", str(name)): tensor.detach() for name, tensor in found.items()}
    network = max(
        (AdderNetwork(preset, head) for preset, head in product(PRESETS, HEADS)),
        key=lambda one: sum(_fits(tensors.get(name), wanted) for name, wanted in one.state_dict().items()),
    )
    shaped = {name: wanted for name, wanted in network.state_dict().items() if _fits(tensors.get(name), wanted)}
    return network, tensors | {name: tensors[name].to(wanted.dtype) for name, wanted in shaped.items()}


def _bytes_inside(path: Path) -> int:
    with path.open("rb") as file:
        if file.read(len(BEFORE_ZIP)) == BEFORE_ZIP:
            return os.fstat(file.fileno()).st_size
    return sum(part.file_size for part in zipfile.ZipFile(path).infolist())


def _is_plain(value: Any) -> bool:
    return isinstance(value, Tensor) and value.layout is torch.strided and value.device.type == "cpu"


def _fits(tensor: Tensor | None, wanted: Tensor) -> bool:
    return tensor is not None and tensor.shape == wanted.shape and tensor.is_floating_point()
