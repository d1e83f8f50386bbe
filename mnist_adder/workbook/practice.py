"""The networks of `mnist-adder practice`, as `excel-export practice` and its grader take them: FILE.py:FACTORY."""

from pathlib import Path

import torch

from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
from mnist_adder.workbook.teaching_workbook import arguments
from mnist_adder.workbook.tensor_names import NamedAdderLoss

DIGIT, NUMBER = 3, 5
Network = tuple[NamedAdderLoss, dict[str, torch.Tensor]]


def slice_regression() -> Network:
    """The small network whose sum is a number."""
    return _network("slice-regression")


def slice_onehot() -> Network:
    """The small network whose sum is one of 19 classes."""
    return _network("slice-onehot")


def source_of(name: str) -> str:
    """Where the factory of a network is: 'slice-regression' or 'slice-onehot'."""
    return f"{Path(__file__).resolve()}:{name.replace('-', '_')}"


def _network(name: str) -> Network:
    network, _ = load_checkpoint(find_checkpoint(name))
    module, inputs, _ = arguments(network, bundled_digits()[2 * DIGIT + 1], NUMBER)
    return module, inputs
