"""Small networks of several kinds, each with examples to train on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_from_string
from torch import nn

from excel_export import LearningRates, Report, Training, export
from excel_export.authoring import Feed
from excel_export.sheets.training.training import EACH_STEP
from excel_export.workbook.read import AFTER_TRAINING, read_all

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


def by_turns(examples: Sequence, count: int) -> list:
    """The examples of so many steps."""
    return [examples[k % len(examples)] for k in range(count)]


OF_TORCH = ("SGD", "momentum", "Nesterov", "Adam", "AdamW")
"""The rules that torch.optim has, as `optimiser` knows. Another one is held against a step of its own."""


def optimiser(rule: str, module: nn.Module, rate: float, **numbers: float) -> torch.optim.Optimizer:
    """PyTorch's own, by the name that a rule has on the sheets."""
    given = {"momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0} | numbers
    parameters = [item for item in module.parameters() if item.requires_grad]
    decay = given["weight_decay"]
    if rule in ("Adam", "AdamW"):
        kind = torch.optim.Adam if rule == "Adam" else torch.optim.AdamW
        betas = given["beta1"], given["beta2"]
        return kind(parameters, lr=rate, betas=betas, eps=given["epsilon"], weight_decay=decay)
    momentum = 0 if rule == "SGD" else given["momentum"]
    return torch.optim.SGD(parameters, rate, momentum, weight_decay=decay, nesterov=rule == "Nesterov")


def is_real(item: object) -> bool:
    """Whether it is a tensor of numbers that need not be whole."""
    return isinstance(item, torch.Tensor) and item.is_floating_point()


def mean_loss(module: nn.Module, batch: Sequence) -> torch.Tensor:
    """The mean loss of some examples, in float64."""
    losses = []
    for inputs in batch:
        named = inputs if isinstance(inputs, dict) else dict(enumerate(inputs))
        given = {key: item.double() if is_real(item) else item for key, item in named.items()}
        losses.append(module(**given) if isinstance(inputs, dict) else module(*given.values()))
    return torch.stack([loss.reshape(()) for loss in losses]).mean()


def learned(
    module: nn.Module, steps: Sequence[Sequence], rate: float, held: Sequence = (), rule: str = "SGD", **numbers: float
) -> tuple[nn.Module, list[float], list[float]]:
    """What torch.optim makes of a module, the loss before each step, and that of held-out examples."""
    module = copy.deepcopy(module).double()
    optim = optimiser(rule, module, rate, **numbers)
    losses, others = [], []
    for batch in steps:
        loss = mean_loss(module, batch)
        if held:
            with torch.no_grad():
                others.append(mean_loss(module, held).item())
        optim.zero_grad()
        loss.backward()
        optim.step()
        losses.append(loss.item())
    return module, losses, others


def compare(
    path: Path, module: nn.Module, batches: Sequence[Sequence], rate: float, held: Sequence = (), *,
    what: tuple[str, str] = (EACH_STEP, AFTER_TRAINING), close: float = 1e-11, **more: object,
) -> None:  # fmt: skip
    """Hold the losses and the trained parameters of a workbook against torch.optim's."""
    found, close_ = read_all(path), {"rtol": close, "atol": close}
    expected, losses, others = learned(module, batches, rate, held, **more)  # type: ignore[arg-type]
    np.testing.assert_allclose(found["loss", what[0]], losses, **close_)
    if held:
        np.testing.assert_allclose(found["held_out", what[0]], others, **close_)
    for name, parameter in expected.named_parameters():
        if name != "unused":  # it is not in the workbook
            np.testing.assert_allclose(found[name, what[1]], parameter.detach().numpy(), **close_, err_msg=name)
