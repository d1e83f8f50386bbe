"""The first screen of Start, 1240 by 440 pixels: what may be changed, what comes of it, and the picture beside them."""

import pytest
from openpyxl.utils import get_column_letter

from excel_export import export
from excel_export.sheets.start.first_screen import FIRST, NUMBER
from excel_export.xlsx.read import read_index
from mnist_adder.data.bundled import bundled_digits
from tests.support.kinds import ONE_HEAD
from tests.support.live import Live
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X

ROW = 20


class Screen:
    """Where the cells of Start lie, in pixels."""

    def __init__(self, path):
        self.sheet = load_sheet(path, "Start")
        self._heights = {row: dim.height for row, dim in self.sheet.row_dimensions.items() if dim.height}
        self._widths = {}
        for dim in self.sheet.column_dimensions.values():
            for col in range(dim.min, min(dim.max, 60) + 1):
                self._widths[col] = 0 if dim.hidden else round(dim.width * 7)

    def bottom(self, row):
        return sum(self._heights.get(each, 15) for each in range(1, row + 1)) / 0.75

    def right(self, col):
        return sum(self._widths.get(each, 64) for each in range(1, col + 1))

    def row_of(self, label):
        return next(cell.row for (cell,) in self.sheet.iter_rows(min_col=2, max_col=2) if cell.value == label)


@pytest.mark.slow
@pytest.mark.parametrize("head", ONE_HEAD)
def test_causes_effects_and_the_picture_are_on_one_screen_of_a_laptop(head, made_of, tmp_path):
    path = made_of(f"slice-{head} alone").path
    screen, live = Screen(path), Live(path, tmp_path)
    for label in ("Lens: step by step →", "The picture", "Learning rate", "The digit it reads", "Did the step help?"):
        row = screen.row_of(label)
        assert screen.bottom(row + 1) <= 440, label
        assert screen.bottom(row + 1) - screen.bottom(row - 1) == pytest.approx(ROW), "a line is two rows"
    picture = next(row for row in range(1, 60) if screen.sheet.cell(row, FIRST).value is not None)
    assert screen.bottom(picture + 27) <= 440
    assert screen.right(37) <= 1240
    digits = bundled_digits()
    for name, digit in (("a messy 3", digits[7]), ("a clear 1", digits[2])):
        live.type({"picture": name})
        shown = [
            [live.value(("Start", screen.sheet.cell(picture + k, FIRST + j).coordinate)) for j in range(28)]
            for k in range(28)
        ]
        assert shown == digit.pixels.tolist()


def test_numbers_of_a_small_input_are_shown_as_such(tmp_path):
    path = tmp_path / "tiny.xlsx"
    export(Tiny(), (X,), path)
    screen, live = Screen(path), Live(path, tmp_path)
    row = next(row for row in range(1, 60) if screen.sheet.cell(row, FIRST).value is not None)
    places = [("Start", screen.sheet.cell(row, FIRST + NUMBER * k).coordinate) for k in range(X.numel())]
    assert [live.value(place) for place in places] == X.flatten().tolist()
    cell = next(
        (entry.grid.sheet, f"{get_column_letter(entry.grid.col)}{entry.grid.row}")
        for entry in read_index(path)
        if entry.key == "x" and entry.what == "value"
    )
    live.type({cell: 0.125})
    assert live.value(places[0]) == 0.125
