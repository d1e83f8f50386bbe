"""Stepping: every block of the picture appears at its step, below the words of the step."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.workbook.read import read_index
from tests.support.live import Live
from tests.support.sheets import load_sheet
from tests.support.steps import step_labels


class Net(nn.Module):
    """Two layers and a loss, with few enough products to be written out."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(6, 3)
        self.second = nn.Linear(3, 2)

    def forward(self, x):
        return F.mse_loss(self.second(F.relu(self.first(x))), torch.ones(1, 2))


X = torch.tensor([[0.31, -1.2, 2.05, 0.4, -0.75, 1.5]])
STEPS = ["the inputs", "first  →", "ReLU of first  →", "second  →", "loss  →", "←  the loss", "←  loss", "←  second",
         "←  ReLU of first", "←  first", "the updated parameters"]  # fmt: skip
# The step, counted from 1, in which each tensor appears.
APPEARS = {
    "first": 2, "relu": 3, "second": 4, "mse_loss": 5, "grad.mse_loss": 6, "grad.second": 7, "grad.relu": 8,
    "grad.second.weight": 8, "grad.second.bias": 8, "grad.first": 9, "grad.x": 10, "grad.first.weight": 10,
    "grad.first.bias": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("steps") / "net.xlsx"
    export(Net(), (X,), path)
    return path


def test_the_steps_are_listed_in_order(made):
    assert step_labels(made) == [f"{k} · {name}" for k, name in enumerate(STEPS, start=1)]


def test_a_block_is_hidden_before_its_step_and_framed_in_it(made):
    rules = load_sheet(made, "Network").conditional_formatting
    hidden, framed = {}, {}
    for formats in rules:
        for rule in formats.rules:
            if rule.type == "expression" and rule.formula[0].startswith("shown_up_to<"):
                hidden[str(formats.sqref)] = rule.formula
            elif rule.type == "expression" and rule.dxf.border:
                framed[str(formats.sqref)] = rule.formula
    areas = {entry.key: entry.grid.area for entry in reversed(read_index(made))}
    for key, step in APPEARS.items():
        assert hidden[areas[key]] == [f"shown_up_to<{step}"], key
        assert framed[areas[key]] == [f"step_shown={step}"], key
    for key in ("x", "first.weight", "second.bias"):
        assert areas[key] not in hidden, f"{key} is given: it is always to be seen"


def test_the_chosen_step_is_the_one_shown(made, tmp_path):
    live = Live(made, tmp_path)
    live.type({"story": 0})
    for number, name in enumerate(STEPS, start=1):
        live.type({"step": number})
        assert live.value("step_shown") == number
        assert live.value(("Network", "B1")) == f"{number} · {name}"
