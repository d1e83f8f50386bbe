"""Random networks, with random blanks: right answers are right, and a slip is found where it is."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from excel_classroom.practice.key import Options
from excel_classroom.practice.source import ExerciseNetwork
from tests.support.practice import answers, fill_in, make, marks, own_formulas
from tests.support.random_networks import networks


@pytest.mark.slow
@settings(
    max_examples=8,
    phases=[Phase.generate],
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(networks())
def test_one_spoiled_cell_is_the_only_one_that_is_wrong(case):
    module, inputs = case
    note(str(module))
    made = make(ExerciseNetwork.of(module, inputs), Options(count=8), "secret")
    truth, count = answers(made), len(made.blanks)
    contents = own_formulas(made)
    spoiled = [*truth][count // 2]
    with tempfile.TemporaryDirectory() as folder:
        typed = fill_in(made.workbook, truth, Path(folder) / "typed.xlsx")
        assert marks(typed, "ironcalc", count) == (["right"] * count, f"Score: {count} of {count}")
        contents[spoiled] = truth[spoiled] + abs(truth[spoiled]) + 1
        states, _ = marks(fill_in(made.workbook, contents, Path(folder) / "spoiled.xlsx"), "ironcalc", count)
    note(str(list(zip(made.blanks, states, strict=True))))
    assert [state == "wrong" for state in states] == [place == spoiled for place in truth]
