import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import LineChart, Reference
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from excel_export.xlsx.recalculate import RecalculationError, Rounding, with_values
from tests.support.stored import repack, store_values

EXPECTED = {
    "1/3": "<v>0.3333333333333333</v>",
    "0.1+0.2": "<v>0.30000000000000004</v>",
    "-1*0": "<v>-0.0</v>",
    "1E-320*1": "<v>1e-320</v>",
    "1E300*1": "<v>1e+300</v>",
    "2^53": "<v>9007199254740992.0</v>",
    "1=1": 't="b"<v>1</v>',
    '"<b>"&" x&y "': 't="str"<v>&lt;b&gt; x&amp;y </v>',
    '"#1"': 't="str"<v>#1</v>',
    '""': 't="str"<v></v>',
    """HYPERLINK("#'an ""odd"" sheet'!A1","go")""": 't="str"<v>go</v>',
    "odd.name_": "<v>42.5</v>",
    "SUM(block)": "<v>16.0</v>",
    "INDEX(block,2,2)": "<v>6.0</v>",
    "data!Z99": "<v>0.0</v>",
}


def make(path: Path, formulas: Iterable[str] = tuple(EXPECTED)) -> Path:
    """Write a workbook with all the features of ours; the formulas are in column A of its first sheet."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "formulas"
    for formula in formulas:
        sheet.append([f"={formula}"])
    sheet["A1"].number_format = "0.00"
    sheet.merge_cells("D1:E2")
    sheet.freeze_panes = "A2"
    odd = workbook.create_sheet('an "odd" sheet')
    odd.append([42.5])
    odd.sheet_state = "hidden"
    data = workbook.create_sheet("data")
    for row in ([1, 2, 3], [4, 5, 6]):
        data.append(row)
    data["A9"], data["A10"] = "=A1*2", "='an \"odd\" sheet'!A1"
    data.conditional_formatting.add("A1:C2", ColorScaleRule("min", None, "FF0000", "max", None, "0000FF"))
    choice = DataValidation(type="list", formula1='"0,1,2"')
    data.add_data_validation(choice)
    choice.add("A1")
    chart = LineChart()
    chart.add_data(Reference(data, 1, 1, 1, 2))
    data.add_chart(chart, "F1")
    names = {"odd.name_": "'an \"odd\" sheet'!$A$1", "block": "data!$B$1:$C$2"}
    for name, target in names.items():
        workbook.defined_names[name] = DefinedName(name, attr_text=target)
    workbook.save(path)
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as workbook:
        return {part: workbook.read(part) for part in workbook.namelist()}


def test_values_have_their_type_and_every_digit(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx")
    assert store_values(path) == len(EXPECTED) + 2
    sheet = parts(path)["xl/worksheets/sheet1.xml"].decode()
    cells = re.findall(r'<c r="A\d+"(?: s="\d")?( t="\w+")?><f>[^<]*</f>(<v>[^<]*</v>)</c>', sheet)
    stored = {formula: (kind + value).strip() for formula, (kind, value) in zip(EXPECTED, cells, strict=True)}
    assert stored == EXPECTED


def test_values_are_seen_by_readers(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx")
    store_values(path)
    workbook = openpyxl.load_workbook(path, data_only=True)
    seen = [cell.value for [cell] in workbook["formulas"]["A1:A15"]]
    assert seen[:5] == [1 / 3, 0.1 + 0.2, 0.0, 1e-320, 1e300]
    assert seen[6:11] == [True, "<b> x&y ", "#1", None, "go"]
    assert workbook["data"]["A9"].value == 2
    assert workbook["data"]["A10"].value == 42.5


@pytest.mark.parametrize("lxml", ["True", "False"])
def test_nothing_else_changes(tmp_path: Path, lxml: str) -> None:
    path = tmp_path / "made.xlsx"
    code = "import sys; from pathlib import Path; import test_recalculate as t; t.make(Path(sys.argv[1]))"
    search = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environment = os.environ | {"OPENPYXL_LXML": lxml, "PYTHONPATH": search}
    subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=True)
    before = parts(path)
    store_values(path)
    after = parts(path)
    assert sorted(before) == list(after)
    for part, data in before.items():
        if part == "docProps/core.xml":
            assert re.sub(rb"20\d\d-\d\d-\d\dT[\d:]{8}Z", b"1980-01-01T00:00:00Z", data) == after[part]
        elif part.startswith("xl/worksheets/sheet"):
            without = re.sub(rb' t="\w+"(><f>)|(</f>)<v(?: ?/>|>[^<]*</v>)', rb"\1\2", after[part])
            assert without == re.sub(rb"(</f>)<v(?: ?/>|></v>)", rb"\1", data)
        else:
            assert data == after[part], part


def test_false_stored_values_are_replaced(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx", ["1/3", "1=1", "2"])
    store_values(path)
    right = path.read_bytes()
    false = re.sub(rb"(</f><v>)[^<]*", rb"\g<1>777", parts(path)["xl/worksheets/sheet1.xml"])
    assert false.count(b"777") == 3
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "false.xlsx", "w") as new:
        for part in old.namelist():
            new.writestr(part, false if part == "xl/worksheets/sheet1.xml" else old.read(part))
    store_values(tmp_path / "false.xlsx")
    assert (tmp_path / "false.xlsx").read_bytes() == right


@pytest.mark.parametrize("finish", [store_values, repack])
def test_same_input_gives_same_bytes(tmp_path: Path, finish: Callable[[Path], object]) -> None:
    one = make(tmp_path / "one.xlsx")
    with zipfile.ZipFile(one) as old, zipfile.ZipFile(tmp_path / "other.xlsx", "w") as new:
        for info in reversed(old.infolist()):
            info.date_time = (2031, 2, 3, 4, 5, 6)
            data = old.read(info)
            if info.filename == "docProps/core.xml":
                data = re.sub(rb"20\d\d-", b"2031-", data)
            new.writestr(info, data, zipfile.ZIP_STORED)
    finish(one)
    finish(tmp_path / "other.xlsx")
    assert one.read_bytes() == (tmp_path / "other.xlsx").read_bytes()
    again = one.read_bytes()
    finish(one)
    assert one.read_bytes() == again
    with zipfile.ZipFile(one) as workbook:
        assert {info.date_time for info in workbook.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert workbook.namelist()[0] == "[Content_Types].xml"


def test_repack_stores_no_values(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx")
    before = parts(path)
    repack(path)
    after = parts(path)
    assert {part for part in before if before[part] != after[part]} == {"docProps/core.xml"}


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
    path = make(tmp_path / "made.xlsx", ["1", formula])
    before = path.read_bytes()
    with pytest.raises(RecalculationError, match=re.escape(f"'formulas'!A2 ={formula} gives {error}")):
        store_values(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["made.xlsx"]


def test_many_errors_are_counted_but_few_are_shown(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx", ["1/0"] * 20)
    with pytest.raises(RecalculationError, match=r"20 formulas .*A1 .*A5 .*…$") as caught:
        store_values(path)
    assert "A6" not in str(caught.value)


def test_errors_are_stored_when_allowed(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx", ["1/0", "NA()"])
    store_values(path, allow_errors=True)
    sheet = parts(path)["xl/worksheets/sheet1.xml"]
    assert b' t="e"><f>1/0</f><v>#DIV/0!</v>' in sheet
    assert b' t="e"><f>NA()</f><v>#N/A</v>' in sheet


def test_an_error_that_excel_does_not_know_is_never_stored(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx", ["1+"])
    with pytest.raises(RecalculationError, match="#ERROR!"):
        store_values(path, allow_errors=True)


def test_a_form_of_formula_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx", ["1", "2"])
    data = parts(path)
    data["xl/worksheets/sheet1.xml"] = data["xl/worksheets/sheet1.xml"].replace(b"<f>2</f>", b'<f t="shared" si="0"/>')
    with zipfile.ZipFile(path, "w") as new:
        for part, content in data.items():
            new.writestr(part, content)
    with pytest.raises(RecalculationError, match="'formulas' holds formulas in a form"):
        store_values(path)


def test_without_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "made.xlsx")
    monkeypatch.setitem(sys.modules, "ironcalc", None)
    with pytest.raises(RecalculationError, match="pip install ironcalc"):
        store_values(path)
    repack(path)


def test_a_panic_in_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ironcalc = pytest.importorskip("ironcalc")
    path = make(tmp_path / "made.xlsx")
    monkeypatch.setattr(ironcalc, "load_from_xlsx", lambda *_: ironcalc.test_panic())
    with pytest.raises(RecalculationError, match="can't compute this workbook"):
        store_values(path)


def test_a_key_press_while_the_engine_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = make(tmp_path / "made.xlsx")
    monkeypatch.setattr("ironcalc.load_from_xlsx", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store_values(path)


def test_not_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store_values(tmp_path / "none.xlsx")
    (tmp_path / "text.xlsx").write_text("text")
    for finish in store_values, repack:
        with pytest.raises(zipfile.BadZipFile):
            finish(tmp_path / "text.xlsx")
    assert os.listdir(tmp_path) == ["text.xlsx"]


@pytest.mark.parametrize("step", ["os.replace", "zipfile.ZipFile.writestr"])
@pytest.mark.parametrize("interruption", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, step: str, interruption: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "made.xlsx")
    before = path.read_bytes()

    def interrupt(*_: object) -> None:
        raise interruption

    monkeypatch.setattr(step, interrupt)
    with pytest.raises(type(interruption)):
        store_values(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["made.xlsx"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions_are_kept(tmp_path: Path) -> None:
    path = make(tmp_path / "made.xlsx")
    path.chmod(0o640)
    store_values(path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_write_only_workbooks_with_many_sheets(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    for number in range(12):
        sheet = workbook.create_sheet(f"sheet {number}")
        sheet.append([number, f"=A1*10+{number}"])
    workbook.save(tmp_path / "made.xlsx")
    assert store_values(tmp_path / "made.xlsx") == 12
    read = openpyxl.load_workbook(tmp_path / "made.xlsx", data_only=True)
    assert [sheet["B1"].value for sheet in read] == [number * 11 for number in range(12)]


def test_values_that_nobody_reads_are_stored_with_fewer_digits(tmp_path):
    """Those of one sheet, but for some cells; texts and whole numbers are as they are."""
    book = openpyxl.Workbook()
    book.active.title = "Steps"
    for sheet in (book.active, book.create_sheet("Others")):
        for row, formula in enumerate(("=1/3", "=-2/3E-9", '="1/3"', "=3", "=2/3"), start=1):
            sheet.cell(row, 1, formula)
    book.save(tmp_path / "plain.xlsx")
    with open(tmp_path / "scratch.xlsx", "w+b") as scratch:
        filled, _ = with_values(
            (tmp_path / "plain.xlsx").read_bytes(), scratch, rounding={"Steps": Rounding(4, {(5, 1)})}
        )
    (tmp_path / "filled.xlsx").write_bytes(filled)
    stored = openpyxl.load_workbook(tmp_path / "filled.xlsx", data_only=True)
    assert [cell.value for cell in stored["Steps"]["A"]] == [0.3333, -6.667e8, "1/3", 3, 2 / 3]
    assert [cell.value for cell in stored["Others"]["A"]] == [1 / 3, -2 / 3e-9, "1/3", 3, 2 / 3]
