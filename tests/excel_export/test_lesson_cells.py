"""A question that asks for one number links to the cell of the story that has it, before and after its change."""

import re
from functools import cache

import pytest
import torch

from excel_export.lessons.lesson_numbers import LessonNumbers, changed
from excel_export.lessons.lesson_places import split
from tests.support.lessons import ALL_LESSONS, Made, answer_rows, typed_cells
from tests.support.live import Live
from tests.support.long_proofs import only_quick

each_lesson = pytest.mark.parametrize("name", only_quick(ALL_LESSONS, "one-neuron", "softmax", "two-layers"))
OF_THE_STORY = re.compile(r"\d+ .+")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write the workbook of a lesson, once."""
    folder = tmp_path_factory.mktemp("lessons")
    return cache(lambda name: Made(name, folder))


def asks_for_one_number(question):
    return isinstance(question.where, str) and not question.on


def links(made):
    """Of each question the cell that its link leads to."""
    sheet = made.sheet("Lesson")
    places = [sheet.cell(row, 7).hyperlink.location.rpartition("!") for row in answer_rows(sheet)]
    return [(name.strip("'"), cell.replace("$", "")) for name, _, cell in places]


def by_pytorch(lesson, where, change):
    """PyTorch's number for a place after a change, as the module itself computes it where that can be asked for."""
    module, inputs = changed(lesson.make(), change)
    for tensor in inputs.values():
        tensor.requires_grad_(tensor.is_floating_point())
    loss = module(**inputs)
    loss.backward()
    given = inputs | dict(module.named_parameters())
    found = {"loss": loss} | given | {f"grad.{name}": tensor.grad for name, tensor in given.items()}
    for name, parameter in module.named_parameters():
        if parameter.grad is not None:
            found[f"after.{name}"] = parameter - lesson.learning_rate * parameter.grad
    name, index = split(where)
    if name == "cross_entropy/probability":
        scores = LessonNumbers(lesson).after(change)
        return torch.softmax(scores.get("scores", scores.get("flatten")), 1)[index].item()
    return (found[name] if name in found else LessonNumbers(lesson).after(change)[name])[index].item()


@each_lesson
def test_the_cell_has_pytorchs_number_before_and_after_the_change(name, made, tmp_path):
    lesson, live = ALL_LESSONS[name], Live(made(name).path, tmp_path)
    for question, link in zip(lesson.questions, links(made(name)), strict=True):
        if not asks_for_one_number(question):
            continue
        assert OF_THE_STORY.fullmatch(link[0]), (question.where, link)
        assert live.value(link) == pytest.approx(by_pytorch(lesson, question.where, {}), rel=1e-9, abs=1e-12)
        if question.change:
            cells = typed_cells(question.change, made(name).path)
            before = [live.value(cell) for cell in cells]
            live.type(dict(zip(cells, question.change.values(), strict=True)))
            after = by_pytorch(lesson, question.where, question.change)
            assert live.value(link) == pytest.approx(after, rel=1e-9, abs=1e-12), question.where
            live.type(dict(zip(cells, before, strict=True)))


@each_lesson
def test_the_cell_works_the_number_out(name, made):
    """A number that is made is no copy of the network's: the one beside it is."""
    lesson = ALL_LESSONS[name]
    module, inputs = lesson.make()
    given = inputs | dict(module.named_parameters())
    for question, (sheet, cell) in zip(lesson.questions, links(made(name)), strict=True):
        if asks_for_one_number(question) and split(question.where)[0] not in given:
            formula = made(name).sheet(sheet)[cell].value
            assert "!" not in formula or re.search(r"[-+*/^(]", formula), (question.where, formula)


@each_lesson
def test_other_questions_link_to_a_sheet_where_the_answer_is_seen(name, made):
    lesson = ALL_LESSONS[name]
    for question, (sheet, _) in zip(lesson.questions, links(made(name)), strict=True):
        if not asks_for_one_number(question):
            assert sheet == question.on or (not question.on and sheet not in ("Network", "Update", "Explain")), sheet
            assert made(name).sheet(sheet).sheet_state == "visible"


@each_lesson
def test_the_story_stays_short(name, made):
    names = made(name).values.sheetnames
    assert 4 <= sum(OF_THE_STORY.fullmatch(each) is not None for each in names) <= 16


@each_lesson
def test_every_result_on_the_sheets_of_the_story_is_the_networks_own(name, made, tmp_path):
    lesson, live = ALL_LESSONS[name], Live(made(name).path, tmp_path)
    checks = [(sheet, cell.coordinate) for sheet in live.sheets if OF_THE_STORY.fullmatch(sheet)
              for row in made(name).sheet(sheet).iter_rows() for cell in row if '"≠"' in str(cell.value)]  # fmt: skip
    assert checks
    for question in lesson.questions:
        cells = typed_cells(question.change, made(name).path)
        before = [live.value(cell) for cell in cells]
        live.type(dict(zip(cells, question.change.values(), strict=True)))
        assert [place for place in checks if live.value(place) != "✓"] == [], question.change
        live.type(dict(zip(cells, before, strict=True)))
