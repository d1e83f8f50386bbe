"""Steps of strangers' modules: numbers picked, added where they belong, detached; and where a number comes from."""

import re
from string import ascii_uppercase as LETTERS

import pytest
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from openpyxl.utils.cell import rows_from_range
from torch import nn

from excel_export import export
from tests.support.kinds import DIGIT, NUMBER
from tests.support.live import Live
from tests.support.story_sheets import story_of


class Rolled(nn.Module):
    """Rows are rolled, as in a window that is shifted: each number is one of another place."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv, self.lin = nn.Conv2d(1, 2, 1), nn.Linear(2, 3)

    def forward(self, x, label):
        x = torch.index_select(self.conv(x), 2, torch.tensor([1, 2, 3, 0])).tanh()
        return F.cross_entropy(self.lin(x.mean((2, 3))), label)


class Scattered(nn.Module):
    """What each edge carries is added up where it leads, as in a layer of a graph."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.lin = nn.Linear(3, 2)

    def forward(self, x, label):
        sent = self.lin(x).relu()[torch.tensor([0, 1, 1, 2])]
        index = torch.tensor([1, 0, 2, 1])[:, None].expand(4, 2)
        return F.cross_entropy(torch.zeros(3, 2).scatter_add(0, index, sent), label)


class Cut(nn.Module):
    """A number is detached although a gradient arrives behind it."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.one, self.two = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x, label):
        h = self.one(x)
        return F.cross_entropy(self.two(h * (2 * h.detach()).sigmoid()), label)


class TwoHeads(nn.Module):
    """Two layers read the same numbers, and each has a loss of its own."""

    def __init__(self, loss):
        super().__init__()
        torch.manual_seed(1)
        self.loss, self.lin, self.one, self.two = loss, nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x, label, wanted):
        h = self.lin(x).tanh()
        return F.cross_entropy(self.one(h), label) + self.loss(self.two(h), label, wanted)


def _story(module, inputs, tmp_path):
    assert export(module, inputs, tmp_path / "net.xlsx").ok
    sheets = story_of(tmp_path / "net.xlsx")
    assert all(sheet.stored[check] == "✓" for sheet in sheets for check, _, _ in sheet.checks)
    return sheets


def test_what_only_picks_numbers_has_no_sheet(tmp_path):
    inputs = torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(2)), torch.tensor([1])
    sheets = _story(Rolled(), inputs, tmp_path)
    assert not [sheet.name for sheet in sheets if "select" in sheet.name]
    assert [sheet.name for sheet in sheets if "tanh" in sheet.name]


def test_what_a_scatter_may_add_is_listed(tmp_path):
    inputs = torch.randn(3, 3, generator=torch.Generator().manual_seed(2)), torch.tensor([0, 1, 1])
    [sheet] = [each for each in _story(Scattered(), inputs, tmp_path) if "scatter" in each.name]
    assert "1 if it comes here" in sheet.said
    assert sum(isinstance(number, float) for number in sheet.stored.values()) > 12


def test_labels_pick_their_probabilities(tmp_path):
    inputs = torch.randn(3, 3, generator=torch.Generator().manual_seed(2)), torch.tensor([0, 1, 1])
    module = Scattered()
    [sheet] = [each for each in _story(module, inputs, tmp_path) if each.name.endswith("softmax and loss")]
    assert "it picks" in sheet.said


def test_of_what_is_detached_the_largest_gradient_is_shown_and_why_it_ends(tmp_path):
    inputs = torch.randn(1, 3, generator=torch.Generator().manual_seed(2)), torch.tensor([1])
    [sheet] = [each for each in _story(Cut(), inputs, tmp_path) if each.name.endswith("dead end")]
    assert any("wants no gradient" in text for text in sheet.said)
    assert not any(text.startswith("0 × 0") for text in sheet.worked.values())


SECOND = {
    "a probability that is picked": lambda made, label, wanted: F.cross_entropy(made, 1 - label),
    "parts of a mean, beside the tensors": lambda made, label, wanted: F.smooth_l1_loss(made.softmax(1), wanted),
}


@pytest.mark.parametrize("what", SECOND)
def test_a_second_loss_is_written_out_with_all_its_numbers(what, tmp_path):
    x = torch.randn(1, 3, generator=torch.Generator().manual_seed(3))
    sheets = _story(TwoHeads(SECOND[what]), (x, torch.tensor([1]), torch.tensor([[0.3, 0.9]])), tmp_path)
    [sheet] = [each for each in sheets if each.name.endswith("second way")]
    lines = [sheet.stored[cell] for cell in sheet.worked]
    assert lines
    assert not any("()" in line for line in lines), lines


def test_a_gradient_says_which_sheet_works_it_out(made_of):
    sheets = {sheet.name: sheet for sheet in story_of(made_of("slice-regression alone").path)}
    assert "gradient (sheet 9)" in sheets["11 back, last conv"].said
    assert "× how fast the sum grows with 'digit read' (sheet 7)" in sheets["10 dead end"].said


LAYERS_BETWEEN = {
    "5 pool": (["1×1 conv", "third conv", "score"], [4, 71, 53], [3.1725, 0.7037, 0.9525, 8.0756]),
    "12 back through": (["ReLU of 1×1 conv", "max pool"], [17, 7], [-0.7948, -0.1488, 0.3238]),
}
"""The layers without a sheet, how many other products each adds up, and the numbers between them."""


@pytest.mark.parametrize("name", LAYERS_BETWEEN)
def test_of_a_layer_without_a_sheet_one_product_is_written_out(name, made_of):
    """A row for each: number × weight = product, and what all products make, which is the next row's number."""
    layers, others, numbers = LAYERS_BETWEEN[name]
    [sheet] = [sheet for sheet in story_of(made_of("slice-regression alone").path) if sheet.name == name]
    found = []
    for cell, text in sheet.stored.items():
        if not re.fullmatch(r"\+ \d+ others.* =", str(text)):
            continue
        row = {key: value for key, value in sheet.stored.items() if re.fullmatch(rf"[A-Z]+{cell.lstrip(LETTERS)}", key)}
        [product] = [key for key in row if re.fullmatch(r"[A-Z]+\d+\*[A-Z]+\d+", sheet.formulas.get(key, ""))]
        factors = [row[key] for key in sheet.formulas[product].split("*")]
        assert factors[0] * factors[1] == pytest.approx(row[product], rel=1e-12)
        result = [*row.values()][-1]
        found.append(([each for each in row.values() if each in layers][-1], int(text.split()[1]), factors[0], result))
    assert [each[0] for each in found] == layers
    assert [each[1] for each in found] == others
    assert [each[2] for each in found] == pytest.approx(numbers[:-1], abs=5e-5)
    assert [each[3] for each in found] == pytest.approx(numbers[1:], abs=5e-5)
    counted = [
        re.fullmatch(r"(?:at the edge: )?(?:reads|feeds) (\d+) maps × (\d)×(\d) = (\d+) numbers", text)
        for text in sheet.said
    ]
    counts = [[int(part) for part in each.groups()] for each in counted if each]
    assert [each[-1] - 1 for each in counts] == others
    assert all(maps * rows * cols == all_of_them for maps, rows, cols, all_of_them in counts)


