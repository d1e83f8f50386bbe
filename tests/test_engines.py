import math
import os
import re
import select
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from tests.support import engines, libreoffice
from tests.support.engines import ENGINES, canonical_parts, edit, recalculate, strip_values
from tests.support.long_proofs import only_quick

FORMULAS: dict[str, float | str | bool] = {
    # what the engines and Excel agree on, and what it gives
    "SUMPRODUCT(data!A1:C3,data!A1:C3)": 276.385,
    "SUMPRODUCT(data!A1:B2,data!B2:C3)": 46.625,
    "SUM(block,one_cell)": 26.6,
    "SUMXMY2(data!A1:C1,data!A2:C2)": 92.7725,
    "MAX(0,data!B1)": 0.0,
    "MAX(block)": 9.75,
    "MIN(block)": -6.0,
    "AVERAGE(block)": 25.1 / 9,
    "EXP(one_cell)": math.exp(1.5),
    "LN(one_cell)": math.log(1.5),
    "SQRT(2)": math.sqrt(2),
    "POWER(2,0.5)": math.sqrt(2),
    "TANH(one_cell)": math.tanh(1.5),
    "ABS(data!B1)": 2.25,
    "SIGN(data!B1)": -1.0,
    "-2^2": 4.0,
    'IF(data!E1="cat","yes","no")': "yes",
    "AND(data!A1>0,data!B1>0)": False,
    "OR(data!A1>0,data!B1>0)": True,
    "MATCH(MAX(data!A1:C1),data!A1:C1,0)": 3.0,
    "INDEX(data!A1:C3,2,3)": -6.0,
    "INDEX(data!A1:C1,2)": -2.25,
    'CHOOSE(2,"a","b")': "b",
    "ROUND(-2.5,0)": -3.0,
    "INT(-2.5)": -3.0,
    "MOD(-7,3)": 2.0,
    'TEXT(0.9612,"0.0%")': "96.1%",
    # ROUND first: TEXT alone gives -0.32 in ironcalc
    'TEXT(ROUND(-0.3149,2),"0"&MID(1/2,2,1)&"00;(-0"&MID(1/2,2,1)&"00)")': "(-0.31)",
    'COUNTIF(block,">0")': 7.0,
    "COUNT(block)": 9.0,
    """HYPERLINK("#'the ''odd'' sheet'!A1","go")""": "go",
    "'the ''odd'' sheet'!A1+odd.name_": 85.0,
    "data!Z9": 0.0,
    '"<"&"&"&">"': "<&>",
    "1E300*data!A1": 1.5e300,
}
# What an engine is known not to compute.
BEYOND = {"gnumeric": {"INDEX(data!A1:C1,2)", "'the ''odd'' sheet'!A1+odd.name_"}}

