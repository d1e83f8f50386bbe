import os
import re
import sys
import zipfile
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from excel_export.formulas import INDEX, Grid, Name
from excel_export.shared.files import replacing
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.charts import Chart, Line
from excel_export.workbook.format_rules import value_scale
from excel_export.workbook.recalculate import RecalculationError, Rounding, with_values
from excel_export.workbook.write import BareWorkbook, bare_workbook
from tests.support.full_disk import full_disk

EXPECTED = {
    "1/3": "<v>0.3333333333333333</v>",
    "0.1+0.2": "<v>0.30000000000000004</v>",
    "-1*0": "<v>-0.0</v>",
    "1E-320*1": "<v>1e-320</v>",
    "1E300*1": "<v>1e+300</v>",
    "2^53": "<v>9007199254740992.0</v>",
    "1=1": 't="b"<v>1</v>',
    '"<b>"&" x&y "': 't="str"<v>&lt;b&gt; x&amp;y </v>',
    '"−∞"&1': 't="str"<v>−∞1</v>',
    '"#1"': 't="str"<v>#1</v>',
    '""': 't="str"<v></v>',
    """HYPERLINK("#'an ""odd"" sheet'!A1","go")""": 't="str"<v>go</v>',
    "odd.name_": "<v>42.5</v>",
    "SUM(block)": "<v>16.0</v>",
    "INDEX(block,2,2)": "<v>6.0</v>",
    "data!Z99": "<v>0.0</v>",
}


def sheet(name: str, contents: Iterable[object]) -> Canvas:
    """A sheet whose first column holds numbers and formulas."""
    canvas = Canvas(name, "0B5394")
    for row, content in enumerate(contents, start=1):
        canvas.cells[row] = {1: (content, "cell")}
    return canvas


def made(formulas: Iterable[str] = tuple(EXPECTED)) -> BareWorkbook:
    """A workbook with all the features of ours; the formulas are in column A of its first sheet."""
    first, odd = sheet("formulas", formulas), sheet('an "odd" sheet', [42.5])
    first.merge(first.at(1, 4, 2, 2))
    first.freeze, odd.hidden = "A2", True
    data = sheet("data", [1, 4, "A1*2", "'an \"odd\" sheet'!A1"])
    for row, numbers in ((1, (2, 3)), (2, (5, 6))):
        data.cells[row] |= {col: (number, "value") for col, number in enumerate(numbers, start=2)}
    data.format(data.at(1, 1, 2, 3), value_scale(data.at(1, 1, 2, 3)))
    data.allow_list(data.at(1, 1), (0, 1, 2))
    data.charts.append(Chart(data.at(1, 6, 9, 5), "a", "b", "c", [Line(1, data.at(1, 1), "0B5394")], 1, 1, 2, "d"))
    return bare_workbook([first, odd, data], {"odd.name_": odd.at(1, 1), "block": data.at(1, 2, 2, 2)}, "Made")


def stored(path: Path, workbook: BareWorkbook, **options) -> int:
    """Write a workbook with its values, and return how many formulas it has."""
    with replacing(path) as file:
        return with_values(workbook, file, **options).formulas


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as workbook:
        return {part: workbook.read(part) for part in workbook.namelist()}


def test_values_have_their_type_and_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    assert stored(path, made()) == len(EXPECTED) + 2
    xml = parts(path)["xl/worksheets/sheet1.xml"].decode()
    cells = re.findall(r'<c r="A\d+" s="\d+"( t="\w+")?><f>[^<]*</f>(<v>[^<]*</v>)</c>', xml)
    found = {formula: (kind + value).strip() for formula, (kind, value) in zip(EXPECTED, cells, strict=True)}
    assert found == EXPECTED


