"""What a check of a class leaves: copies without formulas, and tables; nothing from a file gets out as a formula."""

from __future__ import annotations

import csv

import openpyxl
import pytest

from excel_export.cli import main
from spreadsheet_autograd.worker import check_here
from tests.support.sheet_layouts import german
from tests.support.sheets_by_hand import SIGMOID_ROW, one_row_a_step, save

EVIL = "<img src=x onerror=alert(1)>"
LEFT_OUT = [{"cell": f"S!D{row}", "why": f"reason {row}"} for row in range(1, 6)]
STOPPED_AT = ["a.xlsx", "b right.xlsx"]
"""The files that are checked before somebody presses Ctrl-C."""
LOCKED_IN = "spreadsheet_autograd.check_in_sandbox.check_file"


def rows_of(report):
    return {row["file"]: row for row in table_of(report / "class.csv")}


def table_of(path):
    with path.open(encoding="utf-8-sig") as file:
        return [*csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_class(tmp_path, capsys):
    folder, report = tmp_path / "class", tmp_path / "report"
    folder.mkdir()
    slip = {"∂E/∂w6": SIGMOID_ROW["∂E/∂w5"]}
    save(one_row_a_step(slip), folder / "anna.xlsx")
    hostile = german()
    hostile["Übung"]["K3"], hostile["Übung"]["N4"] = "Fehler", "=(J4-C4)*I4"
    hostile["Übung"]["F3"] = EVIL
    save(hostile, folder / f"ben {EVIL.replace('/', '')}.xlsx")
    copied = one_row_a_step(slip)
    copied["Sheet1"]["B1"] = 0.8
    save(copied, folder / "carl.xlsx")
    (folder / "dora.xlsx").write_bytes(b"nonsense")
    save({"S": {"A1": "milk", "B1": 2}}, folder / "emil.xlsx")
    (folder / "finn.pdf").write_bytes(b"%PDF")
    assert main(["check", str(folder), "--report", str(report)]) == 1
    said = capsys.readouterr().err
    assert "another cell is read than the one that is meant: in 2 of 5 files" in said
    assert "finn.pdf: no workbook" in said
    assert f"wrote {report / 'class.csv'} and {report / 'slips.csv'}" in said

    rows = rows_of(report)
    anna = rows["anna.xlsx"]
    assert anna["wrong"] == "3"
    assert anna["slips"].count("AC4 reads O4 (a_h1)") == 1
    assert "AC5" not in anna["slips"]  # its copies are the same slip
    assert anna["same formulas as"] == "carl.xlsx"
    assert rows[f"ben {EVIL}.xlsx"]["same formulas as"] == ""
    assert rows["dora.xlsx"]["error"]
    assert rows["emil.xlsx"]["error"].startswith("found no gradient")
    slips = {row["slip"]: row for row in table_of(report / "slips.csv")}
    first = slips["another cell is read than the one that is meant"]
    assert (first["files"], first["which files"]) == ("2", "anna.xlsx, carl.xlsx")
    assert "AC4 reads O4 (a_h1). With P4 (a_h2) it is ∂E_total/∂w6." in first["in the first of them"]
    assert first["the right formula there"].startswith("'=")
    assert slips["off by a factor"]["files"] == "1"

    sheet = openpyxl.load_workbook(report / "anna.checked.xlsx")["Sheet1"]
    assert "AC4 reads O4" in sheet["AC4"].comment.text
    assert sheet["AC4"].fill.fgColor.rgb == "FFF4B6AE"
    assert sheet["AB4"].fill.fgColor.rgb == "FFC5E8CB"
    assert (sheet.sheet_view.topLeftCell, sheet.sheet_view.selection[0].activeCell) == ("W1", "AC4")
    assert not any(cell.data_type == "f" for line in sheet for cell in line)


def checked_by_hand(path, loss="", claims=(), of=(), seconds=300, *, with_content=False):
    """What a check of such a file might say, without one."""
    right = {"cell": "S!B2", "of": "S!A2", "called": "∂E/∂w", "verdict": "right", "by": "heading", "loss": "S!C2",
             "value": 1.0, "derivative": 1.0}  # fmt: skip
    wrong = right | {"cell": "S!B3", "of": "S!A3", "verdict": "wrong", "derivative": 2.0}
    is_right = "right" in path.name
    content = {"S": [[2, 2, 1.0, "A2*1"], [3, 2, 1.0, f"A3^{len(path.name)}"], [2, 3, 1.0, "A2^2"]]}
    left = LEFT_OUT if path.name == "left out.xlsx" else []
    found = {"claims": [right] if is_right else [right, wrong], "learning": [], "losses": [], "left out": left}
    return found | ({"content": content, "properties": {}} if with_content else {})


@pytest.fixture
def without_engine(monkeypatch):
    """Lists the files that were checked, none of them really."""
    asked = []

    def check_file(path, *_, **more):
        asked.append(path.name)
        if asked == STOPPED_AT:
            raise KeyboardInterrupt
        return checked_by_hand(path, **more)

    monkeypatch.setattr(LOCKED_IN, check_file)
    return asked


def hand_in(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_what_was_left_out_is_said(tmp_path, without_engine):
    hand_in(tmp_path / "in", "left out.xlsx")
    main(["check", str(tmp_path / "in"), "--report", str(tmp_path / "out")])
    assert rows_of(tmp_path / "out")["left out.xlsx"]["left out"] == "; ".join(
        f"S!D{row}: reason {row}" for row in range(1, 6)
    )


def test_who_handed_in_and_who_did_not(tmp_path, without_engine):
    ada, ben = "Ada Moss_11_assignsubmission_file_/right.xlsx", "Ben Oak_12_assignsubmission_file_/sheet.xlsx"
    hand_in(tmp_path / "in", ada, ben)
    (tmp_path / "list.csv").write_text(
        "Identifier,Full name\nParticipant 11,Ada Moss\nParticipant 12,Ben Oak\nParticipant 13,=Cleo Elm\n"
    )
    arguments = ["check", str(tmp_path / "in"), "--report", str(tmp_path / "out")]
    assert main([*arguments, "--class", str(tmp_path / "list.csv"), "--separator", "semicolon"]) == 1
    table = (tmp_path / "out" / "class.csv").read_text("utf-8-sig")
    assert f"{ada};Ada Moss;;;1;0;" in table
    assert f"{ben};Ben Oak;;;1;1;" in table
    assert table.splitlines()[-1] == ";'=Cleo Elm;;;;;;;;;;;;;;no file was handed in"
    copy = openpyxl.load_workbook(next((tmp_path / "out").glob("Ben*.checked.xlsx")))
    assert copy["S"]["B3"].comment.author == copy.properties.creator == "excel-export check"


def test_a_run_that_was_stopped_goes_on(tmp_path, without_engine, one_core):
    hand_in(tmp_path / "in", "a.xlsx", "b right.xlsx", "c.xlsx")
    arguments = ["check", str(tmp_path / "in"), "--report", str(tmp_path / "out")]
    assert main(arguments) == 130
    assert main([*arguments, "--resume"]) == 1
    assert sorted(without_engine[2:]) == ["b right.xlsx", "c.xlsx"]
    assert rows_of(tmp_path / "out").keys() == {"a.xlsx", "b right.xlsx", "c.xlsx"}
    assert not [*(tmp_path / "out").glob(".*")]


def test_the_report_may_lie_within_the_folder(tmp_path, without_engine):
    hand_in(tmp_path, "a.xlsx", "deeper/b.xlsx", "~$a.xlsx")
    for _ in range(2):
        assert main(["check", str(tmp_path), "--report", str(tmp_path / "report")]) == 1
    assert rows_of(tmp_path / "report").keys() == {"a.xlsx", "deeper/b.xlsx"}
    assert main(["check", str(tmp_path)]) == 1
    assert len(without_engine) == 6


@pytest.mark.parametrize("option", [["--resume"], ["--class", "l.csv"]])
def test_what_belongs_to_a_report_needs_one(option, tmp_path, capsys):
    assert main(["check", str(tmp_path), *option]) == 2
    assert "--report" in capsys.readouterr().err


def test_a_report_gets_what_a_file_says_of_itself(tmp_path):
    book = openpyxl.Workbook()
    book.active.append([1, 2])
    book.properties.creator = "Pat"
    book.save(tmp_path / "a.xlsx")
    assert check_here(tmp_path / "a.xlsx", with_content=True)["properties"]["creator"] == "Pat"
    assert "properties" not in check_here(tmp_path / "a.xlsx")
