"""What the Lens costs, and what it leaves blank, from the file of the teaching workbook.

There are so many formulas at most, a click computes so many anew, and of the screen between the map and the line so
much is blank at most at any step.
"""

import pytest

from excel_export.workbook.read import read_index
from tests.support.blank import Screen
from tests.support.cells import cell
from tests.support.dependents import Walk
from tests.support.lens import Places
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


OF_THE_STORY, OF_ALL = 0.70, 0.80


@pytest.fixture(scope="module")
def opened(made_of, tmp_path_factory):
    path = made_of("slice-regression").path
    live = Live(path, tmp_path_factory.mktemp("blank"))
    return live, Screen(path, live, Places(path, live))


@pytest.mark.slow
@pytest.mark.parametrize(("story", "most"), [(1, OF_THE_STORY), (0, OF_ALL)])
def test_no_step_of_the_teaching_workbook_is_mostly_blank(story, most, opened):
    live, screen = opened
    live.type({"story": story, "step": 1})
    shares = {}
    for step in range(1, int(live.value("steps")) + 1):
        live.type({"step": step})
        shares[step] = round(screen.blank(), 3)
    assert not {step: share for step, share in shares.items() if share > most}
