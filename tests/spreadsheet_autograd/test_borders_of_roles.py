"""Roles, paths and slopes at their borders, without the rest of the check: what just matches, and what just doesn't."""

from __future__ import annotations

from math import inf
from pathlib import Path

import numpy as np
import pytest

from excel_export.shared.a1_notation import place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.find.labels import Labels, symbol_in
from spreadsheet_autograd.graph.copied_formulas import CopiedFormulas
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import Content, Contents
from spreadsheet_autograd.graph.sample_points import Point, Points
from spreadsheet_autograd.graph.slopes import Slopes, Sweeps
from spreadsheet_autograd.judge.verdicts import RIGHT, UNDEFINED, UNKNOWN, WRONG, verdict_on
from spreadsheet_autograd.language.parser import parse
from spreadsheet_autograd.language.syntax import written
from spreadsheet_autograd.repair.edit import Kind
from spreadsheet_autograd.repair.effects import Effects
from spreadsheet_autograd.repair.grammar import edits
from spreadsheet_autograd.repair.solved_edits import solved_edits
from spreadsheet_autograd.repair.trial import Trial
from spreadsheet_autograd.repair.vocabulary import Vocabulary
from spreadsheet_autograd.repair.ways import Way, Ways
from spreadsheet_autograd.roles.by_derivative import claims_by_derivative, losses_of_sheet
from spreadsheet_autograd.roles.losses_of_claims import Form, candidates, choose_losses, forms_of
from spreadsheet_autograd.roles.losses_without_cell import is_without_cell, losses_without_cell, words_of
from spreadsheet_autograd.roles.matches import Matches


def at(cell):
    return ("S", *place(cell))


def sheet(**cells):
    """The graph and the headings of a sheet; a text that begins with = is a formula."""
    contents = {
        at(cell): Content(None, value[1:]) if str(value).startswith("=") else Content(value, "")
        for cell, value in cells.items()
    }
    read = Contents(Path("sheet.xlsx"), contents, ["S"])
    return SpreadsheetGraph(read), Labels(read)


def claim(cell, of, by="heading"):
    return Claim(at(cell), at(of), by)


def verdict(graph, of_claim, loss):
    """The verdict on a claim, with all typed numbers drawn but the claim's parameter, which is a state."""
    states = {graph.repeated(of_claim.of)}
    drawn = {cell for cell in graph.ancestors(at(loss)) if cell not in graph.formulas and cell not in states}
    points, slopes = Points(graph, states, drawn), Slopes(graph)
    slopes.want(at(loss), [graph.repeated(of_claim.of)])
    return verdict_on(graph, points, of_claim, at(loss), slopes), points, slopes


LINE = {"A1": 0.8, "A2": 0.3, "A3": 0.5, "B1": "=A1*A2", "B2": "=(B1-A3)^2", "B3": "=2*(B1-A3)*A2"}


@pytest.mark.parametrize(("factor", "matches"), [("1", True), ("(1+1E-8)", True), ("(1+1E-5)", False), ("-1", False)])
def test_a_claim_matches_a_derivative_to_six_digits(factor, matches):
    graph, _ = sheet(**LINE, B4=f"=B3*{factor}")
    points = Points(graph, {at("A1")}, {at("A2"), at("A3")})
    found = Matches(points, Sweeps(graph, {at("A1")}), [at("B1"), at("B2")]).find([claim("B4", "A1")], inf)
    assert found == {claim("B4", "A1"): [at("B2")] if matches else []}


def test_a_claim_that_is_0_everywhere_tells_nothing_and_one_without_time_is_late():
    graph, _ = sheet(**LINE, B4="=0*A2", B5="=1E-9*A2")
    matches = Matches(Points(graph, {at("A1")}, {at("A2")}), Sweeps(graph, {at("A1")}), [at("B2")])
    assert matches.find([claim("B4", "A1"), claim("B5", "A1")], inf) == {claim("B5", "A1"): []}
    assert not matches.late
    assert matches.find([claim("B3", "A1")], -1) == {}
    assert matches.late == {claim("B3", "A1")}


