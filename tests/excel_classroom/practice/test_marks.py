import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_classroom.practice.key import Options
from excel_classroom.practice.source import ExerciseNetwork
from tests.support.engines import each_engine, recalculate
from tests.support.practice import answers, fill_in, make, marks, own_formulas
from tests.support.tiny import Tiny, X


@pytest.fixture(scope="module")
def network():
    return ExerciseNetwork.of(Tiny(), (X,))


@pytest.fixture(scope="module")
def exercise(network):
    return make(network, Options(), "secret", "Ann")


def test_a_new_workbook_is_empty(exercise, tmp_path):
    count = len(exercise.blanks)
    path = fill_in(exercise.workbook, {}, tmp_path / "new.xlsx")
    assert marks(path, "ironcalc", count) == (["empty"] * count, f"Score: 0 of {count}")


@each_engine
def test_each_kind_of_answer_has_its_mark(exercise, tmp_path, engine):
    """One slip at the beginning: what follows from it is right from the numbers before it, and counts in full."""
    first = 0
    follows = [k for k, blank in enumerate(exercise.blanks) if first in blank.reads]
    # In the last one a text, before it an error, before that nothing.
    contents = own_formulas(exercise)
    places = list(contents)
    contents[places[first]] = answers(exercise)[places[first]] + 0.5
    contents[places[-1]], contents[places[-2]] = "a text", "=1/0"
    del contents[places[-3]]
    states, score = marks(fill_in(exercise.workbook, contents, tmp_path / "slip.xlsx"), engine, len(places))
    assert states[first] == "wrong"
    assert states[-3:] == ["empty", "wrong", "wrong"]
    assert {states[k] for k in follows[:-3]} <= {"given", "right"}
    assert "given" in states
    assert score == f"Score: {states.count('right') + states.count('given')} of {len(places)}"


def test_numbers_typed_as_they_are_shown_are_right(exercise, tmp_path):
    typed = {place: round(answer, 4) for place, answer in answers(exercise).items()}
    states, score = marks(fill_in(exercise.workbook, typed, tmp_path / "typed.xlsx"), "ironcalc", len(typed))
    assert states == ["right"] * len(typed)
    assert score == f"Score: {len(typed)} of {len(typed)}"


def test_a_winner_is_found_whatever_is_typed(tmp_path):
    """A max pool's gradient goes to the cell that equals the result: nobody is asked to round the result."""

    class Pooled(nn.Module):
        def forward(self, x):
            return F.max_pool2d((x * 1.2345).sin(), 2).square().sum()

    network = ExerciseNetwork.of(Pooled(), (torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4),))
    exercise = make(network, Options(count=60), "secret")
    typed = {place: round(answer, 4) for place, answer in answers(exercise).items()}
    path = fill_in(exercise.workbook, typed, tmp_path / "typed.xlsx")
    shown = recalculate(path, "ironcalc", tmp_path).values("Network", "A1:CZ60")
    assert not [value for row in shown for value in row if str(value).startswith("#")]
    assert {blank.idea for blank in exercise.blanks} >= {"sin, forward", "max pool2d, backward to input"}


def test_zeros_behind_an_empty_cell_are_not_right(exercise, tmp_path):
    truth = answers(exercise)
    zeros = {place: 0 for place, answer in truth.items() if abs(answer) > 0.01}
    empty = next(iter(truth))
    del zeros[empty]
    states, _ = marks(fill_in(exercise.workbook, zeros, tmp_path / "zeros.xlsx"), "ironcalc", len(truth))
    for blank, state in zip(exercise.blanks, states, strict=True):
        if 0 in blank.reads and (blank.sheet, blank.cell) in zeros:
            assert state == "wrong"


def test_marks_follow_a_changed_input(exercise, tmp_path):
    contents = own_formulas(exercise) | {("Network", "B8"): 1.75}
    count = len(exercise.blanks)
    changed = marks(fill_in(exercise.workbook, contents, tmp_path / "changed.xlsx"), "ironcalc", count)
    assert changed == (["right"] * count, f"Score: {count} of {count}")


def test_hints_come_when_they_are_asked_for(exercise, tmp_path):
    step = next(k for k, blank in enumerate(exercise.blanks) if blank.direction == "update")
    contents = {("Practice", "G7"): 2, ("Practice", f"G{7 + step}"): 1, ("Practice", "G10"): 0}
    computed = recalculate(fill_in(exercise.workbook, contents, tmp_path / "hints.xlsx"), "ironcalc", tmp_path)
    assert computed.value("Practice", "H7").count("·") == 3
    assert computed.value("Practice", f"H{7 + step}") == "w ← w − learning rate · ∂L/∂w"
    assert not computed.value("Practice", "H10")


def test_a_hint_says_that_it_computes_with_empty_cells(exercise, tmp_path):
    behind = next(k for k, blank in enumerate(exercise.blanks) if blank.reads)
    asked = {("Practice", f"G{7 + behind}"): 2}
    empty = "with 0 for each empty blank: "
    hints = []
    for contents in (asked, own_formulas(exercise) | asked):
        path = fill_in(exercise.workbook, contents, tmp_path / "hint.xlsx")
        hints.append(recalculate(path, "ironcalc", tmp_path).value("Practice", f"H{7 + behind}"))
    assert hints[0].startswith(empty)
    assert not hints[1].startswith(empty)


def test_the_sheet_says_that_a_text_is_no_number(exercise, tmp_path):
    (sheet, cell), *_ = own_formulas(exercise)
    path = fill_in(exercise.workbook, {(sheet, cell): "0,5"}, tmp_path / "text.xlsx")
    assert recalculate(path, "ironcalc", tmp_path).value("Practice", "F7") == "not a number"
