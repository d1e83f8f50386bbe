"""Pairs of files that share what hardly any other has."""

import random

import pytest

from excel_classroom.similarity.normal_form import canonical, constants, relative
from excel_classroom.similarity.pairs import ALONE, pairs

STYLES = ["A1+B1", "SUM(A1:B1)", "(A1+B1)*C1", "C1*(A1+B1)", "A1*C1"]


def a_class(**more):
    """Forty who know it, more or less, in a style of their own, and some more."""
    source = random.Random(1)
    found = {}
    for k in range(40):
        places = source.sample(range(1, 9), 2)
        found[f"honest {k}"] = {f"blank {place}: ={source.choice(STYLES)}": 1.0 for place in places}
    return found | more


def found(**more):
    return {(pair.one, pair.other): pair for pair in pairs(a_class(**more))}


def test_honest_files_are_no_pairs():
    assert found() == {}


def test_the_same_odd_answers():
    odd = {f"blank {k}: =A{k}-B{k}+C{k}-C{k}": 1.0 for k in (1, 3, 5)}
    pair = found(x=odd | {"blank 7: =A7": 1.0}, y=odd)["x", "y"]
    assert pair.bits == pytest.approx(3 * 4.46, abs=0.01)  # log2(42 / 2 + 1) each
    assert pair.shared == tuple(sorted(odd))


def test_two_odd_answers_in_common_are_chance():
    odd = {f"blank {k}: =A{k}-B{k}+C{k}-C{k}": 1.0 for k in (1, 3)}
    assert found(x=odd, y=odd) == {}


def test_what_is_never_shared_by_chance_makes_a_pair_alone_in_any_class():
    own = {"the number 0.73182943": ALONE}
    assert found(x=own, y=own)["x", "y"].shared == ("the number 0.73182943",)
    assert len(pairs({"x": own, "y": own})) == 1
    assert found(**dict.fromkeys("pqrstuvwxyz", own)) == {}  # what eleven have says nothing of two


def test_the_order_of_the_files_changes_nothing():
    odd = {f"blank {k}: =A{k}-B{k}": 1.0 for k in (1, 3, 5)}
    given = a_class(y=odd, x=odd, z=odd)
    assert pairs(given) == pairs(dict(reversed(given.items())))
    assert len(pairs(given)) == 3


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


def test_dollars_hold_what_filling_down_does_not_move():
    assert relative("$B$1*B2", 2, 3, dollars=True) == relative("$B$1*B3", 3, 3, dollars=True)
    assert relative("B1*B2", 2, 3, dollars=True) != relative("B1*B3", 3, 3, dollars=True)
    assert relative("B$1", 2, 3, dollars=True) == "R1C[-1]"
