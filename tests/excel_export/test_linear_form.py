"""A formula as a weighted sum of cells: what it is for every operator, held against autograd on real engines."""

from collections import defaultdict
from functools import cache

import numpy as np
import pytest
import torch

from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import AVERAGE, EXP, IF, SUM, Grid, as_expression, reduce, scattered, sum_of_products, table
from excel_export.formulas.analysis.chosen import cells_of
from excel_export.formulas.analysis.linear_form import NotLinear, weighted
from excel_export.formulas.reference import Reference
from excel_export.ops import all_operators
from tests.support.cases import examples_of
from tests.support.many_sheets import many_sheets
from tests.support.sweep import Case, Sweep, name_of
from tests.support.taken_apart import TakenApart

X, W = Grid("S", 1, 1, (2, 3), (1, 0), (0, 1)), Grid("S", 1, 11, (3,), (0,), (1,))


def is_x(cell: Reference) -> bool:
    return cell.col < 10


def written(sums):
    """The factors by cell, and the rest, as text."""
    factors = {cell.area: factor.text("S") for cell, factor in sums.factors.items()}
    return factors, [term.text("S") for term in sums.rest if not term.vanishes]


A, B = Reference("S", 1, 1), Reference("S", 1, 2)
K, L = Reference("S", 1, 11), Reference("S", 1, 12)
SUMS = [
    (A.cells, {"A1": "1"}, []),
    (K.cells, {}, ["K1"]),
    (A + B - K, {"A1": "1", "B1": "1"}, ["-K1"]),
    (A - B, {"A1": "1", "B1": "-1"}, []),
    (A + A, {"A1": "1+1"}, []),
    (-(A * K), {"A1": "-K1"}, []),
    (K * (A - L), {"A1": "K1"}, ["-K1*L1"]),
    (A * K / L, {"A1": "K1/L1"}, []),
    ((A + 2) / K, {"A1": "1/K1"}, ["2/K1"]),
    (SUM(A.to(B)), {"A1": "1", "B1": "1"}, []),
    (AVERAGE(A.to(B)), {"A1": "1/2", "B1": "1/2"}, []),
    (AVERAGE(A.to(Reference("S", 1, 3)), K), {"A1": "1/4", "B1": "1/4", "C1": "1/4"}, ["K1/4"]),
    (IF(K > 0, A, 0), {"A1": "IF(K1>0,1,0)"}, []),
    (IF(K > 0, A, B * L), {"A1": "IF(K1>0,1,0)", "B1": "IF(K1>0,0,L1)"}, []),
    (IF(K > 0, A + L, L), {"A1": "IF(K1>0,1,0)"}, ["IF(K1>0,L1,L1)"]),
    (EXP(K) * A, {"A1": "EXP(K1)"}, []),
    (EXP(K), {}, ["EXP(K1)"]),
]
NO_SUMS = [A * B, A * A, K / A, A**2, EXP(A), IF(A > 0, A, K), EXP(A) * K, 1 / (K + A)]


@pytest.mark.parametrize(("formula", "factors", "rest"), SUMS, ids=lambda item: str(item)[:40])
def test_a_sum_is_taken_apart(formula, factors, rest):
    assert written(weighted(formula, (), is_x)) == (factors, rest)


@pytest.mark.parametrize("formula", NO_SUMS, ids=lambda formula: formula.text("S"))
def test_what_is_no_sum_is_refused(formula):
    with pytest.raises(NotLinear):
        weighted(formula, (), is_x)


def test_the_formulas_of_tensors_are_taken_apart_one_by_one():
    products = sum_of_products((2,), lambda i: (X[i, :], W[:]))
    assert written(weighted(products, (1,), is_x)) == ({"A2": "K1", "B2": "L1", "C2": "M1"}, [])
    squares = sum_of_products((2,), lambda i: (X[i, :], X[i, :]))
    with pytest.raises(NotLinear):
        weighted(squares, (1,), is_x)
    means = reduce("AVERAGE", (3,), lambda j: X[:, j])
    assert written(weighted(means, (2,), is_x)) == ({"C1": "1/2", "C2": "1/2"}, [])
    with pytest.raises(NotLinear):
        weighted(reduce("MAX", (3,), lambda j: X[:, j]), (2,), is_x)
    by_hand = table((2,), lambda i: X.at(i, 0) * W.at(i))
    assert written(weighted(by_hand, (1,), is_x)) == ({"A2": "L1"}, [])
    moved = (X.cells * W.cells).T[1:, :].reshape(4)
    assert written(weighted(moved, (3,), is_x)) == ({"C2": "M1"}, [])
    sent = scattered((2,), [(X.cells * W.cells, np.array([[0, 1, -1], [0, -1, -1]]))])
    assert written(weighted(sent, (0,), is_x)) == ({"A1": "K1", "A2": "K1"}, [])
    assert written(weighted(sent, (1,), is_x)) == ({"B1": "L1"}, [])
    assert written(weighted(as_expression(0).broadcast_to((2, 3)), (1, 1), is_x)) == ({}, [])


