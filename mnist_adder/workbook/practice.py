"""The networks of `mnist-adder practice`, as `excel-export practice` and its grader take them: FILE.py:FACTORY."""

from pathlib import Path

import torch

from mnist_adder.workbook.teaching_workbook import messy_three
from mnist_adder.workbook.tensor_names import NamedAdderLoss

Network = tuple[NamedAdderLoss, dict[str, torch.Tensor]]
"""A module and its inputs by name."""


def slice_regression() -> Network:
    """Return (module, inputs): the trained small network whose sum is a number, with its loss, as in `AdderLoss`.

    The inputs are 'pixels', a messy 3, (1, 1, 28, 28), 'number', 6, and 'digit', 3, each of these two (1,).
    """
    return messy_three("slice-regression")[:2]


def slice_onehot() -> Network:
    """Return (module, inputs) as `slice_regression` does, of the network whose sum is one of 19 classes."""
    return messy_three("slice-onehot")[:2]


def source_of(name: str) -> str:
    """Return FILE.py:FACTORY of a network: '/…/workbook/practice.py:slice_onehot' for 'slice-onehot'."""
    return f"{Path(__file__).resolve()}:{name.replace('-', '_')}"
