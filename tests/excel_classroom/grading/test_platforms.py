"""What learning platforms import, in the formats that their own code reads."""

import csv
import io
import re
import zipfile
from dataclasses import replace

import pytest

from excel_classroom.grading.grade_run import Grading
from excel_classroom.practice.class_list import read_class
from excel_classroom.practice.key import load
from excel_classroom.results.platforms import write_grades
from excel_classroom.results.tables import Layout
from excel_export import ExportError
from excel_export.cli import main
from tests.excel_classroom.practice.test_class_list import GRADEBOOK, PARTICIPANTS, WORKSHEET
from tests.support.handed_in import NET, fill, formulas, grade, hand_out
from tests.support.long_proofs import only_quick


@pytest.fixture(scope="module", params=only_quick(["moodle", "canvas"], "moodle"))
def graded(request, tmp_path_factory):
    """A class of two on a platform: handed out by its list, collected under its names, graded into its table."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "net.py").write_text(NET)
    (folder / "list.csv").write_text(WORKSHEET if request.param == "moodle" else GRADEBOOK)
    out, key_path = folder / "out", folder / "key.json"
    more = ["--class", str(folder / "list.csv"), "--key", str(key_path), "--exam"]
    assert main(["practice", f"{folder / 'net.py'}:net", "-o", str(out), *more]) == 0
    key = load(key_path)
    for student, name in zip(key.students, names(request.param), strict=True):
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        answers = formulas(key.blanks)
        answers[0] = 99 if student.name.startswith("Ada") else answers[0]
        fill(out / student.file, key.blanks, answers, into=folder / "in" / name)
    listed = ["--format", request.param, "--class", folder / "list.csv", "--assignment", "Week 3"]
    grade(folder / "in", key_path, folder / "grades.csv", "--report", folder / "report", *listed)
    return request.param, folder, key


def names(platform):
    if platform == "moodle":
        return [
            "Ada Lovelace_4711_assignsubmission_file_/my work.xlsx",
            "Alan Turing_4712_assignsubmission_file_/b.xlsx",
        ]
    return ["lovelaceada_901_50010_my work.xlsx", "turingalan_LATE_902_50011_b.xlsx"]


def rows(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def test_the_platforms_table_is_filled_in(graded):
    platform, folder, key = graded
    found, given = rows(folder / f"grades {platform}.csv"), rows(folder / "list.csv")
    count = len(key.blanks)
    if platform == "moodle":
        # mod/assign/feedback/offline/importgradeslib.php: these three columns are looked up by their titles.
        assert {"Identifier", "Grade", "Last modified (grade)"} <= set(found[0])
        grade, comment = found[0].index("Grade"), found[0].index("Feedback comments")
        assert [row[grade] for row in found[1:]] == [f"{100 * (count - 1) / count:.2f}".rstrip("0"), "100"]
        assert found[1][comment] == f"{count - 1} of {count} points. Look at blanks 1 (wrong)."
        kept = [k for k in range(len(found[0])) if k not in (grade, comment)]
        assert [[row[k] for k in kept] for row in found] == [[row[k] for k in kept] for row in given]
    else:
        # lib/gradebook_importer.rb: the columns of who it is, then the assignment with its number.
        assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Week 3 (5001)"]
        assert found[1] == ["    Points Possible", "", "", "", "", "12"]
        assert [row[1] for row in found[2:]] == ["901", "902"]
        assert [row[5] for row in found[2:]] == [f"{12 * (count - 1) / count:g}", "12"]


def test_feedback_has_the_names_that_the_platform_expects(graded):
    platform, folder, _ = graded
    with zipfile.ZipFile(folder / f"grades {platform} feedback.zip") as bundle:
        found = bundle.namelist()
        assert len(found) == 4
        for name in found:
            if platform == "moodle":
                # mod/assign/feedback/file/importziplib.php: fullname_userid_plugintype_pluginname, then the file.
                info = name.split("/")[0].split("_", 4)
                assert info[1] in ("4711", "4712")
                assert info[2:4] == ["assignsubmission", "file"]
                assert name.endswith(("/feedback.html", "/feedback.xlsx"))
            else:
                # Assignment#infer_comment_context_from_filename: the first two numbers between underscores.
                numbers = [each for each in name.split("_") if re.fullmatch(r"\d+", each)][:2]
                assert numbers in (["901", "50010"], ["902", "50011"])
        assert all(bundle.read(name) for name in found)


def test_the_table_has_id_and_mail_with_the_signs_that_are_asked_for(graded):
    _, folder, _ = graded
    grade(folder / "in", folder / "key.json", folder / "german.csv", "--separator", "semicolon", "--decimal", "comma")
    text = (folder / "german.csv").read_text("utf-8-sig")
    head, first, *_ = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:4] == ["student", "id", "e-mail", "file"]
    assert first[0] == "Ada Lovelace"
    assert first[1] in ("1815", "s1815")
    assert re.fullmatch(r"\d+,\d", first[6])


def test_what_is_no_list_of_the_platform(tmp_path):
    (tmp_path / "list.csv").write_text(PARTICIPANTS)
    listed = read_class(tmp_path / "list.csv")
    for platform, words in (("moodle", "Download grading worksheet"), ("canvas", "choose 'Export'")):
        with pytest.raises(ExportError, match=words):
            write_grades(tmp_path / "x.csv", platform, listed, [], "Week 3", Layout())
    assert replace(listed, heading=()).heading == ()


@pytest.fixture(scope="module")
def by_name(tmp_path_factory):
    """A class that was handed out by names, and collected under these names."""
    folder = tmp_path_factory.mktemp("by name")
    key = hand_out(folder / "in", ["Ada Lovelace", "Alan Turing"])
    key.save(folder / "key.json")
    for student in key.students:
        fill(folder / "in" / student.file, key.blanks, formulas(key.blanks))
    return folder


def grade_for(platform, text, folder, tmp_path, *more):
    (tmp_path / "list.csv").write_text(text)
    listed = ["--report", tmp_path / "report", "--format", platform, "--class", tmp_path / "list.csv"]
    grade(folder / "in", folder / "key.json", tmp_path / "grades.csv", *listed, *more)


@pytest.mark.slow
def test_moodle_gets_feedback_by_its_own_identifiers_and_a_table_with_commas(by_name, tmp_path):
    """Its importer parses commas only, whatever else is written with semicolons."""
    grade_for("moodle", WORKSHEET, by_name, tmp_path, "--separator", "semicolon")
    with zipfile.ZipFile(tmp_path / "grades moodle feedback.zip") as bundle:
        assert {name.split("/")[0] for name in bundle.namelist()} == {
            "Ada Lovelace_4711_assignsubmission_file", "Alan Turing_4712_assignsubmission_file",
        }  # fmt: skip
    assert rows(tmp_path / "grades moodle.csv")[1][WORKSHEET.split("\n")[0].split(",").index("Grade")] == "100"
    assert (tmp_path / "grades.csv").read_text("utf-8-sig").startswith("student;id;")


def test_where_nothing_can_be_given_back_it_is_said(by_name, tmp_path, capsys):
    grade_for("canvas", GRADEBOOK, by_name, tmp_path)
    assert not (tmp_path / "grades canvas feedback.zip").exists()
    assert "no grades canvas feedback.zip: neither the names of the files nor" in capsys.readouterr().out


def test_ctrl_c_says_how_to_go_on(by_name, tmp_path, monkeypatch, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Grading, "run", stopped)
    command = ["grade", str(by_name / "in"), "--key", str(by_name / "key.json"), "-o", str(tmp_path / "grades.csv")]
    assert main(command) == 130
    assert "has what is graded so far: to go on, add --resume" in capsys.readouterr().err