@pytest.mark.parametrize(("whole", "is_share"), [("=B2/3+A2", True), ("=-B2", True), ("=B2^2", False), ("=A2", False)])
def test_a_summand_is_a_share_of_a_cell_and_a_square_is_none(whole, is_share):
    graph, _ = sheet(**LINE, B4=whole)
    points = Points(graph, {at("A1")}, {at("A2"), at("A3")})
    assert Matches(points, Sweeps(graph, {at("A1")}), [at("B2"), at("B4")]).is_share(at("B2"), at("B4")) == is_share


def test_a_sweep_goes_on_to_all_that_follows_and_stops_at_what_is_cut():
    graph, _ = sheet(A1=0.5, B1="=A1*2", B2="=B1^2", B3="=B2+1", B4="=A1+B2", B5="=7")
    sweeps = Sweeps(graph, {at("B3")})
    assert sweeps.behind(at("A1")) == [at("B1"), at("B2"), at("B4")]
    found = sweeps.derivatives(at("A1"), Points(graph, {at("A1")}, ()).as_saved)
    assert found == {at("B1"): pytest.approx(2), at("B2"): pytest.approx(4), at("B4"): pytest.approx(5)}
    assert sweeps.derivatives(at("B5"), Points(graph, {at("A1")}, ()).as_saved) == {}


def test_the_slope_of_a_formula_is_by_the_cell_in_it_alone():
    graph, _ = sheet(A1=0.5, B1="=A1*2", B2="=A1*B1")
    sweeps, saved = Sweeps(graph, ()), Points(graph, {at("A1")}, ()).as_saved
    assert sweeps.slope_of(graph.formulas[at("B2")], at("B2"), at("A1"), saved) == pytest.approx(1)  # B1 stays
    assert sweeps.slope_of(graph.formulas[at("B2")], at("B2"), at("B2"), saved) == 0.0


def test_the_largest_slope_is_that_of_any_number_and_a_hundredth_at_least():
    graph, _ = sheet(A1=2.0, A2=3.0, B1="=A1*A2", B2="=A1/1000")
    slopes, saved = Slopes(graph), Points(graph, {at("A1"), at("A2")}, ()).as_saved
    slopes.want(at("B1"), [at("A1")])
    slopes.want(at("B1"), [at("A2")])
    slopes.want(at("B2"), [at("A1")])
    assert slopes.largest(at("B1"), saved) == 3.0
    assert slopes.largest(at("B2"), saved) == 0.01
    assert slopes(at("B2"), at("A1"), saved) == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("w", "formula", "is_kink"),
    [(0.0, "=MAX(0,A1)", True), (1e-3, "=MAX(0,A1)", False), (-1e-3, "=MAX(0,A1)", False), (0.0, "=A1^2", False),
     (0.0, "=ABS(A1)", True), (1e6, "=A1^2", False), (0.0, "=SQRT(A1)", False)],
)  # fmt: skip
def test_a_kink_is_where_the_slopes_left_and_right_differ(w, formula, is_kink):
    graph, _ = sheet(A1=w, B1=formula)
    assert Slopes(graph).has_kink(at("B1"), at("A1"), Points(graph, {at("A1")}, ()).as_saved) == is_kink


def test_at_a_kink_a_gradient_is_undefined_and_next_to_it_it_is_wrong():
    for w, right, kind in ((0.0, "=IF(A1>=0,1,0)", UNDEFINED), (0.2, "=IF(A1>=0.3,1,0)", WRONG)):
        graph, _ = sheet(A1=w, B1="=MAX(0,A1)", B2=right)
        assert verdict(graph, claim("B2", "A1"), "B1")[0].kind == kind


