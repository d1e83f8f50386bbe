"""The files as the format asks for them, and as a person sees them."""

import re

import openpyxl
import pytest
import torch
from openpyxl.utils import column_index_from_string as column_number
from torch import nn

from excel_classroom.practice.key import Options
from excel_classroom.practice.source import ExerciseNetwork
from excel_export.lessons.catalogue import lesson, own_lessons
from excel_export.workbook.styles import INPUT
from tests.excel_export.test_schema import findings
from tests.support.colours import faint_cells
from tests.support.engines import recalculate
from tests.support.excel_fit import Fit
from tests.support.long_proofs import only_quick
from tests.support.package_rules import faults
from tests.support.practice import drawn, fill_in, make
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X


@pytest.fixture(scope="module", params=["practice", "exam"])
def file(request, tmp_path_factory):
    options = Options(exam=request.param == "exam", questions=2)
    made = make(ExerciseNetwork.of(Tiny(), (X,)), options, "secret", "=Ann & Ben <x>")
    path = tmp_path_factory.mktemp(request.param) / "practice.xlsx"
    path.write_bytes(made.workbook)
    (path.parent / "solution.xlsx").write_bytes(made.solution)
    return path


@pytest.mark.parametrize("name", ["practice.xlsx", "solution.xlsx"])
def test_they_break_no_rule_of_the_format(file, name):
    path = file.with_name(name)
    assert faults(path) == []
    assert findings(path) == []


def test_every_number_can_be_read(file):
    assert faint_cells(file) == []
    assert faint_cells(file.with_name("solution.xlsx")) == []


@pytest.mark.parametrize("answer", only_quick([None, -0.123456, "about a half", "=1/0"], None, "=1/0"))
def test_everything_fits_by_excels_rule(file, answer, tmp_path):
    assert misfits(file, answer, tmp_path) == []
    assert list(map(str, Fit(file.with_name("solution.xlsx"), tmp_path).misfits())) == []


def test_a_blank_has_no_colour_but_that_of_its_answer(file):
    """A colour scale would win over it; the cells around a blank keep theirs."""
    book = openpyxl.load_workbook(file)
    scaled = {
        sheet.title: [each.sqref for each in sheet.conditional_formatting if each.rules[0].type == "colorScale"]
        for sheet in book
    }
    blanks = [cell.hyperlink.location.replace("'", "").split("!") for [cell] in book["Practice"]["C7:C14"]]
    assert scaled["Network"]
    for sheet, cell in blanks:
        assert not any(cell in area for area in scaled[sheet])


@pytest.mark.slow
@pytest.mark.parametrize("name", own_lessons())
def test_everything_fits_in_each_lesson(name, tmp_path):
    path = tmp_path / "practice.xlsx"
    path.write_bytes(make(ExerciseNetwork.of(*lesson(name).make()), Options(questions=2), "secret", "Ann").workbook)
    for answer in (None, -0.123456):
        assert misfits(path, answer, tmp_path) == []


def misfits(path, answer, folder):
    """What does not fit when somebody fills this in everywhere, and asks for all hints."""
    practice = load_sheet(path, "Practice")
    lines = [row for row in range(7, 7 + 12) if isinstance(practice.cell(row, 2).value, int)]
    assert len(lines) >= 8
    places = [practice.cell(row, 3).hyperlink.location.replace("'", "").split("!") for row in lines]
    contents = {(sheet, cell): answer for sheet, cell in places if answer is not None}
    if practice["G6"].value == "hint":
        contents |= {("Practice", f"G{row}"): 2 for row in lines}
    return list(map(str, Fit(fill_in(path.read_bytes(), contents, folder / "filled.xlsx"), folder).misfits()))


def test_a_mask_of_infinity_is_no_question(tmp_path):
    """Where nobody may look, an attention has −∞: neither a blank nor a hint shows the number that stands for it."""
    made = make(ExerciseNetwork.of(*lesson("attention").make()), Options(count=40))
    tensors = made.graph.tensors
    assert all(abs(tensors[blank.tensor][blank.index]) < 1e9 for blank in made.blanks)
    hints = {("Practice", f"G{7 + k}"): 2 for k in range(len(made.blanks))}
    path = fill_in(made.workbook, hints, tmp_path / "attention.xlsx")
    shown = recalculate(path, "ironcalc", tmp_path).values("Practice", f"H7:H{6 + len(made.blanks)}")
    texts = [text for (text,) in shown]
    assert all(texts)
    assert not [text for text in texts if re.search(r"\d{13}", str(text))]
    assert any("−∞" in text for text in texts), "some hint does have it"


class OwnNames(nn.Module):
    """Has layers and inputs that are called like sheets and names of a practice workbook."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        for name in ("Practice", "Marks", "Answers"):
            setattr(self, name, nn.Linear(110, 110))

    def forward(self, mark_1, practice_variant):
        x = self.Practice(torch.ones(110) * mark_1)
        return (self.Answers(self.Marks(x)) * practice_variant).square().mean()


@pytest.mark.slow
def test_names_of_the_network_are_no_names_of_ours(tmp_path):
    made = make(ExerciseNetwork.of(OwnNames(), (torch.tensor(0.5), torch.tensor(1.5))), Options(("forward",)))
    path = tmp_path / "own.xlsx"
    path.write_bytes(made.workbook)
    assert faults(path) == []
    assert len(set(openpyxl.load_workbook(path).sheetnames)) > 6


def test_torch_is_not_changed():
    """The module and its inputs are the caller's."""
    module, before = Tiny(), {key: item.clone() for key, item in Tiny().state_dict().items()}
    network = drawn(ExerciseNetwork.of(module, (X,)), "secret", "Ann")
    assert all(torch.equal(item, before[key]) for key, item in module.state_dict().items())
    assert all(item.dtype == torch.float64 for item in network.module.state_dict().values())


def test_each_blank_says_how_near_a_number_must_be(file):
    """A parameter after a step needs all decimals, since one percent of it is more than the step."""
    book = openpyxl.load_workbook(file)
    said = {
        (sheet.title, str(each.sqref)): each.prompt
        for sheet in book
        for each in sheet.data_validations.dataValidation
        if str(each.promptTitle).startswith("Blank")
    }
    assert {sheet for sheet, _ in said} == {"Network", "Update"}
    for (sheet, _), prompt in said.items():
        limits = "to 4 decimals, since one step" if sheet == "Update" else "to 4 decimals or to within 1 %"
        assert f"A number must be right {limits}" in prompt
        assert len(prompt) <= 255


def test_only_yellow_and_free_cells_can_be_changed(file):
    """So nobody inserts a row by mistake; there is no password, and the sheet says how to lift it."""
    book = openpyxl.load_workbook(file)
    yellow = f"FF{INPUT}"
    for sheet in book:
        assert sheet.protection.sheet, sheet.title
        assert not sheet.protection.password
        for row in sheet:
            for cell in row:
                is_open = not cell.protection.locked
                if cell.fill.fgColor.rgb == yellow:
                    assert is_open, (sheet.title, cell.coordinate)
                elif cell.value is not None:
                    assert not is_open, (sheet.title, cell.coordinate)
        # What holds nothing, as in LibreOffice and Excel, looks as its column says.
        for column in ("A", "AZ", "XFD"):
            found = next(
                each for each in sheet.column_dimensions.values() if each.min <= column_number(column) <= each.max
            )
            assert not found.protection.locked, (sheet.title, column)
    assert any("Unprotect Sheet" in str(cell.value) for row in book["Practice"] for cell in row)
