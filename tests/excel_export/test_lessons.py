"""Every lesson: its numbers are PyTorch's, its places are there, and its Answers can be deleted."""

import math
import re
import zipfile
from functools import cache, cached_property

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from excel_export import verify
from excel_export.cli import main
from excel_export.lessons.catalogue import all_lessons, own_lessons
from excel_export.lessons.lesson import KINDS
from excel_export.lessons.numbers import Numbers, changed
from excel_export.lessons.write import write_lesson
from excel_export.xlsx.index import AFTER
from excel_export.xlsx.read import read_all
from tests.support.engines import recalculate
from tests.support.live import Live

LESSONS = own_lessons()
each_lesson = pytest.mark.parametrize("name", LESSONS)
SCREEN, CHARACTER = 1268, 9.9
"""In pixels: the room for cells in a window of 1366, and a character of a column's width."""
PER_WIDTH, LINE = 1.25, 15
"""How many characters fit into a column for each of its width, in a wide font; and the height of a line in points."""


class Made:
    """The workbook of a lesson: as it is written, and computed anew by an engine."""

    def __init__(self, name, folder):
        self.lesson, self.path, self._folder = LESSONS[name], folder / f"{name}.xlsx", folder
        write_lesson(self.lesson, self.path)

    @cached_property
    def book(self):
        return openpyxl.load_workbook(self.path)

    @cached_property
    def computed(self):
        return recalculate(self.path, "ironcalc", self._folder).path

    @cached_property
    def values(self):
        return openpyxl.load_workbook(self.computed, data_only=True)

    @property
    def own_sheets(self):
        return self.book["Lesson"], self.book["Answers"]

    @property
    def own_cells(self):
        return [cell for sheet in self.own_sheets for row in sheet.iter_rows() for cell in row]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write the workbook of a lesson, once."""
    folder = tmp_path_factory.mktemp("lessons")
    return cache(lambda name: Made(name, folder))


@each_lesson
def test_it_agrees_with_pytorch_on_an_engine(name, made):
    assert verify(made(name).computed, *LESSONS[name].make()).ok


@each_lesson
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
def test_no_text_has_a_place_left_in_it(name, made):
    for cell in made(name).own_cells:
        assert cell.data_type != "s" or not re.search(r"[{}]|\bnan\b|\binf\b", cell.value), cell.value


@each_lesson
def test_links_lead_to_cells_that_hold_something_and_live_numbers_are_numbers(name, made):
    values = made(name).values
    for cell in made(name).own_cells:
        if cell.data_type != "f":
            continue
        link = re.match(r"=HYPERLINK\(\"#'([^']+)'!\$?([A-Z]+)\$?(\d+)\"", cell.value)
        if link:
            assert values[link[1]].sheet_state == "visible", cell.value
            target = link[2] + link[3]
            assert target == "A1" or values[link[1]][target].value is not None, cell.value
        else:
            assert isinstance(values[cell.parent.title][cell.coordinate].value, (int, float)), cell.value


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
def test_texts_fit_their_cells(name, made):
    for sheet in made(name).own_sheets:
        merged = {area.coord.split(":")[0]: area for area in sheet.merged_cells.ranges}
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if cell.data_type == "s" and cell.alignment.wrap_text:
                area = merged.get(cell.coordinate)
                cols = range(area.min_col, area.max_col + 1) if area else [cell.column]
                width = sum(sheet.column_dimensions[get_column_letter(col)].width for col in cols)
                lines = math.ceil(len(cell.value) / (width * PER_WIDTH))
                assert sheet.row_dimensions[cell.row].height >= LINE * lines, cell.value


@each_lesson
def test_what_a_question_lets_type_gives_the_loss_of_the_changed_network_and_can_be_undone(name, made, tmp_path):
    lesson = LESSONS[name]
    if not any(question.change for question in lesson.questions):
        return
    texts = [cell.value for row in made(name).book["Lesson"].iter_rows() for cell in row]
    live = Live(made(name).path, tmp_path)
    for question in lesson.questions:
        if question.change:
            asked = next(text for text in texts if str(text).startswith("Type ") and question.ask.split("{")[0] in text)
            live.type(_typing(asked.split(question.ask[:20])[0]))
            module, inputs = changed(lesson.make(), question.change)
            assert live.value("loss") == pytest.approx(module(**inputs).item(), rel=1e-9)
            again = asked.rpartition(" Then type ")[2]
            live.type(_typing(again))
    module, inputs = changed(lesson.make(), {})
    assert live.value("loss") == pytest.approx(module(**inputs).item(), rel=1e-9)


def _typing(text):
    found = re.findall(r"(-?[\d.e-]+) into ([\w ]+)!([A-Z]+\d+)", text)
    assert found
    return {(sheet, cell): float(value) for value, sheet, cell in found}


def test_the_command_lists_the_lessons(capsys):
    assert main(["lesson", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in listed] == [*all_lessons()]


@pytest.fixture
def announced(tmp_path, monkeypatch):
    """Let another package announce what stands somewhere as its lesson."""

    def announce(value):
        folder = tmp_path / "another-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[excel_export.lessons]\nanother = {value}\n")
        (tmp_path / "another_package.py").write_text(
            "from dataclasses import replace\nfrom excel_export.lessons.one_neuron import LESSON as FIRST\n"
            "LESSON = replace(FIRST, name='another', number=99)\n"
        )
        monkeypatch.syspath_prepend(tmp_path)

    return announce


def test_a_lesson_of_another_package_is_found(announced, capsys):
    announced("another_package:LESSON")
    assert main(["lesson", "--list"]) == 0
    assert "another" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_module:LESSON", "the lesson 'another' of no_such_module:LESSON cannot be loaded"),
        ("another_package:FIRST", "two lessons have the name 'one-neuron'"),
        ("another_package:replace", "is no excel_export.lessons.lesson.Lesson"),
    ],
)
def test_what_another_package_announces_wrongly_is_one_line(value, message, announced, capsys):
    announced(value)
    assert main(["lesson", "--list"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_the_command_writes_one(tmp_path, capsys):
    assert main(["lesson", "one-neuron", "-o", str(tmp_path / "one.xlsx")]) == 0
    assert "begin on the sheet Lesson" in capsys.readouterr().out
    assert (tmp_path / "one.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["two-neurons", "-o", "out.xlsx"], "there is no lesson 'two-neurons'"),
        (["one-neuron"], "Say NAME and -o FILE.xlsx, or --list."),
        ([], "Say NAME and -o FILE.xlsx, or --list."),
    ],
)
def test_what_is_wrong_is_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", *arguments]) > 0
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not [*tmp_path.iterdir()]


REFUTED = {
    "one-neuron": lambda n: n["grad.w"] < 0 < n["after.w"] - n["w"] and n["grad.add"] == 2 * n["sub"],
    "two-layers": lambda n: (
        n["sigmoid"][1] > 0.95
        and abs(n["grad.hidden"][1]) < abs(n["grad.hidden"][0])
        and n["hidden.weight"][0, 1] == 0
        and n["grad.hidden.weight"][0, 1] != 0
    ),
    "two-layers-mazur": lambda n: 0.25 < n["loss_after"] < n["loss"],
    "two-layers-xor": lambda n: n["loss_40_at_8"] > n["loss"] > n["loss_10_at_3"] > 5 * n["loss_40_at_3"],
    "softmax": lambda n: n["loss"] > 1 and n["grad.scores"][0, 0] != 0 and abs(n["part"][0] - n["p"][0]) > 0.05,
    "convolution": lambda n: n["picture"][0, 0, 1, 1] == 0 != n["grad.picture"][0, 0, 1, 1],
    "relu-and-max-pool": lambda n: (
        n["relu"][0, 0, 1, 0] > 0 == n["grad.relu"][0, 0, 1, 0]
        and n["units.bias"][1] == n["after.units.bias"][1]
        and n["units.weight"][1] > n["units.weight"][0]
        and n["grad.units.weight"][1] == 0 != n["grad.units.weight"][0]
    ),
}
"""What makes the misconceptions of a lesson untrue, in its numbers."""


@pytest.mark.parametrize("name", REFUTED)
def test_the_numbers_refute_the_misconceptions(name):
    assert REFUTED[name](Numbers(LESSONS[name]).at_first)


def test_the_published_numbers_of_mazur(made):
    """As his page has them, computed anew from the workbook's formulas."""
    found = read_all(made("two-layers-mazur").computed)
    assert found["loss", "value"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["add", "value"][0] == pytest.approx(0.3775, abs=1e-12)
    assert found["sigmoid", "value"] == pytest.approx([0.593269992, 0.596884378], abs=5e-10)
    assert found["sigmoid_1", "value"] == pytest.approx([0.75136507, 0.772928465], abs=5e-9)
    after = found["hidden.weight", AFTER], found["output.weight", AFTER]
    assert after[0].ravel() == pytest.approx([0.149780716, 0.19956143, 0.24975114, 0.29950229], abs=5e-9)
    assert after[1].ravel() == pytest.approx([0.35891648, 0.408666186, 0.511301270, 0.561370121], abs=5e-9)