@pytest.mark.parametrize(
    ("number", "kind"), [("=0.48*(1-0.8*0.3)", WRONG), ("=2*(B1-A3)*A2", RIGHT), ("=2*(B1-A3)*A2+1E-7", WRONG)]
)
def test_a_formula_is_right_only_at_other_numbers_too(number, kind):
    graph, _ = sheet(**LINE, B4=number)
    assert verdict(graph, claim("B4", "A1"), "B2")[0].kind == kind


def test_the_loss_by_itself_has_slope_1_and_without_a_loss_nothing_is_known():
    graph, _ = sheet(**LINE, C1=1.0, C2=2.0)
    assert verdict(graph, claim("C1", "B2"), "B2")[0].kind == RIGHT
    assert verdict(graph, claim("C2", "B2"), "B2")[0].kind == WRONG
    points, slopes = verdict(graph, claim("B3", "A1"), "B2")[1:]
    unknown = verdict_on(graph, points, claim("B3", "A1"), None, slopes)
    assert (unknown.kind, unknown.remark) == (UNKNOWN, "no loss depends on it")


TWO_WAYS = {"A1": 0.7, "A2": 0.4, "B1": "=TANH(A1*A2)", "B2": "=EXP(A1)", "B3": "=(B1-B2)^2"}
OVER_1, OVER_2 = "2*(B1-B2)*(1-B1^2)*A2", "-2*(B1-B2)*B2"


@pytest.mark.parametrize(
    ("formula", "kind", "over"),
    [
        (f"={OVER_1}", Kind.WAY_MISSING, "B2"),
        (f"={OVER_2}", Kind.WAY_MISSING, "B1"),
        (f"=2*({OVER_1}){OVER_2}", Kind.WAY_TWICE, "B1"),
        (f"={OVER_1}+2*({OVER_2})", Kind.WAY_TWICE, "B2"),
        (f"={OVER_1}-({OVER_2})", Kind.WAY_TURNED, "B2"),
        (f"=-({OVER_1}){OVER_2}", Kind.WAY_TURNED, "B1"),
        (f"={OVER_1}+1.5*({OVER_2})", None, ""),
        ("=0.3", None, ""),
    ],
)
def test_a_path_is_named_only_if_all_of_the_difference_is_its(formula, kind, over):
    graph, _ = sheet(**TWO_WAYS, B4=formula)
    found = Ways(graph, {at("A1")}).way_of(verdict(graph, claim("B4", "A1"), "B3")[0])
    assert found == (Way(kind, (at(over),)) if kind else None)


def test_of_three_paths_one_alone_and_two_missing_are_told():
    cells = {"A1": 0.7, "B1": "=A1^2", "B2": "=EXP(A1)", "B3": "=SIN(A1)", "B4": "=B1*B2*B3", "B5": "=2*A1*B2*B3"}
    graph, _ = sheet(**cells)
    alone = Ways(graph, {at("A1")}).way_of(verdict(graph, claim("B5", "A1"), "B4")[0])
    assert alone == Way(Kind.WAY_ALONE, (at("B1"),))
    cells |= {"B4": "=B1*B2*B3+A1", "B5": "=2*A1*B2*B3+1"}
    graph, _ = sheet(**cells)
    missing = Ways(graph, {at("A1")}).way_of(verdict(graph, claim("B5", "A1"), "B4")[0])
    assert missing is not None
    assert (missing.kind, {*missing.over}) == (Kind.WAY_MISSING, {at("B2"), at("B3")})


def test_a_path_needs_two_choices_of_numbers_and_more_than_one_cell():
    graph, _ = sheet(**TWO_WAYS, B4=f"={OVER_1}", C1="=A1^2", C2="=A1")
    found = verdict(graph, claim("B4", "A1"), "B3")[0]
    ways = Ways(graph, {at("A1")})
    found.points, found.truths = found.points[:2], found.truths[:2]
    assert ways.way_of(found) is not None
    found.points, found.truths = found.points[:1], found.truths[:1]
    assert ways.way_of(found) is None
    assert ways.way_of(verdict(graph, claim("C2", "A1"), "C1")[0]) is None


