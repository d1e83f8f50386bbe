"""Writing the file: whole or not at all; words are never formulas; names are legal."""

import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, Story, export, read_tensors
from excel_export.book.names import is_legal
from excel_export.book.sheet import Drawn, SheetSpec
from excel_export.cli import main
from excel_export.formulas import Text, as_expression
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.styles import FORWARD
from tests.support.engines import recalculate
from tests.support.sheets import load_sheet


class Square(nn.Module):
    def forward(self, a1, number):
        return F.mse_loss(a1 * number, torch.zeros(1))


INPUTS = (torch.tensor([3.0]), torch.tensor([2.0]))


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for name in ("one.xlsx", "other.xlsx"):
        export(Square(), INPUTS, tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()


def test_a_failed_export_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "out.xlsx"
    path.write_text("old")
    with pytest.raises(ExportError):
        export(nn.Linear(2, 2), (torch.ones(1, 2),), path)
    assert [item.name for item in tmp_path.iterdir()] == ["out.xlsx"]
    assert path.read_text() == "old"


def test_a_formula_without_a_value_leaves_no_file(tmp_path):
    canvas = Canvas("Mine", FORWARD)
    canvas.put(1, 1, as_expression(1) / 0, "cell_number")
    story = Story("Square", sheets=[SheetSpec("Mine", "nothing", lambda book: Drawn(canvas))])
    with pytest.raises(ExportError, match=r"out\.xlsx: .*'Mine'!A1 =1/0 gives #DIV/0!"):
        export(Square(), INPUTS, tmp_path / "out.xlsx", story=story, sheets=())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "words"),
    [("missing/out.xlsx", "no folder"), (".", r"ends in \.xlsx"), ("out.xls", r"out\.xls: .* ends in \.xlsx")],
)
def test_a_place_that_cannot_be_written(tmp_path, path, words):
    with pytest.raises(ExportError, match=words):
        export(Square(), INPUTS, tmp_path / path)
    assert not list(tmp_path.iterdir())


def test_words_never_become_formulas(tmp_path):
    words = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "a\x00b\x1f", '"quote" <b> & é 漢 🙂']
    export(Square(), INPUTS, tmp_path / "out.xlsx", story=Story(words[0], words))
    sheet = load_sheet(tmp_path / "out.xlsx", "Start")
    texts = [cell.value for (cell,) in sheet.iter_rows(min_col=2, max_col=2)]
    assert [text for text in texts if text in [Text(word) for word in words]] == [
        Text(word) for word in [words[0], *words]
    ]
    assert sheet["B2"].data_type == "s"
    assert recalculate(tmp_path / "out.xlsx", "ironcalc", tmp_path).value("Start", "B3") == "=1+1"


@pytest.mark.parametrize(
    ("name", "legal"),
    [("number", True), ("learning_rate", True), ("w1", False), ("abc123", False), ("r", False), ("R1C1", False),
     ("c", False), ("x", True), ("abcd12", True), ("a b", False), ("1a", False), ("", False), ("_x", True),
     ("z", False), ("s", False), ("l", False), ("f", False), ("z1s1", False), ("l1c1", False), ("F1C1", False),
     ("zs", False), ("fc", False), ("loss", True), ("f1", False), ("scale", True), ("ten_times_the_rate", True),
     ("n" * 255, True), ("n" * 256, False)],
)  # fmt: skip
def test_defined_names_must_not_look_like_cells(name, legal):
    assert is_legal(name) == legal


def test_single_inputs_get_names_only_where_legal(tmp_path):
    export(Square(), INPUTS, tmp_path / "out.xlsx")
    names = openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True).defined_names
    assert "number" in names
    assert "a1" not in names
    assert {"learning_rate", "loss", "verdict"} <= set(names)


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, 1e300, -1 / 3, 5e-324, 2.0**53 + 2])
def test_numbers_keep_every_bit(tmp_path, value):
    class Keep(nn.Module):
        def forward(self, x):
            return F.mse_loss(x - x, torch.zeros(1))

    export(Keep(), (torch.tensor([value], dtype=torch.float64),), tmp_path / "out.xlsx")
    assert read_tensors(tmp_path / "out.xlsx")["x"][0] == value


FACTORY = """
import torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def forward(self, x):
        return F.mse_loss(F.relu(x), torch.zeros(2))
def good(): return Net(), (torch.ones(2),)
def strange(): return 3
def broken(): raise RuntimeError("no\\nluck")
"""


def test_the_command_writes_a_workbook(tmp_path, capsys):
    (tmp_path / "net.py").write_text(FACTORY)
    assert main([f"{tmp_path}/net.py:good", "-o", f"{tmp_path}/net.xlsx"]) == 0
    assert "agrees with PyTorch" in capsys.readouterr().out
    assert read_tensors(tmp_path / "net.xlsx")["relu"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("source", "words"),
    [("net.py", "which of its functions"), ("none.py:good", "no such file"), ("net.py:missing", "it has: broken, good"),
     ("net.py:strange", "must return"), ("net.py:broken", "no luck")],
)  # fmt: skip
def test_the_command_refuses_in_one_line(tmp_path, capsys, source, words):
    (tmp_path / "net.py").write_text(FACTORY)
    assert main([f"{tmp_path}/{source}", "-o", f"{tmp_path}/net.xlsx"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert words in error
    assert not (tmp_path / "net.xlsx").exists()
