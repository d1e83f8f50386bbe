"""The workbooks and the page in the repository are what the code makes today."""

import base64
import json
import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from mnist_adder.cli import main
from tests.support.engines import recalculate
from tests.support.engines_agree import RELATIVE, SHORTER

FOLDER = Path(__file__).parents[1] / "workbooks"
_COMMAND = re.compile(r"`mnist-adder workbook (.+) -o workbooks/(.+)`")
COMMANDS = {name: options for options, name in _COMMAND.findall((FOLDER / "README.md").read_text(encoding="utf-8"))}
"""What stands between "workbook" and "-o" in the command of each file."""
_OF_PAGE = re.compile(r"`mnist-adder page -o workbooks/backpropagation.html (.+)`")
_DATA = re.compile(r'<script type="text/plain" id="data">(.*?)</script>')


def contents(path: Path, values: bool) -> dict:
    book = load_workbook(path, read_only=True, data_only=values)
    return {
        (sheet.title, number, place): value
        for sheet in book
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)
        for place, value in enumerate(row, start=1)
        if value not in (None, "")
    }


def parts(path: Path) -> dict[str, bytes]:
    """The parts of a file without the values of its cells: styles, formats, controls, charts, and formulas."""
    with zipfile.ZipFile(path) as file:
        return {name: re.sub(b"<v>.*?</v>", b"", file.read(name)) for name in file.namelist()}


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.xlsx")), ids=lambda path: path.stem)
def test_it_is_what_the_code_makes(path, tmp_path):
    assert main(["workbook", *COMMANDS[path.name].split(), "-o", str(tmp_path / "made.xlsx")]) == 0
    # Other processors round PyTorch's pasted numbers and the stored values differently in the last digit.
    for values in (False, True):
        compare(contents(tmp_path / "made.xlsx", values), contents(path, values))
    assert parts(tmp_path / "made.xlsx") == parts(path)


def compare(found: dict, expected: dict) -> None:
    """Two workbooks' cells are the same, numbers to 1e-9, or to what is stored of them."""
    assert found.keys() == expected.keys()
    for place, value in expected.items():
        if isinstance(value, (int, float)) and isinstance(found[place], (int, float)):
            tolerance = SHORTER.get(place[0], RELATIVE)
            assert math.isclose(found[place], value, rel_tol=tolerance, abs_tol=1e-9), place
        else:
            assert found[place] == value, place


@pytest.mark.slow
def test_the_page_is_what_the_code_makes(tmp_path):
    (options,) = _OF_PAGE.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    assert main(["page", *options.split(), "-o", str(tmp_path / "made.html")]) == 0
    made, kept = (
        file.read_text(encoding="utf-8") for file in (tmp_path / "made.html", FOLDER / "backpropagation.html")
    )
    (made_data, made_numbers), (data, numbers) = map(data_of, (made, kept))
    assert _DATA.sub("", made) == _DATA.sub("", kept)
    assert made_data == data
    assert made_numbers.keys() == numbers.keys()
    for name, each in numbers.items():
        np.testing.assert_allclose(made_numbers[name], each, rtol=1e-6, atol=1e-12, err_msg=name)
    assert len(kept.encode()) < 250_000


def data_of(page: str) -> tuple[dict, dict[str, np.ndarray]]:
    """What a page knows of its network, without its numbers, and these."""
    data = json.loads(zlib.decompress(base64.b64decode(_DATA.search(page)[1])))
    numbers = data.pop("numbers")
    for view in data["views"]:  # which element is shown first, a last digit may decide
        del view["first"], view["slots"]
    kinds = {"u1": np.uint8, "f4": np.float32, "f8": np.float64}
    found = {
        name: np.frombuffer(base64.b64decode(each[1]), kinds[each[0]]) if each and each[0] in kinds else np.array(each)
        for name, each in numbers.items()
    }
    return data, found


def test_what_is_stored_is_what_the_formulas_give(made_of, tmp_path):
    """The exporter's engine reads a shorter form of the file: it must not give other numbers."""
    path = made_of("example xor").path
    compare(contents(recalculate(path, "ironcalc", tmp_path).path, True), contents(path, True))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["formulon", "gnumeric"])
def test_another_engine_computes_what_is_stored(engine, tmp_path):
    """All formulas, those of the training sheets among them."""
    path = FOLDER / "slice-regression.xlsx"
    compare(contents(recalculate(path, engine, tmp_path).path, True), contents(path, True))


def test_every_workbook_is_in_the_table():
    assert COMMANDS.keys() == {path.name for path in FOLDER.glob("*.xlsx")}


def test_one_command_makes_all_that_ships(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER.parent / "docs")
    from make_shipped import commands

    found = commands()
    written = {each for command in found for each in command if each.startswith("workbooks/")}
    assert written == {f"workbooks/{path.name}" for path in FOLDER.iterdir() if path.suffix in (".xlsx", ".html")}
    scripts = [each for command in found for each in command if each.endswith(".py")]
    assert scripts
    assert all((FOLDER.parent / script).exists() for script in scripts)