each_engine_but_libreoffice_slowly = pytest.mark.parametrize(
    "engine", only_quick(ENGINES, *({*ENGINES} - {"formulon", "libreoffice"}))
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    workbook = openpyxl.Workbook()
    data = workbook.active
    data.title = "data"
    for row in ([1.5, -2.25, 3], [4, 0.1, -6], [7, 8, 9.75]):
        data.append(row)
    data["E1"] = "cat"
    data["E2"] = True
    workbook.create_sheet("the 'odd' sheet")["A1"] = 42.5
    for name, target in {
        "one_cell": "data!$A$1",
        "block": "data!$A$1:$C$3",
        "odd.name_": "'the ''odd'' sheet'!$A$1",
    }.items():
        workbook.defined_names[name] = DefinedName(name, attr_text=target)
    formulas = workbook.create_sheet("formulas")
    for formula in FORMULAS:
        formulas.append([f"={formula}"])
    workbook.save(tmp_path / "made.xlsx")
    return tmp_path / "made.xlsx"


def with_stored(path: Path, value: bytes) -> Path:
    """Give every formula the same stored value, as a careless or lying program would."""
    target = path.with_name("stored.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.namelist():
            new.writestr(part, re.sub(rb"</f><v ?(/>|></v>)", b"</f>" + value, old.read(part)))
    return target


def stored(path: Path, sheet: str = "formulas") -> list[object]:
    workbook = openpyxl.load_workbook(path, data_only=True)
    return [row[0].value for row in workbook[sheet].iter_rows()]


@each_engine_but_libreoffice_slowly
def test_engines_agree(made: Path, engine: str, tmp_path: Path) -> None:
    values = recalculate(made, engine, tmp_path).values("formulas", f"A1:A{len(FORMULAS)}")
    for (formula, expected), [value] in zip(FORMULAS.items(), values, strict=True):
        if formula in BEYOND.get(engine, ()):
            assert value != expected, f"{engine} has learnt {formula}"
            continue
        assert type(value) is type(expected), f"{formula} gives {value!r}"
        if isinstance(expected, float):
            assert value == pytest.approx(expected, rel=5e-15, abs=0), formula
        else:
            assert value == expected, formula


@each_engine_but_libreoffice_slowly
def test_a_false_stored_value_is_never_read(made: Path, engine: str, tmp_path: Path) -> None:
    false = with_stored(made, b"<v>777</v>")
    assert stored(false) == [777] * len(FORMULAS)
    result = recalculate(false, engine, tmp_path)
    assert result.value("formulas", "A1") == pytest.approx(276.385)
    assert 777 not in stored(result.path)


@each_engine_but_libreoffice_slowly
def test_edit_reaches_the_formulas(made: Path, engine: str, tmp_path: Path) -> None:
    changes = {("data", "A1"): 2.5, ("data", "E1"): "  a < b", ("the 'odd' sheet", "A1"): -1}
    edited = edit(with_stored(made, b"<v>777</v>"), changes, tmp_path / "edited.xlsx")
    assert not any(stored(edited))
    assert '<t xml:space="preserve">  a &lt; b</t>' in str(canonical_parts(edited)["xl/worksheets/sheet1.xml"])
    result = recalculate(edited, engine, tmp_path)
    assert result.value("data", "A1") == 2.5
    assert result.value("data", "E1") == "  a < b"
    assert result.value("formulas", "A1") == pytest.approx(276.385 + 2.5**2 - 1.5**2)
    names = list(FORMULAS)
    assert result.value("formulas", f"A{names.index(next(f for f in names if 'yes' in f)) + 1}") == "no"
    elsewhere = next(formula for formula in names if "odd.name_" in formula)
    if elsewhere not in BEYOND.get(engine, ()):
        assert result.value("formulas", f"A{names.index(elsewhere) + 1}") == -2


def test_edit_changes_nothing_else(made: Path, tmp_path: Path) -> None:
    edited = edit(made, {("data", "B2"): 0.30000000000000004}, tmp_path / "edited.xlsx")
    before = canonical_parts(strip_values(made, tmp_path / "stripped.xlsx"))
    after = canonical_parts(edited)
    assert [part for part in before if before[part] != after[part]] == ["xl/worksheets/sheet1.xml"]
    sheet = str(after["xl/worksheets/sheet1.xml"])
    assert '<c r="B2"><v>0.30000000000000004</v></c>' in sheet
    assert sheet.replace("0.30000000000000004", "0.1").replace('<c r="B2">', '<c r="B2" t="n">') == str(
        before["xl/worksheets/sheet1.xml"]
    )


def test_edit_refuses_what_a_learner_cannot_type_into(made: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="Z99"):
        edit(made, {("data", "Z99"): 1}, tmp_path / "edited.xlsx")
    with pytest.raises(KeyError, match="nowhere"):
        edit(made, {("nowhere", "A1"): 1}, tmp_path / "edited.xlsx")
    with pytest.raises(ValueError, match="A1 holds a formula"):
        edit(made, {("formulas", "A1"): 1}, tmp_path / "edited.xlsx")


@pytest.mark.parametrize(
    "value",
    [b"<v>777</v>", b"<v >777</v>", b"\n<v>777</v>\n", b'<v xml:space="preserve"> 7 </v>', b"<v/>", b""],
)
def test_strip_leaves_formulas_and_constants(made: Path, value: bytes, tmp_path: Path) -> None:
    stripped = strip_values(with_stored(made, value), tmp_path / "stripped.xlsx")
    assert stored(stripped) == [None] * len(FORMULAS)
    assert openpyxl.load_workbook(stripped)["formulas"]["A1"].value == f"={next(iter(FORMULAS))}"
    assert stored(stripped, "data") == [1.5, 4, 7]


ODD_XML = {
    "a comment": lambda xml: xml.replace(b"</f><v>", b"</f><!-- odd --><v>"),
    "CDATA": lambda xml: re.sub(rb"<f>([^<]*)</f>", rb"<f><![CDATA[\1]]></f>", xml),
    "a prefix": lambda xml: re.sub(rb"<(/?)(\w)", rb"<\1x:\2", xml).replace(b' xmlns="', b' xmlns:x="'),
}


@pytest.mark.parametrize("odd", ODD_XML)
def test_strip_notices_what_it_left_behind(made: Path, odd: str, tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(with_stored(made, b"<v>777</v>")) as old,
        zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as new,
    ):
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, ODD_XML[odd](data) if part.endswith("sheet3.xml") else data)
    with pytest.raises(AssertionError, match="A1 still has a stored value"):
        strip_values(tmp_path / "odd.xlsx", tmp_path / "stripped.xlsx")


def test_what_is_stripped_is_not_stripped_again_but_what_got_values_since_is(made: Path, tmp_path: Path) -> None:
    once = strip_values(with_stored(made, b"<v>777</v>"), tmp_path / "once.xlsx")
    assert strip_values(once, tmp_path / "again.xlsx").read_bytes() == once.read_bytes()
    assert stored(with_stored(once, b"<v>777</v>"))[0] == 777
    assert not any(stored(strip_values(tmp_path / "stored.xlsx", tmp_path / "new.xlsx")))


def test_canonical_parts_ignore_how_the_xml_was_written(tmp_path: Path) -> None:
    for name, lxml in ("with", "True"), ("without", "False"):
        code = f"w = openpyxl.Workbook(); w.active['A1'] = '=1/3'; w.save({str(tmp_path / name)!r})"
        environment = os.environ | {"OPENPYXL_LXML": lxml}
        subprocess.run([sys.executable, "-c", f"import openpyxl; {code}"], env=environment, check=True)
    one, other = canonical_parts(tmp_path / "with"), canonical_parts(tmp_path / "without")
    assert one | {"docProps/core.xml": "the time"} == other | {"docProps/core.xml": "the time"}


def test_strip_removes_the_type_of_the_value_too(made: Path, tmp_path: Path) -> None:
    typed = with_stored(made, b"<v>777</v>")
    with zipfile.ZipFile(typed) as old, zipfile.ZipFile(tmp_path / "typed.xlsx", "w") as new:
        for part in old.namelist():
            new.writestr(part, re.sub(rb'(<c r="A\d+")(><f>)', rb'\1 t="str"\2', old.read(part)))
    with zipfile.ZipFile(strip_values(tmp_path / "typed.xlsx", tmp_path / "stripped.xlsx")) as workbook:
        sheet = workbook.read("xl/worksheets/sheet3.xml")
    assert len(re.findall(rb'<c r="A\d+"><f>[^<]*</f><v></v></c>', sheet)) == len(FORMULAS)


@pytest.mark.parametrize(
    ("engine", "part"),
    only_quick(
        [("ironcalc", "xl/styles.xml"), ("formulon", "xl/styles.xml"), ("gnumeric", "_rels/.rels")],
        ("ironcalc", "xl/styles.xml"),
        ("gnumeric", "_rels/.rels"),
    ),
)
def test_a_failing_engine_raises(made: Path, engine: str, part: str, tmp_path: Path) -> None:
    engines.require_engine(engine)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<" if name == part else old.read(name))
    with pytest.raises(RuntimeError, match=f"{engine} can't recalculate"):
        recalculate(tmp_path / "broken.xlsx", engine, tmp_path)


def test_an_older_result_is_never_taken_for_a_new_one(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.require_engine("ironcalc")
    recalculate(made, "ironcalc", tmp_path)
    monkeypatch.setitem(engines.ENGINES, "ironcalc", lambda source, target: None)
    with pytest.raises(RuntimeError, match="wrote nothing"):
        recalculate(made, "ironcalc", tmp_path)


@pytest.mark.slow
def test_libreoffice_leaves_nothing_behind(made: Path, tmp_path: Path) -> None:
    recalculate(made, "libreoffice", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "made.xlsx",
        "made.stripped.xlsx",
        "made.libreoffice.xlsx",
    }


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_libreoffice_is_ended_with_its_children_when_it_hangs(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, fifo = tmp_path / "soffice", tmp_path / "fifo"
    script.write_text(f"#!/bin/sh\nsleep 1000 > '{fifo}' &\nwait\n")
    script.chmod(0o755)
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(libreoffice, "TIMEOUT", 1)
    with pytest.raises(RuntimeError, match="timed out"):
        recalculate(made, "libreoffice", tmp_path)
    select.select([reader], [], [], 600)
    assert os.read(reader, 1) == b"", "nobody holds it open: the child has ended, too"
    os.close(reader)


@pytest.mark.parametrize(
    ("engine", "ci", "outcome"),
    [
        ("ironcalc", "", pytest.skip.Exception),
        ("ironcalc", "true", pytest.fail.Exception),
        ("formulon", "true", pytest.fail.Exception),
        ("gnumeric", "true", pytest.skip.Exception),
    ],
)
def test_a_missing_engine_skips_here_and_fails_in_ci_unless_it_is_optional(
    engine: str, ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "is_available", lambda engine: False)
    monkeypatch.setenv("CI", ci)
    assert engines.available_engines() == []
    # both are caught, or else a wrong skip would skip this very test
    with pytest.raises((pytest.skip.Exception, pytest.fail.Exception), match="not installed") as caught:
        engines.require_engine(engine)
    assert caught.type is outcome
