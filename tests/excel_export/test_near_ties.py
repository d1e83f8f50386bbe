"""Numbers that differ in their last digits only, in all operators that choose: no error, and no gradient lost.

Excel's =, < and > round to 15 digits, while MATCH, MAX and RANK see every bit; other engines do it in their own ways.
So numbers that are nearly equal may count as they are, or as equal ones: what PyTorch shows of either is right.
"""

import math
import sys
from itertools import permutations
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from excel_export import ExportError, export, read_tensors
from excel_export.cli import main
from tests.support.engines import each_engine, recalculate, require_engine
from tests.support.sweep import Case, sweep
from tests.support.tiny import Fails

ALIKE_ON = "formulon"
"""The engine that compares as Excel does."""
BASES, ULPS = (0.3, -5.0), (1, 2, 4)


def after(number, ulps):
    """The number that comes so many units in the last place after another one."""
    for _ in range(ulps):
        number = math.nextafter(number, math.inf)
    return number


def rows(*near):
    """Rows of four numbers, those nearly equal that are so many units apart; of each kind some orders."""
    found = []
    for base in BASES:
        for ulps in ULPS:
            others = [base + far for far in (0.25, -0.25, 0.5)][: 4 - len(near)]
            four = [*(after(base, ulps * k) for k in near), *others]
            found += Random(ulps).sample(list(permutations(four)), 2)
    return torch.tensor(found, dtype=torch.float64)


PAIRS, CHAINS = rows(0, 1), rows(0, 1, 2)
EQUAL = PAIRS.mul(1e6).round().div(1e6)


def both(pair):
    """A number times its place, counted from 1."""
    return pair[0] * (1 + pair[1])


def squares(x):
    """Each row as an image of 2×2."""
    return x.reshape(1, -1, 2, 2)


def other(x):
    """The neighbour of each number, in a circle."""
    return x.roll(1, 1)


POOLED = {
    "max_pool1d": lambda x: F.max_pool1d(x, 4),
    "max_pool2d": lambda x: F.max_pool2d(squares(x), 2),
    "max_pool2d, places": lambda x: both(F.max_pool2d(squares(x), 2, return_indices=True)),
    "max_pool3d": lambda x: F.max_pool3d(x.reshape(1, -1, 1, 2, 2), (1, 2, 2)),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(squares(x), 1),
    "adaptive_max_pool2d, places": lambda x: both(F.adaptive_max_pool2d(squares(x), 1, return_indices=True)),
    "max": lambda x: both(x.max(1)),
    "min": lambda x: both(x.min(1)),
    "argmax": lambda x: x.argmax(1) * x.sum(1),
    "argmin": lambda x: x.argmin(1) * x.sum(1),
    "argmax of all": lambda x: x[:6].argmax() * x,
}
"""What MATCH alone decides: as PyTorch does, where MATCH sees every bit."""
SEVERAL = {
    "max_pool1d, dilated": lambda x: F.max_pool1d(x, 2, 1, dilation=2),
    "max_pool2d, overlapping": lambda x: F.max_pool2d(x[None, None], 3, 1),
    "max over a dimension that lies apart": lambda x: both(x.reshape(-1, 4, 1, 1).max(1)),
    "max of all": lambda x: x.max() + x[:4].min(),
    "amax": lambda x: x.amax(1),
    "amin": lambda x: x.reshape(-1, 2, 4).amin((1, 2)),
    "largest size": lambda x: torch.linalg.vector_norm(x, math.inf, 1),
    "largest distance": lambda x: torch.cdist(x[:1], x[1:2] / 4, math.inf),
    "maximum": lambda x: torch.maximum(x, other(x)),
    "minimum": lambda x: torch.minimum(x, other(x)),
    "clamp": lambda x: x.clamp(0.3, 0.55) + x.clamp(max=-5.0),
    "clamp by tensors": lambda x: x.clamp(min=other(x)) + x.clamp(max=other(x)),
    "hardtanh": lambda x: F.hardtanh(x, -5.0, 0.3),
    "huber_loss": lambda x: F.huber_loss(x, 2 * other(x), reduction="none", delta=0.3),
    "greater, less": lambda x: (x > other(x)) * x + (x < other(x)) * 2,
    "at least, at most": lambda x: (x >= other(x)) * x + (x <= other(x)) * 2,
    "equal, unequal": lambda x: (x == other(x)) * x + (x != other(x)) * 2,
    "where": lambda x: torch.where(x > other(x), x, other(x)),
    "masked_fill": lambda x: x.masked_fill(x < other(x), -torch.inf).softmax(1),
    "relu of a difference": lambda x: (x - other(x)).relu(),
    "size of a difference": lambda x: (x - other(x)).abs(),
    "sign of a difference": lambda x: (x - other(x)).sign() * x,
    "l1_loss": lambda x: F.l1_loss(x, other(x), reduction="none"),
    "remainder": lambda x: torch.remainder(x, other(x)),
    "fmod": lambda x: torch.fmod(x, other(x)),
    "floor": lambda x: (2 * x).floor() * x,
    "ceil": lambda x: (2 * x).ceil() * x,
    "round": lambda x: (x / 2).round() * x,
}
"""What =, < and > decide, or what gives a share to each of several equal numbers."""
ORDERED = {
    "sort": lambda x: x.sort(dim=1, stable=True)[0],
    "sort, descending": lambda x: x.sort(dim=1, stable=True, descending=True)[0],
    "sort along a dimension that lies apart": lambda x: x.reshape(-1, 4, 1, 1).sort(dim=1, stable=True)[0],
    "topk": lambda x: x.topk(2, 1)[0],
    "smallest": lambda x: x.topk(3, 1, largest=False)[0],
}
"""What puts numbers in order: each gradient goes back to one number, whichever of those that are nearly equal."""


