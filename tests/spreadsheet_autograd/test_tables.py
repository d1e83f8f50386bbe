"""Formulas that name the columns of a table, as Excel writes them: Steps[[#This Row],[w1]]."""

from __future__ import annotations

from spreadsheet_autograd.worker import check_here
from tests.support.sheet_layouts import a_table
from tests.support.sheets_by_hand import save


def changed(old, new, tmp_path, rows=range(23, 27)):
    """The hand-in with another text in the formulas of ∂E_total/∂w6."""
    sheets = a_table()
    cells = sheets["Sheet1"]
    column = next(at for at, content in cells.items() if content == "∂E_total/∂w6").rstrip("0123456789")
    for row in rows:
        assert old in cells[f"{column}{row}"]
        cells[f"{column}{row}"] = cells[f"{column}{row}"].replace(old, new)
    return column, check_here(save(sheets, tmp_path / "sheet.xlsx"))


def test_another_column_is_found_and_mended(tmp_path):
    column, found = changed("Steps[[#This Row],[a_h2]]", "Steps[[#This Row],[a_h1]]", tmp_path)
    wrong = {claim["cell"]: claim["slip"]["words"] for claim in found["claims"] if claim["verdict"] == "wrong"}
    assert [*wrong] == [f"Sheet1!{column}{row}" for row in range(23, 27)]
    assert all("(a_h1). With" in words and "(a_h2) it is ∂E_total/∂w6" in words for words in wrong.values())


def test_every_way_to_name_the_cell_of_a_row_is_read(tmp_path):
    for same in ("Steps[@a_h2]", "Steps[@[a_h2]]", "[@[a_h2]]", "[@a_h2]", "Steps[[#This Row],[A_H2]]"):
        _, found = changed("Steps[[#This Row],[a_h2]]", same, tmp_path)
        assert {claim["verdict"] for claim in found["claims"]} == {"right"}, same


def test_a_whole_column_is_more_than_its_row(tmp_path):
    column, found = changed("Steps[[#This Row],[a_h2]]", "SUM(Steps[a_h2])", tmp_path, rows=[26])
    wrong = [claim["cell"] for claim in found["claims"] if claim["verdict"] == "wrong"]
    assert wrong == [f"Sheet1!{column}26"]
