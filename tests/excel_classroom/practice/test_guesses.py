"""What guessing earns in an exam: the numbers of a class are drawn so that no guess is right often."""

import importlib.util
import sys
from dataclasses import replace

import numpy as np
import pytest

from excel_classroom.grading.answers import Answer
from excel_classroom.grading.guessed import OFTEN, guesses_in
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.leakage import _one_step, crowd, guessable
from excel_export.workbook.contents import Cell
from tests.support.scripts import ROOT

KNOW_THE_CLASS = ("the best constant", "the best pair of constants", "the median of the class")
"""Attacks that know all right answers of the class, which no student does."""


def benchmark():
    """The script that measures the figures of docs/teaching.md."""
    if "exam" not in sys.modules:
        spec = importlib.util.spec_from_file_location("exam", ROOT / "benchmarks" / "exam.py")
        sys.modules["exam"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["exam"])
    return sys.modules["exam"]


def test_a_crowd_is_found_by_trying_every_number():
    source = np.random.default_rng(0)
    for _ in range(50):
        answers = np.round(source.normal(size=12), 1)
        margins = source.uniform(0.01, 0.3, size=12)
        tried = np.arange(-4, 4, 0.001)[:, None]
        most = (np.abs(tried - answers) <= margins).sum(axis=1).max()
        assert len(crowd(answers, margins)) >= most  # the grid may miss a narrow overlap, the rule may not
        found = crowd(answers, margins)
        assert (answers - margins)[found].max() <= (answers + margins)[found].min() + 1e-9


def test_what_makes_a_file_guessable():
    """Two answers of its own that are alike; two that another file has; one that many have; two that stand beside."""
    source = np.random.default_rng(0)
    answers, margins = source.uniform(1, 100, size=(30, 6)), np.full((30, 6), 0.001)
    nothing = np.full((30, 4, 6), np.nan)

    def found(changes, beside=nothing):
        changed = answers.copy()
        for at, number in changes.items():
            changed[at] = number
        return guessable(changed, margins, beside)

    assert found({}) == set()
    assert found({(7, 2): answers[7, 5]}) == {7}
    assert found({(9, 0): answers[4, 0], (9, 1): answers[4, 1]}) == {9}
    assert found({(9, 0): answers[4, 0]}) == set()
    assert found({(k, 1): 142 for k in (3, 5, 11, 20, 29)}) == {20, 29}
    beside = nothing.copy()
    beside[12, 2, :2] = answers[12, :2]
    assert found({}, beside) == {12}
    beside[12, 2, 0] += 1
    assert found({}, beside) == set()


def test_the_median_of_a_class_is_no_answer():
    column = np.arange(1.0, 31.0)
    answers = np.stack([column, column * 100], axis=1)
    margins = np.full((30, 2), 0.001)
    nothing = np.full((30, 4, 2), np.nan)
    assert guessable(answers, margins, nothing) == set()
    answers[14, 0], answers[15, 0] = 15.5, 15.5008
    assert guessable(answers, margins, nothing) == {14, 15}


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    return benchmark().Exam("two-layers", tmp_path_factory.mktemp("exam"), 6)


def test_no_answer_is_right_for_two_blanks_or_follows_from_others(exam):
    for own, within in zip(exam.answers, exam.margins, strict=True):
        assert len(crowd(own, within)) == 1
    assert len(exam.key.blanks) == 12


@pytest.mark.parametrize(
    "attack",
    [
        "0, 1, 7, 0.5 or −0.05 everywhere",
        "another student's answers",
        "references to the cell on one side",
        "references to the cell that comes nearest",
    ],
)
def test_guessing_earns_next_to_nothing_and_is_remarked(exam, attack):
    """Before: constants 0.5 to 1.5 of 12, references 2 to 4.5."""
    with papers_of(exam.key) as papers:
        way = benchmark().attacks(exam)[attack][-1]
        found = [exam._marked(papers, k, way(k)) for k in (0, 5)]
    assert max(each.points for each in found) <= 1
    assert sum(each.points for each in found) <= 1
    assert all(each.remarks for each in found)


def test_who_types_the_middle_of_the_class_guesses(exam):
    """Before: medians follow from medians, 3 of 12. Who computes with own numbers is near the middle by chance only."""
    class_of = [[number + 0.01 * (k + 1) for number in exam.answers[0].tolist()] for k in range(12)]
    middle = np.median([*class_of, exam.answers[0]], axis=0).tolist()
    with papers_of(exam.key) as papers:
        paper = replace(
            papers.paper(exam.key.students[0]), answers_of_others={str(k): x for k, x in enumerate(class_of)}
        )

        def said(typed):
            return guesses_in(paper, [Answer(Cell(number), "number", "", number=number) for number in typed])

        wrong = [k for k, number in enumerate(middle) if not paper.is_right(k, number)]
        assert said(middle).places == {*wrong}
        assert any("the middle of the class" in each for each in said(middle).remarks)
        own = [number + 5 if k > 8 else number for k, number in enumerate(exam.answers[0].tolist())]
        assert said(own).places == set()


@pytest.mark.slow
@pytest.mark.parametrize(("network", "students"), [("two-layers", 60), ("convolution", 20), ("xor", 30)])
def test_what_each_attack_earns_in_a_class(network, students):
    source = next(each for each in benchmark().NETWORKS if each.endswith(network))
    for attack, earned in benchmark().table(source, students):
        mean, most = (0.7, 2) if attack in KNOW_THE_CLASS else (0.25, 1)
        assert earned.mean <= mean, attack
        assert earned.most <= most, attack
        assert earned.remarked == 1 or earned.filled < OFTEN, attack


@pytest.mark.parametrize(
    ("answer", "is_reached"),
    [(0.71 + 0.33, True), (0.71 - 0.33, True), (0.33 - 0.71, True), (0.71 * 0.33, True), (0.71 / 0.33, True),
     (0.33 / 0.71, True), (0.71**2, True), (0.25, False), (0.71 * 0.33**2, False), (0.5 * 0.71 + 0.33, False)],
)  # fmt: skip
def test_an_answer_is_reached_from_a_number_in_one_operation_with_a_known_one(answer, is_reached):
    assert _one_step(np.asarray([0.71]), np.asarray([0.33]), answer).tolist() == [is_reached]
