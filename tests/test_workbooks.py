"""The workbooks in the repository are what the code makes today."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from mnist_adder.cli import main

FOLDER = Path(__file__).parents[1] / "workbooks"


def contents(path: Path, values: bool) -> dict:
    book = load_workbook(path, data_only=values)
    return {
        (sheet.title, cell.coordinate): (cell.value, cell.number_format)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.xlsx")), ids=lambda path: path.stem)
def test_it_is_what_the_code_makes(path, tmp_path):
    assert main(["workbook", path.stem, "-o", str(tmp_path / "made.xlsx")]) == 0
    # Other processors round PyTorch's pasted numbers and the stored values differently in the last digit.
    for values in (False, True):
        here, made = contents(path, values), contents(tmp_path / "made.xlsx", values)
        assert here.keys() == made.keys()
        for place, (value, style) in here.items():
            expected = pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value
            assert made[place] == (expected, style), place


def test_every_workbook_is_in_the_table():
    text = (FOLDER / "README.md").read_text()
    for path in FOLDER.glob("*.xlsx"):
        assert f"`mnist-adder workbook {path.stem} -o workbooks/{path.name}`" in text
