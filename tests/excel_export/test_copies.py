"""Copies of formulas, written once and moved: they are what the same formulas would be, written further down."""

import numpy as np
import pytest
import torch

from excel_export.authoring import IF, Grid, Name, Reference, equal, sum_of_products, table
from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.picture import place
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Expression
from excel_export.formulas.copies import Original
from excel_export.graph.graph import Graph
from mnist_adder.network.model import HEADS
from mnist_adder.workbook.training_sheet import untrained
from tests.support.trainings import CASES


def traced(name: str) -> Graph:
    if name in CASES:
        return trace(CASES[name].module, CASES[name].given[0])
    image, number, digit = torch.zeros(1, 1, 14, 14), torch.zeros(1), torch.zeros(1, dtype=torch.long)
    return trace(untrained(name), (image, number, digit))


@pytest.mark.parametrize("name", [*HEADS, *CASES])
@pytest.mark.parametrize("down", [1, 1234])
def test_copies_are_what_is_written_there(name, down):
    graph = traced(name)
    first, below = place(graph, first_row=5), place(graph, first_row=5 + down)
    written, expected = emit(graph, first), emit(graph, below)
    formulas = 0
    for grid, item in written.items():
        there = expected[grid.below(down)]
        if isinstance(item, Expression):
            assert isinstance(there, Expression)
            copy = Original(item, grid).copy(down)
            np.testing.assert_array_equal(copy.texts("Network"), there.texts("Network"))
            formulas += copy.texts("Network").size
            assert copy.precedence == there.precedence
    assert formulas >= 12


PAIR = Grid("Here", 3, 2, (2,), (1,), (0,))
AT = Grid("Here", 7, 9, (), (), ())
HERE, AWAY = Reference("Here", 7, 2), Reference("Away", 7, 2, height=3)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (HERE + 7, "B17+7"),
        (HERE.fixed * AWAY.fixed, "$B$17*'Away'!$B$7:$B$9"),
        (IF(equal(HERE, "{7} %d"), Name("seven7"), HERE.to(HERE.at(2, 1))), 'IF(B17="{7} %d",seven7,B17:C19)'),
        (2 * Name("alone"), "2*alone"),
        (
            HERE * AWAY + sum_of_products((), lambda: (PAIR.whole, PAIR.whole)),
            "B17*'Away'!B7:B9+SUMPRODUCT(B13:B14,B13:B14)",
        ),
    ],
)
def test_only_the_rows_of_the_own_sheet_move(formula, text):
    assert Original(formula, AT).copy(10).text("Here") == text


def test_a_copy_keeps_its_brackets_and_its_place():
    grid = Grid("Here", 3, 2, (2,), (1,), (0,))
    copy = Original(table((2,), lambda k: grid.at(k) - k), grid).copy(4)
    assert (2 * copy).texts("Here").tolist() == ["2*(B7-0)", "2*(B8-1)"]
    with pytest.raises(ValueError, match="cannot stand on 'Away'"):
        copy.texts("Away")
