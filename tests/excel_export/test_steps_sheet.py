"""Stepping: every block of the picture appears at its step, and the arithmetic of a step is spelled out truly."""

import re

import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.xlsx.read import read_index
from tests.support.engines import recalculate
from tests.support.live import Live
from tests.support.sheets import load_sheet


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
STEPS = ["the inputs", "first  →", "relu of first  →", "second  →", "loss  →", "←  the loss", "←  loss", "←  second",
         "←  relu of first", "←  first", "the updated parameters"]  # fmt: skip
# The step, counted from 1, in which each tensor appears.
APPEARS = {
    "first": 2, "relu": 3, "second": 4, "mse_loss": 5, "grad.mse_loss": 6, "grad.second": 7, "grad.relu": 8,
    "grad.second.weight": 8, "grad.second.bias": 8, "grad.first": 9, "grad.x": 10, "grad.first.weight": 10,
    "grad.first.bias": 10,
}  # fmt: skip
FIRST_ROW = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("steps") / "net.xlsx"
    export(Net(), (X,), path)
    return path


def test_the_steps_are_listed_in_order(made):
    sheet = load_sheet(made, "Steps")
    listed = [sheet.cell(FIRST_ROW + k, 3).value for k in range(len(STEPS))]
    assert listed == [f"{k} · {name}" for k, name in enumerate(STEPS, start=1)]


def test_a_block_is_hidden_before_its_step_and_framed_in_it(made):
    rules = load_sheet(made, "Network").conditional_formatting
    hidden, framed = {}, {}
    for formats in rules:
        for rule in formats.rules:
            if rule.type == "expression" and rule.formula[0].startswith("step_shown<"):
                hidden[str(formats.sqref)] = rule.formula
            elif rule.type == "expression" and rule.dxf.border:
                framed[str(formats.sqref)] = rule.formula
    areas = {entry.key: entry.grid.area for entry in reversed(read_index(made))}
    for key, step in APPEARS.items():
        assert hidden[areas[key]] == [f"step_shown<{step}"], key
        assert framed[areas[key]] == [f"step_shown={step}"], key
    for key in ("x", "first.weight", "second.bias"):
        assert areas[key] not in hidden, f"{key} is given: it is always to be seen"


def test_the_chosen_step_is_the_one_shown(made, tmp_path):
    live = Live(made, tmp_path)
    for number, name in enumerate(STEPS, start=1):
        live.type({"step": number})
        assert live.value("step_shown") == number
        assert live.value(("Network", "B1")) == f"{number} · {name}"


@pytest.mark.parametrize("step", [2, 4, 8, 9])
@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_the_products_that_are_shown_add_up_to_what_is_shown(made, step, engine, tmp_path):
    found = recalculate(made, engine, tmp_path).value("Steps", f"F{FIRST_ROW + step - 1}")
    shown = re.sub(r"\(-([0-9.]+)\)", r"-\1", found)
    terms, _, result = shown.partition(" = ")
    decimals = len(result.split(".")[1])
    total, parts = 0.0, 0
    for term in terms.split(" + "):
        product = 1.0
        for factor in re.findall(r"-?[0-9]+\.[0-9]+", term):
            product *= float(factor)
        total += product
        parts += 1
    if step == 9:  # the gradient of a ReLU: what arrives, or nothing
        assert re.fullmatch(r"if (-?[0-9.]+) > 0 then (-?[0-9.]+) else 0 = (-?[0-9.]+)", shown)
        condition, arriving, shown_result = map(float, re.findall(r"-?[0-9]+\.[0-9]+", shown))
        assert shown_result == (arriving if condition > 0 else 0)
        return
    assert parts >= 1
    # Each number shown is off by half of its last digit at most.
    assert total == pytest.approx(float(result), abs=20 * 10**-decimals)


@pytest.mark.slow
def test_no_function_of_a_spreadsheet_and_no_number_format_is_in_a_text(made_of):
    sheet = load_sheet(made_of("slice-regression alone").path, "Steps", data_only=True)
    shown = [
        cell.value
        for row in sheet.iter_rows(max_col=7)
        for cell in row
        if isinstance(cell.value, str) and not sheet.column_dimensions[cell.column_letter].hidden
    ]
    assert any("if " in text and " then " in text for text in shown)
    assert any("mean of (" in text for text in shown)
    assert not [text for text in shown if re.search(r"[A-Z]{2,}\(|0\.00;", text)]


def test_each_factor_that_is_shown_is_one_of_the_element(made, tmp_path):
    """The first step multiplies the inputs with the weights of one output: these very numbers, in this order."""
    found = recalculate(made, "ironcalc", tmp_path).value("Steps", f"F{FIRST_ROW + 1}")
    numbers = [float(text) for text in re.findall(r"-?[0-9]+\.[0-9]+", re.sub(r"\(-([0-9.]+)\)", r"-\1", found))]
    net = Net()
    output = int(net.first(X).abs().argmax())
    expected = [
        number for pair in zip(net.first.weight[output].tolist(), X[0].tolist(), strict=True) for number in pair
    ]
    expected += [net.first.bias[output].item(), net.first(X)[0, output].item()]
    assert numbers == pytest.approx(expected, abs=0.00501)


class Masked(nn.Module):
    """Scores of which some are −∞, as an attention's mask has them."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([0.5, -1.5, 2.0]))

    def forward(self, mask):
        scores = torch.where(mask, self.w, -torch.inf)
        return (scores + 1).softmax(0)[0] ** 2


def test_what_stands_for_minus_infinity_says_so_in_every_text(tmp_path):
    """TEXT once wrote the number that stands for it with 300 zeros."""
    assert export(Masked(), (torch.tensor([True, False, True]),), tmp_path / "masked.xlsx").ok
    book = openpyxl.load_workbook(tmp_path / "masked.xlsx", data_only=True)
    texts = [cell.value for sheet in book for row in sheet for cell in row if isinstance(cell.value, str)]
    assert not [text for text in texts if re.search(r"\d{20}|E\+?(29|30)\d", text)]
    steps = [cell.value for row in book["Steps"] for cell in row if isinstance(cell.value, str)]
    assert any("−∞" in text for text in steps), steps
