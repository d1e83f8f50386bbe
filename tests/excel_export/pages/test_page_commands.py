"""The commands that write pages, and pages in notebooks."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

from excel_export import ExportError, export, page
from excel_export.cli import main
from excel_export.lessons.catalogue import all_lessons, lesson
from excel_export.lessons.lesson_page import stops
from mnist_adder.cli import main as adder
from tests.support.chromium import LAPTOP, PHONE, chromium

LAYOUT = Path(__file__).with_name("layout.js").read_text()
NET = """
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return (x * x).sum()


def tiny():
    return Net(), (torch.tensor([1.0, 2.0]),)
"""


def test_a_factory_becomes_a_page(tmp_path, capsys):
    (tmp_path / "net.py").write_text(NET)
    assert main(["page", f"{tmp_path / 'net.py'}:tiny", "-o", str(tmp_path / "net.html"), "--title", "Squares"]) == 0
    said = capsys.readouterr().out
    assert "agrees with PyTorch" in said
    assert f"open {tmp_path / 'net.html'} in a browser" in said
    assert "<title>Squares</title>" in (tmp_path / "net.html").read_text()


@pytest.mark.parametrize("arguments", [["-o", "net.xlsx"], ["-o", "net.html", "--rule", "Adma"]])
def test_a_wrong_option_is_one_line(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    assert main(["page", "net.py:tiny", *arguments]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_without_the_engine_nothing_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    (tmp_path / "net.py").write_text(NET)
    assert main(["page", f"{tmp_path / 'net.py'}:tiny", "-o", str(tmp_path / "net.html")]) == 1
    assert "pip install" in capsys.readouterr().err
    assert not (tmp_path / "net.html").exists()


QUICK = {"one-neuron"}


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[] if each in QUICK else pytest.mark.slow) for each in all_lessons()]
)
def test_a_lesson_becomes_a_page_with_its_questions(name, tmp_path):
    assert main(["lesson", name, "--page", "-o", str(tmp_path / "lesson.html")]) == 0
    given = all_lessons()[name]
    assert (tmp_path / "lesson.html").stat().st_size < (300_000 if name != "adder" else 1_500_000)
    with chromium() as opened:
        opened.goto(tmp_path / "lesson.html")
        assert opened.run(LAYOUT) == []
        count = len(stops(given))
        for number in range(count):
            assert f"{number + 1} of {count}" in opened.page.inner_text("#guide")
            opened.page.click("#look")
            assert opened.page.inner_text("#guide .answer")
            if number + 1 < count:
                opened.page.click("#turn")
        assert not opened.said


def test_a_page_calls_places_as_the_sheets_do():
    found = stops(lesson("recurrence"))
    assert found[2].changing == "The button changes this: u becomes 0."
    assert [each.show for each in found[:2]] == ["rnn.hidden_state.3[0, 0]", "grad.rnn.hidden_state.1[0, 0]"]
    # Of sheets that a page doesn't have there is none.
    assert stops(lesson("batch"))[3].show == ""


def test_practice_has_no_page(capsys):
    assert main(["lesson", "one-neuron", "--page", "--practice", "-o", "lesson.html"]) == 2


@pytest.mark.slow
def test_the_teaching_network_becomes_a_page(tmp_path, capsys):
    path = tmp_path / "digits.html"
    assert adder(["page", "-o", str(path)]) == 0
    assert "less than 0.000000001" in capsys.readouterr().out
    assert path.stat().st_size < 300_000
    with chromium() as opened:
        opened.goto(path, "#step=7")
        assert "reads 3" in opened.page.inner_text("#outcome")
        for width, height in (LAPTOP, PHONE):
            opened.page.set_viewport_size({"width": width, "height": height})
            assert opened.run(LAYOUT) == []
            table = opened.page.locator("#outcome table >> nth=0").bounding_box()
            assert table["width"] > 100
            assert table["x"] + table["width"] <= width
        opened.goto(path)
        assert "the picture is halved first, from 28 by 28 to 14 by 14" in opened.page.inner_text("#layer-words")
        assert not opened.said


class Square(nn.Module):
    def forward(self, x):
        return (x * x).sum()


def test_a_report_is_three_lines_and_a_notebook_sees_the_page(tmp_path):
    report = page(Square(), (torch.ones(3),), tmp_path / "net.html")
    lines = repr(report).splitlines()
    assert len(lines) == 3
    assert "agree with PyTorch" in lines[1]
    shown = report._repr_html_()
    assert shown.count("<tr>") == min(len(report.table), 8) + 1
    assert "<iframe srcdoc" in shown
    (tmp_path / "net.html").unlink()
    assert "<iframe" not in report._repr_html_()


@pytest.mark.slow
def test_a_page_is_shown_in_a_notebook(tmp_path, monkeypatch):
    display = ModuleType("IPython.display")
    display.HTML = str
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    report = page(Square(), (torch.ones(3),), tmp_path / "net.html")
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><body data-ready>{report.show()}")
    with chromium() as opened:
        opened.goto(tmp_path / "notebook.html")
        inside = opened.page.frame_locator("iframe")
        inside.locator("body[data-ready]").wait_for()
        assert "Square" in inside.locator("h1").inner_text()
        assert not opened.said


def test_a_workbook_is_not_shown(tmp_path):
    with pytest.raises(ExportError, match="no page"):
        export(Square(), (torch.ones(3),), tmp_path / "net.xlsx").show()
