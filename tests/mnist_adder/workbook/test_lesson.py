"""The adder as a lesson: pyproject.toml announces it, and its workbook is PyTorch's."""

import tomllib
from importlib import import_module

import numpy as np
import openpyxl
import pytest

from excel_export import verify
from excel_export.lessons.lesson import Lesson
from excel_export.lessons.lesson_numbers import LessonNumbers, changed
from excel_export.lessons.lesson_workbook import write_lesson
from mnist_adder.workbook.lesson import LESSON
from tests.support.scripts import ROOT


def test_it_is_announced():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    announced = project["entry-points"]["excel_export.lessons"]
    for name, value in announced.items():
        module, _, attribute = value.partition(":")
        lesson = getattr(import_module(module), attribute)
        assert isinstance(lesson, Lesson)
        assert lesson.name == name


def test_the_numbers_of_its_answers_are_those_of_the_network():
    for change in ({}, *(question.change for question in LESSON.questions if question.change)):
        numbers = LessonNumbers(LESSON).after(change)
        module, inputs = changed(LESSON.make(), change)
        loss = module(**inputs)
        loss.backward()
        assert numbers["loss"].item() == pytest.approx(loss.item(), rel=1e-12)
        bias = module.conv6.bias.grad  # of a logit, by itself
        assert numbers["grad.flatten"][0].numpy() == pytest.approx(bias.numpy(), rel=1e-9)
        expected = numbers["p"].detach().numpy() - (LESSON.make()[1]["digit"].item() == np.arange(10))
        assert bias.numpy() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_its_claims_are_true_of_the_network_that_ships():
    """A network that is trained anew has other numbers, and perhaps other claims."""
    numbers, first = LessonNumbers(LESSON), LessonNumbers(LESSON).at_first
    assert sorted(first["p"].flatten().argsort()[-2:].tolist()) == [3, 5]
    assert first["p"].argmax() == LESSON.make()[1]["digit"].item() == 3
    (change,) = (question.change for question in LESSON.questions if question.change)
    after = numbers.after(change)
    assert change["conv6.bias[5]"] > first["conv6.bias"][5], "its logit is larger now"
    assert after["p"].argmax() == 5
    assert after["p"][3] < first["p"][3]
    assert after["loss"] > first["loss"]
    (place,) = (item.refuted_by for item in LESSON.misconceptions if "ReLU" in item.claim)
    index = tuple(int(k) for k in place.partition("[")[2].rstrip("]").split(","))
    assert first["input1"][index] < 0, "ReLU is flat there"
    assert abs(first["grad.relu"][index]) > 0.1, "something arrives"
    assert first["grad.input1"][index] == 0


@pytest.mark.slow
def test_its_workbook(tmp_path):
    assert write_lesson(LESSON, tmp_path / "adder.xlsx").ok
    assert verify(tmp_path / "adder.xlsx", *LESSON.make()).ok
    book = openpyxl.load_workbook(tmp_path / "adder.xlsx")
    visible = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert (visible[0], visible[-1]) == ("Lesson", "Answers")
    story = [title for title in visible if title[0].isdigit()]
    assert len(story) <= 16
    assert len(visible) - len(story) <= 12
    cells = [cell for sheet in ("Lesson", "Answers") for row in book[sheet].iter_rows() for cell in row]
    targets = {cell.hyperlink.location.split("!")[0].strip("'") for cell in cells if cell.hyperlink}
    assert targets >= {"Network", "Two heads"}
    assert targets <= {*visible}
