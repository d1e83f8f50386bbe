"""The table, the pages and the annotated copies: nothing from a file gets out as a formula or as markup."""

import re
from html.parser import HTMLParser

import openpyxl
import pytest

from excel_export import ExportError
from excel_export.cli import main
from excel_export.grading import grade_all
from excel_export.grading.attribution import attribute, files_in
from excel_export.grading.papers import papers_of
from excel_export.grading.rubric import DEFAULT, read_rubric
from excel_export.shared.errors import UserError
from tests.support.engines import recalculate
from tests.support.handed_in import change, fill, formulas, hand_out, rows_of

EVIL = '=HYPERLINK("http://x")&<script>alert(1)</script>\'"'


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Three files: all right; one slip, one mistake, one text that is evil; and one that is none of ours."""
    folder = tmp_path_factory.mktemp("class") / "in"
    key = hand_out(folder, ["Anna", "=Bob & <b>", "Cleo"])
    key.save(folder.parent / "key.json")
    anna, bob, _ = key.students
    (folder / "Cleo.xlsx").unlink()
    fill(folder / anna.file, anna.blanks, formulas(anna.blanks))
    answers = formulas(bob.blanks)
    with papers_of(key) as papers:
        right = papers.paper(bob).right
    answers[0], answers[1], answers[2] = 17.25, -right[1], None
    fill(folder / bob.file, bob.blanks, answers)

    def evil(book):
        book[bob.blanks[3].sheet][bob.blanks[3].cell] = EVIL
        book[bob.blanks[3].sheet][bob.blanks[3].cell].data_type = "s"

    change(folder / bob.file, evil)
    (folder / "<i>junk</i>.xlsx".replace("/", "_")).write_text("junk")
    table, report = folder.parent / "grades.csv", folder.parent / "report"
    arguments = ["grade", str(folder), "--key", str(folder.parent / "key.json"), "-o", str(table)]
    assert main([*arguments, "--report", str(report)]) == 0
    return folder, key, table, report


def test_the_table(graded):
    _, key, table, _ = graded
    rows = {row["student"]: row for row in rows_of(table)}
    assert rows["Anna"]["percent"] == "100"
    bob = rows["'=Bob & <b>"]
    assert bob["blank 1"] == "wrong"
    assert bob["blank 2"] == "known mistake: the wrong sign"
    assert bob["blank 3"] == "empty"
    assert bob["blank 4"] == "wrong"
    assert float(bob["points"]) <= len(key.students[1].blanks) - 3.5
    assert rows["Cleo"]["remarks"] == "no file was handed in"
    assert not [cell for row in rows.values() for cell in row.values() if cell and cell[0] in "=+-@"]


def test_pages_are_whole_and_hold_no_markup_of_others(graded):
    *_, report = graded
    pages = sorted(report.glob("*.html"))
    assert len(pages) == 4
    for path in pages:
        tags: list[str] = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attributes, tags=tags: tags.append(tag)
        parser.feed(path.read_text())
        assert not {"script", "b", "i", "img", "iframe", "object"} & set(tags), path
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//|data:)", path.read_text())
    shown = next(report.glob("*Bob*.html")).read_text()
    assert "&lt;script&gt;alert(1)" in shown
    assert "the wrong sign" in shown


def test_the_class_page_says_which_idea_failed(graded):
    *_, report = graded
    page = (report / "class.html").read_text()
    assert page.count("<svg") == 2
    assert "the wrong sign" in page
    assert "Cleo" in page


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_the_annotated_copy_is_the_students_workbook(graded, engine, tmp_path):
    folder, key, _, report = graded
    student = key.students[1]
    copy = next(report.glob("*Bob*.xlsx"))
    before, after = openpyxl.load_workbook(folder / student.file), openpyxl.load_workbook(copy)
    for sheet in before:
        for row in sheet.iter_rows():
            for cell in row:
                assert after[sheet.title][cell.coordinate].value == cell.value
    cells = [cell for sheet in after for row in sheet.iter_rows() for cell in row]
    notes = {(cell.parent.title, cell.coordinate): cell for cell in cells if cell.comment}
    assert set(notes) == {(blank.sheet, blank.cell) for blank in student.blanks}
    blank = student.blanks[1]
    cell = notes[blank.sheet, blank.cell]
    assert "the wrong sign" in cell.comment.text
    assert (cell.border.left.style, cell.border.left.color.rgb) == ("thick", "FFE3A857")
    assert cell.number_format == before[blank.sheet][blank.cell].number_format
    computed = recalculate(copy, engine, tmp_path)
    assert computed.value(blank.sheet, blank.cell) == pytest.approx(before[blank.sheet][blank.cell].value)


def test_a_rubric_that_a_teacher_changed(graded, tmp_path):
    folder, key, *_ = graded
    rubric = tmp_path / "mine.toml"
    points = "forward = [2, 2, 2]\nbackward = [2, 4, 6]\nupdate = [2, 2, 2]"
    rubric.write_text(f"[points]\n{points}\n[credit]\nempty = 0.25\n")
    with papers_of(key) as papers:
        roll = attribute(folder, files_in(folder), key)
        grades = grade_all.grade_all(roll, key, papers, read_rubric(rubric), tmp_path / "g.csv")
    bob = next(grade for grade in grades if grade.student.startswith("=Bob"))
    weights = [4 if b.direction == "backward" and b.level == 2 else 2 for b in key.students[1].blanks]
    assert [mark.of for mark in bob.marks.marks] == weights
    assert bob.marks.marks[2].points == weights[2] / 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("points = 3", "no 'points'"),
        ("[marks]\na = 1", "no 'marks'"),
        ("[credit]\nmaybe = 1", "no 'maybe'"),
        ("[credit]\nright = 2", "from 0 to 1"),
        ("[credit]\nright = true", "from 0 to 1"),
        ("[points]\nforward = [1, 2]", "three numbers"),
        ("[points]\nforward = [1, 2, nan]", "three numbers"),
        ("no toml at all", "no rubric"),
    ],
)
def test_a_rubric_that_is_none(text, words, tmp_path):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(ExportError, match=words):
        read_rubric(tmp_path / "r.toml")
    with pytest.raises(UserError, match="cannot read"):
        read_rubric(tmp_path / "nowhere.toml")


def test_the_rubric_in_the_report_is_the_one_that_was_used(graded):
    assert (graded[3] / "rubric.toml").read_text() == DEFAULT


def test_ctrl_c_leaves_the_grades_so_far(graded, tmp_path):
    folder, key, *_ = graded

    def stop(count):
        if count == 2:
            raise KeyboardInterrupt

    with papers_of(key) as papers:
        roll = attribute(folder, files_in(folder), key)
        with pytest.raises(KeyboardInterrupt):
            grade_all.grade_all(roll, key, papers, read_rubric(None), tmp_path / "g.csv", tmp_path / "r", done=stop)
    rows = rows_of(tmp_path / "g.csv")
    assert [row["file"].lstrip("'") for row in rows if row["file"]] == [file.name for file in roll[:2]]
    # Whose file was not reached did hand in one.
    assert [row["student"] for row in rows if not row["file"]] == ["Cleo"]
    assert (tmp_path / "r" / "class.html").exists()


@pytest.mark.parametrize(
    ("change_arguments", "words"),
    [
        ({"-o": "grades.xlsx"}, "ends in .csv"),
        ({"--key": "nowhere.json"}, "cannot read the key"),
        ({"folder": "nowhere"}, "no such folder"),
        ({"--rubric": "nowhere.toml"}, "cannot read the rubric"),
    ],
)
def test_wrong_usage_is_one_line(graded, tmp_path, monkeypatch, capsys, change_arguments, words):
    folder, _, _, _ = graded
    monkeypatch.chdir(tmp_path)
    given = {"folder": str(folder), "--key": str(folder.parent / "key.json"), "-o": "g.csv"} | change_arguments
    assert main(["grade", given.pop("folder"), *[item for pair in given.items() for item in pair]]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "g.csv").exists()
