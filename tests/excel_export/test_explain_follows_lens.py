"""Explain speaks of the gradient of what the Lens shows, until a learner chooses another one."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors
from tests.support.lens import Places
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.steps import step_numbers


class Net(nn.Module):
    """Parameters of four dimensions, of two and of one."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 2, 2)
        self.out = nn.Linear(8, 3)

    def forward(self, image, label):
        return F.cross_entropy(self.out(self.conv(image).relu().flatten(1)), label)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("follows") / "net.xlsx"
    export(Net(), {"image": torch.randn(1, 1, 3, 3), "label": torch.tensor([1])}, path)
    return path


@pytest.fixture
def live(made, tmp_path):
    return Live(made, tmp_path)


def show(live: Live, made: Path, name: str, tensor: int, index: tuple[int, ...]) -> None:
    """Let the Lens show an element of a tensor of a step."""
    places, step = Places(made, live), step_numbers(made)[" ".join(name.split())]
    live.type({"story": 0, "step": step, places.tensor_cell: tensor})
    live.type(dict(zip(places.index_cells[-len(index) :], index, strict=True)))


@pytest.mark.parametrize(
    ("name", "tensor", "key", "index"),
    only_quick(
        [
            ("←  conv", 2, "conv.weight", (1, 0, 1, 0)),
            ("←  out", 2, "out.weight", (2, 5)),
            ("←  out", 3, "out.bias", (1,)),
            ("conv  →", 1, "conv", (0, 1, 0, 1)),
            ("←  ReLU of conv", 1, "conv", (0, 1, 1, 1)),
            ("the updated parameters", 2, "conv.bias", (1,)),
        ],
        ("←  conv", 2, "conv.weight", (1, 0, 1, 0)),
        ("the updated parameters", 2, "conv.bias", (1,)),
    ),
)
def test_it_follows_the_lens(made, live, name, tensor, key, index):
    tensors = read_tensors(made)
    show(live, made, name, tensor, index)
    shown = f"{key}[{', '.join(map(str, index))}]"
    assert live.value("explain_label") == shown
    assert live.value("explain_gradient") == pytest.approx(tensors[f"grad.{key}"][index], rel=1e-12)
    assert live.value("explain_value") == pytest.approx(tensors[key][index], rel=1e-12)
    assert live.value(("Explain", "I5")).endswith(" ✓")


def test_before_anything_is_computed_it_shows_an_example(made, live):
    show(live, made, "the inputs", 1, (0, 0, 2, 1))
    assert live.value("lens_gradient") == 0
    assert live.value("explain_label").startswith("conv.weight[")


def test_a_choice_of_the_learner_comes_first(made, live):
    show(live, made, "←  out", 2, (2, 5))
    live.type({"explain_tensor": "conv.bias", "explain_index_1": 1})
    assert live.value("explain_label") == "conv.bias[1]"
    live.type({"explain_tensor": "as on the Lens", "explain_index_1": "auto"})
    assert live.value("explain_label") == "out.weight[2, 5]"
    live.type({"explain_index_2": 3})
    assert live.value("explain_label") == "out.weight[2, 3]"
