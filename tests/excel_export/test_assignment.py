"""The lesson of the assignment: each row of its table is a step of PyTorch's, and its numbers are the known ones."""

import re
from string import ascii_uppercase

import pytest
import torch
from openpyxl.utils import get_column_letter

from excel_export.lessons import hand_in_sheet, one_row_a_step_sheet
from excel_export.lessons.one_row_a_step_sheet import FIRST_COL, FIRST_ROW, GRADIENTS, HEADS, STEPS, WEIGHTS
from excel_export.workbook.read import read_index
from tests.support.lessons import LESSONS, Made
from tests.support.live import Live
from tests.support.sheets import load_sheet

NAME = "two-layers-assignment"
CHANGED = {"i[0]": 0.3, "i[1]": -0.7, "t[0]": 0.5, "t[1]": 0.25, "output.weight[1,0]": -1.5}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(NAME, tmp_path_factory.mktemp("assignment"))


@pytest.fixture
def live(made, tmp_path):
    return Live(made.path, tmp_path)


def learned(rate, changes=()):
    """What stands in each row by the names of the columns, from a network that is written here, and PyTorch's SGD."""
    i, t = (torch.tensor(numbers, dtype=torch.float64) for numbers in ([0.05, 0.1], [0.01, 0.99]))
    hidden = torch.tensor([[0.15, 0.2], [0.25, 0.3]], dtype=torch.float64, requires_grad=True)
    output = torch.tensor([[0.4, 0.45], [0.5, 0.55]], dtype=torch.float64, requires_grad=True)
    tensors = {"i": i, "t": t, "hidden.weight": hidden, "output.weight": output}
    for place, value in dict(changes).items():
        name, index = re.fullmatch(r"([\w.]+)\[([\d,]+)\]", place).groups()
        tensors[name].data[tuple(map(int, index.split(",")))] = value
    optimizer = torch.optim.SGD([hidden, output], rate)
    for _ in range(STEPS):
        h = hidden @ i
        a_h = torch.sigmoid(h)
        o = output @ a_h
        a_o = torch.sigmoid(o)
        errors = torch.nn.functional.mse_loss(a_o, t, reduction="none") / 2
        optimizer.zero_grad()
        errors.sum().backward()
        row = dict(zip(WEIGHTS, [*hidden.flatten().tolist(), *output.flatten().tolist()], strict=True))
        row |= dict(zip(GRADIENTS, [*hidden.grad.flatten().tolist(), *output.grad.flatten().tolist()], strict=True))
        for k in (0, 1):
            row |= {f"h{k + 1}": h[k], f"a_h{k + 1}": a_h[k], f"o{k + 1}": o[k], f"a_o{k + 1}": a_o[k]}
            row[f"E{k + 1}"] = errors[k]
        yield {name: float(value) for name, value in (row | {"E_total": errors.sum()}).items()}
        optimizer.step()


def at(live, sheet, row, col):
    return live.value((sheet, f"{get_column_letter(col)}{row}"))


def rows(live):
    for step in range(STEPS):
        yield {
            head: at(live, one_row_a_step_sheet.NAME, FIRST_ROW + step, FIRST_COL + k) for k, head in enumerate(HEADS)
        }


def type_in(live, path, changes):
    grids = {entry.key: entry.grid for entry in reversed(read_index(path)) if entry.what == "value"}
    cells = {}
    for place, value in changes.items():
        name, index = re.fullmatch(r"([\w.]+)\[([\d,]+)\]", place).groups()
        cell = grids[name].at(*map(int, index.split(",")))
        cells[cell.sheet, cell.area.replace("$", "")] = value
    live.type(cells)


def test_each_row_is_a_step_of_pytorchs(live):
    for found, expected in zip(rows(live), learned(0.5), strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_each_row_follows_other_inputs_targets_weights_and_rates(live, made):
    type_in(live, made.path, CHANGED)
    live.type({"learning_rate": 2})
    for found, expected in zip(rows(live), learned(2, CHANGED), strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_the_known_numbers(live):
    first = next(rows(live))
    assert first["E_total"] == pytest.approx(0.2425199, abs=5e-8)
    assert first["∂E/∂w5"] == pytest.approx(0.0721571, abs=5e-8)


def test_weights_of_any_size_are_no_errors(live, made):
    type_in(live, made.path, {"hidden.weight[0,0]": -1e6, "hidden.weight[1,0]": 1e6, "output.weight[0,0]": -1e6})
    assert all(isinstance(number, float | int) for row in rows(live) for number in row.values())


def test_each_equation_of_the_hand_in_has_the_result_of_its_numbers(made, live):
    """The text with the numbers, read as arithmetic, gives what stands beside it."""
    sheet = load_sheet(made.path, hand_in_sheet.NAME)
    read = 0
    for row in range(1, sheet.max_row + 1):
        text = at(live, sheet.title, row, hand_in_sheet.NUMBERS)
        if not isinstance(text, str) or not text:
            continue
        python = text.replace("·", "*").replace("−", "-").replace("½", "0.5").replace("²", "**2")
        python = re.sub(r"e\^", "2.718281828459045**", python)
        assert eval(python) == pytest.approx(at(live, sheet.title, row, hand_in_sheet.RESULT), abs=2e-4), text
        read += 1
    assert read == 12


def test_the_chart_of_the_hand_in_shows_the_six_rates(made, live):
    sheet = load_sheet(made.path, hand_in_sheet.NAME)
    (chart,) = sheet._charts
    assert len(chart.series) == len(LESSONS[NAME].rates.rates) == 6
    for series, rate in zip(chart.series, (0.1, 0.2, 0.5, 0.8, 1, 2), strict=True):
        name, cells = series.tx.strRef.f.split("!")[1], series.yVal.numRef.f.split("!")[1]
        assert live.value((sheet.title, name.replace("$", ""))) == f"rate {rate:g}"
        first, last = cells.replace("$", "").split(":")
        assert live.column(sheet.title, first, STEPS) == pytest.approx(
            [row["E_total"] for row in learned(rate)], rel=1e-9
        )
        assert int(last.lstrip(ascii_uppercase)) - int(first.lstrip(ascii_uppercase)) + 1 == LESSONS[NAME].rates.steps