CHAINED = ORDERED | {name: POOLED[name] for name in ("max_pool1d", "max_pool2d", "max_pool3d", "adaptive_max_pool2d")}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A workbook of all, with PyTorch's numbers; and PyTorch's numbers where what is nearly equal is equal."""
    folder = tmp_path_factory.mktemp("near")
    cases = {name: Case(function, PAIRS) for name, function in (POOLED | SEVERAL).items()}
    chains = {f"{name}, three": Case(function, CHAINS) for name, function in CHAINED.items()}
    of_equals = sweep({name: Case(case.function, EQUAL) for name, case in cases.items()}, folder / "equal.xlsx")
    return sweep(cases | chains, folder / "near.xlsx"), of_equals.expected


def is_near(shown, right):
    return np.abs(shown - right) <= 1e-9 * max(np.abs(right).max(), 1e-6)


@pytest.mark.slow
def test_where_excel_compares_in_two_ways_no_window_is_without_a_winner(tmp_path):
    """0.3 and 0.1 + 0.2 are equal to =, and not to MATCH."""
    require_engine(ALIKE_ON)
    image = torch.tensor([[0.3, 0], [0, 0.1 + 0.2]], dtype=torch.float64)[None, None]
    path = sweep({"": Case(lambda x: F.max_pool2d(x, 2), image)}, tmp_path / "near.xlsx").path
    gradient = read_tensors(recalculate(path, ALIKE_ON, tmp_path).path)["grad.cases.0.inputs.0"]
    assert (gradient != 0).tolist() == [[[[False, False], [False, True]]]]


@each_engine
def test_numbers_that_are_nearly_equal_count_as_they_are_or_as_equal_ones(engine, swept, tmp_path):
    near, of_equals = swept
    found = read_tensors(recalculate(near.path, engine, tmp_path).path)
    wrong = []
    for key, name in near.case_of.items():
        shown, exact = found[key], near.expected[key]
        if not np.isfinite(shown).all():
            wrong.append(f"{name}: {key} shows an error")
        elif name.endswith("three"):
            # In each row the same numbers as PyTorch's, in whatever order: none is lost, none is there twice.
            if key.endswith("inputs.0") and not is_near(np.sort(shown), np.sort(exact)).all():
                wrong.append(f"{name}: {key} loses or repeats a gradient")
        elif shown.shape:
            as_equal = is_near(shown, of_equals[key]) if engine != ALIKE_ON or name not in POOLED else False
            if not (is_near(shown, exact) | as_equal).all():
                wrong.append(f"{name}: {key} is neither")
    assert not wrong, "\n".join(wrong)


def test_an_export_says_that_a_gradient_hangs_by_a_hair(tmp_path, monkeypatch):
    module = Fails(lambda x: x.clamp(max=8000.0).sum() / 8000)
    monkeypatch.setitem(sys.modules, "formulon", None)  # to load it takes seconds
    x = torch.tensor([after(8000.0, 1)], dtype=torch.float64)  # more than the bound for PyTorch; equal for ironcalc
    with pytest.raises(ExportError, match=r"'grad.x' differs .* moved by 1e-11, .*: change an input, a parameter or a"):
        export(module, (x,), tmp_path / "net.xlsx")
    assert export(module, (x + 1,), tmp_path / "net.xlsx").ok


def test_so_does_one_inside_whose_jump_no_input_feels(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "formulon", None)
    module = Fails(lambda x: (torch.corrcoef(x) * torch.tensor([[1.0, 2], [3, -1]]).double()).sum())
    x = torch.tensor([[-4.826984902407649, -7.582430495695129, -0.6046891126565539],
                      [-1.5411692216498662, -1.9719097652168658, -4.146041530864057]], dtype=torch.float64)  # fmt: skip
    with pytest.raises(ExportError, match=r"'grad.corrcoef.* differs .* moved by 1e-11, .*: change an input"):
        export(module, (x,), tmp_path / "net.xlsx")


SUMS = """
import torch

