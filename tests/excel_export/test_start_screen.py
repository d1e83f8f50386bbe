"""The first screen of Start, 1240 by 440 pixels: what goes in, what comes out, what may be changed, and the way on."""

import re

import pytest
import torch
import torch.nn.functional as F
from openpyxl.utils import column_index_from_string, get_column_letter
from torch import nn

from excel_export import export
from mnist_adder.data.bundled import bundled_digits
from tests.support.cells import cells_of, named_cell
from tests.support.conditional_formats import ConditionalFormats
from tests.support.kinds import ONE_HEAD
from tests.support.live import Live
from tests.support.sheets import load_sheet
from tests.support.tiny import Tiny, X

WIDTH, HEIGHT, ROW = 1240, 440, 20
PICTURE, SQUARES, NUMBER, RESULT = 2, 28, 4, 31


class Screen:
    """Where the cells of Start lie, in pixels."""

    def __init__(self, path):
        self.sheet = load_sheet(path, "Start")
        self._heights = {row: dim.height for row, dim in self.sheet.row_dimensions.items() if dim.height}
        self._widths = {}
        for dim in self.sheet.column_dimensions.values():
            for col in range(dim.min, min(dim.max, 60) + 1):
                self._widths[col] = 0 if dim.hidden else round(dim.width * 7)
        self._merged = {area.coord.split(":")[0]: area for area in self.sheet.merged_cells.ranges}

    def left(self, col):
        return sum(self._widths.get(each, 64) for each in range(1, col))

    def top(self, row):
        return sum(self._heights.get(each, 15) for each in range(1, row)) / 0.75

    def box(self, text):
        """The left, top, right and bottom end of what says a text, or of a cell."""
        place = next(c.coordinate for line in self.sheet.iter_rows() for c in line if text in (c.value, c.coordinate))
        area = self._merged.get(place)
        first = self.sheet[place]
        last_row, last_col = (area.max_row, area.max_col) if area else (first.row, first.column)
        return self.left(first.column), self.top(first.row), self.left(last_col + 1), self.top(last_row + 1)


@pytest.mark.slow
@pytest.mark.parametrize("head", ONE_HEAD)
def test_the_first_screen_of_the_teaching_workbook_is_one_screen_of_a_laptop(head, made_of, tmp_path):
    path = made_of(f"slice-{head} alone").path
    screen, live = Screen(path), Live(path, tmp_path)
    cells = [cell for line in screen.sheet.iter_rows() for cell in line]
    begin = next(c.hyperlink for c in cells if c.hyperlink and c.hyperlink.location == "'1 what goes in'!A1")
    boxes = [screen.box(text) for text in (
        "What goes in", "The digit it reads", "How sure it is", "The sum it gives", "The picture", "Learning rate",
        "The digit's loss", "Did the step help?", "Does it agree with PyTorch?", begin.ref.split(":")[0],
        named_cell(path, "learning_rate")[1],
    )]  # fmt: skip
    assert all(right <= WIDTH and bottom <= HEIGHT for _, _, right, bottom in boxes)
    left, top, right, bottom = boxes[9]
    assert (right - left) * (bottom - top) >= 30_000, "one large way into the story"
    assert screen.left(RESULT) - screen.left(PICTURE + SQUARES) <= 20, "what is read stands beside the picture"
    first = screen.sheet["B7"]
    assert screen.top(first.row + SQUARES) <= HEIGHT
    digits = bundled_digits()
    for name, digit in (("a messy 3", digits[7]), ("a clear 1", digits[2])):
        live.type({"picture": name})
        shown = [[live.value(("Start", first.offset(k, j).coordinate)) for j in range(SQUARES)] for k in range(SQUARES)]
        assert shown == digit.pixels.tolist()


