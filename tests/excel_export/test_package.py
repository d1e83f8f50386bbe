"""How the parts of a workbook fit together, by rules that are checked with zipfile and lxml alone."""

import re
import zipfile

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from excel_export.book.composition import start_book
from excel_export.book.names import input_names
from excel_export.book.sheet import Story
from excel_export.compiler.trace.tracer import trace
from tests.support.engines import recalculate, sheet_parts
from tests.support.kinds import KINDS, SMALL, OddNames
from tests.support.package_rules import faults
from tests.support.tiny import Tiny, X

slow = pytest.mark.slow


@pytest.mark.parametrize(
    "kind", [*SMALL, *(pytest.param(kind, marks=slow) for kind in (*KINDS[len(SMALL) :], "full-regression"))]
)
def test_a_workbook_breaks_no_rule(made_of, kind):
    assert faults(made_of(kind).path) == []


def broken(source, target, changes, drop=(), add=()):
    """Copy a workbook with parts changed, dropped or added: `changes` are (part or sheet, pattern, replacement)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        sheets = sheet_parts(old)
        assert {sheets.get(part, part) for part, _, _ in changes} <= {*old.namelist()}
        for info in old.infolist():
            data = old.read(info)
            for part, pattern, replacement in changes:
                if sheets.get(part, part) == info.filename:
                    assert re.search(pattern, data), "the pattern that was to be broken is not there"
                    data = re.sub(pattern, lambda match, by=replacement: match.expand(by), data, count=1)
            if info.filename not in drop:
                new.writestr(info, data)
        for part in add:
            new.writestr(zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0)), b"<a/>")
    return target


BOOK, STYLES = "xl/workbook.xml", "xl/styles.xml"
SHEET, NETWORK, EXPLAIN = "xl/worksheets/sheet1.xml", "Network", "Explain"
CHART = "xl/charts/chart1.xml"
TYPES, RELATIONS, CORE = "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "docProps/core.xml"
TEXT = rb'<c r="B2"([^>]*) t="inlineStr"><is>.*?</is></c>'
FORMULA = rb"<f>[^<]*</f><v>[^<]*</v>"
LINK = rb'\1<hyperlinks><hyperlink ref="B2" location="bn1!A1"/></hyperlinks>'
SCALE = rb'(<cfvo type="formula" val=")[^"]*'
NAME = rb'name="loss"'
BROKEN = {
    "no content type": ([(TYPES, rb"<Override PartName=\"/xl/styles\.xml\"[^>]*/>", b"")], "no content type"),
    "type of nothing": ([(TYPES, rb"/xl/styles\.xml", b"/xl/style.xml")], "which is not there"),
    "target": ([(RELATIONS, rb"worksheets/sheet2\.xml", b"worksheets/sheet.xml")], "leads to"),
    "sheet name too long": ([(BOOK, rb'name="PyTorch"', b'name="%b"' % (b"P" * 32))], "32 characters"),
    "sheet name in UTF-16": ([(BOOK, rb'name="PyTorch"', 'name="%s"' % ("\U0001d49c" * 16))], "32 characters"),
    "sheet names alike": ([(BOOK, rb'name="PyTorch"', b'name="start"')], "'start': twice"),
    "sheet name illegal": ([(BOOK, rb'name="PyTorch"', b'name="Py:Torch"')], "illegal character"),
    "sheet name reserved": ([(BOOK, rb'name="PyTorch"', b'name="History"')], "reserved"),
    "names alike": ([(BOOK, NAME, b'name="VERDICT"')], "name verdict: twice"),
    "name like a cell": ([(BOOK, NAME, b'name="w1"')], "something else"),
    "name like a row": ([(BOOK, NAME, b'name="r"')], "something else"),
    "name in R1C1": ([(BOOK, NAME, b'name="r1c1"')], "something else"),
    "name in Z1S1": ([(BOOK, NAME, b'name="z1s1"')], "something else"),
    "name reserved": ([(BOOK, NAME, b'name="Print_Area"')], "something else"),
    "name with a space": ([(BOOK, NAME, b'name="a loss"')], "illegal"),
    "name too long": ([(BOOK, NAME, b'name="%b"' % (b"n" * 256))], "illegal"),
    "name of no sheet": ([(BOOK, rb"(name=\"loss\">)[^<]*", rb"\1'Nowhere'!$A$1")], "name 'loss': no sheet 'Nowhere'"),
    "name of no cell": ([(BOOK, rb"(name=\"loss\">'?Network'?!\$[A-Z]+\$)\d+", rb"\g<1>1048577")], "beyond the sheet"),
    "name, unquoted": ([(BOOK, rb"(name=\"loss\">)[^<]*", rb"\1fc1!$A$1")], "name 'loss': sheet 'fc1' without"),
    "name of nothing": ([(BOOK, rb"(name=\"loss\">)[^<]*", rb"\1#REF!")], "stands for '#REF!'"),
    "shared string": ([(SHEET, TEXT, rb'<c r="B2" t="s"><v>0</v></c>')], "no shared string"),
    "long formula": ([(SHEET, FORMULA, b"<f>" + b"1+" * 4096 + b"1</f>")], "formula of 8193"),
    "long literal": ([(SHEET, FORMULA, b'<f>"' + b"a" * 256 + b'"</f>')], "literal of 256"),
    "arguments": ([(SHEET, FORMULA, b"<f>SUM(" + b"1," * 255 + b"1)</f>")], "256 arguments"),
    "formula of no sheet": ([(SHEET, FORMULA, b"<f>'No where'!A1</f>")], "no sheet"),
    "formula, unquoted": ([(SHEET, FORMULA, b"<f>1+fc1!A1</f>")], "sheet 'fc1' without quotes"),
    "formula, number": ([(SHEET, FORMULA, b"<f>1+3.5e-12</f>")], "the number 3.5e-12"),
    "link, unquoted": ([(SHEET, FORMULA, b'<f>HYPERLINK("#rc!A1","go")</f>')], "sheet 'rc' without quotes"),
    "link": ([(SHEET, rb"(</sheetData>)", LINK)], "link in B2: sheet 'bn1' without quotes"),
    "rule, unquoted": ([(SHEET, rb"(<formula>)", rb"\1fc1!$A$1+")], "conditional format: sheet 'fc1' without"),
    "rule, number": ([(SHEET, rb"(<formula>)", rb"\g<1>3E6+")], "conditional format: the number 3E6"),
    "scale, unquoted": ([(NETWORK, SCALE, rb"\1fc1!$A$1")], "conditional format: sheet 'fc1' without"),
    "scale, number": ([(NETWORK, SCALE, rb"\g<1>1e-7")], "conditional format: the number 1e-7"),
    "list, unquoted": ([(EXPLAIN, rb"<formula1>[^<]*", b"<formula1>fc1!$A$1:$A$9")], "sheet 'fc1' without"),
    "list, number": ([(EXPLAIN, rb"<formula1>[^<]*", b"<formula1>7E-9")], "the number 7E-9"),
    "order of a font": ([(STYLES, rb"<font>(<[^>]*>)", rb"<font><scheme val='minor'/>\1")], "a font's settings"),
    "order of a rule's font": ([(STYLES, rb"(<dxf>)", rb"\1<font><sz val='9'/><b/></font>")], "order sz, b"),
    "equals sign": ([(SHEET, FORMULA, b"<f>=1+1</f>")], "formula '=1+1'"),
    "style": ([(SHEET, rb' s="\d+"', b' s="9999"')], "no style 9999"),
    "font": ([(STYLES, rb'(<cellXfs.*?fontId=)"\d+"', rb'\1"999"')], "no fontId 999"),
    "number of a format": ([(STYLES, rb'(<dxfs.*?numFmtId=)"\d+"', rb'\1"164"')], "number format 164 is "),
    "number format": ([(STYLES, rb'(<cellXfs.*?numFmtId=)"\d+"', rb'\1"999"')], "no number format 999"),
    "place of a rule": ([(SHEET, rb'(<conditionalFormatting sqref=")', rb"\1$A$1 ")], "the place $A$1 "),
    "conditional format": ([(SHEET, rb'dxfId="\d+"', b'dxfId="999"')], "no dxf 999"),
    "control character": ([(SHEET, rb"How to read it", b"How\x02to read it")], "XML"),
    "control character in words": ([(SHEET, rb"How to read it", b"How&#2;to read it")], "XML"),
    "long text": ([(SHEET, rb"How to read it", b"B" * 32768)], "characters"),
    "no number": ([(SHEET, rb"<v>0\.5</v>", b"<v>0,5</v>")], "is no number"),
    "cells out of order": ([(SHEET, rb'r="B2"', b'r="XFE2"')], "out of order"),
    "rows out of order": ([(SHEET, rb'<row r="2"', b'<row r="99"')], "out of order"),
    "merged": ([(SHEET, rb'ref="(AI\d+):AK\d+"', rb'ref="\1:AK99"')], "overlap"),
    "long list": ([(EXPLAIN, rb"<formula1>[^<]*", b'<formula1>"' + b"1," * 128 + b'1"')], "list of 257"),
    "dated": ([(CORE, rb"1980-01-01", b"2024-01-01")], "dated 2024"),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.xlsx"
    export(Tiny(), (X,), path)
    return path


@pytest.fixture(scope="module")
def faults_before(tiny):
    return faults(tiny)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_copy_breaks_it(tiny, faults_before, rule, tmp_path):
    changes, words = BROKEN[rule]
    changes = [(part, pattern, new.encode() if isinstance(new, str) else new) for part, pattern, new in changes]
    found = faults(broken(tiny, tmp_path / "broken.xlsx", changes))
    assert any(words in fault for fault in found), found
    assert not any(words in fault for fault in faults_before)


def test_broken_zips_break_a_rule(tiny, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = broken(tiny, tmp_path / "twice.xlsx", [], add=[SHEET])
    assert any("twice in the zip" in fault for fault in faults(twice))
    assert any(
        "nothing leads there" in fault for fault in faults(broken(tiny, tmp_path / "1.xlsx", [], add=["xl/a.xml"]))
    )
    assert any(
        "not there" in fault for fault in faults(broken(tiny, tmp_path / "2.xlsx", [], drop=["xl/theme/theme1.xml"]))
    )
    with zipfile.ZipFile(tiny) as old, zipfile.ZipFile(tmp_path / "3.xlsx", "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part))
    assert any(": dated (" in fault for fault in faults(tmp_path / "3.xlsx"))


def test_a_chart_names_its_sheets_in_quotes(tiny, tmp_path):
    """That of the loss over a weight."""
    for name, expected in ((b"'Network'", []), (b"Network", [f"{CHART}: sheet 'Network' without quotes"])):
        path = broken(tiny, tmp_path / "chart.xlsx", [(CHART, rb"'[^'<]+'!", name + b"!")])
        assert [fault for fault in faults(path) if "chart" in fault] == expected


def test_odd_names_change_no_number(made_of, tmp_path):
    made = made_of("odd names")
    report = made.compare(recalculate(made.path, "ironcalc", tmp_path).path)
    assert report.ok, report


def test_no_input_takes_a_name_that_the_sheets_use():
    """An input called like the cell that holds the step once shared its name, and read that."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return F.mse_loss(self.layer(x), torch.zeros(1, 2))

    drawn = start_book(trace(Net(), (torch.ones(1, 3),)), 0.1, story=Story("title")).draw_all().names
    assert {"verdict", "loss", "epsilon", "explain_number"} <= set(drawn)
    arguments = ", ".join(name.upper() for name in drawn)
    names: dict[str, type] = {}
    exec(
        f"class Takes(nn.Module):\n def forward(self, {arguments}): return (VERDICT * VERDICT).sum()", globals(), names
    )
    inputs = tuple(torch.tensor([1.0]) for _ in drawn)
    assert not {name.lower() for name in input_names(trace(names["Takes"](), inputs)).values()} & set(drawn)


def test_an_input_called_step_number_is_read(tmp_path):
    class Net(nn.Module):
        def forward(self, x, step_number):
            return F.mse_loss(x * step_number, torch.zeros(2))

    report = export(Net(), (torch.tensor([1.0, 2.0]), torch.tensor([7.0])), tmp_path / "net.xlsx")
    assert report.ok, report


def test_the_odd_names_are_all_there(made_of):
    assert set(OddNames.INPUTS) <= set(dict.fromkeys(made_of("odd names").inputs))