class Bordered(nn.Module):
    """A convolution with a border, of a picture whose corner counts most."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv, self.lin = nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.Linear(50, 2)

    def forward(self, x, label):
        return F.cross_entropy(self.lin(self.conv(x).relu().flatten(1)), label)


def test_a_window_at_the_border_stands_on_its_map_and_says_where_it_is(tmp_path):
    x = torch.full((1, 1, 5, 5), 0.01)
    x[..., 0, 0] = 5
    [sheet] = [each for each in _story(Bordered(), (x, torch.tensor([1])), tmp_path) if each.name == "2 convolution"]
    assert any("reaches over the border" in text for text in sheet.said)
    assert "x" in sheet.said


def test_a_layer_without_a_sheet_is_said_to_work_like_one_that_has_one(made_of):
    sheets = {sheet.name: sheet for sheet in story_of(made_of("slice-regression alone").path)}
    for name, text, leads_to in (
        ("5 pool", "As on sheet 4: one product from each later layer", "4 deeper layer"),
        ("6 softmax and loss", "The last layer computes the scores, as on sheet 4.", "4 deeper layer"),
        (
            "12 back through",
            "First, the intermediate gradients are computed as on sheet 11.",
            "11 back, last conv",
        ),
    ):
        assert (text, leads_to) in {(link.text, link.leads_to) for link in sheets[name].links}, name


def test_maps_of_one_layer_have_one_colour_scale(made_of):
    sheets = {sheet.name: sheet for sheet in story_of(made_of("slice-regression alone").path)}
    for name, count in (("2 convolution", 5), ("4 deeper layer", 6), ("13 back, second conv", 5)):
        rules = [
            each
            for each in sheets[name].xml.iter("{*}conditionalFormatting")
            if each.find(".//{*}colorScale") is not None
        ]
        alike = [each for each in rules if len(each.get("sqref").split()) == count]
        assert alike, name
        for rule in alike:
            highest = rule.findall(".//{*}cfvo")[-1].get("val").replace("$", "")
            assert all(area in highest for area in rule.get("sqref").split()), name


def test_the_number_that_the_weight_meets_is_computed_from_the_pixels_in_cells(made_of, tmp_path):
    path = made_of("slice-regression alone").path
    sheet = next(sheet for sheet in story_of(path) if sheet.name == "1 what goes in")
    [(_, result, own)] = sheet.checks
    assert sheet.stored[own] == pytest.approx(2.7165, abs=5e-5)
    [area] = re.findall(r"AVERAGE\((\w+:\w+)\)", sheet.formulas[result])
    scaled = [cell for row in rows_from_range(area) for cell in row if cell in sheet.formulas]
    shifted = [sheet.formulas[cell].split("/")[0] for cell in scaled]
    pixels = [sheet.formulas[cell].split("-")[0] for cell in shifted]
    assert [sheet.stored[cell] for cell in pixels] == [253, 254, 253, 227]
    live = Live(path, tmp_path)
    live.type({(sheet.name, pixels[0]): 0}, over_formulas=True)
    assert live.value((sheet.name, result)) == pytest.approx(sheet.stored[own] - 253 / 78.5655 / 4, abs=1e-5)
    assert live.value((sheet.name, sheet.checks[0][0])) == "≠"


def test_the_parameters_of_the_layers_add_up_to_those_of_the_network(made_of):
    made = made_of("slice-regression alone")
    sheet = next(sheet for sheet in story_of(made.path) if sheet.name == "1 what goes in")
    counts = [int(each[1]) for text in sheet.said if (each := re.fullmatch(r"(\d+) parameters", text))]
    count = sum(parameter.numel() for parameter in made.module.parameters())
    assert sum(counts) == count
    assert f"{' + '.join(map(str, counts))} = {count:,} parameters: weights and biases" in sheet.said


def test_why_a_class_is_followed_is_said_only_while_it_is_so(made_of, tmp_path):
    path = made_of("slice-regression alone").path
    sheet = next(sheet for sheet in story_of(path) if sheet.name == "1 what goes in")
    [(cell, said)] = [(cell, text) for cell, text in sheet.stored.items() if str(text).startswith("We follow class")]
    assert said == "We follow class 5: of the wrong answers, it has the highest score."
    live = Live(path, tmp_path)
    live.type({"chosen_digit": 5})
    assert not live.value((sheet.name, cell))


class Stopped(nn.Module):
    """Two convolutions, and behind the second ReLU a factor, which may be 0, so that no gradient comes back."""

    def __init__(self, factor):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.last = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 4, 2), nn.Linear(64, 3)
        self.register_buffer("factor", torch.tensor([factor, 1.0, factor, 1.0]).reshape(1, 4, 1, 1))

    def forward(self, x, label):
        x = self.second(self.first(x).relu()).relu() * self.factor
        return F.cross_entropy(self.last(x.flatten(1)), label)


@pytest.mark.parametrize(("factor", "is_why"), [(1.0, True), (0.0, False)])
def test_relu_is_named_for_gradients_of_0_only_where_nothing_else_can_be_why(factor, is_why, tmp_path):
    x = torch.randn(1, 1, 7, 7, generator=torch.Generator().manual_seed(2))
    sheets = _story(Stopped(factor), (x, torch.tensor([1])), tmp_path)
    [sheet] = [sheet for sheet in sheets if sheet.name.endswith("back, second")]
    [said] = [text for text in sheet.said if "gradients are 0" in text]
    assert said.endswith("are 0: ReLU let nothing through.") == is_why


@pytest.mark.slow
def test_a_box_with_the_name_of_a_number_shows_that_number(made_of):
    """The true sum's box also turns the number to add into a whole number, which has another name."""
    values = load_workbook(made_of("slice-onehot alone").path, data_only=True)["1 what goes in"]
    [name] = [cell for line in values.iter_rows() for cell in line if cell.value == "true sum"]
    below = (values.cell(name.row + down, name.column).value for down in range(1, 6))
    assert next(number for number in below if number is not None) == DIGIT.label + NUMBER


class Line(nn.Module):
    """A few weights, and a bias or none."""

    def __init__(self, width, *, bias):
        super().__init__()
        torch.manual_seed(1)
        self.line = nn.Linear(width, 1, bias=bias)

    def forward(self, x):
        return F.softplus(self.line(x)).sum()


@pytest.mark.parametrize(
    ("width", "bias", "said"),
    [
        (1, False, "Does it help?"),
        (1, True, "Both parameters take such a step at once. Does it help?"),
        (2, True, "All 3 weights and biases take such a step at once. Does it help?"),
    ],
)
def test_who_takes_the_step_is_said_of_one_of_two_and_of_more(width, bias, said, tmp_path):
    sheets = _story(Line(width, bias=bias), (torch.ones(1, width),), tmp_path)
    assert [text for sheet in sheets for text in sheet.said if "Does it help?" in text] == [said]
