"""The table, the pages and the annotated copies: nothing from a file gets out as a formula or as markup."""

import os
import re
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from lxml import etree

from excel_classroom.grading.attribution import attribute
from excel_classroom.grading.grading_process import ask
from excel_classroom.grading.marked_pages import _answers, short_idea
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.rubric import DEFAULT, read_rubric
from excel_classroom.results.collected import files_in
from excel_classroom.results.handed_in import HandedIn, page_names
from excel_classroom.results.tables import safe
from excel_classroom.similarity.pairs import ALONE
from excel_export import ExportError
from excel_export.cli import main
from excel_export.shared.errors import UserError
from tests.support.altered import rewritten
from tests.support.handed_in import change, fill, formulas, grade, hand_out, rows_of, run, saved
from tests.support.long_proofs import only_quick

EVIL = '=HYPERLINK("http://x")&<script>alert(1)</script>\'"'


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Three files: all right; one slip, one mistake, one text that is evil; and one that is none of ours."""
    folder = tmp_path_factory.mktemp("class") / "in"
    key = hand_out(folder, ["Anna", "=Bob & <b>", "Cleo"])
    key.save(folder.parent / "key.json")
    anna, bob, _ = key.students
    (folder / "Cleo.xlsx").unlink()
    fill(folder / anna.file, key.blanks, formulas(key.blanks))
    answers = formulas(key.blanks)
    with papers_of(key) as papers:
        right = papers.paper(bob).right
    answers[0], answers[1], answers[2] = 17.25, -right[1], None
    fill(folder / bob.file, key.blanks, answers)

    def evil(book):
        book[key.blanks[3].sheet][key.blanks[3].cell] = EVIL
        book[key.blanks[3].sheet][key.blanks[3].cell].data_type = "s"

    change(folder / bob.file, evil)
    (folder / "<i>junk</i>.xlsx".replace("/", "_")).write_text("junk")
    table, report = folder.parent / "grades.csv", folder.parent / "report"
    grade(folder, folder.parent / "key.json", table, "--report", report)
    return folder, key, table, report


def test_only_a_file_that_is_none_is_said_to_be_not_graded(graded, tmp_path, capsys):
    folder, *_ = graded
    for more in ([], ["--resume"]):
        grade(folder, folder.parent / "key.json", tmp_path / "grades.csv", *more)
        said = [line for line in capsys.readouterr().out.splitlines() if "not graded" in line]
        assert [line.split(": ")[:2] for line in said] == [["<i>junk<_i>.xlsx", "not graded"]]


def test_the_table(graded):
    _, key, table, _ = graded
    rows = {row["student"]: row for row in rows_of(table)}
    assert rows["Anna"]["percent"] == "100"
    bob = rows["'=Bob & <b>"]
    assert bob["blank 1"] == "wrong"
    assert bob["blank 2"] == "known mistake: the wrong sign"
    assert bob["blank 3"] == "empty"
    assert bob["blank 4"] == "uncertain"
    assert float(bob["points"]) == len(key.blanks) - 3.5
    assert rows["Cleo"]["remarks"] == "no file was handed in"
    assert not [cell for row in rows.values() for cell in row.values() if cell and cell[0] in "=+-@"]


def test_pages_are_whole_and_hold_no_markup_of_others(graded):
    *_, report = graded
    pages = sorted(report.glob("*.html"))
    assert len(pages) == 6
    marking = report / "marking.html"
    assert marking.read_text().count("<script") == 1
    for path in (each for each in pages if each != marking):
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


def graded_with(graded, tmp_path, rubric, **more):
    """Grade the class once more, with a rubric."""
    folder, key, *_ = graded
    (tmp_path / "mine.toml").write_text(rubric)
    return run(folder, key, tmp_path / "mine.toml", tmp_path / "g.csv", **more)


def bob(grades):
    return next(grade for grade in grades if grade.student.startswith("=Bob"))


def test_a_rubric_that_a_teacher_changed(graded, tmp_path):
    points = "forward = [2, 2]\nbackward = [2, 4]\nupdate = [2, 2]"
    marks = bob(graded_with(graded, tmp_path, f"[points]\n{points}\n[credit]\nempty = 0.25\n")).marks.marks
    weights = [4 if b.direction == "backward" and b.level == 2 else 2 for b in graded[1].blanks]
    assert [mark.of for mark in marks] == weights
    assert marks[2].points == weights[2] / 4


def test_a_tolerance_that_a_teacher_chose(graded, tmp_path):
    """Bob's first blank is 17.25: with a tolerance of 100, it is right."""
    rubric = "[tolerance]\nabsolute = 100\n"
    assert bob(graded_with(graded, tmp_path, rubric)).marks.marks[0].state == "right"


