"""Pairs of works that share what hardly any other has; what the exercise suggests counts for nothing."""

import random

import pytest

from excel_classroom.similarity.normal_form import canonical, constants, relative
from excel_classroom.similarity.pairs import Work, pairs

EXPECTED = {f"blank {k}": f"SUM(A{k}:B{k})*$C$1" for k in range(1, 9)}


def honest(k, source):
    """Somebody who knows it, more or less, in a style of their own."""
    formulas = dict(EXPECTED)
    for place in source.sample(sorted(formulas), 2):
        formulas[place] = source.choice(["A1+B1", "SUM(A1:B1)", "(A1+B1)*C1", "C1*(A1+B1)", "A1*C1"])
    return Work(f"honest {k}", formulas, saved_by=f"person {k}")


def a_class(*more):
    source = random.Random(1)
    return [*(honest(k, source) for k in range(40)), *more]


def found(*more):
    return {(pair.one.who, pair.other.who): pair for pair in pairs(a_class(*more), EXPECTED)}


def test_honest_works_are_no_pairs():
    assert found() == {}


def test_the_same_odd_formulas():
    odd = {"blank 1": "SUM(A1:B1)-C1+C1", "blank 3": "-(-A3-B3)*C1", "blank 5": "A5"}
    pair = found(Work("x", EXPECTED | odd), Work("y", EXPECTED | odd))["x", "y"]
    assert pair.bits > 12
    assert "blank 1: =SUM(A1:B1)-C1+C1" in pair.shared


def test_the_same_pasted_decimals_wherever_they_stand():
    one = Work("x", {"blank 1": "0.73182943*2"}, {})
    other = Work("y", {}, {"blank 7": "0.73182943"})
    assert found(one, other)["x", "y"].shared == ("the number 0.73182943",)


def test_two_files_that_one_person_saved():
    pair = found(Work("x", saved_by="pat", saved_at="12:01"), Work("y", saved_by="pat", saved_at="12:01"))["x", "y"]
    assert pair.shared == ("both saved 12:01 by pat", "both saved by 'pat'")
    assert ("x", "y") not in found(*(Work(name, saved_by="school PC") for name in "xyzuvwabc"))


def test_the_same_words_and_slips():
    words = "Because the mask of the ReLU is zero where its input is below zero."
    assert ("x", "y") in found(Work("x", words={"q": words}), Work("y", words={"q": f" {words.upper()}"}))
    slips = {f"blank {k}": "the weight is transposed" for k in range(4)}
    assert ("x", "y") in found(Work("x", slips=slips), Work("y", slips=slips))


def test_a_calculation_elsewhere_is_the_same_in_another_place():
    """It stands in other cells, and is a copy all the same: sheets of one's own are compared like that."""
    one = Work("x", elsewhere=[("A1*B1-TANH(C1)", 1, 4), ("D1/SUM(A1:C1)", 1, 5)])
    other = Work("y", elsewhere=[("H7*I7-TANH(J7)", 7, 11), ("K7/SUM(H7:J7)", 7, 12)])
    assert ("x", "y") in found(one, other)


def test_what_the_exercise_suggests_counts_for_nothing():
    works = [Work(f"w{k}", {place: f" {formula.lower()} " for place, formula in EXPECTED.items()}) for k in range(10)]
    assert pairs(works, EXPECTED) == []


def test_the_order_of_the_works_changes_nothing():
    odd = {"blank 1": "SUM(A1:B1)-C1+C1", "blank 3": "-(-A3-B3)*C1", "blank 5": "A5"}
    works = a_class(Work("x", EXPECTED | odd), Work("y", EXPECTED | odd))
    names = [{pair.one.who, pair.other.who} for pair in pairs(works, EXPECTED)]
    assert names == [{pair.one.who, pair.other.who} for pair in pairs(works[::-1], EXPECTED)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("=sum( A1 : B1 )", "SUM(A1:B1)"), ("_xlfn.TANH('Network'!A1)", "TANH(NETWORK!A1)"), ("0.50*A1", "0.5*A1")],
)
def test_one_way_of_writing(one, other):
    assert canonical(one) == canonical(other)


def test_relative_formulas_and_constants():
    assert relative("A1*$B$2", 3, 3) == "R[-2]C[-2]*R[-1]C[-1]"
    assert relative('B2&"A1"', 2, 2) == 'R[0]C[0]&"A1"'
    assert constants("0.1234567*A1+2+1E5", 6) == ["0.1234567"]


def test_a_drawing_that_hardly_any_other_has():
    pair = found(Work("x", drawings=["0a1b"]), Work("y", drawings=["0a1b", "77"]))["x", "y"]
    assert pair.shared == ("the same picture or chart",)
    assert {*pair.bits_by_kind} == {"drawing"}
    assert not found(*(Work(name, drawings=["0a1b"]) for name in "pqrstuvwxyz"))


def test_how_many_may_share_what_is_rare_in_a_small_class():
    odd = {f"blank {k}": f"A{k}+{k}*TAN(B{k})" for k in range(8)}
    works = [Work(f"w{k}", odd if k < 3 else {}) for k in range(6)]
    assert pairs(works, {}) == []
    assert len(pairs(works, {}, least=3)) == 3


def test_dollars_hold_what_filling_down_does_not_move():
    assert relative("$B$1*B2", 2, 3, dollars=True) == relative("$B$1*B3", 3, 3, dollars=True)
    assert relative("B1*B2", 2, 3, dollars=True) != relative("B1*B3", 3, 3, dollars=True)
    assert relative("B$1", 2, 3, dollars=True) == "R1C[-1]"
