"""A negative number is seen to be one: LibreOffice adds a minus sign in a number format's first section alone."""

import re

import pytest
from openpyxl import Workbook

from excel_export.workbook.styles import STYLES
from tests.support.engines import recalculate

NEGATIVE = -1234.5, -10.214, -0.5
FORMATS = sorted({style.format for style in STYLES.values() if style.format and "0" in style.format})


@pytest.mark.slow
def test_every_format_of_numbers_shows_the_sign(tmp_path):
    book = Workbook()
    sheet = book.active
    for row, code in enumerate(FORMATS, start=1):
        quoted = code.replace('"', '""')
        for col, number in enumerate(NEGATIVE, start=1):
            sheet.cell(row, col, f'=TEXT({number},"{quoted}")')
    book.save(tmp_path / "formats.xlsx")
    shown = recalculate(tmp_path / "formats.xlsx", "libreoffice", tmp_path / "computed")
    for row, code in enumerate(FORMATS, start=1):
        texts = [str(shown.value(sheet.title, f"{col}{row}")) for col in "ABC"]
        wrong = [text for text in texts if re.search("[1-9]", text) and text.count("-") - text.count("E-") != 1]
        assert not wrong, f"{code}: {texts}"