@pytest.mark.parametrize(
    ("keep", "expected"),
    only_quick([("newest", "2.xlsx"), ("best", "1.xlsx"), ("first", "0.xlsx")], ("best", "1.xlsx")),
)
def test_which_attempt_counts(graded, tmp_path, keep, expected):
    """Of three: the first has one blank wrong, the second none, the third two."""
    folder, key, *_ = graded
    (tmp_path / "in").mkdir()
    for number, wrong in enumerate((1, 0, 2)):
        answers = [1e6] * wrong + formulas(key.blanks)[wrong:]
        when = f"2026-11-20T0{number + 1}:00:00"
        fill(folder / key.students[0].file, key.blanks, answers, "Anna", tmp_path / "in" / f"{number}.xlsx", when)
    run(tmp_path / "in", key, None, tmp_path / "g.csv", keep=keep)
    rows = {row["file"]: row for row in rows_of(tmp_path / "g.csv") if row["file"]}
    assert [name for name, row in rows.items() if row["points"]] == [expected]
    assert f"one of 3 attempts, the {keep}" in rows[expected]["remarks"]
    others = [row["remarks"] for name, row in rows.items() if name != expected]
    assert all(f"but another attempt counts: {expected}" in remarks for remarks in others)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("x;=1+1;y.xlsx", "x;'=1+1;y.xlsx"), ("a\t@x", "a '@x".replace(" '@", " @")),
        ('"\t=1', "\"'=1".replace("\"'", "\" '")), ("a, -b", "a, '-b"), ("＝1", "'＝1"), ("Jean-Luc", "Jean-Luc"),
    ],
)  # fmt: skip
def test_no_text_of_a_table_is_a_formula_whatever_parts_its_columns(text, written):
    assert safe(text) == written
    for separator in ",;\t|":
        assert not [cell for cell in safe(text).split(separator) if cell.strip(' "')[:1] in ("=", "+", "-", "@", "＝")]


def test_a_workbook_whose_xml_is_pretty_is_read(graded, tmp_path):
    """As some programs write it: with spaces between the names."""
    folder, key, *_ = graded
    path = tmp_path / "in" / "x.xlsx"
    path.parent.mkdir()

    def pretty(name, data):
        if name != "xl/workbook.xml":
            return data
        root = etree.fromstring(data)
        etree.indent(root)
        for each in root.iter("{*}definedName"):
            each.text = f"\n    {each.text}\n  "
        return etree.tostring(root)

    rewritten(folder / key.students[0].file, path, pretty)
    (file,), _ = files_in(path.parent)
    attribute([file], key)
    assert (file.student.name, file.problem) == ("Anna", "")


def test_a_late_file_loses_points(graded, tmp_path):
    folder, key, *_ = graded
    late = folder / key.students[1].file
    before = late.read_bytes()
    try:
        saved(late, "2026-11-22T10:00:00")
        rubric = '[late]\ndeadline = "2026-11-20T23:59:00+00:00"\nper_day = 0.2\n'
        grade = bob(graded_with(graded, tmp_path, rubric))
        assert grade.marks.lost == 0.4  # of the third day, not even one hour
        assert grade.marks.points == pytest.approx(0.6 * sum(mark.points for mark in grade.marks.marks))
        assert any(remark.startswith("late (saved 2026-11-22") and "40 %" in remark for remark in grade.remarks)
        assert bob(graded_with(graded, tmp_path, rubric.replace("per_day = 0.2", "per_day = 0.4"))).marks.lost == 0.5
    finally:
        late.write_bytes(before)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("points = 3", "no 'points'"),
        ("[marks]\na = 1", "no 'marks'"),
        ("[credit]\nmaybe = 1", "no 'maybe'"),
        ("[credit]\nright = 2", "from 0 to 1"),
        ("[credit]\nright = true", "from 0 to 1"),
        ("[points]\nforward = [1, 2, 3]", "two numbers"),
        ("[points]\nforward = [1, nan]", "two numbers"),
        ("[tolerance]\ndecimals = 2.5", "whole number from 0 to 12"),
        ("[tolerance]\nrelative = 2", "from 0 to 1"),
        ('[late]\ndeadline = "tomorrow"', "a day and a time"),
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


