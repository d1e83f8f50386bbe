"""A folder with hostile files in it: the others get their grades, each of these one clear line."""

import shutil

import pytest

from excel_classroom.grading.grading_process import ask
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.rubric import read_rubric
from excel_export.shared.sandbox import NotGraded
from tests.support.altered import part_of, rewritten
from tests.support.handed_in import change, fill, formulas, grade, hand_out, mark, marked
from tests.support.hostile import HEAVY, STUDENTS, hostile_files, slow_sheet
from tests.support.long_proofs import only_quick


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
def test_hostile_files_get_one_clear_line_each(handed_out, hostile, tmp_path, capsys):
    (out, _), (folder, expected) = handed_out, hostile
    for name in ("Anna.xlsx", "Bob.xlsx"):
        shutil.copy(out / name, folder)
    report = tmp_path / "report"
    found = grade(folder, out.parent / "key.json", tmp_path / "grades.csv", "--report", report, "--seconds", "2")
    rows = {row["file"]: row for row in found}
    assert len(rows) == 12
    assert {rows[name]["percent"] for name in ("Anna.xlsx", "Bob.xlsx")} == {"100"}
    lines = capsys.readouterr().out.splitlines()
    for name, words in expected.items():
        assert rows[name]["points"] == "", name
        assert words in rows[name]["remarks"], name
        assert sum(line.startswith(f"{name}: not graded: ") for line in lines) == 1
    for name in HEAVY:
        assert rows[name]["points"] != ""
        assert "reads too much to be computed here" in rows[name]["remarks"]
    assert any(line.startswith("5 of 12 files graded") for line in lines)
    assert (report / "class.html").read_text().count("not graded") >= 7


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
    job = paper.job(read_rubric(None))
    with pytest.raises(NotGraded, match="takes more than 1 seconds"):
        ask("grade", hostile[0] / "slow.xlsx", 1, **job)


@pytest.mark.parametrize(
    "answer", only_quick(["=SUM(A:XFD)", "=SUM(Slow!A1:A9000)", "=" + "(" * 4000 + "1" + ")" * 4000], "=SUM(A:XFD)")
)
def test_what_is_too_much_costs_its_own_blank_only(handed_out, papers, tmp_path, answer):
    """A sum over whole sheets, a million products, brackets without end: all other points are given."""
    out, key = handed_out
    student, answers = key.students[0], formulas(key.blanks)
    last = len(answers) - 1
    answers[last] = answer
    path = fill(out / student.file, key.blanks, answers, into=tmp_path / "a.xlsx")
    if "Slow" in answer:
        change(path, slow_sheet)
    found = mark(papers.paper(student), path, read_rubric(None), seconds=5)
    assert found.points == found.of - 1
    assert any("reads too much to be computed here" in each for each in found.remarks)


@pytest.mark.slow
def test_a_file_with_hundreds_of_thousands_of_formulas_is_graded(handed_out, papers, tmp_path):
    """What takes too long to be read are sheets that nobody was given: the exercise's own are read alone."""
    out, key = handed_out
    student = key.students[0]
    path = fill(out / student.file, key.blanks, formulas(key.blanks), into=tmp_path / "a.xlsx")
    change(path, lambda book: book.create_sheet("Mine").cell(1, 1, "=Network!E10"))
    rows = "".join(
        f'<row r="{row}">{"".join(f"<c><f>Network!E10+{col}</f></c>" for col in range(100))}</row>'
        for row in range(2, 4_000)
    )

    mine = part_of(path, "Mine")

    def longer(name, data):
        return data.replace(b"</sheetData>", f"{rows}</sheetData>".encode()) if name == mine else data

    rewritten(path, path, longer)
    found = mark(papers.paper(student), path, read_rubric(None), seconds=2)
    assert found.points == found.of