@pytest.mark.parametrize(
    ("form", "found"),
    [
        (Form("cell", "S", 5, 1), "A5"), (Form("row", "S", 0, 5), "E8"), (Form("row", "S", -7, 5), "E1"),
        (Form("row", "S", -8, 5), None),
        (Form("row", "S", -9, 5), None), (Form("column", "S", 3, -1), "A3"), (Form("column", "S", 3, -2), None),
    ],
)  # fmt: skip
def test_the_place_of_a_loss_counts_from_the_claim(form, found):
    assert form.cell_for(claim("B8", "B3")) == (found and at(found))


@pytest.mark.parametrize("loss", ["B9", "B7", "A8", "E2"])
def test_each_form_of_a_place_leads_back_to_it(loss):
    own = claim("B8", "B3")
    assert [form.cell_for(own) for form in forms_of(own, at(loss))] == [at(loss)] * 3


def test_a_loss_may_be_any_formula_behind_a_parameter_but_no_claim():
    graph, labels = sheet(**LINE, C1="=A2+1", C2="=B3*2", C3="=B2&A1")
    found = candidates(graph, labels, [claim("B3", "A1")], {at("A1")})
    assert found == [at("B1"), at("B2")]
    assert candidates(graph, labels, [claim("B3", "A1")], {at("A1")}, at("B2")) == [at("B2")]


def test_headings_do_not_outvote_the_cell_whose_derivative_a_claim_is():
    graph, labels = sheet(D1="loss", E1="=B1*2", D2="dz", E2="=2*(B1-A3)*A2", **LINE)
    claims, states = [claim("E2", "A1")], {at("A1")}
    points = Points(graph, states, {at("A2"), at("A3")})
    chosen, late = choose_losses(graph, labels, claims, points, candidates(graph, labels, claims, states))
    assert (chosen, late) == ({claims[0]: at("B2")}, [])


@pytest.mark.parametrize(("column", "is_beyond"), [(1, False), (16_384, False), (16_385, True), (16_386, True)])
def test_a_loss_without_a_cell_stands_beyond_the_last_column(column, is_beyond):
    assert is_without_cell(("S", 5, column)) == is_beyond


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        ("(B1-A3)*A2", "half of the squared error"),
        ("(B1-A3)*A2/4", "half of the squared error"),
        ("(B1-A3)*A2/(B1*(1-B1))", "the cross-entropy of each output"),
        ("-A3/B1*A2", None),
        ("(A3-B1)*A2", None),  # the error's other sign, with which the loss grows
    ],
)
def test_the_loss_that_no_cell_holds_is_known_by_its_gradient(gradient, words):
    cells = {cell: value for cell, value in LINE.items() if cell not in ("B2", "B3")}
    graph, _ = sheet(**cells, C1=f"={gradient}")
    points = Points(graph, {at("A1")}, {at("A2"), at("A3")})
    found = losses_without_cell(points, {claim("C1", "A1"): []}, [])
    assert {words_of(loss) for loss in found} == ({words} if words else set())


def test_where_a_claim_has_a_loss_none_is_added():
    graph, _ = sheet(**LINE)
    points = Points(graph, {at("A1")}, {at("A2"), at("A3")})
    assert losses_without_cell(points, {claim("B3", "A1"): [at("B2")]}, [at("B2")]) == []
    assert losses_without_cell(points, {claim("B3", "A1"): []}, [at("B2")]) == []  # B2 is least at the target


@pytest.mark.parametrize("other", ["=EXP(B1-A3)", "=EXP(A3-B1)"])
def test_a_cell_that_is_not_least_at_the_target_is_no_loss(other):
    """One of the two is lower where the output is the target than where it isn't, but still has a slope there."""
    cells = {cell: value for cell, value in LINE.items() if cell not in ("B2", "B3")}
    graph, _ = sheet(**cells, B2=other, C1="=(B1-A3)*A2")
    points = Points(graph, {at("A1")}, {at("A2"), at("A3")})
    found = losses_without_cell(points, {claim("C1", "A1"): []}, [at("B2")])
    assert {*map(words_of, found)} == {"half of the squared error"}


