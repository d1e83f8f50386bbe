"""The copies with notes hold no formula; the table of a class says who has which slip, and whose formulas are whose."""

from __future__ import annotations

import csv

import openpyxl
import pytest

from excel_export.cli import main
from tests.support.sheet_layouts import german
from tests.support.sheets_by_hand import SIGMOID_ROW, one_row_a_step, save


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_copies_and_a_table(tmp_path, capsys):
    folder = tmp_path / "class"
    folder.mkdir()
    slip = {"∂E/∂w6": SIGMOID_ROW["∂E/∂w5"]}
    save(one_row_a_step(slip), folder / "anna.xlsx")
    save(german(), folder / "ben.xlsx")
    copied = one_row_a_step(slip)
    copied["Sheet1"]["B1"] = 0.8
    save(copied, folder / "carl.xlsx")
    (folder / "dora.xlsx").write_bytes(b"nonsense")
    assert main(["check", str(folder), "--report", str(tmp_path / "report")]) == 1
    assert "reference: in 2 of 4 files" in capsys.readouterr().err
    with (tmp_path / "report" / "class.csv").open(encoding="utf-8-sig") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows["anna.xlsx"]["wrong"] == "3"
    assert "AC4 reads O4 (a_h1)" in rows["anna.xlsx"]["slips"]
    assert rows["anna.xlsx"]["same formulas as"] == "carl.xlsx"
    assert rows["ben.xlsx"]["same formulas as"] == ""
    assert rows["dora.xlsx"]["error"]
    sheet = openpyxl.load_workbook(tmp_path / "report" / "anna.xlsx.checked.xlsx")["Sheet1"]
    assert "AC4 reads O4" in sheet["AC4"].comment.text
    assert sheet["AC4"].fill.fgColor.rgb == "FFF4B6AE"
    assert sheet["AB4"].fill.fgColor.rgb == "FFC5E8CB"
    assert not any(cell.data_type == "f" for line in sheet for cell in line)
