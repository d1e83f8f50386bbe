"""Every lesson: its numbers are PyTorch's, its places are there, and its Answers can be deleted."""

import re
import zipfile
from functools import cache

import pytest

from excel_export import verify
from excel_export.lessons.lesson import KINDS
from excel_export.lessons.lesson_workbook import file_name
from excel_export.lessons.numbers import changed
from excel_export.lessons.places import split
from excel_export.xlsx.read import read_index
from tests.support.excel_fit import Fit
from tests.support.lessons import LESSONS, Made
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.test_workbooks import FOLDER, compare, contents

each_lesson = pytest.mark.parametrize("name", only_quick(LESSONS, "softmax"))
SCREEN, CHARACTER = 1240, 7.8
"""In pixels: the room for cells in a window of 1366, and a character of a column's width."""
"""How many characters fit into a column for each of its width, in a wide font; and the height of a line in points."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write the workbook of a lesson, once."""
    folder = tmp_path_factory.mktemp("lessons")
    return cache(lambda name: Made(name, folder))


@each_lesson
def test_it_agrees_with_pytorch_on_an_engine(name, made):
    assert verify(made(name).computed, *LESSONS[name].make()).ok


@pytest.mark.parametrize("name", LESSONS)
def test_its_questions_come_in_the_order_of_thinking(name):
    lesson = LESSONS[name]
    kinds = [KINDS.index(question.do) for question in lesson.questions]
    assert 4 <= len(kinds) <= 6
    assert kinds == sorted(kinds)
    assert {*kinds} == {0, 1, 2}
    assert len(lesson.misconceptions) == 3
    assert lesson.before
    assert lesson.glossary
    assert lesson.minutes > 0


@each_lesson
def test_no_text_has_a_place_left_in_it_or_an_address(name, made):
    for cell in made(name).own_cells:
        assert cell.data_type != "s" or not re.search(r"[{}]|\bnan\b|\binf\b|\w![A-Z]+\d", cell.value), cell.value


@each_lesson
def test_links_lead_to_cells_that_hold_something_and_live_numbers_are_numbers(name, made):
    values = made(name).values
    for cell in made(name).own_cells:
        if cell.hyperlink:
            sheet, target = cell.hyperlink.location.split("!")
            assert values[sheet.strip("'")].sheet_state == "visible", cell.value
            assert target == "A1" or values[sheet.strip("'")][target].value is not None, cell.value
        elif cell.data_type == "f":
            value = values[cell.parent.title][cell.coordinate].value
            waits = value in (None, "") and cell.value.startswith("=IF(D")
            assert waits or isinstance(value, (int, float)), cell.value


@each_lesson
def test_the_lesson_opens_first_and_fits_the_width_of_a_screen_and_a_page(name, made):
    book = made(name).book
    visible = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert (visible[0], visible[-1], book.active.title) == ("Lesson", "Answers", "Lesson")
    for sheet in made(name).own_sheets:
        dimensions = sheet.column_dimensions
        assert sum(dimensions[col].width for col in dimensions) * CHARACTER <= SCREEN
        assert sheet.page_setup.fitToWidth == sheet.page_setup.fitToHeight == 1


@each_lesson
def test_nothing_refers_to_the_answers(name, made):
    own = f"xl/worksheets/sheet{made(name).book.sheetnames.index('Answers') + 1}.xml"
    with zipfile.ZipFile(made(name).path) as package:
        for part in package.namelist():
            if part.startswith("xl/worksheets/sheet") and part != own:
                assert b"Answers" not in package.read(part), part
        names = re.findall(rb"<definedName [^>]*>[^<]*", package.read("xl/workbook.xml"))
    assert [found for found in names if b"Answers" in found and b"Print_Area" not in found] == []


@each_lesson
def test_texts_fit_their_cells(name, made, tmp_path):
    assert not Fit(made(name).path, tmp_path, "Lesson", "Answers").misfits()


@each_lesson
def test_what_a_question_lets_type_gives_the_loss_of_the_changed_network_and_can_be_undone(name, made, tmp_path):
    lesson = LESSONS[name]
    texts = [cell.value for row in made(name).book["Lesson"].iter_rows() for cell in row]
    live = Live(made(name).path, tmp_path)
    for question in lesson.questions:
        if question.change:
            asked = next(text for text in texts if str(text).startswith("Type ") and question.ask.split("{")[0] in text)
            to_type, _, rest = asked.partition(question.ask[:20])
            live.type(_typing(to_type, question.change, made(name).path))
            module, inputs = changed(lesson.make(), question.change)
            assert live.value("loss") == pytest.approx(module(**inputs).item(), rel=1e-9)
            again = rest.rpartition(" Then type ")[2]
            live.type(_typing(again, question.change, made(name).path))
    module, inputs = changed(lesson.make(), {})
    assert live.value("loss") == pytest.approx(module(**inputs).item(), rel=1e-9)


def _typing(text, places, path):
    """The cells of some places, each with the number that a text lets one type into it."""
    numbers = [float(number) for number in re.findall(r"(-?[\d.e-]+) into ", text)]
    grids = {entry.key: entry.grid for entry in reversed(read_index(path)) if entry.what == "value"}
    cells = [grids[key].at(*index) for key, index in map(split, places)]
    return {(cell.sheet, cell.area): number for cell, number in zip(cells, numbers, strict=True)}


@each_lesson
def test_a_number_stands_beside_its_question_once_there_is_an_answer(name, made, tmp_path):
    sheet, live = made(name).book["Lesson"], Live(made(name).path, tmp_path)
    rows = [cell.row for (cell,) in sheet.iter_rows(min_col=2, max_col=2) if re.match(r"\d+  \w+$", str(cell.value))]
    seen = 0
    for row in rows:
        if not sheet.cell(row, 7).value:
            continue
        place, now = ("Lesson", f"D{row}"), ("Lesson", f"G{row}")
        if not str(sheet.cell(row, 2).value).endswith("change"):
            assert live.value(now) in ("", None), "it would give the answer away"
        live.type({place: "I think so"})
        target = sheet.cell(row, 6).hyperlink.location
        where, _, cell = target.rpartition("!")
        assert live.value(now) == live.value((where.strip("'"), cell.replace("$", "")))
        seen += 1
    assert seen


@pytest.mark.parametrize("name", only_quick(LESSONS, "one-neuron", "recurrence", "softmax"))
def test_the_file_in_the_repository_is_what_the_code_makes(name, made):
    lesson = LESSONS[name]
    compare(contents(made(name).path, False), contents(FOLDER / "lessons" / file_name(lesson), False))
    assert (FOLDER / "lessons" / file_name(lesson)).stat().st_size < 400_000


def test_the_folder_has_a_line_for_each_lesson_and_no_other_file():
    listed = (FOLDER / "lessons" / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in (FOLDER / "lessons").glob("*.xlsx")}
    assert files == {file_name(lesson) for lesson in LESSONS.values()}
    for lesson in LESSONS.values():
        assert f"| {lesson.number} | [{lesson.title}]({file_name(lesson)}) | {lesson.minutes} |" in listed
