"""Annotated copies: valid by the format's schema, with what was there before, without what could do harm."""

import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment
from openxml_audit import OpenXmlValidator

from excel_export.grading.annotate import Note, annotate
from tests.support.engines import require_engine
from tests.support.handed_in import change, hand_out
from tests.support.libreoffice import save_as


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "in"
    (student,) = hand_out(folder, ["Anna"]).students
    return folder / "Anna.xlsx", student.blanks


def notes_for(blanks):
    return [Note(blank.sheet, blank.cell, "E3A857", f'<b>&"note" {k}\nline') for k, blank in enumerate(blanks)]


def findings(path):
    errors = OpenXmlValidator(max_errors=0).validate(path).errors
    return {f"{error.part_uri}: {error.description}" for error in errors if error.severity.name == "ERROR"}


def notes_in(path):
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    return {(cell.parent.title, cell.coordinate): cell.comment.text for cell in cells if cell.comment}


@pytest.mark.parametrize("saved_by", ["us", "openpyxl", "libreoffice"])
def test_notes_are_valid_and_own_notes_stay(handed_out, saved_by, tmp_path):
    path, blanks = handed_out
    own = {}
    if saved_by != "us":
        (tmp_path / "own.xlsx").write_bytes(path.read_bytes())
        sheet = blanks[0].sheet
        path = change(tmp_path / "own.xlsx", lambda book: setattr(book[sheet]["A3"], "comment", Comment("mine", "me")))
        own = {(sheet, "A3"): "mine"}
    if saved_by == "libreoffice":
        require_engine("libreoffice")
        (path,) = save_as("xlsx", [path], tmp_path / "saved")
    assert annotate(path, notes_for(blanks), tmp_path / "out.xlsx") == ""
    assert findings(tmp_path / "out.xlsx") <= findings(path)
    expected = {(note.sheet, note.cell): note.text for note in notes_for(blanks)}
    assert notes_in(tmp_path / "out.xlsx") == expected | own


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/embeddings/o.bin"])
def test_no_copy_of_what_could_do_harm(handed_out, part, tmp_path):
    path, blanks = handed_out
    (tmp_path / "a.xlsx").write_bytes(path.read_bytes())
    with zipfile.ZipFile(tmp_path / "a.xlsx", "a") as book:
        book.writestr(part, b"x")
    assert "macros, other objects, or links" in annotate(tmp_path / "a.xlsx", notes_for(blanks), tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()


def test_no_copy_of_formulas_that_reach_out(handed_out, tmp_path):
    path, blanks = handed_out
    (tmp_path / "a.xlsx").write_bytes(path.read_bytes())
    formula = "=cmd|' /c calc'!A0&\"<\""
    change(tmp_path / "a.xlsx", lambda book: book[blanks[0].sheet].__setitem__("B200", formula))
    assert (
        annotate(tmp_path / "a.xlsx", notes_for(blanks), tmp_path / "out.xlsx") == "its formulas reach out of the file"
    )
