"""The workbooks against the published schema of the format, by a validator that is not ours."""

import re
import zipfile

import pytest
from openpyxl import load_workbook
from openxml_audit import OpenXmlValidator

from excel_export.workbook.canvas import Canvas
from excel_export.workbook.format_rules import Format, Look
from excel_export.workbook.write import write
from tests.support.kinds import SMALL

# The small workbooks have each kind of sheet whole. The largest sheets of the others have up to ten thousand rows, and
# millions of cells, made by the same few lines.
LARGE, SHOWN_ROWS = 1_000_000, 30


def findings(path) -> list[str]:
    """What the validator finds."""
    errors = OpenXmlValidator(max_errors=0).validate(path).errors
    errors = [error for error in errors if error.severity.name == "ERROR"]
    return [f"{error.part_uri}: {error.path}: {error.description}" for error in errors]


def sampled(source, target):
    """Copy a workbook with the first and the last rows only of each sheet that is large."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if len(data) > LARGE:
                rows = list(re.finditer(rb"<row .*?</row>", data, re.DOTALL))
                data = data[: rows[SHOWN_ROWS].start()] + data[rows[-SHOWN_ROWS].start() :]
            new.writestr(part, data)
    return target


@pytest.mark.parametrize("kind", SMALL)
def test_workbooks_are_valid(made_of, kind):
    assert findings(made_of(kind).path) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["slice-regression", "slice-onehot", "full-regression"])
def test_workbooks_are_valid_but_for_the_middle_of_large_sheets(made_of, kind, tmp_path):
    assert findings(sampled(made_of(kind).path, tmp_path / "sampled.xlsx")) == []


def test_every_setting_of_a_font_has_its_place(tmp_path):
    """Also in a conditional format, where openpyxl has them in another order."""
    canvas = Canvas("Here", "0B5394")
    canvas.say(1, 1, "struck", "title")
    look = Look(ink="1F2933", fill="FFFFFF", border="frame", bold=True, strike=True, number="0.0")
    canvas.format(canvas.at(1, 1), Format("expression", ["TRUE"], look))
    write([canvas], {}, tmp_path / "fonts.xlsx", "Fonts")
    assert findings(tmp_path / "fonts.xlsx") == []
    (rules,) = load_workbook(tmp_path / "fonts.xlsx")["Here"].conditional_formatting
    font = rules.rules[0].dxf.font
    assert (font.b, font.strike, font.color.rgb) == (True, True, "FF1F2933")


def test_a_broken_copy_is_found(made_of, tmp_path):
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(made_of("odd names").path) as old, zipfile.ZipFile(broken, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b"<sheetData>", b"<sheetDatum/><sheetData>"))
    assert findings(broken)
