"""What the Lens costs, by walking the formulas of the file: how many there are, and how many a click computes anew."""

import pytest

from excel_export.workbook.read import read_index
from tests.support.cells import cell
from tests.support.dependents import Walk
from tests.support.live import Live

OF_A_CLICK, OF_A_NUMBER = 15_000, 12_000
"""The most formulas that hang on the step; of the Lens, on a number of the network."""
MOST = {"small_cnn": 24_000}


@pytest.mark.slow
@pytest.mark.parametrize("head", ["regression", "onehot"])
def test_a_click_computes_few_formulas_of_the_teaching_workbook(head, made_of, tmp_path):
    made = made_of(f"slice-{head}")
    walk = Walk(made.path)
    assert len(walk.from_cell("step")) <= OF_A_CLICK
    assert len(walk.from_cell("story")) <= OF_A_CLICK
    for key in ("pixels", "conv1.weight", "input1.bias", "conv1"):
        grid = next(entry.grid for entry in read_index(made.path) if entry.key == key)
        reached = walk.from_cell((grid.sheet, cell(int(grid.rows.flat[0]), int(grid.cols.flat[0]))))
        assert 0 < sum(sheet == "Lens" for sheet, *_ in reached) <= OF_A_NUMBER, key
    assert Live(made.path, tmp_path).value("steps") <= 15


@pytest.mark.slow
@pytest.mark.parametrize("name", MOST)
def test_an_example_has_few_formulas(name, made_of):
    assert sum(Walk(made_of(f"example {name}").path).formulas.values()) <= MOST[name]
