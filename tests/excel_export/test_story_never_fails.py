"""A story never ends an export: each module that the exporter takes has one, and its numbers are *Network*'s own."""

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export
from tests.support.coverage import torch_nn
from tests.support.coverage.case import NotCounted
from tests.support.edited import differing, edited
from tests.support.engines import Recalculated
from tests.support.long_proofs import only_quick
from tests.support.random_modules import BORDERS, RandomModule
from tests.support.story_sheets import story_of


def has_a_story(module: nn.Module, inputs: tuple[torch.Tensor, ...], path: Path) -> None:
    """Export with all sheets, which compares each number with *Network*'s; a refusal must not be for the story."""
    try:
        export(module, inputs, path)
    except ExportError as refusal:
        with pytest.raises(type(refusal), match=re.escape(str(refusal))):
            export(module, inputs, path, sheets=())
    else:
        assert story_of(path)


@pytest.mark.parametrize("seed", only_quick(range(300), *range(60)))
def test_a_random_module_has_a_story(seed, tmp_path):
    module = RandomModule(seed)
    print(module)
    has_a_story(module, module.inputs, tmp_path / "net.xlsx")


@pytest.mark.slow
@pytest.mark.parametrize("name", torch_nn.classes())
def test_a_class_of_pytorch_has_a_story(name, tmp_path):
    [group] = [each for each in torch_nn.groups() if each.name == name]
    for case in group.cases():
        try:
            module, inputs = case.make()
        except NotCounted:
            continue
        print(case.what)
        has_a_story(module, inputs, tmp_path / "net.xlsx")


class Made(nn.Module):
    """A function of its parameter, of a layer and of the inputs."""

    def __init__(self, function, weight=(), layer=None):
        super().__init__()
        torch.manual_seed(2)
        self.function, self.layer, self.w = function, layer, nn.Parameter(torch.randn(weight))

    def forward(self, x, y=None):
        return self.function(self, x, y)


LINEAR = nn.Linear(3, 2)
SINGLE = {
    "a number that reads none": (Made(lambda m, x, y: (F.pad(x, [1, 1], value=9.0) * m.w).sum(), (1, 5)), [(1, 3)]),
    "a pixel of a second map": (Made(lambda m, x, y: (x / 2 * m.w).sum(), (1, 2, 3, 3)), [(1, 2, 3, 3)]),
    "a loss of shape (1,)": (Made(lambda m, x, y: (m.layer(x) * m.w).sum(1) + m.w.abs(), 1, LINEAR), [(1, 3)]),
    "a path that only copies": (
        Made(lambda m, x, y: F.mse_loss(m.layer(x), torch.stack([y, y]).roll(1, 0).flip(0)), (), LINEAR),
        [(2, 3), (2,)],
    ),
    "a layer of very many numbers on a second path": (
        Made(lambda m, x, y: F.cross_entropy(m.layer[0](x), torch.tensor([1])) + m.layer[1](x).tanh().sum(), (),
             nn.ModuleList([nn.Linear(60, 3), nn.Linear(60, 2)])),
        [(1, 60)],
    ),
    "a tall window behind three bends": (
        Made(lambda m, x, y: m.layer(x).square().sum(), (), nn.Sequential(
            nn.Conv2d(1, 1, 1), nn.Tanh(), nn.Sigmoid(), nn.GELU(), nn.Conv2d(1, 4, (12, 1)), nn.ReLU(),
            nn.Conv2d(4, 3, 1),
        )), [(1, 1, 40, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SINGLE)
def test_a_single_one_has_a_story(what, tmp_path):
    module, shapes = SINGLE[what]
    torch.manual_seed(1)
    has_a_story(module, tuple(torch.randn(shape) * (1 + k) for k, shape in enumerate(shapes)), tmp_path / "net.xlsx")


def test_a_filter_is_chosen_where_all_filters_read_the_same_map(tmp_path):
    for groups in (1, 2):
        layer = nn.Conv2d(2 if groups > 1 else 1, 2, 2, groups=groups)
        made = Made(lambda m, x, y: m.layer(x).square().sum(), (), layer)
        has_a_story(made, (torch.randn(1, layer.in_channels, 4, 4),), tmp_path / "net.xlsx")
        [sheet] = [each for each in story_of(tmp_path / "net.xlsx") if each.name == "2 convolution"]
        assert ("all 2 filters" in sheet.said) == (groups == 1)


class Bordered(nn.Module):
    """A convolution with a border, and a parameter before, behind or beside it."""

    def __init__(self, mode, place, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.conv = nn.Conv2d(2, 2, 3, padding=1, padding_mode=mode)
        self.place, self.w, self.x = place, nn.Parameter(torch.randn(1, 2, 4, 4)), torch.randn(1, 2, 4, 4)

    def forward(self, x):
        if self.place == "before":
            return self.conv(x * self.w).sum()
        made = self.conv(x)
        return (made * self.w).sum() if self.place == "behind" else (made + self.w * x).square().sum()


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
@pytest.mark.parametrize("place", ["before", "behind", "beside"])
@pytest.mark.parametrize("mode", BORDERS[1:])
def test_a_border_of_any_kind_agrees_with_pytorch_after_an_edit(mode, place, engine, tmp_path):
    path, other = tmp_path / "net.xlsx", Bordered(mode, place, 9)
    made = Bordered(mode, place, 2)
    assert export(made, (made.x,), path).ok
    changed = edited(path, other, (other.x,), tmp_path / "edited.xlsx")
    assert not differing(changed, engine, other, (other.x,), tmp_path)
    computed = Recalculated(tmp_path / f"edited.{engine}.xlsx")
    for sheet in story_of(path):
        signs = [computed.value(sheet.name, sign) for sign, _, _ in sheet.checks]
        assert {*signs} <= {"✓"}, sheet.name
