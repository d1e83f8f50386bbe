"""What a sheet of the student's own layout earns: a formula counts once, and a slip costs once."""

from __future__ import annotations

from pathlib import Path

import pytest

from excel_classroom.practice.rubric import rubric_of
from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.report.checked_pages import file_page
from excel_classroom.results.handed_in import HandedIn
from excel_export.shared.cells import place_of

ROWS = range(2, 22)


def claim(cell, of, verdict="right", slip=None, like=None, **more):
    found = {"cell": f"S!{cell}", "of": f"S!{of}", "called": f"∂E/∂{of}", "verdict": verdict, "by": "heading",
             "loss": f"S!Z{cell[1:]}", "value": 0.1, "derivative": 0.1 if verdict == "right" else 0.2}  # fmt: skip
    if slip:
        found["slip"] = {"cell": f"S!{slip}", "kind": "reference", "formula": "=A1", "mended": "=B1",
                         "words": f"{slip}.", "like": like and f"S!{like}"}  # fmt: skip
    return found | more


def checked(claims, formulas, rubric="", learning=(), forward=None):
    cells = [[*place_of(at), 0.1, formula] for at, formula in formulas.items()]
    found = {"claims": claims, "learning": [*learning], "losses": [], "left out": [], "content": {"S": cells}}
    if forward is not None:
        found["forward"] = forward
    return CheckedFile(HandedIn(Path("a.xlsx"), "a.xlsx"), found, rubric_of(rubric), "a.html", "a.checked.xlsx")


def column(letter, of, formula, verdict=lambda row: "right", slip=None):
    """A gradient in twenty rows, its formula filled down."""
    claims = []
    for row in ROWS:
        own = slip and verdict(row) == "wrong"
        claims.append(claim(f"{letter}{row}", f"{of}{row}", verdict(row), slip and own and f"{slip}{row}",
                            f"{slip}2" if own and row > 2 else None))  # fmt: skip
    return claims, {f"{letter}{row}": formula.format(row=row) for row in ROWS}


def together(*columns):
    return [each for claims, _ in columns for each in claims], {k: v for _, own in columns for k, v in own.items()}


def score(*arguments, **more):
    points = checked(*arguments, **more).points
    return points.points, points.of


RIGHT = column("P", "A", "X{row}*A{row}")
ALL_WRONG = {"verdict": lambda row: "wrong"}


def test_a_formula_and_its_copies_count_once():
    assert score(*together(RIGHT, column("Q", "B", "X{row}*$B$1*2"))) == (2, 2)


def test_a_slip_that_repeats_in_twenty_rows_costs_once():
    assert score(*together(RIGHT, column("Q", "B", "X{row}*A{row}*2", slip="Q", **ALL_WRONG))) == (1.5, 2)


def test_a_forgotten_dollar_is_a_slip_although_the_first_row_is_right():
    assert score(*column("Q", "B", "A{row}*C{row}", lambda row: "right" if row == 2 else "wrong", slip="Q")) == (0.5, 1)


def test_what_another_slip_caused_costs_nothing_but_that_slip_costs():
    claims, formulas = together(
        column("Q", "B", "D{row}*A{row}", slip="D", **ALL_WRONG),
        column("R", "C", "D{row}*C{row}", slip="D", **ALL_WRONG),
    )
    formulas |= {f"D{row}": f"E{row}*2" for row in ROWS}
    assert score(claims, formulas) == (2.5, 3)
    lower = '[credit]\n"right given earlier" = 0.5\n"known mistake" = 0.25'
    assert score(claims, formulas, lower) == (1.25, 3)


def test_a_slip_in_one_gradient_that_spoils_another_is_no_formula_more():
    claims, formulas = together(
        column("D", "E", "E{row}*2", slip="D", **ALL_WRONG), column("Q", "B", "D{row}*A{row}", slip="D", **ALL_WRONG)
    )
    assert score(claims, formulas) == (1.5, 2)


def test_wrong_for_a_reason_that_nobody_knows_earns_nothing():
    assert score(*together(RIGHT, column("Q", "B", "A{row}^2", **ALL_WRONG))) == (1, 2)


@pytest.mark.parametrize(("verdict", "earned"), [("constant", 0.5), ("wrong", 0)])
def test_typed_numbers_are_one_gradient_over_all_steps(verdict, earned):
    claims = [claim(f"P{row}", f"A{row}", verdict) for row in ROWS]
    claims += [claim(f"Q{row}", f"B{row}", verdict) for row in ROWS]
    assert score(claims, {}) == (2 * earned, 2)


def test_what_has_no_derivative_or_could_not_be_checked_counts_neither_way():
    claims, formulas = column("Q", "B", "A{row}*2", lambda row: "undefined" if row == 2 else "unknown")
    assert score(claims, formulas) == (0, 0)
    assert score(*together(RIGHT, (claims, formulas))) == (1, 1)


def test_gradients_that_were_asked_for_and_are_missing():
    assert score(*RIGHT, rubric="[sheet]\nasked = 4") == (1, 4)
    assert score(*RIGHT, rubric="[sheet]\nasked = 1") == (1, 1)


def test_each_kind_of_fault_in_the_updates_and_in_the_forward_pass_costs_once():
    rates = [{"cell": f"S!A{row}", "kind": "rate", "words": "moves"} for row in ROWS]
    claims, formulas = together(RIGHT, column("Q", "B", "A{row}*3"), column("R", "C", "A{row}*4"))
    assert score(claims, formulas, learning=rates) == (2, 3)
    bias = [{"cell": "S!H2", "kind": "bias", "words": "the bias is missing"}]
    assert score(claims, formulas, learning=rates, forward=bias) == (1, 3)
    assert score(claims, formulas, "[sheet]\nlearning = 9", learning=rates) == (0, 3)


def test_elements_of_an_array_are_one_formula():
    claims = [claim(f"{letter}2", f"{letter}12", array="S!P2") for letter in "PQRS"]
    assert score(claims, {"P2": "MMULT(A1:B2,C1:D2)"}) == (1, 1)
    assert len(checked(claims, {"P2": "MMULT(A1:B2,C1:D2)"}).gradients) == 1


def test_the_page_tells_a_slip_once_and_what_followed():
    claims, formulas = together(column("Q", "B", "D{row}*A{row}", slip="D", **ALL_WRONG))
    formulas |= {f"D{row}": f"E{row}*2" for row in ROWS}
    forward = [{"cell": "S!H2", "kind": "bias", "words": "S!H2: <i>the bias</i> is missing", "like": None}]
    forward += [forward[0] | {"cell": f"S!H{row}", "like": "S!H2"} for row in (3, 4)]
    page = file_page(checked(claims, formulas, forward=forward)).decode()
    assert page.count("<b>D2.</b>") == 1
    assert "The same slip: D3:D21<" in page
    assert "Wrong because of it: Q2:Q21<" in page
    assert "Q2 and 19 more" in page
    assert "H2: &lt;i&gt;the bias&lt;/i&gt; is missing (and 2 more like it)" in page
    assert "0.5 of 2 points, 25 %" in page
