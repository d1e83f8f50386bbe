"""A term: `grade` over several keys makes one gradebook, with the points, the weights, and what is missing."""

import shutil
import zipfile
from html.parser import HTMLParser

import pytest

from excel_classroom.practice.key import load
from excel_export.cli import main
from tests.support.handed_in import NET, fill, formulas, rows_of

LISTS = {
    "week1": "name,id\nAda Lovelace,1815\nBob Ross,2\nCleo,3\n",
    "week2": "name,id\nA. Lovelace,1815\nBob Ross,2\nCleo,3\n=Dora,4\n",  # the first has another name, the last is new
}


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Ada hands in both sheets, the second with a slip; Bob the first; Cleo nothing; Dora what is no workbook."""
    folder = tmp_path_factory.mktemp("term")
    (folder / "net.py").write_text(NET)
    (folder / "in").mkdir()
    for name, listed in LISTS.items():
        (folder / f"{name}.csv").write_text(listed)
        arguments = ["practice", f"{folder / 'net.py'}:net", "-o", str(folder / name), "--blanks", "4"]
        assert main([*arguments, "--questions", "0", "--class", str(folder / f"{name}.csv")]) == 0
        key = load(folder / f"{name}.key.json")
        for student in key.students[: 1 if name == "week2" else 2]:
            answers = formulas(key.blanks)
            answers[3] = 1000 if name == "week2" else answers[3]
            fill(folder / name / student.file, key.blanks, answers, into=folder / "in" / f"{name} {student.file}")
    (folder / "in" / "=Dora.xlsx").write_text("junk")
    return folder


def grade(term, folder, *more):
    keys = [each for name in LISTS for each in ("--key", str(term / f"{name}.key.json"))]
    return main(["grade", str(term / "in"), *keys, "-o", str(folder / "term.csv"), *more])


def test_one_gradebook_of_a_term(term, tmp_path, capsys):
    assert grade(term, tmp_path, "--weights", "1,2", "--report", str(tmp_path / "report")) == 0
    said = capsys.readouterr().out
    rows = {row["id"]: row for row in rows_of(tmp_path / "term.csv")}
    assert list(rows) == ["1815", "2", "3", "4"]
    first, second = "week1 (of 4, weight 1)", "week2 (of 4, weight 2)"
    assert list(rows["2"]) == ["student", "id", "e-mail", first, second, "percent", "handed in", "remarks"]
    ada, bob, cleo, dora = rows.values()
    assert (ada["student"], ada[first], ada[second], ada["percent"]) == ("Ada Lovelace", "4", "3", "83.3")
    assert (bob[first], bob[second], bob["percent"], bob["handed in"]) == ("4", "", "33.3", "1 of 2")
    assert bob["remarks"] == "week2: no file"
    assert (cleo["percent"], cleo["handed in"], cleo["remarks"]) == ("0", "0 of 2", "never handed in")
    # Who came later was not given the first sheet; a text is no formula.
    assert (dora["student"], dora[first], dora["handed in"]) == ("'=Dora", "", "0 of 1")
    assert "=Dora.xlsx: not graded: not a workbook that can be read" in said
    assert "3 of 4 files graded" in said
    for name in LISTS:
        assert len(rows_of(tmp_path / f"term {name}.csv")) == len(LISTS[name].splitlines()) - 1
        assert (tmp_path / "report" / name / "class.html").exists()


def test_the_page_of_a_term_leads_to_its_sheets(term, tmp_path):
    assert grade(term, tmp_path, "--report", str(tmp_path / "report")) == 0
    page = (tmp_path / "report" / "term.html").read_text()
    parser, links, texts = HTMLParser(), [], []
    parser.handle_starttag = lambda tag, attributes: links.extend(value for name, value in attributes if name == "href")
    parser.handle_data = texts.append
    parser.feed(page)
    assert len(links) == 2
    assert all((tmp_path / "report" / link).is_file() for link in links)
    whole = " ".join(" ".join(texts).split())
    assert "Cleo 0 % 0 of 2 never handed in" in whole
    assert "Ada Lovelace 4 3 87.5 % 2 of 2" in whole
    assert "Files of none of these sheets =Dora.xlsx: not a workbook" in whole


def test_points_by_hand_count_in_the_gradebook(term, tmp_path):
    """They stand in the file of the sheet, whose name says which it is."""
    lines = ["student,blank,your points,your remark", "Bob Ross,all,2,on paper"]
    (tmp_path / "term week2 by hand.csv").write_text("\n".join(lines))
    assert grade(term, tmp_path) == 0
    (bob,) = [row for row in rows_of(tmp_path / "term.csv") if row["id"] == "2"]
    assert (bob["week2 (of 4, weight 1)"], bob["percent"], bob["handed in"]) == ("2", "75", "2 of 2")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--weights", "1"], "say 2 numbers"),
        (["--weights", "1,0"], "say 2 numbers"),
        (["--weights", "one,two"], "say 2 numbers"),
        (["--marked", "m.csv"], "File 'm.csv' does not exist"),
        (["--marked", __file__], "of which sheet?"),
        (["--format", "moodle"], "--format and --class go together"),
        (["--format", "canvas", *["--class", "week1.csv"] * 3], "--class: say it once for all, or once for each"),
        (["--format", "canvas", "--class", "week1.csv", "--assignment", "A"], "say one title for each"),
    ],
)
def test_what_does_not_go_with_a_term(term, tmp_path, capsys, more, words):
    more = [str(term / each) if each == "week1.csv" else each for each in more]
    assert grade(term, tmp_path, *more) in (1, 2)
    assert words in capsys.readouterr().err
    assert not (tmp_path / "term.csv").exists()


def test_two_keys_of_one_name_and_weights_of_one_key(term, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    shutil.copy(term / "week1.key.json", tmp_path / "other")
    keys = ["--key", str(term / "week1.key.json"), "--key", str(tmp_path / "other" / "week1.key.json")]
    assert main(["grade", str(term / "in"), *keys, "-o", str(tmp_path / "t.csv")]) == 1
    assert "two keys are called 'week1'" in capsys.readouterr().err
    assert main(["grade", str(term / "in"), *keys[:2], "--weights", "1", "-o", str(tmp_path / "t.csv")]) == 2
    assert "--weights goes with several keys" in capsys.readouterr().err


def test_what_the_pages_of_a_term_saved_is_read_by_the_sheets_names(term, tmp_path, capsys):
    """A browser puts a number behind a name that is there already."""
    assert grade(term, tmp_path) == 0
    heads = "student,blank,your points,your remark\n"
    for name in ("week1", "week2"):
        (tmp_path / f"term {name} by hand (1).csv").write_text(f"{heads}Bob Ross,all,{name[-1]},seen\n")
    marked = [each for name in LISTS for each in ("--marked", str(tmp_path / f"term {name} by hand (1).csv"))]
    assert grade(term, tmp_path, *marked) == 0
    bob = rows_of(tmp_path / "term.csv")[1]
    assert [bob[column] for column in bob if column.startswith("week")] == ["1", "2"]
    (tmp_path / "mine.csv").write_text(heads)
    capsys.readouterr()
    assert grade(term, tmp_path, "--marked", str(tmp_path / "mine.csv")) != 0
    assert "mine.csv: of which sheet?" in capsys.readouterr().err


def test_excused_and_the_lowest_dropped(term, tmp_path):
    """Bob, of whom the second sheet is missing, is excused; of Ada, the worse sheet is dropped."""
    heads = "student,blank,your points,your remark\n"
    (tmp_path / "term week2 by hand.csv").write_text(f"{heads}Bob Ross,all,excused,ill\n")
    assert grade(term, tmp_path) == 0
    ada, bob = rows_of(tmp_path / "term.csv")[:2]
    assert (ada["percent"], bob["percent"], bob["remarks"]) == ("87.5", "100", "week2: excused")
    rows = {row["student"]: row for row in rows_of(tmp_path / "term week2.csv")}
    assert (rows["Bob Ross"]["points"], rows["Bob Ross"]["remarks"]) == ("", "excused; ill")
    assert rows_of(tmp_path / "term week2 by hand.csv")[0]["your points"] == "excused"
    assert grade(term, tmp_path, "--drop-lowest", "1") == 0
    ada, bob, cleo = rows_of(tmp_path / "term.csv")[:3]
    assert (ada["percent"], ada["remarks"]) == ("100", "week2: dropped")
    assert (bob["percent"], cleo["percent"]) == ("100", "0")


def test_a_term_for_moodle_has_a_worksheet_for_each_key(term, tmp_path):
    """Moodle exports a worksheet for each assignment; the numbers in it are others each time."""
    for k, name in enumerate(LISTS):
        who = [("Ada Lovelace", 1815), ("Bob Ross", 2), ("Cleo", 3)]
        lines = [f"Participant {k}{row},{name},{number},,100" for row, (name, number) in enumerate(who)]
        heads = "Identifier,Full name,ID number,Grade,Maximum grade"
        (tmp_path / f"sheet {name}.csv").write_text("\n".join([heads, *lines]))
    lists = [each for name in LISTS for each in ("--class", str(tmp_path / f"sheet {name}.csv"))]
    assert grade(term, tmp_path, "--format", "moodle", *lists, "--report", str(tmp_path / "report")) == 0
    first, second = (rows_of(tmp_path / f"term {name} moodle.csv") for name in LISTS)
    assert {row["Identifier"]: row["Grade"] for row in first} == {
        "Participant 00": "100", "Participant 01": "100", "Participant 02": "",
    }  # fmt: skip
    assert {row["Identifier"]: row["Grade"] for row in second} == {
        "Participant 10": "75", "Participant 11": "", "Participant 12": "",
    }  # fmt: skip
    assert zipfile.is_zipfile(tmp_path / "term week2 moodle feedback.zip")


def test_a_term_for_canvas_fills_a_column_for_each_key(term, tmp_path):
    """One gradebook goes for all keys; what is not told otherwise is called as its key is."""
    (tmp_path / "book.csv").write_text(
        'Student,ID,SIS User ID,Section,First (77)\nPoints Possible,,,,8\n"Lovelace, Ada",901,1815,A,\n'
    )
    given = ["--format", "canvas", "--class", str(tmp_path / "book.csv")]
    assert grade(term, tmp_path, *given) == 0
    assert rows_of(tmp_path / "term week2 canvas.csv")[-1]["week2"] == "3"
    assert grade(term, tmp_path, *given, "--assignment", "First", "--assignment", "Other") == 0
    assert rows_of(tmp_path / "term week1 canvas.csv")[-1]["First (77)"] == "8"
    assert rows_of(tmp_path / "term week2 canvas.csv")[-1]["Other"] == "3"
