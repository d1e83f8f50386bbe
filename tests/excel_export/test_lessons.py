"""Every lesson: its numbers are PyTorch's, its places are there, and its Answers can be deleted."""

import ast
import re
import zipfile
from functools import cache

import pytest

from excel_export import verify
from excel_export.lessons.lesson import KINDS
from excel_export.lessons.lesson_numbers import changed
from excel_export.lessons.lesson_workbook import file_name
from tests.support.excel_fit import Fit
from tests.support.lessons import LESSONS, Made, answer_rows, typed_cells
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.number_format import shown
from tests.support.scripts import ROOT
from tests.support.sheets import load_sheet
from tests.test_workbooks import FOLDER, compare, contents, parts

each_lesson = pytest.mark.parametrize("name", only_quick(LESSONS, "softmax"))
SCREEN, SCREEN_HEIGHT, CHARACTER = 1240, 440, 7.8
"""In pixels: the room for cells on a laptop, and a character of a column's width."""


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


def test_no_text_names_a_constant_in_braces():
    """As a text that lost its f: 'the {NAME} sheet'."""
    packages = [ROOT / name for name in ("excel_export", "excel_classroom", "mnist_adder", "spreadsheet_autograd")]
    for path in sorted(path for package in packages for path in package.rglob("*.py")):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        filled = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in filled]
        assert not [
            text for text in texts if isinstance(text, str) and re.search(r"\{[A-Z][A-Z_]{2,}(:[^}\s]*)?\}", text)
        ], path


@each_lesson
def test_links_lead_to_cells_that_hold_something_and_live_numbers_are_numbers(name, made):
    values = made(name).values
    for cell in made(name).own_cells:
        value = values[cell.parent.title][cell.coordinate].value
        if cell.hyperlink:
            assert leads_somewhere(values, cell.hyperlink.location), cell.value
        elif cell.data_type == "f" and not is_panel(cell):
            waits = value in (None, "") and cell.value.startswith("=IF(E")
            assert waits or isinstance(value, (int, float)), cell.value
        elif str(value).startswith("#'"):
            assert leads_somewhere(values, value[1:]), value


def is_panel(cell):
    """Whether it is one of the cells above the answers, or what they look up."""
    return cell.parent.title == "Lesson" and (cell.row < answer_rows(cell.parent)[0] or cell.column > 7)


def leads_somewhere(values, location):
    sheet, target = location.split("!")
    target_sheet = values[sheet.strip("'")]
    return target_sheet.sheet_state == "visible" and (
        target == "A1" or target_sheet[target.replace("$", "")].value is not None
    )


@each_lesson
def test_the_lesson_opens_first_leads_to_start_and_fits_the_width_of_a_screen_and_a_page(name, made):
    sheet = made(name).sheet("Lesson")
    assert [cell.hyperlink.location for cell in sheet[1] if cell.hyperlink] == ["'Start'!A1"]
    book = sheet.parent
    visible = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert (visible[0], visible[-1], book.active.title) == ("Lesson", "Answers", "Lesson")
    for sheet in made(name).own_sheets:
        dimensions = sheet.column_dimensions
        assert sum(each.width for each in dimensions.values() if not each.hidden) * CHARACTER <= SCREEN
        assert sheet.page_setup.fitToWidth == sheet.page_setup.fitToHeight == 1


@each_lesson
def test_nothing_refers_to_the_answers(name, made):
    own = f"xl/worksheets/sheet{made(name).sheet('Lesson').parent.sheetnames.index('Answers') + 1}.xml"
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
    lesson, live = LESSONS[name], Live(made(name).path, tmp_path)
    first = module_loss(lesson, {})
    for number, question in enumerate(lesson.questions, start=1):
        live.type({"lesson_question": number})
        above = [text for text in shown_above(made(name), live) if text]
        assert any(text.startswith(question.ask.split("{")[0].strip()) for text in above)
        typing = [text for text in above if text.startswith("Type ")]
        assert len(typing) == len(question.change)
        places = typed_cells(question.change, made(name).path)
        before = {place: live.value(place) for place in places}
        live.type(dict(zip(places, [number_in(text) for text in typing], strict=True)))
        assert live.value("loss") == pytest.approx(module_loss(lesson, question.change), rel=1e-9)
        again = [text for text in above if text.endswith((" back afterwards", "(Ctrl+Z)"))]
        assert len(again) == len(typing)
        live.type({place: before[place] if "Ctrl+Z" in text else number_in(text)
                   for place, text in zip(places, again, strict=True)})  # fmt: skip
    assert live.value("loss") == pytest.approx(first, rel=1e-9)


