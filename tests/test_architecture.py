"""docs/architecture.md matches the code: its tables, its picture, the files that it names and those to read first."""

import re
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from docs import make_architecture
from docs.make_architecture import PAGE, PICTURE
from tests.support.scripts import ROOT, run_script
from tests.test_readme import README, blocks

TEXT = PAGE.read_text(encoding="utf-8")
AS_IT_SHOULD_BE = "python docs/make_architecture.py writes it anew"


def test_the_tables_are_those_of_the_code():
    assert make_architecture.page(TEXT) == TEXT, AS_IT_SHOULD_BE


def test_the_picture_is_that_of_the_code():
    assert make_architecture.picture() == PICTURE.read_text(encoding="utf-8"), AS_IT_SHOULD_BE


def test_no_room_imports_from_one_above_it():
    for package in make_architecture.TABLES:
        rooms = make_architecture.rooms(package)
        for k, room in enumerate(rooms):
            assert not [each for each in make_architecture.used(room) if each in rooms[:k]], room


def test_what_is_shown_of_a_call_the_call_says_never_its_operator():
    for room in ("book", "edits.py", "exporter.py", "lessons", "pages", "report.py", "sheets", "views"):
        assert not reading_operators(ROOT / "excel_export" / room)
    assert not reading_operators(ROOT / "excel_classroom") + reading_operators(ROOT / "mnist_adder")


def reading_operators(path: Path) -> list[Path]:
    files = [path] if path.suffix else path.rglob("*.py")
    return [file for file in files if re.search(r"\.operator\b", file.read_text(encoding="utf-8"))]


def test_twelve_files_to_read_have_about_2500_lines():
    listed = [(file, int(lines)) for _, file, lines in make_architecture.TO_READ.findall(TEXT)]
    assert len(listed) == 12
    assert all(lines == pytest.approx(make_architecture.lines_of(file), rel=0.15) for file, lines in listed)
    assert 2300 < sum(lines for _, lines in listed) < 2700


def test_the_example_shows_the_formulas_of_the_workbook(tmp_path):
    [code] = blocks(README, "python")
    (tmp_path / "net.py").write_text(code, encoding="utf-8")
    run_script(tmp_path / "net.py", folder=tmp_path)
    network = load_workbook(tmp_path / "net.xlsx")["Network"]
    shown = re.findall(r"\| `([A-Z]+\d+)` \| `(=[^`]+)` \|", TEXT)
    assert len(shown) == 4
    assert shown == [(cell, network[cell].value) for cell, _ in shown]


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`([\w/]+\.py)`", TEXT))))
def test_a_file_that_is_named_is_there(file):
    # Not by rglob: another test builds the distribution in a folder that comes and goes.
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert any(f"/{path}".endswith(f"/{file}") for path in tracked)
