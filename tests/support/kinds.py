"""One workbook of each kind that the project writes, made once for all processes, with the network that it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F
from filelock import FileLock
from torch import nn

from excel_export import Report, export, verify
from excel_export.cli import main
from excel_export.compiler.place import placement
from excel_export.compiler.reference.arguments import Inputs
from excel_export.factories import Factories
from excel_export.formulas import Grid
from excel_export.lessons.catalogue import own_lessons
from excel_export.lessons.lesson_workbook import write_lesson
from excel_export.workbook.read import read_index
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import AdderLoss
from mnist_adder.network.model import HEADS
from mnist_adder.workbook.teaching_workbook import write_workbook
from tests.support.cells import cell
from tests.support.long_proofs import only_quick
from tests.support.scripts import ROOT

DIGIT, NUMBER = bundled_digits()[7], 6
SMALL = only_quick(["odd names", "part from", "part to", "random", "example xor"], "odd names", "example xor")
ONE_HEAD = only_quick(HEADS, "regression")
"""The heads for tests that take long with each: the quick tests have one of them."""
KINDS = (*SMALL, "slice-regression", "slice-onehot")
"""All but the whole network, which takes its time: 'full-regression'."""
ALONE = " alone"
"""Behind the name of a slice: without the sheets of its training, as in 'slice-onehot alone'."""
EXAMPLE = "example "
"""Before the name of a file of examples/, as in 'example xor': as the command line writes it."""
LESSON = "lesson "
"""Before the name of a lesson, as in 'lesson softmax'."""
PARTS = {"part from": ("conv3", None), "part to": (None, "conv3")}


@dataclass
class Made:
    """A workbook, and what it must agree with."""

    kind: str
    path: Path
    module: nn.Module
    inputs: Inputs

    @cached_property
    def _index(self) -> dict[str, Grid]:
        return {entry.key: entry.grid for entry in reversed(read_index(self.path))}

    def place(self, key: str, *index: int) -> tuple[str, str]:
        """The sheet and the cell of an element."""
        grid = self._index[key]
        return grid.sheet, cell(int(grid.rows[index]), int(grid.cols[index]))

    def compare(self, path: Path, module: nn.Module | None = None, inputs: Inputs | None = None) -> Report:
        """Hold a file's stored values against float64 autograd, of its own network or of a changed one."""
        start, stop = PARTS.get(self.kind, (None, None))
        return verify(path, module or self.module, self.inputs if inputs is None else inputs, start=start, stop=stop)


def make(kind: str, folder: Path) -> Made:
    """Give the workbook of a kind; whoever asks first, of all processes that share the folder, writes it."""
    module, inputs = network_of(kind)
    path = folder / f"{kind}.xlsx"
    with FileLock(folder / f"{kind}.lock"):
        if not path.exists():
            _write(kind, module, inputs, path)
    return Made(kind, path, module, inputs)


def network_of(kind: str) -> tuple[nn.Module, Inputs]:
    """The module of a kind, and its inputs."""
    if kind in _NETWORKS:
        torch.manual_seed(0)
        return _NETWORKS[kind]()
    if kind.startswith(EXAMPLE):
        return Factories().network(_factory(kind))
    if kind.startswith(LESSON):
        return own_lessons()[kind.removeprefix(LESSON)].make()
    pixels = torch.tensor(DIGIT.pixels).double().reshape(1, 1, 28, 28)
    given = {"pixels": pixels, "number": torch.tensor([float(NUMBER)]), "digit": torch.tensor([DIGIT.label])}
    preset, head = _checkpoint(kind)
    network, _ = load_checkpoint(bundled_checkpoint(preset, head))
    return AdderLoss(network), given


def _checkpoint(kind: str) -> tuple[str, str]:
    preset, head = ("slice", "regression") if kind in PARTS else kind.removesuffix(ALONE).split("-")
    return preset, head


def _factory(kind: str) -> str:
    name = kind.removeprefix(EXAMPLE)
    return f"{ROOT / 'examples' / name}.py:{name}"


def _write(kind: str, module: nn.Module, inputs: Inputs, path: Path) -> None:
    if kind in _NETWORKS:
        # Small networks whose layers have a sheet each.
        with patch.multiple(placement, ONE_SHEET=500, ONE_LAYER=50):
            assert export(module, inputs, path).ok
        return
    if kind.startswith(EXAMPLE):
        assert main([_factory(kind), "-o", str(path)]) == 0
        return
    if kind.startswith(LESSON):
        assert write_lesson(own_lessons()[kind.removeprefix(LESSON)], path).ok
        return
    start, stop = PARTS.get(kind, (None, None))
    network, _ = load_checkpoint(bundled_checkpoint(*_checkpoint(kind)))
    report = write_workbook(network, DIGIT, NUMBER, path, training=not kind.endswith(ALONE), start=start, stop=stop)
    assert report.ok, report


class OddNames(nn.Module):
    """Layers and inputs with names that a sheet, a defined name, a formula or XML could stumble over.

    A quotation mark or a backslash in a name is refused.
    Each layer has a sheet, whose name is cut to 31 characters.
    """

    LAYERS = (
        "first",
        "History",
        "start",
        "a_very_long_name_of_a_layer_that_repeats_" * 7 + "once",
        "a_very_long_name_of_a_layer_that_repeats_" * 7 + "Once",
        "a_very_long_name_of_a_layer_that_repeats_" * 7 + "twice",
        "'=1+1'",
        "a <b> & ]]>",
        "[a]:b*c?d/e",
        "\U0001d49c" * 20,
        "\U0001d49c" * 20 + "2",
        "漢字",
    )
    INPUTS = ("Step_Number", "verdict", "Print_Area", "r1c1", "w1", "true", "explain_label", "LOSS", "criteria", "ä")

    def __init__(self) -> None:
        super().__init__()
        for k, name in enumerate(self.LAYERS):  # of two sizes, or all would lie in one panel
            self.add_module(name, nn.Linear(6 + k % 2, 7 - k % 2))

    def forward(self, x, Step_Number, verdict, Print_Area, r1c1, w1, true, explain_label, LOSS, criteria, ä):
        """Send `x` (1, 6) through every layer, and read every input."""
        for name in self.LAYERS:
            x = torch.tanh(getattr(self, name)(x))
        scale = Step_Number * verdict + Print_Area * r1c1 + w1 * true + explain_label * LOSS + criteria * ä
        return F.mse_loss(x * scale, torch.ones(1, 6))


def _odd_names() -> tuple[nn.Module, Inputs]:
    singles = {name: torch.tensor([0.3 + 0.1 * k]) for k, name in enumerate(OddNames.INPUTS)}
    return OddNames(), {"x": torch.linspace(-1, 1, 6).reshape(1, 6)} | singles


def _random() -> tuple[nn.Module, Inputs]:
    """The largest of the first networks that the generator of the random tests gives."""
    from hypothesis import Phase, given, settings

    from tests.excel_export.test_random_networks import COMMON, networks

    found = []

    @settings(max_examples=25, phases=[Phase.generate], **COMMON)
    @given(networks())
    def collect(case) -> None:
        found.append(case)

    collect()
    return max(found, key=lambda case: len(case[0].steps))


_NETWORKS: dict[str, Callable[[], tuple[nn.Module, Inputs]]] = {"odd names": _odd_names, "random": _random}