def test_the_cells_of_a_formula_are_named_once_and_without_signs():
    formula = IF(A.fixed > 0, A + SUM(A.to(B).fixed), K)
    assert cells_of(formula, ()) == [A, B, K]
    assert A.fixed_col.plain == A


@pytest.fixture(scope="module", params=["first", pytest.param("every", marks=pytest.mark.slow)])
def modules(request):
    """The first example of every operator as a case, or every one, by its name."""
    return {
        name_of(operator, example): Case(example.function, *example.inputs)
        for operator in all_operators()
        for example in examples_of(operator)[: 1 if request.param == "first" else None]
    }


@pytest.fixture(scope="module")
def graph(modules):
    return trace(Sweep(list(modules.values())), (torch.ones((), dtype=torch.float64),))


@pytest.fixture(scope="module")
def taken(graph, tmp_path_factory):
    with many_sheets(0, 0):  # a sheet a case: formualizer refuses a sheet as wide as all of them side by side
        return TakenApart(graph, tmp_path_factory.mktemp("taken apart") / "sweep.xlsx")


@pytest.fixture(
    scope="module",
    # The formulas are those of test_every_example.py, in other brackets: two engines are enough.
    params=["ironcalc", pytest.param("libreoffice", marks=pytest.mark.slow)],
)
def numbers(request, taken, tmp_path_factory):
    return taken.computed(request.param, tmp_path_factory.mktemp(request.param))


def test_what_each_element_reads_adds_up_to_it(modules, taken, numbers):
    """Forward to the element; backward to its share of the gradient, by autograd; of every operator and example."""
    wrong, count = [], 0
    for part in taken.parts:
        if part.view.part in taken.backward:
            expected = taken.share(part)
        elif part.products:
            expected = numbers.made(part)
        else:
            continue
        found = numbers.sum(part)
        count += 1
        if not abs(found - expected) <= 1e-12 + 1e-9 * abs(expected):
            wrong.append(f"{part.view.tensor.name} {part.index}: {found} for {expected}")
    assert not wrong, wrong[:20]
    assert count > (2_500 if len(modules) == len(all_operators()) else 40_000)


def test_each_factor_is_the_local_derivative(modules, taken, numbers):
    """∂y/∂x of the cases that are a single call, by PyTorch's own Jacobian."""
    single, states = dict(single_calls(taken.book.graph, modules)), draws(modules)
    wrong, directions = [], defaultdict(set)
    for part in taken.parts:
        call = taken.calls.get(part.view.part)
        if call not in single or not part.products:
            continue
        case, (y,) = modules[single[call]], call.outputs
        backward = part.view.part in taken.backward
        tensors = taken.book.placement.tensors
        grid = tensors[y].grad if backward else tensors[call.inputs[0]].value
        value = part.view.value if backward else call.inputs[0]
        if value is None or ".inputs." not in value.name or not value.is_float:
            continue
        slopes = jacobian(case, int(value.name.rsplit(".", 1)[1]), states[case])
        expected = slopes[(..., *part.index)] if backward else slopes[part.index]
        directions[call.kind].add(backward)
        if not np.allclose(numbers.factors(part, grid), expected, rtol=1e-9, atol=1e-12):
            wrong.append(f"{single[call]}: {part.view.tensor.name} {part.index}")
    assert not wrong, wrong[:20]
    assert sum(True in found for found in directions.values()) > 60
    assert sum(False in found for found in directions.values()) > 5


def single_calls(graph, modules):
    """The calls that are the whole of a case, but for its weighted sum, each with the name of the case."""
    calls = defaultdict(list)
    for call in graph.calls:
        if call.module_path.startswith("cases."):
            calls[int(call.module_path.split(".")[1])].append(call)
    for number, (call, *others) in calls.items():
        if len(others) == 2 and len(call.outputs) == 1:
            yield call, list(modules)[number]


@cache
def jacobian(case, which, state):
    """∂y/∂x by one of the parameters of a case: the shape of y, then that of x."""
    inputs = [x.detach() for x in case.inputs]

    def function(x):
        torch.set_rng_state(state)
        return case.function(*inputs[:which], x.clone(), *inputs[which + 1 :])

    with torch.random.fork_rng():
        return torch.autograd.functional.jacobian(function, inputs[which]).numpy()


def draws(modules):
    """What each case draws its random numbers from, when all of them run one after the other."""
    states = {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for case in modules.values():
            states[case] = torch.get_rng_state()
            case()
    return states
