"""A formula that reads copies of cells: which of its references go to the copies, and which stay."""

import pytest

from excel_export.formulas import ABS, EXP, IF, INDEX, MAX, SUM, SUMPRODUCT, Name, Reference, as_expression
from excel_export.formulas.analysis.moved import moved
from excel_export.formulas.arrays import SumProduct

A, B, C, D = (Reference("N", 1, col) for col in range(1, 5))
ROW = A.to(D)
"""Four cells beside one another."""


def at(row: int, col: int) -> Reference:
    return Reference("S", row, col)


def text(formula, places, area=None) -> str:
    """The formula as the sheet S has it, with copies of some cells."""
    copies = {cell.plain: copy for cell, copy in places.items()}
    return moved(as_expression(formula), copies, area=area).text("S")


@pytest.mark.parametrize(
    ("formula", "places", "wanted"),
    [
        (A.cells, {A: at(5, 2)}, "B5"),
        (A.cells, {}, "'N'!A1"),
        (A + B * 2, {A: at(5, 2), B: at(6, 2)}, "B5+B6*2"),
        (A + B, {B: at(6, 2)}, "'N'!A1+B6"),
        (A * A, {A: at(5, 2)}, "B5*B5"),
        (-EXP(A), {A: at(5, 2)}, "-EXP(B5)"),
        (IF(A > 0, B, -B), {A: at(5, 2), B: at(6, 2)}, "IF(B5>0,B6,-B6)"),
        (A * Name("rate"), {A: at(5, 2)}, "B5*rate"),
        (as_expression(3), {A: at(5, 2)}, "3"),
        (ABS(A.fixed - 1), {A: at(5, 2)}, "ABS(B5-1)"),
    ],
)
def test_cells_that_have_copies_are_read_there(formula, places, wanted):
    assert text(formula, places) == wanted


@pytest.mark.parametrize(
    ("formula", "copies", "wanted"),
    [
        # Copies that lie together as the cells do, or as a column, are a rectangle again.
        (SUM(ROW), [(7, 2), (7, 3), (7, 4), (7, 5)], "SUM(B7:E7)"),
        (SUM(ROW), [(7, 2), (8, 2), (9, 2), (10, 2)], "SUM(B7:B10)"),
        (MAX(ROW) - A, [(7, 2), (7, 3), (8, 2), (8, 3)], "MAX(B7:C8)-B7"),
        # Copies with a gap, or in another order, are none: the network's are read.
        (SUM(ROW), [(7, 2), (7, 3), (7, 5), (7, 6)], "SUM('N'!A1:D1)"),
        (SUM(ROW), [(7, 3), (7, 2), (7, 4), (7, 5)], "SUM('N'!A1:D1)"),
    ],
)
def test_a_rectangle_is_read_where_its_copies_lie_together(formula, copies, wanted):
    places = {cell: at(*place) for cell, place in zip((A, B, C, D), copies, strict=True)}
    assert text(formula, places) == wanted


def test_a_rectangle_of_which_some_cells_have_no_copy_stays():
    assert text(SUM(ROW), {A: at(7, 2), B: at(7, 3)}) == "SUM('N'!A1:D1)"


def test_copies_on_two_sheets_are_no_rectangle():
    places = dict(zip((A, B, C, D), (at(7, 2), at(7, 3), at(7, 4), Reference("T", 7, 5)), strict=True))
    assert text(SUM(ROW), places) == "SUM('N'!A1:D1)"


def test_an_area_stands_for_a_rectangle_whose_copies_have_gaps():
    places = {cell: at(7, 2 * k) for k, cell in enumerate((A, B, C, D), start=1)}
    area = at(7, 2).to(at(7, 8))
    assert text(MAX(ROW), places, area) == "MAX(B7:H7)"
    assert text(MAX(ROW) + A, places, area) == "MAX(B7:H7)+B7", "a single cell is read where its own copy is"
    assert text(SUM(ROW), {A: at(7, 2)}, area) == "SUM('N'!A1:D1)"


def test_both_sides_of_a_sum_of_products_are_moved_each_by_itself():
    other = Reference("N", 2, 1).to(Reference("N", 2, 4))
    places = {cell: at(7, 2 + k) for k, cell in enumerate((A, B, C, D))}
    assert text(SUMPRODUCT(ROW, other), places) == "SUMPRODUCT(B7:E7,'N'!A2:D2)"


def test_the_place_that_an_index_reads_is_moved_and_its_area_stays():
    assert text(INDEX(Reference("N", 9, 1).to(Reference("N", 9, 4)), A + 1), {A: at(5, 2)}) == "INDEX('N'!A9:D9,B5+1)"


def test_the_formula_itself_is_left_as_it_is():
    formula = A + B
    moved(formula, {A: at(5, 2), B: at(5, 2)})
    assert formula.text("S") == "'N'!A1+'N'!B1"


OTHERS = Reference("N", 2, 1).to(Reference("N", 2, 4))


@pytest.mark.parametrize(
    ("copies", "wanted"),
    [
        ([(7, 2), (7, 3), (7, 4), (7, 5)], "SUMPRODUCT(B7:E7,'N'!A2:D2)"),
        ([(7, 2), (8, 2), (9, 2), (10, 2)], "SUMPRODUCT('N'!A1:D1,'N'!A2:D2)"),
    ],
    ids=["a row", "a column"],
)
def test_no_column_is_multiplied_by_a_row(copies, wanted):
    places = {cell: at(*place) for cell, place in zip((A, B, C, D), copies, strict=True)}
    assert text(SumProduct((ROW, OTHERS)), places) == wanted


def test_a_range_of_some_of_the_copies_does_not_take_the_area_of_all():
    copies = {cell: at(7 + 3 * k, 2) for k, cell in enumerate(ROW.each())}
    area = at(7, 2).to(at(18, 2))
    assert text(SUM(ROW) - SUM(A.to(B)), copies, area) == "SUM(B7:B18)-SUM('N'!A1:B1)"