def test_ctrl_c_leaves_the_grades_so_far_and_a_run_goes_on(graded, tmp_path, monkeypatch):
    folder, key, *_ = graded
    asked = []

    def counted(do, path, *more, **job):
        if do == "grade":
            asked.append(path.name)
        return ask(do, path, *more, **job)

    monkeypatch.setattr("excel_classroom.grading.grading_process.ask", counted)
    monkeypatch.setattr("excel_classroom.grading.grade_run.cores", lambda: 0)  # one at a time

    def stop(share):
        raise KeyboardInterrupt

    def graded_again(done=lambda share: None, *, resume=False):
        return run(folder, key, None, tmp_path / "g.csv", done, resume=resume, report=tmp_path / "r")

    with pytest.raises(KeyboardInterrupt):
        graded_again(stop)
    rows = rows_of(tmp_path / "g.csv")
    assert len(rows) == 4  # none is missing
    stopped = [row for row in rows if row["remarks"] == "not graded: the program was stopped before"]
    assert len(stopped) == 1
    # Whose file was not reached did hand in one.
    assert [row["student"] for row in rows if row["remarks"] == "no file was handed in"] == ["Cleo"]
    assert (tmp_path / "r" / "class.html").exists()
    before, asked[:] = len(asked), []
    graded_again(resume=True)
    assert before + len(asked) == 2  # each of the two workbooks once
    assert not list(tmp_path.glob(".*.progress"))
    once = (tmp_path / "g.csv").read_bytes()
    asked[:] = []
    graded_again()
    assert len(asked) == 2
    assert (tmp_path / "g.csv").read_bytes() == once


@pytest.mark.parametrize(
    ("change_arguments", "words"),
    [
        ({"-o": "grades.xlsx"}, "ends in .csv"),
        ({"--format": "moodle"}, "--format and --class go together"),
        ({"--key": "nowhere.json"}, "cannot read the key"),
        ({"folder": "nowhere"}, "no such folder"),
        ({"--rubric": "nowhere.toml"}, "cannot read the rubric"),
    ],
)
def test_wrong_usage_is_one_line(graded, tmp_path, monkeypatch, capsys, change_arguments, words):
    folder, _, _, _ = graded
    monkeypatch.chdir(tmp_path)
    given = {"folder": str(folder), "--key": str(folder.parent / "key.json"), "-o": "g.csv"} | change_arguments
    assert main(["grade", given.pop("folder"), *[item for pair in given.items() for item in pair]]) in (1, 2)
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "g.csv").exists()


def test_pages_have_names_that_every_system_keeps():
    names = ["Anna.xlsx", "ANNA.XLSX", "CON.xlsx", "class.xlsx", "अनिता देवी/x;=1+1;y.xlsx", "../.xlsx"]
    assert [*page_names([HandedIn(Path(), name) for name in names]).values()] == [
        "Anna.html", "ANNA_2.html", "_CON.html", "class_2.html", "अनिता_देवी_x_1_1_y.html", "file.html",
    ]  # fmt: skip
    assert [*page_names([HandedIn(Path(), f"{'a' * 70}b.xlsx")]).values()] == [f"{'a' * 59}b.html"]


