"""Small networks of several kinds, each with examples to train on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_from_string
from torch import nn

from excel_export import LearningRates, Report, Training, export
from excel_export.authoring import Feed

RATES_ROW, RATES_LABEL = 5, "Learning rates →"
"""Where the rates stand that are compared, counted from their title, and what stands before them."""


def on_rates(path: Path, cell: str) -> tuple[str, str]:
    """A cell of the learning rates, counted from their title: they stand below the training, where there is one."""
    sheet, row = _rates(path)
    column, number = coordinate_from_string(cell)
    return sheet, f"{column}{row - RATES_ROW + number}"


@cache
def _rates(path: Path) -> tuple[str, int]:
    book = load_workbook(path, read_only=True)
    for name in {"Learning rates", "Training"} & {*book.sheetnames}:
        for row, (label,) in enumerate(book[name].iter_rows(min_col=2, max_col=2, values_only=True), start=1):
            if label == RATES_LABEL:
                return name, row
    raise ValueError(f"{path.name} compares no learning rates")


class MLP(nn.Module):
    """Two layers, on vectors without a batch."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.hidden, self.output = nn.Linear(2, 3), nn.Linear(3, 1)

    def forward(self, x, truth):
        return F.binary_cross_entropy_with_logits(self.output(torch.tanh(self.hidden(x))), truth)


class Batches(MLP):
    """The same on small batches, with a layer that does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden.requires_grad_(False)


class CNN(nn.Module):
    """Reads a small picture."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.conv, self.out = nn.Conv2d(1, 2, 3), nn.Linear(8, 3)

    def forward(self, image, label):
        x = F.max_pool2d(F.relu(self.conv(image)), 2)
        return F.cross_entropy(self.out(x.flatten(1)), label)


class Line(nn.Module):
    """Fits a line to points; its argument has the name of a function of Python."""

    def __init__(self) -> None:
        super().__init__()
        self.slope, self.offset = nn.Parameter(torch.tensor(0.3)), nn.Parameter(torch.tensor(0.0))

    def forward(self, input, y):
        return (self.slope * input + self.offset - y) ** 2


def cases():
    return [(torch.tensor([a, b]), torch.tensor([float(a != b)])) for a in (0.0, 1.0) for b in (0.0, 1.0)]


def batches():
    torch.manual_seed(3)
    return [{"truth": torch.rand(2, 1), "x": torch.randn(2, 2)} for _ in range(3)]


def pictures():
    torch.manual_seed(4)
    names = ("bar", "a cross", "7")
    return {name: {"image": torch.rand(1, 1, 6, 6), "label": torch.tensor([k])} for k, name in enumerate(names)}


def points():
    return [(torch.tensor(float(k)), torch.tensor(2.0 * k + 1)) for k in range(3)]


@dataclass
class Case:
    """A network and its examples, made when they are asked for."""

    make_module: Callable[[], nn.Module]
    make_examples: Callable[[], Sequence | dict]
    key: str
    """An input that is changed in the test of changes."""

    @cached_property
    def module(self) -> nn.Module:
        return self.make_module()

    @cached_property
    def examples(self) -> Sequence | dict:
        return self.make_examples()

    @property
    def given(self) -> list:
        return list(self.examples.values() if isinstance(self.examples, dict) else self.examples)


CASES = {
    "vectors": Case(MLP, cases, "x"),
    "batches": Case(Batches, batches, "x"),
    "pictures": Case(CNN, pictures, "image"),
    "numbers": Case(Line, points, "y"),
}


class Scaled(MLP):
    """Takes a setting beside its tensors, and an input with the name of a defined name."""

    def forward(self, x, truth, training_rate, times=1):
        return super().forward(x, truth) * training_rate * times


def train(module: nn.Module, examples, path: Path, rates: LearningRates | None = None, **more) -> Report:
    inputs = examples.examples[0] if isinstance(examples, Feed) else CASES["vectors"].given[0]
    if isinstance(examples, dict):
        inputs = next(iter(examples.values()))
    elif isinstance(module, Line):
        inputs = points()[0]
    return export(module, inputs, path, training=Training(examples, **more), rates=rates)
