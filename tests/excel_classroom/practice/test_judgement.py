"""When an answer is right, right from the numbers before it, wrong or missing: case by case."""

import math

import pytest

from excel_classroom.practice.judgement import Tolerance, in_words, is_plain, is_right, state

NOTHING = {"is_empty": 0, "empty_before": 0, "plain_before": 0}


def judged(number, given=2.0, **more):
    """Of a blank that should hold 1.5, or 2 from the numbers before it."""
    return state(number, 1.5, 0.01, given, 0.01, **{**NOTHING, **more})


@pytest.mark.parametrize(
    ("number", "more", "expected"),
    [
        (1.5, {}, "right"), (1.509, {}, "right"), (1.515, {}, "wrong"), (2.0, {}, "given"), (2.02, {}, "wrong"),
        (math.nan, {}, "wrong"), (1.5, {"is_empty": 1}, "empty"),
        # Right numbers count whatever stands before them; those that follow from nothing do not.
        (1.5, {"empty_before": 1}, "right"), (2.0, {"empty_before": 1}, "wrong"),
        (1.5, {"plain_before": 1}, "right"), (2.0, {"plain_before": 1}, "given"),
        (2.0, {"given": math.nan}, "wrong"),
    ],
)  # fmt: skip
def test_a_number_has_its_mark(number, more, expected):
    assert judged(number, **more) == expected


@pytest.mark.parametrize("number", [0.0, 1.0, -1.0])
@pytest.mark.parametrize(("plain_before", "expected"), [(0, "given"), (1, "wrong"), (2, "wrong")])
def test_who_types_the_same_number_everywhere_has_found_nothing(number, plain_before, expected):
    assert judged(number, given=number, plain_before=plain_before) == expected


@pytest.mark.parametrize(
    ("number", "plain"), [(0, True), (1, True), (-1, True), (0.5, False), (2, False), (1e-6, False)]
)
def test_a_plain_number_is_one_that_is_easily_guessed(number, plain):
    assert is_plain(number) == plain


@pytest.mark.parametrize(
    ("number", "answer", "direction", "expected"),
    [
        (0.12345 + 0.00005, 0.12345, "forward", True), (50.4, 50.0, "forward", True), (50.6, 50.0, "forward", False),
        (0.00051, 0.0005, "backward", True), (0.00056, 0.0005, "backward", False), (0.00056, 0.0005, "forward", True),
        (1050.0, 1000.0, "forward", True), (1060.0, 1000.0, "forward", False), (1005.0, 999.0, "forward", True),
        (1015.0, 999.0, "forward", False), (50.0001, 50.0, "update", True), (50.0002, 50.0, "update", False),
        (0.00006, 0.0, "backward", True), (0.00007, 0.0, "backward", False),
        # As a cell shows it; of an update, all four decimals count.
        (0.1234, 0.12344, "backward", True), (0.00023, 0.0002345, "backward", True), (-1200, -1234.5, "backward", True),
        (0.0003, 0.0002345, "backward", False), (0, 0.0002345, "backward", False), (0.5, 0.4987, "update", False),
        (-0.5579, -0.55788, "update", True), (-0.5581, -0.55788, "update", False), (-0.558, -0.55788, "forward", True),
    ],
)  # fmt: skip
def test_how_near_is_near_enough(number, answer, direction, expected):
    assert is_right(number, answer, direction) == expected


def test_a_teacher_may_choose_other_limits():
    strict, wide = Tolerance(relative=0, decimals=6), Tolerance(absolute=0.5)
    assert not is_right(1.5001, 1.5, "forward", strict)
    assert is_right(1.9, 1.5, "forward", wide)
    assert in_words("forward", wide) == "A number must be right to 4 decimals or to within 0.5 or to within 1 %."
    assert in_words("update", strict) == "A number must be right to 6 decimals, since one step changes little."