@pytest.mark.parametrize(
    ("idea", "shown"),
    [
        ("sum, forward", "sum, forward"),
        ("softmax and cross-entropy, backward", "softmax and cross-entropy, backward"),
        ("scaled dot product attention, forward", "scaled dot product attention, forward"),
        ("scaled dot product attention, backward", "scaled dot product attenti…, backward"),
        ("a name of forty letters without direction", "a name of forty letters without direction"),
    ],
)
def test_an_idea_with_a_long_name_is_cut_before_its_direction(idea, shown):
    assert short_idea(idea) == shown


def test_a_number_with_too_few_decimals_is_told_how_many_count(graded, tmp_path):
    """After a step, three decimals are wrong, though they are within a percent: page and copy say so."""
    folder, key, *_ = graded
    (tmp_path / "in").mkdir()
    step = next(k for k, blank in enumerate(key.blanks) if blank.direction == "update")
    with papers_of(key) as papers:
        right = papers.paper(key.students[0]).right
    typed = [round(right[k], 4) for k in range(len(right))]
    typed[step] = round(right[step] + 0.001, 4)
    fill(folder / "Anna.xlsx", key.blanks, typed, into=tmp_path / "in" / "Anna.xlsx")
    grade(tmp_path / "in", folder.parent / "key.json", tmp_path / "g.csv", "--report", tmp_path / "report")
    words = "A number must be right to 4 decimals, since one step changes little."
    assert (tmp_path / "report" / "Anna.html").read_text().count(words) == 1
    with zipfile.ZipFile(tmp_path / "report" / "Anna.xlsx") as copy:
        notes = "".join(copy.read(name).decode() for name in copy.namelist() if "comments" in name)
    assert notes.count(words) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")
def test_grades_and_reports_are_for_their_owner_alone(tmp_path):
    folder, report, table = tmp_path / "in", tmp_path / "report", tmp_path / "grades.csv"
    key = hand_out(folder, ["Anna"])
    fill(folder / "Anna.xlsx", key.blanks, formulas(key.blanks))
    run(folder, key, None, table, report=report)
    written = [table, *report.iterdir()]
    assert len(written) > 4
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    assert report.stat().st_mode & 0o777 == 0o700


def test_a_file_that_somebody_else_handed_in_again_stands_on_the_page_of_pairs(tmp_path):
    folder, report = tmp_path / "in", tmp_path / "report"
    key = hand_out(folder, ["Anna", "Ben"])
    fill(folder / "Anna.xlsx", key.blanks, formulas(key.blanks), by="Anna")
    (folder / "Ben.xlsx").write_bytes((folder / "Anna.xlsx").read_bytes())
    run(folder, key, None, tmp_path / "grades.csv", report=report)
    page = (report / "similar.html").read_text("utf-8")
    assert "<b>Ben.xlsx</b>: another student" in page
    assert "There are none" not in page


def test_two_files_with_the_same_pasted_decimals_stand_on_the_page_of_pairs(tmp_path):
    folder, report = tmp_path / "in", tmp_path / "report"
    key = hand_out(folder, ["Anna", "Ben", "Cleo"])
    for name, own in (("Anna", "=0.73182943*2"), ("Ben", "=2*0.73182943"), ("Cleo", "=0.61728394*2")):
        fill(folder / f"{name}.xlsx", key.blanks, [own, *formulas(key.blanks)[1:]], by=name)
    run(folder, key, None, tmp_path / "grades.csv", report=report)
    page = (report / "similar.html").read_text("utf-8")
    assert "<tr><td>Anna</td><td>Ben</td>" in page
    assert "the number 0.73182943" in page
    assert page.count("<tr><td>") == 1


def test_the_same_words_count_from_25_letters_on_whatever_their_case_and_spaces():
    words = ["Because the gradient  is small HERE", "x" * 25, "x" * 24]
    marks = SimpleNamespace(marks=[], elsewhere=[], words=words)
    grade = SimpleNamespace(marks=marks, file=SimpleNamespace(who_saved=""))
    assert [*_answers(grade, Counter())] == [
        ("question 1: the same words, “because the gradient is small here”", ALONE),
        (f"question 2: the same words, “{'x' * 25}”", ALONE),
    ]