def test_two_derivatives_in_a_row_are_claims_and_their_sizes_are_none():
    cells = {"A1": 0.8, "B1": -0.3, "A2": 0.5, "B2": 0.7, "C1": "=(A1*A2+B1*B2)^2"}
    right = {"A4": "=2*(A1*A2+B1*B2)*A2", "B4": "=2*(A1*A2+B1*B2)*B2"}
    losses = [at("C1")]
    graph, labels = sheet(**cells, **right)
    points = Points(graph, {at("A1"), at("B1")}, {at("A2"), at("B2")})
    found = claims_by_derivative(labels, points, [], losses)
    assert found == {claim("A4", "A1", "derivative"): at("C1"), claim("B4", "B1", "derivative"): at("C1")}
    for other in ({"A4": right["A4"]}, {cell: f"=ABS({formula[1:]})" for cell, formula in right.items()}):
        graph, labels = sheet(**cells, **other)
        points = Points(graph, {at("A1"), at("B1")}, {at("A2"), at("B2")})
        assert not claims_by_derivative(labels, points, [], losses)


def test_the_loss_of_a_sheet_without_claims_is_the_largest_that_is_called_so():
    cells = {"A1": 0.8, "B1": "loss", "C1": "=A1^2", "B2": "loss", "C2": "=C1+A1^3", "B3": "error of 1", "C3": "=C2+C1"}
    graph, labels = sheet(**cells)
    points = Points(graph, {at("A1")}, ())
    assert losses_of_sheet(graph, labels, points, []) == [at("C2")]
    assert losses_of_sheet(graph, labels, points, [at("C1")]) == [at("C1")]


def test_a_formula_in_a_claim_is_computed_at_each_choice():
    graph, _ = sheet(**LINE)
    formula = parse("2*(B1-A3)*A2", "S", lambda name: None, lambda name: (9, 9))
    assert verdict(graph, Claim(at("C9"), at("A1"), "update", formula=formula), "B2")[0].kind == RIGHT


@pytest.mark.parametrize(
    ("cell", "formula", "explains"),
    [
        ("D1", "C1*A2", ["D1"]),
        ("D1", "C1*A2*2", []),
        ("C1", "2*(B1-A3)/3", []),  # D2 would be wrong, of the same loss
        ("B2", "3*(B1-A3)^2", []),
        ("D1", "D1*1", []),  # a circle
    ],
)
def test_an_edit_makes_a_claim_right_and_no_right_one_of_its_loss_wrong(cell, formula, explains):
    cells = {"A1": 0.8, "A2": 0.3, "A3": 0.5, "B1": "=A1*A2", "B2": "=(B1-A3)^2", "C1": "=2*(B1-A3)"}
    graph, _ = sheet(**cells, D1="=C1*A2*3", D2="=C1*A1")
    states, claims = {at("A1"), at("A2")}, [claim("D1", "A1"), claim("D2", "A2")]
    points, slopes = Points(graph, states, {at("A3")}), Slopes(graph)
    slopes.want(at("B2"), states)
    wrong, right = (verdict_on(graph, points, each, at("B2"), slopes) for each in claims)
    right.points, right.truths = wrong.points, [slopes(at("B2"), at("A2"), point) for point in wrong.points]
    assert (wrong.kind, right.kind) == (WRONG, RIGHT)
    effects = Effects(Trial(graph, states), CopiedFormulas(graph), [wrong, right], graph.repeated)
    node = parse(formula, "S", lambda name: None, lambda name: (9, 9))
    found = effects.explained_by(wrong, [], at(cell), node, [at(cell)])
    assert [each.cell for each in found] == [at(each) for each in explains]


