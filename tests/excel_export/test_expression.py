"""Expressions: what they write is what they mean, with the brackets that are needed and no others, on every engine."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from openpyxl.workbook.defined_name import DefinedName

from excel_export.formulas import (
    ABS,
    COUNTIF,
    IF,
    INDEX,
    LARGE,
    MATCH,
    MAX,
    MIN,
    RANK,
    SMALL,
    SUMIF,
    Grid,
    Name,
    Reference,
    number,
    scattered,
    sum_of_products,
    table,
)
from excel_export.formulas.expression import Expression, as_expression, call, equal, joined, rearranged, total, unequal
from tests.support.engines import each_engine, recalculate
from tests.support.formula_trees import Unreadable, brackets, compute, meaning, read
from tests.support.long_proofs import often, only_quick

HOME, AWAY, RATE = "Home", "Far away", Name("rate")
CELLS = {"A1": 3.0, "A2": -0.5, "B1": 0.25, "B2": 2.0, "C1": -1.5, "C2": 7.0, "$D$1": 1.25, "rate": 0.5}
CELLS |= {"'Far away'!A1": -4.0, "'Far away'!A2": 0.75}


@dataclass
class Formulas:
    """An expression of two formulas, or one that stands for two, and the trees that these should be."""

    expression: Expression
    trees: tuple


def column(letter, sheet=HOME, written=""):
    grid = Grid(sheet, 1, "ABC".index(letter) + 1, (2,), (1,), (0,))
    return Formulas(grid.cells, tuple(("cell", f"{written}{letter}{row}") for row in (1, 2)))


def constant(value):
    value = float(value)
    return ("-", -value) if value < 0 else value


def operation(sign, apply, *operands):
    trees = (tuple(operand.trees[k] for operand in operands) for k in (0, 1))
    return Formulas(apply(*(operand.expression for operand in operands)), tuple((sign, *parts) for parts in trees))


def negated(item):
    return operation("-", lambda a: -a, item)


def turned(item):
    """The two formulas in the opposite order."""
    return Formulas(item.expression.broadcast_to((2,))[::-1], item.trees[::-1])


def one_by_one(first, second):
    """A formula made for each element: a piece of another expression, which has no shape."""
    parts = [each.expression.broadcast_to((2,)) for each in (first, second)]
    return Formulas(table((2,), lambda k: parts[k][k]), (first.trees[0], second.trees[1]))


def added_up(first, second):
    """The second formula gains something; the first stays alone."""
    parts = [each.expression.broadcast_to((2,)) for each in (first, second)]
    sent = [(parts[0], np.array([0, 1])), (parts[1], np.array([1, -1]))]
    return Formulas(scattered((2,), sent), (first.trees[0], ("+", second.trees[0], first.trees[1])))


def products(across):
    """Rows of two cells times columns of two cells, or rows times rows."""
    rows = Grid(HOME, 1, 1, (2, 2), (1, 0), (0, 1))
    if across:
        trees = tuple(("SUMPRODUCT", ("cell", f"A{k}:B{k}"), ("cell", f"A{k}:B{k}")) for k in (1, 2))
        return Formulas(sum_of_products((2,), lambda k: (rows[k, :], rows[k, :])), trees)
    pairs = [[(f"A{k}", f"{letter}1"), (f"B{k}", f"{letter}2")] for k, letter in ((1, "A"), (2, "B"))]
    one, two = ([("*", ("cell", a), ("cell", b)) for a, b in pair] for pair in pairs)
    return Formulas(sum_of_products((2,), lambda k: (rows[k, :], rows[:, k])), (("+", *one), ("+", *two)))


# Without 1 and -1: "-1*" is what a minus sign may be written as.
NUMBERS = st.sampled_from([0, 2, 3, 0.5, 0.1, -4, -2.5, 1e-5])
LEAVES = st.one_of(
    NUMBERS.map(lambda value: Formulas(as_expression(value), (constant(value),) * 2)),
    st.tuples(NUMBERS, NUMBERS).map(
        lambda pair: Formulas(as_expression(np.array(pair, dtype=float)), tuple(map(constant, pair)))
    ),
    st.sampled_from([
        column("A"), column("B"), column("C"), column("A", AWAY, "'Far away'!"), products(across=False),
        Formulas(Reference(HOME, 1, 4).fixed.cells, (("cell", "$D$1"),) * 2),
        Formulas(RATE.cells, (("cell", "rate"),) * 2),
    ]),
)  # fmt: skip
ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "MAX": MAX,
    "MIN": MIN,
}
COMPARISONS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": equal,
    "<>": unequal,
}


def branch(sign, one, two, yes, no):
    return operation("IF", IF, operation(sign, COMPARISONS[sign], one, two), yes, no)


def infix(signs):
    return [(2, partial(operation, sign, apply)) for sign, apply in signs.items()]


# How many operands it takes, and what it makes of them. Their formulas are all of one make.
ALIKE = [
    *infix(ARITHMETIC) * 3,
    *[(1, negated), (1, turned)] * 4,
    *infix({"^": ARITHMETIC["^"]}) * 3,
    (1, partial(operation, "ABS", ABS)),
    *((4, partial(branch, sign)) for sign in COMPARISONS),
]
NUMERIC = [*ALIKE, (2, one_by_one), (2, added_up)]
LOGICAL = infix(COMPARISONS)
TEXTUAL = [
    *[(2, partial(operation, "&", joined))] * 3,
    (0, lambda: Formulas(as_expression('a "b" {0} ('), ('a "b" {0} (',) * 2)),
    (0, lambda: products(across=True)),
]


# ironcalc forgets the brackets of -(x^2*y).
SQUARE_TIMES = operation("*", ARITHMETIC["*"], operation("^", ARITHMETIC["^"], column("B"), column("B")), column("C"))


@st.composite
def formulas(draw, operations, depth=4):
    if not depth or not draw(st.integers(0, 6)):
        return draw(LEAVES)
    operands, make = draw(st.sampled_from(operations))
    return make(*(draw(formulas(operations, depth - 1)) for _ in range(operands)))


MANY = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(MANY, max_examples=100)


def says_what_the_expression_is(item):
    for text, tree in zip(np.broadcast_to(item.expression.texts(HOME), (2,)), item.trees, strict=True):
        assert meaning(read(text)) == meaning(tree), text


def has_no_pair_of_brackets_too_many(item):
    for text in np.broadcast_to(item.expression.texts(HOME), (2,)):
        meant = meaning(read(text))
        for first, last in brackets(text):
            if text[:first].endswith("--"):  # two minus signs cancel, wherever they stand
                continue
            without = text[:first] + text[first + 1 : last] + text[last + 1 :]
            with suppress(Unreadable):
                assert meaning(read(without)) != meant, f"{text} is {without}"


def written(token):
    if isinstance(token, tuple):
        return call("SUMPRODUCT", *token).text(HOME)
    if isinstance(token, (Reference, Name)):
        return token.cells.text(HOME)
    return token if isinstance(token, str) else number(token)


def is_its_pieces(item):
    texts = item.expression.texts(HOME)
    for index in np.ndindex(texts.shape):
        assert "".join(map(written, item.expression.tokens(index))) == texts[index]


ANY = given(formulas(NUMERIC + LOGICAL + TEXTUAL))
test_formulas, test_many_formulas = often(ANY, says_what_the_expression_is, FEW, MANY)
test_pieces, test_many_pieces = often(ANY, is_its_pieces, FEW, MANY)
test_brackets, test_many_brackets = often(
    given(formulas(ALIKE + LOGICAL + TEXTUAL)), has_no_pair_of_brackets_too_many, FEW, MANY
)


@pytest.fixture(scope="module", params=only_quick([150, 1000], 150))
def computed(request, tmp_path_factory):
    """A workbook of many formulas, and for each its text and the number that it should give."""
    found = {}

    @settings(MANY, max_examples=request.param, phases=[Phase.explicit, Phase.generate], derandomize=True)
    @given(formulas(NUMERIC, depth=3))
    @example(negated(SQUARE_TIMES))
    @example(negated(turned(SQUARE_TIMES)))
    def collect(item):
        for text, tree in zip(np.broadcast_to(item.expression.texts(HOME), (2,)), item.trees, strict=True):
            try:
                found[text] = compute(tree, CELLS)
            except ArithmeticError:
                continue

    collect()
    book = openpyxl.Workbook()
    book.active.title = HOME
    book.create_sheet(AWAY)
    for place, value in CELLS.items():
        if place != RATE.text:
            book[AWAY if "!" in place else HOME][place.rpartition("!")[2].replace("$", "")] = value
    book[HOME]["E1"] = CELLS[RATE.text]
    book.defined_names[RATE.text] = DefinedName(RATE.text, attr_text=f"'{HOME}'!$E$1")
    for row, text in enumerate(found, 1):
        book[HOME].cell(row, 6, f"={text}")
    path = tmp_path_factory.mktemp("formulas") / "formulas.xlsx"
    book.save(path)
    assert len(found) > 0.7 * request.param
    return path, found


@each_engine
def test_an_engine_computes_what_the_expression_is(engine, computed, tmp_path):
    path, expected = computed
    shown = recalculate(path, engine, tmp_path).values(HOME, f"F1:F{len(expected)}")
    for (text, right), [value] in zip(expected.items(), shown, strict=True):
        assert value == pytest.approx(right, rel=1e-9, abs=1e-8), text


X, Y, Z = map(Name, ("x", "y", "z"))
MIXED = table((2,), lambda k: Y + 1 if k else X)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (-(X**2), "-(x^2)"),
        (-(X**2 * 3), "-(x^2)*3"),
        (-(X**2 / Y * Z), "-(x^2)/y*z"),
        (-(X**2 * 3).reshape(), "-1*x^2*3"),
        (-(X**2).reshape(), "-(x^2)"),
        (-table((), lambda: X**2), "-(x^2)"),
        (-scattered((), [((X**2).reshape(), np.array(0))]), "-(x^2)"),
        (Y - X**2, "y-x^2"),
        (-(X**2) + Y, "-(x^2)+y"),
        ((-X) ** 2, "(-x)^2"),
        ((X**2) ** 3, "(x^2)^3"),
        (X ** (Y**2), "x^(y^2)"),
        (X**-0.5, "x^-0.5"),
        (X ** -(Y**2), "x^-(y^2)"),
        (X ** (-Y / 2), "x^(-y/2)"),
        (X ** (-(Y * Z)).reshape(), "x^(-y*z)"),
        (X / (-(Y * Z)).reshape(), "x/(-y*z)"),
        (X / (-(Y**2 * Z)).reshape(), "x/(-(y^2)*z)"),
        (X / (Y / -2), "-x/(y/2)"),
        (X - (Y - 1), "x-(y-1)"),
        (X - (-Y), "x+y"),
        (total([]), "0"),
        (total([-X]), "-x"),
        (joined("a", joined(X, 1)), '"a"&x&1'),
        ((X > 1) * (X + 1), "(x>1)*(x+1)"),
        (as_expression(np.array([-2.0])) ** 2, "(-2)^2"),
        (MIXED[0] * 2, "x*2"),
        (table((1,), lambda k: MIXED[k]) * 2, "x*2"),
        (scattered((), [(MIXED, np.array([0, -1]))]) * 2, "x*2"),
    ],
)
def test_brackets_by_example(expression, text):
    assert expression.texts(HOME).item() == text


def test_a_single_formula_that_is_picked_stands_in_another():
    cells = Grid(HOME, 3, 2, (4,), (0,), (1,)).cells
    picked = rearranged((cells,), lambda texts: texts[2])
    assert picked.shape == ()
    assert (picked * 2).text(HOME) == "D3*2"


ONE, TWO, OTHER = Reference(HOME, 3, 2), Reference(HOME, 3, 2, height=2), Reference(HOME, 5, 2)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (INDEX(ONE, OTHER), "B3"),
        (INDEX(ONE.fixed, 1, 1), "$B$3"),
        (MATCH("a", ONE, 0), 'IF("a"=B3,1,NA())'),
        (MATCH(OTHER, ONE, 1), "IF(B3<=B5,1,NA())"),
        (COUNTIF(ONE, OTHER), "IF(B3=B5,1,0)"),
        (SUMIF(ONE, 7, OTHER), "IF(B3=7,B5,0)"),
        (LARGE(ONE, 1) + SMALL(ONE, 1), "B3+B3"),
        (RANK(ONE, ONE, 1), "1"),
        (INDEX(TWO, 1), "INDEX(B3:B4,1)"),
        (COUNTIF(TWO, 1), "COUNTIF(B3:B4,1)"),
    ],
)
def test_a_range_of_one_cell_is_written_as_the_cell(formula, text):
    """For Gnumeric has no element of B3:B3, and ironcalc none of B3."""
    assert formula.text(HOME) == text


def test_a_single_cell_is_found_for_each_of_many_places():
    assert INDEX(ONE, np.arange(3)).texts(HOME).tolist() == ["B3"] * 3