class Bounded(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bound, self.weight = BOUND, torch.nn.Parameter(torch.tensor([[2.0], [3.0]], dtype=torch.float64))

    def forward(self, x):
        return (x.sum().clamp(max=self.bound) * self.weight).square().sum()

def net():
    return Bounded(), (torch.tensor(NUMBERS, dtype=torch.float64),)
"""
COMMANDS = {
    "a page": ["page", "net.py:net", "-o", "net.html"],
    "a workbook": ["export", "net.py:net", "-o", "net.xlsx"],
    "a workbook that is kept": ["export", "net.py:net", "-o", "net.xlsx", "--keep-differing"],
    "an exercise": ["practice", "net.py:net", "-o", "net.xlsx", "--backward", "--blanks", "2"],
}


@pytest.fixture
def nearly(tmp_path, monkeypatch):
    """A file with a module whose bound is what others than PyTorch add up to, who take the numbers in their order."""
    monkeypatch.chdir(tmp_path)
    random = Random(0)
    drawn = ([random.gauss(0, 1) for _ in range(5)] for _ in range(1000))
    numbers = next(each for each in drawn if torch.tensor(each, dtype=torch.float64).sum().item() > sum(each))
    Path("net.py").write_text(SUMS.replace("BOUND", repr(sum(numbers))).replace("NUMBERS", repr(numbers)))


@pytest.mark.parametrize("command", COMMANDS)
def test_all_say_that_a_gradient_hangs_by_a_hair(command, nearly, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "formulon", None)
    assert main(COMMANDS[command]) == 1
    error = capsys.readouterr().err
    (said,) = (line for line in error.splitlines() if "differs from" in line)
    assert command != "a workbook" or error == f"Error: {said.removeprefix('Error: ')}\n"
    assert Path("net.xlsx").exists() == (command == "a workbook that is kept")
    assert "moved by 1e-11" in said
    assert "change an input, a parameter or a bound a little" in said
    assert said.endswith("; or pip install formulon, an engine that may see them apart") == (command == "a workbook")
    assert "please report" not in said


@pytest.mark.slow
def test_where_the_first_engine_takes_two_numbers_for_equal_a_second_one_decides(nearly, capsys):
    require_engine("formulon")
    assert main(COMMANDS["a workbook"]) == 0
    assert "the stored values are those of formulon" in capsys.readouterr().out