def test_an_edit_may_turn_the_gradient_of_another_loss_into_one_of_this():
    """D2 is right for the error of one example, B2, and would be so for the mean, B3, if that had its 1/n."""
    cells = {"A1": 0.8, "A2": 0.3, "A3": 0.5, "B1": "=A1*A2", "B2": "=(B1-A3)^2", "B3": "=3*B2"}
    graph, _ = sheet(**cells, D1="=2*(B1-A3)*A2", D2="=2*(B1-A3)*A1")
    states, claims = {at("A1"), at("A2")}, [claim("D1", "A1"), claim("D2", "A2")]
    points, slopes = Points(graph, states, {at("A3")}), Slopes(graph)
    for loss in ("B2", "B3"):
        slopes.want(at(loss), states)
    wrong = verdict_on(graph, points, claims[0], at("B3"), slopes)
    right = verdict_on(graph, points, claims[1], at("B2"), slopes)
    assert (wrong.kind, right.kind) == (WRONG, RIGHT)
    effects = Effects(Trial(graph, states), CopiedFormulas(graph), [wrong, right], graph.repeated)
    node = parse("1*B2", "S", lambda name: None, lambda name: (9, 9))
    assert effects.explained_by(wrong, [], at("B3"), node, [at("B3")]) == (claims[0],)


def test_where_a_claim_is_no_number_its_paths_are_compared_elsewhere():
    graph, _ = sheet(**TWO_WAYS, A3=1.2, B4=f"={OVER_1}+0*LN(A3)", B5="=B3+0*A3")
    found = verdict(graph, claim("B4", "A1"), "B5")[0]
    pairs = sorted(zip(found.points, found.truths, strict=True), key=lambda pair: pair[0].number(at("B4")) is not None)
    assert pairs[0][0].number(at("B4")) is None
    found.points, found.truths = map(list, zip(*pairs, strict=True))
    assert Ways(graph, {at("A1")}).way_of(found) == Way(Kind.WAY_MISSING, (at("B2"),))


@pytest.mark.parametrize(("of", "is_claim"), [(2, True), (1, False)])
def test_beside_most_of_a_block_a_formula_that_is_no_derivative_is_meant_for_one(of, is_claim):
    """Of the derivatives by A1:C1 two are right, and the third is asked for; if one is right, it may be chance."""
    cells = {"A1": 0.8, "B1": -0.3, "C1": 0.4, "A7": 0.5, "B7": 0.7, "C7": 0.6, "E1": "=(A1*A7+B1*B7+C1*C7)^2"}
    for k, column in enumerate("ABC"):
        cells[f"{column}4"] = f"=2*(A1*A7+B1*B7+C1*C7)*{column}7" if k < of else f"=3*{column}7+1"
    graph, labels = sheet(**cells)
    points = Points(graph, {at("A1"), at("B1"), at("C1")}, {at("A7"), at("B7"), at("C7")})
    found = claims_by_derivative(labels, points, [], [at("E1")])
    assert (claim("C4", "C1", "derivative") in found) == is_claim


def test_each_side_of_a_range_may_be_one_off_in_all_ranges_of_its_shape():
    graph, _ = sheet(**{f"{column}{row}": row / 10 for column in "ABCDE" for row in range(1, 8)}, G1="=1")
    formula = parse("SUMPRODUCT(B3:C5,C3:D5)", "S", lambda name: None, lambda name: (9, 9))
    found = {written(edit.formula, "S") for edit in edits(formula, Vocabulary(graph, formula, at("G1"), ()), many=True)}
    assert found >= {
        "SUMPRODUCT(B2:C5,C2:D5)", "SUMPRODUCT(B4:C5,C4:D5)", "SUMPRODUCT(B3:C6,C3:D6)", "SUMPRODUCT(B3:C4,C3:D4)",
        "SUMPRODUCT(A3:C5,B3:D5)", "SUMPRODUCT(C3:C5,D3:D5)", "SUMPRODUCT(B3:D5,C3:E5)", "SUMPRODUCT(B3:B5,C3:C5)",
        "SUMPRODUCT(B3:C6,C3:D5)", "SUMPRODUCT(B4:C6,C3:D5)", "SUMPRODUCT(D3:E5,C3:D5)",
    }  # fmt: skip


