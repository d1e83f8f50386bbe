"""The workbooks in the repository are what the code makes today."""

import math
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mnist_adder.cli import main

FOLDER = Path(__file__).parents[1] / "workbooks"


def contents(path: Path, values: bool) -> dict:
    book = load_workbook(path, read_only=True, data_only=values)
    return {
        (sheet.title, number, place): value
        for sheet in book
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
        for place, value in enumerate(row, start=1)
        if value is not None
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.xlsx")), ids=lambda path: path.stem)
def test_it_is_what_the_code_makes(path, tmp_path):
    assert main(["workbook", path.stem, "-o", str(tmp_path / "made.xlsx")]) == 0
    # Other processors round PyTorch's pasted numbers and the stored values differently in the last digit.
    for values in (False, True):
        here, made = contents(path, values), contents(tmp_path / "made.xlsx", values)
        assert here.keys() == made.keys()
        for place, value in here.items():
            if isinstance(value, float):
                assert math.isclose(made[place], value, rel_tol=1e-9, abs_tol=1e-9), place
            else:
                assert made[place] == value, place


def test_every_workbook_is_in_the_table():
    text = (FOLDER / "README.md").read_text()
    for path in FOLDER.glob("*.xlsx"):
        assert f"`mnist-adder workbook {path.stem} -o workbooks/{path.name}`" in text
