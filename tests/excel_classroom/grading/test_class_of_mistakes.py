"""A class in which each known mistake is made at each blank, as number and as formula: points and words are right."""

from itertools import zip_longest

import pytest

from excel_classroom.grading.marks import BY_CHANCE, ONLY_HERE
from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.judgement import is_right
from excel_classroom.practice.key import Options
from excel_classroom.practice.mistakes import SIGN, BlankWithNumbers, known_mistakes
from excel_export.lessons.catalogue import own_lessons
from excel_export.shared.cells import name_of
from tests.support.handed_in import fill, formulas, hand_out_of, marked
from tests.support.long_proofs import only_quick
from tests.support.scripts import ROOT

XOR = f"{ROOT / 'examples' / 'xor.py'}:xor"
COPYING = ("the answers of", "stand in other cells", "again and again", "the middle of the class")
ENOUGH = 0.98


def made_at(papers, blank, graph):
    """The known mistakes at a blank with the numbers of a graph: which give what."""
    value = dict(graph.named)[blank.tensor.removeprefix("grad.") if blank.direction == "backward" else blank.tensor]
    asked = BlankWithNumbers(graph, value, blank.index, graph.tensors, papers.key.options.learning_rate)
    right = papers.key.right_numbers(graph)[papers.key.blanks.index(blank)]
    return right, {each[:2]: each.number for each in known_mistakes(blank.direction, asked, right)}


def as_formula(papers, graph, given):
    """A formula that gives a number with the student's inputs and one with each set of the grader's.

    It reads a cell that holds another number in each of them, so nothing but its numbers says what it does.
    """
    sets = [dict(papers.plan.reference.numbers(each)) for each in (graph, *papers.hidden)]
    place = next(at for at in sets[0] if len({numbers[at] for numbers in sets}) == len(sets))
    cell = f"'{place[0]}'!{name_of(*place[1:])}"
    formula = repr(given[-1])
    for numbers, number in zip(sets[:-1], given[:-1], strict=True):
        formula = f"IF(ABS({cell}-({numbers[place]!r}))<1E-9,{number!r},{formula})"
    return f"={formula}"


def slips_of(papers, graph):
    """By blank, the mistakes that these numbers tell: the answers that they give, and the names that fit these."""
    for k, blank in enumerate(papers.key.blanks):
        right, here = made_at(papers, blank, graph)
        others = [made_at(papers, blank, each) for each in papers.hidden]
        for which, number in here.items():
            if which[0] not in blank.mistakes or is_right(number, right, blank.direction):
                continue
            fitting = {name for (name, _), each in here.items() if is_right(number, each, blank.direction)}
            yield k, float(f"{number:.6g}"), fitting
            if all(which in made for _, made in others):
                formula = as_formula(papers, graph, [number, *(made[which] for _, made in others)])
                yield k, formula, fitting


def together(blanks, slips):
    """The slips that are made in one file: two, if neither blank reads the other, so that none explains the other."""
    half = -(-len(slips) // 2)
    for one, other in zip_longest(slips[:half], slips[half:]):
        apart = other and (one[0] == other[0] or one[0] in blanks[other[0]].reads or other[0] in blanks[one[0]].reads)
        yield from ([[one], [other]] if apart else [[each for each in (one, other) if each]])


def judged_slips(source, folder, students, *, exam, most=None):
    """Each slip, and whether it got half of the points and its name; two are made in each file."""
    key = hand_out_of(source, folder / "in", [f"Student {k}" for k in range(students)], Options(exam=exam))
    with papers_of(key) as papers:
        for turn, student in enumerate(key.students):
            slips = [*slips_of(papers, papers.paper(student).graph)][turn::students][:most]
            for pair in together(key.blanks, slips):
                blanks, answers = key.blanks, formulas(key.blanks)
                for k, answer, _ in pair:
                    answers[k] = answer
                path = fill(folder / "in" / student.file, blanks, answers, into=folder / "filled.xlsx")
                found = marked(papers, student, path)
                assert not any(words in each for each in found.remarks for words in COPYING)
                for k, answer, fitting in pair:
                    mark = found.marks[k]
                    yield (mark.points, mark.mistake in fitting), (student.name, k, answer, fitting, mark)


def check(found):
    """See that the share that is right is high enough."""
    wrong = [slip for got, slip in found if got != (0.5, True)]
    assert found
    assert len(wrong) <= (1 - ENOUGH) * len(found), (len(wrong), len(found), wrong[:5])


@pytest.mark.parametrize("exam", only_quick([False, True], True), ids=["practice", "exam"])
def test_mistakes_of_a_class_get_their_points_and_words(exam, tmp_path):
    check([*judged_slips(XOR, tmp_path, 2, exam=exam, most=8)])


@pytest.mark.slow
@pytest.mark.parametrize("exam", [False, True], ids=["practice", "exam"])
@pytest.mark.parametrize("source", [*own_lessons(), XOR], ids=lambda source: source.rpartition(":")[2])
def test_each_known_mistake_at_each_blank_gets_its_points_and_words(source, exam, tmp_path):
    check([*judged_slips(source, tmp_path, 25, exam=exam)])


def test_a_formula_that_is_right_for_these_inputs_only_gets_no_full_points(handed_out, tmp_path):
    """One that has a typed number instead of a cell; but a formula of numbers alone is a number that was typed."""
    paper = handed_out.papers.paper(handed_out.student)
    place, number = next(iter(handed_out.papers.plan.reference.numbers(paper.graph)))
    cell = f"'{place[0]}'!{name_of(*place[1:])}"
    found = handed_out.answered(
        tmp_path, {0: f"={handed_out.blanks[0].formula}+{cell}-({number!r})", 1: f"={handed_out.right[1]!r}+0"}
    )
    assert [(mark.state, mark.points) for mark in found.marks[:2]] == [("right", 0.5), ("right", 1)]
    assert ONLY_HERE in found.marks[0].notes


@pytest.mark.parametrize("named", [True, False])
def test_a_known_mistake_that_happens_to_be_right_is_named(handed_out, tmp_path, named):
    """Before: it had full points, and no word of what is wrong."""
    paper = handed_out.papers.paper(handed_out.student)
    k = next(k for k, blank in enumerate(handed_out.blanks) if SIGN in blank.mistakes and blank.direction != "update")
    own = handed_out.right[k]
    elsewhere = [-handed_out.key.right_numbers(graph)[k] for graph in handed_out.papers.hidden]
    formula = as_formula(handed_out.papers, paper.graph, [own, *(each if named else 77.7 for each in elsewhere)])
    mark = handed_out.answered(tmp_path, {k: formula}).marks[k]
    assert (mark.state, mark.mistake, mark.points) == (("known mistake", SIGN, 0.5) if named else ("right", "", 0.5))
    assert (BY_CHANCE if named else ONLY_HERE) in mark.notes
