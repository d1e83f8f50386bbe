"""Numbers with which a ReLU stands at 1e-17, or maxima tie: there, an engine can decide differently from PyTorch."""

from itertools import islice

import torch
import torch.nn.functional as F
from torch import nn

from excel_classroom.grading.papers import HIDDEN, papers_of
from excel_classroom.practice.handout import handout_of
from excel_classroom.practice.key import Key, Options
from excel_classroom.practice.source import ExerciseNetwork, network_of
from tests.support.handed_in import NET, SECRET, HandedOut, hand_out

NAMES = [f"s{k}" for k in range(6)]
TIES_AT_FIRST = "student 514"
"""Somebody whose first numbers of NET, by SECRET, have a near tie."""
TIES_AS_SECOND = "5c25bfe0c1347d53f9e9ead30821cd79"
"""A secret by which the second set of other inputs has one: −0.41·0.88 + 0.24·0.42 + 0.26 is 5.6e-17 for PyTorch."""


def test_a_students_numbers_have_no_near_tie_while_there_are_others(tmp_path):
    code = tmp_path / "net.py"
    code.write_text(NET)
    network = network_of(f"{code}:net")
    plan = handout_of(network, Key(SECRET, "net.py:net", Options(count=5)), NAMES, many=True).plan
    first = network.draw(SECRET, TIES_AT_FIRST, 0)
    assert first.has_near_ties
    assert plan.fits(first.graph)
    assert not plan.untold(first.graph)
    drawn = [*islice(plan.draws(network, TIES_AT_FIRST), 5)]
    assert 0 not in [draw for draw, _ in drawn]
    assert not any(made.has_near_ties for _, made in drawn)


class AlwaysTies(nn.Module):
    """The largest of some cells of a black-and-white picture."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.3, -0.7]))

    def forward(self, x):
        return (F.max_pool1d(x, 3)[0] * self.weight).sum().square()


def test_a_network_that_always_ties_is_handed_out_all_the_same():
    network = ExerciseNetwork.of(AlwaysTies(), (torch.tensor([[1.0, 1, 0, 1, 1, 1]]),))
    plan = handout_of(network, Key(SECRET, "", Options(count=1)), ["Ada", "Alan"], many=True).plan
    drawn = [made for _, made in islice(plan.draws(network, "Ada"), 5)]
    assert len(drawn) == 5
    assert any(made.has_near_ties for made in drawn)


def test_right_formulas_are_not_judged_by_inputs_with_a_near_tie(tmp_path):
    key = hand_out(tmp_path / "in", ["Anna"], options=Options(count=8), secret=TIES_AS_SECOND)
    with papers_of(key) as papers:
        tried = [made for _, made in islice(papers.network.draws(key.secret, HIDDEN), 2)]
        assert [made.has_near_ties for made in tried] == [False, True]
        anna = HandedOut(key, tmp_path / "in" / "Anna.xlsx", papers)
        found = anna.answered(tmp_path)
    assert found.points == found.of
    assert not any(mark.notes for mark in found.marks)
