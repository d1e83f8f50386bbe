"""The command line's training: examples from a function of the file, steps, learning rates."""

import re

import numpy as np
import pytest
from openpyxl import load_workbook

from excel_export.cli import main
from excel_export.sheets.training.learning_rates import each_step_at, trained_at
from excel_export.sheets.training.training import AFTER_TRAINING, EACH_STEP
from excel_export.workbook.read import read_all

NET = """
import torch, torch.nn as nn, torch.nn.functional as F
print("read")
class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(0.5))
    def forward(self, x, y):
        return F.mse_loss(self.slope * x, y)
def line(): return Line(), (torch.ones(1), torch.ones(1))
def points(): return [(torch.tensor([float(k)]), torch.tensor([2.0 * k])) for k in (1, 2)]
def named(): return {"low": points()[0], "high": points()[1]}
def odd(): return 7
def broken(): raise RuntimeError("no\\nluck")
def empty(): return []
"""


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the command on the network in net.py; gives the exit code and what it said."""
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "more.py").write_text("from net import points\ndef others(): return points()[::-1]\n")

    def run(*options: object) -> tuple[int, str, str]:
        code = main([f"{tmp_path}/net.py:line", "-o", f"{tmp_path}/net.xlsx", *map(str, options)])
        return code, *capsys.readouterr()

    return run


def sgd(points: list[tuple[float, float]], rate: float) -> tuple[list[float], float]:
    slope, losses = 0.5, []
    for x, y in points:
        losses.append((slope * x - y) ** 2)
        slope -= rate * 2 * (slope * x - y) * x
    return losses, slope


def test_examples_steps_and_rates(run, tmp_path):
    code, out, _ = run("--examples", "points", "--steps", 3, "--rates", "0.05, 0.2", "--learning-rate", 0.01)
    assert code == 0
    assert out.endswith(f"\nopen {tmp_path}/net.xlsx: begin on the sheet Start\n")
    assert re.search(r"\nso they did on \d+ other sets of numbers, and after \d edits of the file\n", out)
    assert out.startswith("read\n")
    assert out.count("read") == 1, "the file runs once, whatever is called in it"
    found = read_all(tmp_path / "net.xlsx")
    points = [(1.0, 2.0), (2.0, 4.0), (1.0, 2.0)]
    for rate, each, after in (
        (0.01, EACH_STEP, AFTER_TRAINING),
        (0.05, each_step_at(1), trained_at(1)),
        (0.2, each_step_at(2), trained_at(2)),
    ):
        losses, slope = sgd(points, rate)
        np.testing.assert_allclose(found["loss", each], losses, rtol=1e-12)
        assert found["slope", after] == pytest.approx(slope, rel=1e-12)
    assert ("loss", each_step_at(3)) not in found


def test_the_learning_rule_and_those_to_choose_from(run, tmp_path):
    """Adam's first steps are as long as the rate, whatever the gradient."""
    assert run("--examples", "points", "--steps", 1, "--rule", "Adam", "--rules", "Adam,SGD")[0] == 0
    found = read_all(tmp_path / "net.xlsx")
    for after in (AFTER_TRAINING, "after one step"):
        assert abs(found["slope", after] - found["slope", "value"]) == pytest.approx(0.1, rel=1e-6)


def test_batches_and_held_out_examples(run, tmp_path):
    options = ("--examples", "points", "--batch", 2, "--held-out", f"{tmp_path}/more.py:others", "--steps", 1)
    assert run(*options, "--learning-rate", 0.01)[0] == 0
    found = read_all(tmp_path / "net.xlsx")
    slope = found["slope", "value"]
    losses = {(x, y): (slope * x - y) ** 2 for x, y in ((1.0, 2.0), (2.0, 4.0))}
    mean = sum(losses.values()) / 2
    assert found["loss", EACH_STEP] == pytest.approx(mean, rel=1e-12)
    assert found["held_out", EACH_STEP] == pytest.approx(mean, rel=1e-12)
    gradient = sum(2 * (slope * x - y) * x for x, y in losses) / 2
    assert found["slope", AFTER_TRAINING] == pytest.approx(slope - 0.01 * gradient, rel=1e-12)