def shown_above(made, live):
    """What stands above the answers, cell by cell."""
    last = answer_rows(made.sheet("Lesson"))[0]
    return [str(live.value(("Lesson", f"{col}{row}")) or "") for row in range(2, last) for col in "BDFG"]


def number_in(text):
    return float(re.search(r"(?:type|put) (-?[\d.e-]+)", text, re.IGNORECASE)[1])


def module_loss(lesson, change):
    module, inputs = changed(lesson.make(), change)
    return module(**inputs).item()


@each_lesson
def test_a_number_stands_beside_its_question_once_there_is_an_answer(name, made, tmp_path):
    sheet, live = made(name).sheet("Lesson"), Live(made(name).path, tmp_path)
    rows = answer_rows(sheet)
    assert len(rows) == len(LESSONS[name].questions)
    for row, question in zip(rows, LESSONS[name].questions, strict=True):
        now = ("Lesson", f"F{row}")
        if question.do != "change":
            assert live.value(now) in ("", None), "it would give the answer away"
        live.type({("Lesson", f"E{row}"): "I think so"})
        assert isinstance(live.value(now), float | int)
        where, _, cell = sheet.cell(row, 7).hyperlink.location.rpartition("!")
        if not question.on:
            assert live.value(now) == live.value((where.strip("'"), cell.replace("$", "")))


@each_lesson
def test_every_question_with_all_cells_for_answers_is_on_one_screen(name, made):
    sheet = made(name).sheet("Lesson")
    last = answer_rows(sheet)[-1]
    points = [sheet.row_dimensions[row].height or 15 for row in range(1, last + 1)]
    assert sum(points) / 0.75 <= SCREEN_HEIGHT


@pytest.mark.parametrize("typed", ["five", 0, 99, 2.5, ""])
def test_any_question_that_is_typed_is_one_that_there_is(typed, made, tmp_path):
    live = Live(made("one-neuron").path, tmp_path)
    live.type({"lesson_question": typed})
    assert not live.errors("Lesson")
    asks = [question.ask.split("{")[0].strip() for question in LESSONS["one-neuron"].questions]
    assert any(text.startswith(tuple(asks)) for text in shown_above(made("one-neuron"), live) if text)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_the_file_in_the_repository_is_what_the_code_makes(name, made):
    kept = FOLDER / "lessons" / file_name(LESSONS[name])
    compare(contents(made(name).path, False), contents(kept, False))
    now, before = parts(made(name).path), parts(kept)
    assert now.keys() == before.keys()
    assert [part for part in now if now[part] != before[part]] == []
    assert kept.stat().st_size < 400_000


def test_the_folder_has_a_line_for_each_lesson_and_no_other_file():
    listed = (FOLDER / "lessons" / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in (FOLDER / "lessons").glob("*.xlsx")}
    assert files == {file_name(lesson) for lesson in LESSONS.values()}
    for lesson in LESSONS.values():
        assert f"| {lesson.number} | [{lesson.title}]({file_name(lesson)}) | {lesson.minutes} |" in listed


def test_the_hand_in_shows_small_gradients_with_the_digits_that_students_need(made):
    assignment = made("two-layers-assignment")
    sheet, values = assignment.sheet("Hand-in"), load_sheet(assignment.computed, "Hand-in", data_only=True)
    [row] = [row for (cell,) in sheet.iter_rows(min_col=2, max_col=2) for row in [cell.row]
             if str(cell.value).startswith("∂E_total/∂w1")]  # fmt: skip
    assert shown(values.cell(row, 4).value, sheet.cell(row, 4).number_format) == "0.000188"
    numbers = [float(number) for number in re.findall(r"[\d.]+", str(values.cell(row, 3).value))]
    assert numbers[0] * numbers[1] * numbers[2] == pytest.approx(values.cell(row, 4).value, rel=0.01)