def lacking(formula, needed):
    """The edits that give a formula the numbers of another one, where A1, A2 and A3 have numbers of either sign."""
    graph, _ = sheet(A1=0.8, A2=0.3, A3=1.7, B1="=A1*A2", C1="=A1-A3", C2="=3*C1", D1=f"={formula}")
    drawn = {at("A1"), at("A2"), at("A3")}
    points = [Point(graph, drawn, (), seed) for seed in range(1, 9)]

    def numbers(text):
        node = parse(text, "S", lambda name: None, lambda name: (9, 9)) if isinstance(text, str) else text
        for point in points:
            for cell in graph.reads(node):
                point.number(cell)
        return np.array([float(graph.value(node, point.values, at("D1"))) for point in points])

    node = parse(formula, "S", lambda name: None, lambda name: (9, 9))
    words = Vocabulary(graph, node, at("D1"), {*drawn, at("B1"), at("C1")})
    told = solved_edits(node, words, numbers(needed), numbers, is_array=False)
    assert all(numbers(edit.formula) == pytest.approx(numbers(needed)) for edit in told)
    return [(edit.kind, written(edit.formula, "S"), edit.rank) for edit in told]


@pytest.mark.parametrize(
    ("formula", "needed", "kind", "found"),
    [
        ("B1*A2", "2*B1*A2", Kind.FACTOR, "B1*A2*2"),
        ("B1*A2", "B1*A2/3", Kind.FACTOR, "B1*A2/3"),
        ("B1*A2", "B1*A2*SQRT(2)", Kind.FACTOR, "B1*A2*SQRT(2)"),
        ("B1*A2", "B1*A2*(1-B1)", Kind.MISSING_FACTOR, "B1*A2*(1-B1)"),
        ("B1*A2", "B1*A2*A3", Kind.MISSING_FACTOR, "B1*A2*A3"),
        ("B1*A2", "B1*A2/A3", Kind.MISSING_FACTOR, "B1*A2/A3"),
        ("B1*A2*A3", "B1*A2", Kind.SURPLUS_FACTOR, "B1*A2*A3/A3"),
        ("B1*A2", "B1*A2*(C1>0)", Kind.MASK, "B1*A2*IF(C1>0,1,0)"),
        ("B1", "B1-A3", Kind.MISSING_TERM, "B1-A3"),
        ("B1*A2", "B1*A2+A3*A3", Kind.MISSING_TERM, "B1*A2+A3*A3"),
        ("B1*A2", "2.7*B1*A2", Kind.FACTOR, None),
    ],
)
def test_what_a_formula_lacks_is_found_by_its_numbers(formula, needed, kind, found):
    of_kind = [text for own, text, _ in lacking(formula, needed) if own == kind]
    assert found in of_kind if found else not of_kind


def test_a_mask_by_the_forward_pass_is_likelier_than_one_by_what_only_gradients_read():
    ranks = {text: rank for kind, text, rank in lacking("B1*A2", "B1*A2*(C1>0)") if kind == Kind.MASK}
    assert ranks["B1*A2*IF(C1>0,1,0)"] < ranks["B1*A2*IF(C2>0,1,0)"]


def test_a_symbol_at_the_end_of_a_heading_has_at_most_four_characters():
    assert [symbol_in(f"hidden weight {name}") for name in ("wxyz", "w_xyz", "wvxyz")] == ["wxyz", "wxyz", ""]


def test_names_that_both_belong_to_other_cells_are_both_kept():
    _, labels = sheet(D1="loss", D2=0.5, A4="w1", B4=0.3, D4=2.0)
    assert labels.beside(at("D4")) == ["w1", "loss"]
    _, labels = sheet(D1="loss", D2=0.5, B4="w1", D4=2.0)
    assert labels.beside(at("D4")) == ["w1"]