class Reads(nn.Module):
    """Names one of four classes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 4)

    def forward(self, x, label):
        return F.cross_entropy(self.layer(x), label)


def beside(screen, live, text):
    """The value right of what says a text."""
    cell = next(c for line in screen.sheet.iter_rows() for c in line if c.value == text)
    return live.value(("Start", cell.offset(0, 1).coordinate))


def test_what_is_read_and_how_sure_are_shown_of_any_classifier(tmp_path):
    path, x = tmp_path / "net.xlsx", torch.tensor([[0.5, -1.0, 2.0]])
    export(Reads(), {"x": x, "label": torch.tensor([1])}, path)
    screen, live = Screen(path), Live(path, tmp_path)
    p = torch.softmax(Reads().double().layer(x.double()), 1)[0]
    assert beside(screen, live, "The likeliest class") == p.argmax().item()
    assert beside(screen, live, "How sure it is") == pytest.approx(p.max().item(), rel=1e-12)


def test_the_larger_loss_has_the_longer_bar(tmp_path):
    path = tmp_path / "tiny.xlsx"
    export(Tiny(), (X,), path)
    screen, live = Screen(path), Live(path, tmp_path)
    last = get_column_letter(column_index_from_string(named_cell(path, "learning_rate")[1][:2]) + 2)
    row = next(c.row for line in screen.sheet.iter_rows() for c in line if c.value == "The loss" and c.font.size < 13)
    for rate in (0.01, 3):
        live.type({"learning_rate": rate})
        now, after = live.value("loss"), live.value("loss_after")
        lengths = [len(live.value(("Start", f"{last}{row + k}"))) for k in range(2)]
        assert lengths == [round(30 * loss / max(now, after)) for loss in (now, after)]


def test_numbers_of_a_small_input_are_shown_as_such(tmp_path):
    path = tmp_path / "tiny.xlsx"
    export(Tiny(), (X,), path)
    live = Live(path, tmp_path)
    first = Screen(path).sheet["B7"]
    places = [("Start", first.offset(0, NUMBER * k).coordinate) for k in range(X.numel())]
    assert [live.value(place) for place in places] == X.flatten().tolist()
    live.type({cells_of(path, "x")[0]: 0.125})
    assert live.value(places[0]) == 0.125


def test_minus_infinity_is_shown_as_such_and_a_large_number_as_a_power(tmp_path):
    """The first rule that says how a number is written counts."""

    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

        def forward(self, mask):
            return torch.softmax(self.w + mask, -1)[0] ** 2

    export(Masked(), (torch.tensor([0.0, -torch.inf, 0.0]),), tmp_path / "net.xlsx")
    rules = load_sheet(tmp_path / "net.xlsx", "Start").conditional_formatting
    [of_numbers] = [area.rules for area in rules if str(area.sqref).startswith("B7:")]
    written = [rule.dxf.numFmt.formatCode for rule in of_numbers if rule.dxf and rule.dxf.numFmt]
    assert written == ['"−∞";"−∞"', "0.0E+0;-0.0E+0;0"]


def test_inputs_that_are_single_numbers_are_listed(tmp_path):
    class Product(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor(2.0))

        def forward(self, speed, time):
            return (self.w * speed * time) ** 2

    path = tmp_path / "product.xlsx"
    export(Product(), {"speed": torch.tensor(3.0), "time": torch.tensor(0.5)}, path)
    sheet, live = Screen(path).sheet, Live(path, tmp_path)
    shown = {sheet[f"B{row}"].value: live.value(("Start", f"P{row}")) for row in (7, 9)}
    assert shown == {"speed": 3.0, "time": 0.5}


def test_a_remark_is_red_and_bold_where_what_was_typed_is_not_used(tmp_path):
    export(Tiny(), (X,), tmp_path / "net.xlsx")
    live = Live(tmp_path / "net.xlsx", tmp_path)
    row = int(re.search(r"\d+", live.names["learning_rate"][1])[0])
    cells = [("Start", f"{get_column_letter(col)}{row}") for col in range(1, 60)]
    looks = ConditionalFormats(load_sheet(tmp_path / "net.xlsx", "Start"), live, cells)
    assert not any(looks.ink(cell) for cell in cells)
    live.type({"learning_rate": "fast"})
    (remark,) = [cell for cell in cells if "please" in str(live.value(cell))]
    assert (looks.ink(remark), looks.of(remark).dxf.font.b) == ("B42318", True)


def test_start_says_why_the_loss_grows(tmp_path):
    """The loss is 50·w² at w = 1: a step by the gradient 100 is too long from a rate of 0.02 on."""

    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(()))

        def forward(self, x):
            return (x * self.w).square().sum()

    export(Steep(), (torch.tensor([5.0, 5.0]),), tmp_path / "steep.xlsx")
    live = Live(tmp_path / "steep.xlsx", tmp_path)
    for rate, words in (
        (0.5, "No, the step was too long: the loss grows from 50 to"),
        (-0.1, "No, a negative rate goes uphill: the loss grows from 50 to"),
        (0.001, "Yes, the loss falls from 50 to 40.5"),
        (0, "There was no step: the learning rate is 0"),
    ):
        live.type({"learning_rate": rate})
        texts = [live.value(("Start", f"{col}{row}")) for col in ("AI", "AH") for row in range(1, 60)]
        assert any(isinstance(text, str) and text.startswith(words) for text in texts), (rate, texts)
