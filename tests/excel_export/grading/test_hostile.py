"""A folder with hostile files in it: the others get their grades, each of these one clear line."""

import shutil

import pytest

from excel_export.cli import main
from excel_export.grading.papers import papers_of
from excel_export.grading.sandbox import NotGraded, ask
from excel_export.practice.rubric import read_rubric
from tests.support.handed_in import fill, formulas, hand_out, marked, rows_of
from tests.support.hostile import STUDENTS, hostile_files


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "out"
    key = hand_out(folder, ["Anna", "Bob", *STUDENTS])
    key.save(folder.parent / "key.json")
    for student in key.students[:2]:
        fill(folder / student.file, key.blanks, formulas(key.blanks))
    return folder, key


@pytest.fixture(scope="module")
def hostile(handed_out, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "in"
    return folder, hostile_files(*handed_out, folder)


@pytest.fixture(scope="module")
def papers(handed_out):
    with papers_of(handed_out[1]) as papers:
        yield papers


@pytest.mark.slow
def test_ten_hostile_files_get_ten_clear_lines(handed_out, hostile, tmp_path, capsys):
    (out, _), (folder, expected) = handed_out, hostile
    for name in ("Anna.xlsx", "Bob.xlsx"):
        shutil.copy(out / name, folder)
    table, report = tmp_path / "grades.csv", tmp_path / "report"
    arguments = ["grade", str(folder), "--key", str(out.parent / "key.json"), "-o", str(table)]
    assert main([*arguments, "--report", str(report), "--seconds", "2"]) == 0
    rows = {row["file"]: row for row in rows_of(table)}
    assert len(rows) == 12
    assert {rows[name]["percent"] for name in ("Anna.xlsx", "Bob.xlsx")} == {"100"}
    lines = capsys.readouterr().out.splitlines()
    for name, words in expected.items():
        assert rows[name]["points"] == "", name
        assert words in rows[name]["remarks"], name
        assert sum(line.startswith(f"{name}: not graded: ") for line in lines) == 1
    assert any(line.startswith("2 of 12 files graded") for line in lines)
    assert (report / "class.html").read_text().count("not graded") >= 10


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('=WEBSERVICE("http://127.0.0.1/?"&B2)', "WEBSERVICE"),
        ("=[1]Sheet1!A1", "another file"),
        ("='C:\\[secret.xlsx]Sheet1'!A1", "another file"),
        ("=cmd|' /c calc'!A0", "another program"),
    ],
)
def test_what_reaches_out_is_named_and_not_evaluated(handed_out, papers, tmp_path, answer, words):
    out, key = handed_out
    student = key.students[0]
    answers = formulas(key.blanks)
    answers[0] = answer
    path = fill(out / student.file, key.blanks, answers, into=tmp_path / "a.xlsx")
    found = marked(papers, student, path)
    assert f"blank 1: asks for {words}, and is not evaluated" in found.remarks
    assert not found.marks[0].is_good


def test_a_process_that_does_not_end_is_ended(handed_out, papers, hostile):
    _, key = handed_out
    paper = papers.paper(next(student for student in key.students if student.name == "slow"))
    job = paper.job(read_rubric(None)[0])
    with pytest.raises(NotGraded, match="takes more than 1 seconds"):
        ask("grade", hostile[0] / "slow.xlsx", 1, **job)