def test_thirty_steps_unless_said_otherwise(run, tmp_path):
    assert run("--examples", "named")[0] == 0
    assert read_all(tmp_path / "net.xlsx")["loss", EACH_STEP].shape == (30,)
    book = load_workbook(tmp_path / "net.xlsx", read_only=True)
    assert {"Examples", "Training"} <= {*book.sheetnames}
    assert not any("Which learning rate?" in row for row in book["Training"].iter_rows(values_only=True))


def test_examples_of_another_file(run, tmp_path):
    assert run("--examples", f"{tmp_path}/more.py:others", "--steps", 2)[0] == 0
    losses, _ = sgd([(2.0, 4.0), (1.0, 2.0)], 0.1)
    np.testing.assert_allclose(read_all(tmp_path / "net.xlsx")["loss", EACH_STEP], losses, rtol=1e-12)


def test_without_examples_there_is_no_training(run, tmp_path):
    assert run()[0] == 0
    names = load_workbook(tmp_path / "net.xlsx", read_only=True).sheetnames
    assert not {"Training", "Learning rates", "Examples"} & {*names}


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--steps", 3], 2, "say --examples, too"),
        (["--rates", "1"], 2, "say --examples, too"),
        (["--rules", "SGD"], 2, "say --examples, too"),
        (["--batch", 2], 2, "say --examples, too"),
        (["--examples", "points", "--batch", 3], 1, "a step takes from 1 to all 2 examples, not 3"),
        (["--examples", "points", "--held-out", "empty"], 1, "no example"),
        (["--rule", "Lion"], 1, "there is no learning rule 'Lion'; there are: SGD, momentum"),
        (["--examples", "points", "--rules", "Adam"], 1, "the rules to choose from are without it"),
        (["--examples", "points", "--rates", "1,b"], 2, "'1,b' is no list of numbers"),
        (["--examples", "points", "--rates", ""], 2, "no list of numbers"),
        (["--examples", "points", "--rates", "Lion:1"], 1, "there is no learning rule 'Lion'"),
        (["--examples", "points", "--rates", "SGD:x"], 1, "'SGD:x' is no learning rate and no RULE:RATE, such as"),
        (["--examples", "points", "--rates", "SGD:1:wd=2"], 1, "numbers of a learning rule are weight_decay, momentum"),
        (["--examples", "points", "--steps", 0], 2, "0 is not in the range"),
        (["--examples", "points", "--rates", "-1"], 1, "a learning rate is a number from 0"),
        (["--examples", "points", "--learning-rate", "-1"], 1, "a learning rate is a number from 0"),
        (["--examples", "missing"], 1, "net.py has no function missing; it has: "),
        (["--examples", "odd"], 1, "must return a list of inputs"),
        (["--examples", "broken"], 1, "no luck"),
        (["--examples", "empty"], 1, "no example"),
        (["--examples", "none.py:points"], 1, "none.py: no such file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run, tmp_path, options, code, words):
    got, _, error = run(*options)
    assert got == code
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert words in error
    assert not (tmp_path / "net.xlsx").exists()


def test_the_word_export_may_be_left_out(run, capsys, tmp_path):
    assert run()[0] == 0
    short = (tmp_path / "net.xlsx").read_bytes()
    assert main(["export", f"{tmp_path}/net.py:line", "-o", f"{tmp_path}/net.xlsx"]) == 0
    assert (tmp_path / "net.xlsx").read_bytes() == short
    assert main(["-o", f"{tmp_path}/other.xlsx", f"{tmp_path}/net.py:line"]) == 0
    assert main([]) == 2
    said = capsys.readouterr().err
    assert "Say a command (export, lesson, page, check, differentiate, grade, practice), or FILE.py:FACTORY." in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["leson", "softmax"], "There is no command 'leson'. Did you mean 'lesson'?"),
        (["xyz"], "There is no command 'xyz'. Try"),
        (["net.py", "-o", "x.xlsx"], "net.py: say which of its functions makes the network: net.py:NAME"),
    ],
)
def test_what_was_meant_is_said(capsys, arguments, words):
    assert main(arguments) in (1, 2)
    assert words in capsys.readouterr().err


def test_help_lists_the_commands(capsys):
    assert main(["--help"]) == 0
    assert "\n  export " in capsys.readouterr().out
