"""A text that is made of a number keeps its sign in every engine, also where one digit is all that is left of it."""

import pytest
from openpyxl import Workbook

from excel_export.formulas import ROUND, Reference, signed_text
from tests.support.engines import ENGINES, recalculate

NUMBERS = -0.01, -0.001, -0.1, -1.0, -0.004, -12.345, 0.0, 0.01
EXPECTED = {"0": "0 0 0 -1 0 -12 0 0", "0.00": "-0.01 0.00 -0.10 -1.00 0.00 -12.35 0.00 0.01",
            "0.000": "-0.010 -0.001 -0.100 -1.000 -0.004 -12.345 0.000 0.010"}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_text_of_a_number_keeps_its_sign(engine, tmp_path):
    book = Workbook()
    sheet = book.active
    for col, shown in enumerate(EXPECTED, start=2):
        decimals = max(0, len(shown) - 2)
        for row, number in enumerate(NUMBERS, start=1):
            sheet.cell(row, 1, number)
            text = signed_text(ROUND(Reference("Here", row, 1), decimals), shown).text("Here")
            sheet.cell(row, col, f"={text}")
    book.save(tmp_path / "texts.xlsx")
    computed = recalculate(tmp_path / "texts.xlsx", engine, tmp_path)
    for col, shown in zip("BCD", EXPECTED, strict=True):
        texts = [str(computed.value(sheet.title, f"{col}{row}")) for row in range(1, len(NUMBERS) + 1)]
        assert " ".join(texts) == EXPECTED[shown]
