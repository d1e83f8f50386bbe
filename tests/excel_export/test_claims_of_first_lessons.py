"""What the texts of lessons 1 to 5 say is so, in PyTorch's numbers; and Mazur's published ones."""

import pytest

from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.workbook.read import AFTER, read_all, read_index
from tests.support.lessons import LESSONS, Made
from tests.support.sheets import load_sheet

REFUTED = {
    "one-neuron": lambda n: n["grad.w"] < 0 < n["after.w"] - n["w"] and n["grad.add"] == 2 * n["sub"],
    "two-layers": lambda n: (
        n["sigmoid"][1] > 0.95
        and abs(n["grad.hidden"][1]) < abs(n["grad.hidden"][0])
        and n["hidden.weight"][0, 1] == 0
        and n["grad.hidden.weight"][0, 1] != 0
    ),
    "two-layers-mazur": lambda n: 0.25 < n["loss_after"] < n["loss"],
    "two-layers-assignment": lambda n: (
        n["way"][0] * n["way"][1] != 0
        and abs(n["grad.hidden.weight"]).max() < abs(n["grad.output.weight"]).min() / 10
        and n["loss_2_at_1000"] == pytest.approx(n["loss_60_at_1000"].item(), rel=1e-4)
        and n["loss_60_at_2"] == min(n[f"loss_60_at_{rate}"] for rate in (0.1, 0.2, 0.5, 0.8, 1, 2))
        and n["loss_60_at_100"] < n["loss_60_at_1000"] / 2
    ),
    "two-layers-xor": lambda n: n["loss_40_at_8"] > n["loss"] > n["loss_10_at_3"] > 5 * n["loss_40_at_3"],
    "softmax": lambda n: n["loss"] > 1 and n["grad.scores"][0, 0] != 0 and abs(n["part"][0] - n["p"][0]) > 0.05,
    "convolution": lambda n: n["picture"][0, 0, 1, 1] == 0 != n["grad.picture"][0, 0, 1, 1],
    "relu-and-max-pool": lambda n: (
        n["relu"][0, 0, 1, 0] > 0 == n["grad.relu"][0, 0, 1, 0]
        and n["units.bias"][1] == n["after.units.bias"][1]
        and n["units.weight"][1] > n["units.weight"][0]
        and n["grad.units.weight"][1] == 0 != n["grad.units.weight"][0]
    ),
}
"""What makes the misconceptions of a lesson untrue, in its numbers."""


@pytest.mark.parametrize("name", REFUTED)
def test_the_numbers_refute_the_misconceptions(name):
    assert REFUTED[name](LessonNumbers(LESSONS[name]).at_first)


def test_the_published_numbers_of_mazur(tmp_path):
    """As his page has them, computed anew from the workbook's formulas."""
    found = read_all(Made("two-layers-mazur", tmp_path).computed)
    assert found["loss", "value"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["add", "value"][0] == pytest.approx(0.3775, abs=1e-12)
    assert found["sigmoid", "value"] == pytest.approx([0.593269992, 0.596884378], abs=5e-10)
    assert found["sigmoid_1", "value"] == pytest.approx([0.75136507, 0.772928465], abs=5e-9)
    after = found["hidden.weight", AFTER], found["output.weight", AFTER]
    assert after[0].ravel() == pytest.approx([0.149780716, 0.19956143, 0.24975114, 0.29950229], abs=5e-9)
    assert after[1].ravel() == pytest.approx([0.35891648, 0.408666186, 0.511301270, 0.561370121], abs=5e-9)
    numbers = LessonNumbers(LESSONS["two-layers-mazur"]).at_first
    assert numbers["loss_mixed"].item() == pytest.approx(0.291027924, abs=5e-10)
    assert numbers["loss_after"].item() < numbers["loss_mixed"].item() - 1e-7


def test_the_number_that_is_called_paper_is_drawn_white(tmp_path):
    """Lesson 4 once called 0 dark, and its sheets drew 1 dark."""
    path = Made("convolution", tmp_path).path
    assert "0 is paper and 1 is ink" in " ".join(LESSONS["convolution"].before)
    area = next(entry.grid for entry in read_index(path) if entry.key == "picture").area
    rules = load_sheet(path, "Network").conditional_formatting
    (scale,) = [rule.colorScale for each in rules if str(each.sqref) == area for rule in each.rules if rule.colorScale]
    low, high = (color.rgb for color in scale.color)
    assert low == "FFFFFFFF"
    assert high < low