def test_a_formula_that_moves_along_is_written_once_and_computed_in_each_cell(tmp_path: Path) -> None:
    """It reads another sheet by a name, as a formula must that a spreadsheet shares."""
    canvas, away = Canvas("here", "0B5394"), sheet("away", [10, 20, 30])
    numbers, squares = (Grid("here", 1, col, (3,), (1,), (0,)) for col in (1, 2))
    canvas.fill(numbers, np.arange(1, 4), "cell")
    number = numbers.first
    canvas.share(squares.box, INDEX(Name("tens"), number) + number * number, "cell")
    workbook = bare_workbook([canvas, away], {"tens": away.at(1, 1, 3)}, "Made")
    stored(tmp_path / "made.xlsx", workbook)
    xml = parts(tmp_path / "made.xlsx")["xl/worksheets/sheet1.xml"].decode()
    assert re.findall(r"<f([^>]*)>([^<]*)</f><v>([^<]*)</v>", xml) == [
        (' t="shared" ref="B1:B3" si="0"', "INDEX(tens,A1)+A1*A1", "11.0"),
        (' t="shared" si="0"', "", "24.0"),
        (' t="shared" si="0"', "", "39.0"),
    ]


def test_values_are_seen_by_readers(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    stored(path, made())
    workbook = openpyxl.load_workbook(path, data_only=True)
    seen = [cell.value for [cell] in workbook["formulas"]["A1:A16"]]
    assert seen[:5] == [1 / 3, 0.1 + 0.2, 0.0, 1e-320, 1e300]
    assert seen[6:12] == [True, "<b> x&y ", "−∞1", "#1", None, "go"]
    assert workbook["data"]["A3"].value == 2
    assert workbook["data"]["A4"].value == 42.5
    formulas = openpyxl.load_workbook(path)["formulas"]
    assert [cell.value for [cell] in formulas["A1:A16"]] == [f"={formula}" for formula in EXPECTED]


def test_with_values_a_workbook_is_the_same_but_for_the_values(tmp_path: Path) -> None:
    made().save(tmp_path / "bare.xlsx")
    stored(tmp_path / "full.xlsx", made())
    bare, full = parts(tmp_path / "bare.xlsx"), parts(tmp_path / "full.xlsx")
    assert list(bare) == list(full) == sorted(full)
    assert b"<conditionalFormatting" in bare["xl/worksheets/sheet3.xml"]
    assert sum(data.count(b"</f><v></v>") for data in bare.values()) == len(EXPECTED) + 2
    for part, data in bare.items():
        without = re.sub(rb' t="\w+"(><f>)|(</f><v>)[^<]*', rb"\1\2", full[part])
        assert data == (without if "worksheets/sheet" in part else full[part]), part


def test_same_input_gives_same_bytes(tmp_path: Path) -> None:
    for name in ("one.xlsx", "other.xlsx"):
        stored(tmp_path / name, made())
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.xlsx") as workbook:
        assert {info.date_time for info in workbook.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert workbook.namelist()[0] == "[Content_Types].xml"


def test_the_engine_sees_no_conditional_format_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ironcalc = pytest.importorskip("ironcalc")
    seen = {}

    def look(name: str):
        seen.update(parts(Path(name)))
        return ironcalc.load_from_xlsx(name, "en", "UTC", "en")

    stored(tmp_path / "made.xlsx", made(), engine=look)
    assert b"<f>SUM(block)</f><v></v>" in seen["xl/worksheets/sheet1.xml"]
    assert not any(b"conditionalFormatting" in data for data in seen.values())
    assert os.listdir(tmp_path) == ["made.xlsx"]
    with zipfile.ZipFile(tmp_path / "made.xlsx") as workbook:
        assert workbook.testzip() is None


@pytest.mark.parametrize(
    ("formula", "error"),
    [
        ("1/0", "#DIV/0!"),
        ("SQRT(-1)", "#NUM!"),
        ("EXP(710)", "#NUM!"),
        ("NOSUCHFUNCTION(1)", "#NAME?"),
        ("nosuchname", "#NAME?"),
        ("MATCH(9,data!A1:C1,0)", "#N/A"),
        ("nosuchsheet!A1", "#REF!"),
        ("1+", "#ERROR!"),
        ("A2", "#CIRC!"),
        ('"<a>"+data!A1', "#VALUE!"),
    ],
)
def test_an_error_names_its_cell_and_leaves_the_file(tmp_path: Path, formula: str, error: str) -> None:
    path = tmp_path / "made.xlsx"
    path.write_text("what was there")
    with pytest.raises(RecalculationError, match=re.escape(f"'formulas'!A2 ={formula} gives {error}")):
        stored(path, made(["1", formula]))
    assert path.read_text() == "what was there"
    assert os.listdir(tmp_path) == ["made.xlsx"]


def test_many_errors_are_counted_but_few_are_shown_and_none_at_length(tmp_path: Path) -> None:
    with pytest.raises(RecalculationError, match=r"20 formulas .*A1 .*A5 .*…$") as caught:
        stored(tmp_path / "made.xlsx", made([f"1/0+{'1+' * 60}1"] * 20))
    assert "A6" not in str(caught.value)
    assert re.search(r"A1 =1/0\+[1+]{93}\.\.\. gives", str(caught.value))


def test_errors_are_stored_when_allowed(tmp_path: Path) -> None:
    stored(tmp_path / "made.xlsx", made(["1/0", "NA()"]), allow_errors=True)
    xml = parts(tmp_path / "made.xlsx")["xl/worksheets/sheet1.xml"]
    assert b' t="e"><f>1/0</f><v>#DIV/0!</v>' in xml
    assert b' t="e"><f>NA()</f><v>#N/A</v>' in xml


def test_an_error_that_excel_does_not_know_is_never_stored(tmp_path: Path) -> None:
    with pytest.raises(RecalculationError, match="#ERROR!"):
        stored(tmp_path / "made.xlsx", made(["1+"]), allow_errors=True)


def test_without_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ironcalc", None)
    with pytest.raises(RecalculationError, match="pip install ironcalc"):
        stored(tmp_path / "made.xlsx", made())
    made().save(tmp_path / "bare.xlsx")


def test_a_panic_in_the_engine(tmp_path: Path) -> None:
    ironcalc = pytest.importorskip("ironcalc")
    with pytest.raises(RecalculationError, match="can't compute this workbook"):
        stored(tmp_path / "made.xlsx", made(), engine=lambda _: ironcalc.test_panic())


def interrupt(_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("disk", "options", "error"),
    [
        (full_disk(1000), {}, OSError),
        (nullcontext(), {"progress": interrupt}, KeyboardInterrupt),
        (nullcontext(), {"engine": interrupt}, KeyboardInterrupt),
    ],
    ids=["a full disk", "a key press", "a key press while the engine works"],
)
def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, disk, options, error) -> None:
    path = tmp_path / "made.xlsx"
    path.write_text("what was there")
    with disk, pytest.raises(error):
        stored(path, made(), **options)
    assert path.read_text() == "what was there"
    assert os.listdir(tmp_path) == ["made.xlsx"]


def test_many_sheets_and_none_is_taken_for_another(tmp_path: Path) -> None:
    canvases = [sheet(f"sheet {number}", [number, f"A1*10+{number}"]) for number in range(12)]
    shares: list[float] = []
    assert stored(tmp_path / "made.xlsx", bare_workbook(canvases, {}, ""), progress=shares.append) == 12
    read = openpyxl.load_workbook(tmp_path / "made.xlsx", data_only=True)
    assert [page["A2"].value for page in read] == [number * 11 for number in range(12)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1], len(shares)) == (0, 1, 13)


def test_values_that_nobody_reads_are_stored_with_fewer_digits(tmp_path: Path) -> None:
    """Those of one sheet, but for some cells; texts and whole numbers are as they are."""
    formulas = "1/3", "-2/3E-9", '"1/3"', "3", "2/3"
    workbook = bare_workbook([sheet("Steps", formulas), sheet("Others", formulas)], {}, "")
    stored(tmp_path / "made.xlsx", workbook, rounding={"Steps": Rounding(4, {(5, 1)})})
    read = openpyxl.load_workbook(tmp_path / "made.xlsx", data_only=True)
    assert [cell.value for cell in read["Steps"]["A"]] == [0.3333, -6.667e8, "1/3", 3, 2 / 3]
    assert [cell.value for cell in read["Others"]["A"]] == [1 / 3, -2 / 3e-9, "1/3", 3, 2 / 3]
