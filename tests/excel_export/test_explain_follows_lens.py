"""Explain and Nudge speak of the parameter that the Lens shows, until a learner chooses another one."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors
from tests.support.live import Live


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


def step_of(live: Live, name: str) -> int:
    steps = range(1, int(live.value("steps")) + 1)
    return next(step for step in steps if live.value(("Steps", f"C{5 + step}")) == f"{step} · {name}")


def test_they_follow_the_lens(made, tmp_path):
    live, tensors = Live(made, tmp_path), read_tensors(made)
    # The cells of the Lens: which tensor of the step, then the last four indices from left to right.
    which, indices = ("Lens", "AC6"), [("Lens", f"{col}6") for col in ("E", "K", "Q", "W")]
    cases = (
        ("←  conv", 2, "conv.weight", (1, 0, 1, 0)),
        ("←  out", 2, "out.weight", (2, 5)),
        ("←  out", 3, "out.bias", (1,)),
    )
    for name, tensor, key, index in cases:
        live.type({"step": step_of(live, name), which: tensor})
        live.type(dict(zip(indices[-len(index) :], index, strict=True)))
        shown = f"{key}[{', '.join(map(str, index))}]"
        assert live.value("explain_label") == shown
        assert live.value("explain_gradient") == pytest.approx(tensors[f"grad.{key}"][index], rel=1e-12)
        assert live.value("explain_value") == pytest.approx(tensors[key][index], rel=1e-12)


def test_a_choice_of_the_learner_comes_first(made, tmp_path):
    live = Live(made, tmp_path)
    live.type({"step": step_of(live, "←  out"), ("Lens", "AC6"): 2})
    live.type({"explain_tensor": "conv.bias", "explain_index_1": 1})
    assert live.value("explain_label") == "conv.bias[1]"
    live.type({"explain_tensor": "as on the Lens"})
    assert live.value("explain_label").startswith("out.weight[")
