"""Which steps a story has, and which layout each: by what an element reads, for any module, of any size."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from openpyxl.utils.cell import rows_from_range
from torch import nn

from excel_export import export
from tests.support.live import Live
from tests.support.story_sheets import StorySheet, story_of
from tests.support.story_workbooks import TEACHING

MARKS = {
    "window": (r"under the window", (TEACHING, "example small_cnn")),
    "channels": (r"Their sum over all \d+ maps", (TEACHING,)),
    "maps": (r"^\d+ of \d+ numbers here are below 0", (TEACHING, "example small_cnn")),
    "table": (r"^The same rule applies to every number\.$", ("example xor", "example oscillation")),
    "table of shares": (r"e\^\(score − largest\)", (TEACHING, "lesson softmax", "lesson attention")),
    "matrix": (
        r"weighted sum of the \d+ numbers above, with the weights of its row",
        ("example xor", "example attention"),
    ),
    "operations": (r"^μ of each row$", ("example transformer_encoder",)),
    "boxes": (r"one number that says how wrong the network is", (TEACHING, "example oscillation")),
    "a second way": (r"second path to the loss", (TEACHING,)),
    "map × map": (r"input × gradient|once per position of its window", (TEACHING, "lesson convolution")),
    "dead end": (r"is a dead end", (TEACHING,)),
    "path": (r"One path, from the weight to the loss", (TEACHING, "example xor", "lesson one-neuron")),
    "update": (r"One training step", (TEACHING, "example xor", "lesson one-neuron")),
    "terms": (r"^the sum of all rows [=≈]$", ("example attention", "lesson two-layers")),
}
"""What only a sheet of a layout says, and shipped workbooks that have it."""


def marks_of(sheet: StorySheet) -> set[str]:
    """The layouts of which a sheet has the mark."""
    return {layout for layout, (mark, _) in MARKS.items() if any(re.search(mark, text) for text in sheet.said)}


@pytest.mark.parametrize(("layout", "kind"), [(layout, kind) for layout, (_, kinds) in MARKS.items() for kind in kinds])
def test_each_layout_is_met_in_what_ships(layout, kind, made_of):
    assert any(layout in marks_of(sheet) for sheet in story_of(made_of(kind).path))


def test_a_sheet_has_one_layout(made_of):
    for sheet in story_of(made_of(TEACHING).path):
        assert len(marks_of(sheet)) <= 1, sheet.name


class Around(nn.Module):
    """What is asked for, behind a layer and before a loss."""

    def __init__(self, part, shape):
        super().__init__()
        torch.manual_seed(3)
        self.part, self.before = part, nn.Linear(shape[-1], shape[-1])
        with torch.no_grad():
            self.wanted = part(self.before(torch.randn(shape))).mul(0).add(0.25)

    def forward(self, x):
        return F.mse_loss(self.part(self.before(x)), self.wanted)


class Mixes(nn.Module):
    def forward(self, x):
        return torch.softmax(x @ x.mT, -1) @ x


@pytest.mark.parametrize(
    ("part", "shape", "step", "layout"),
    [
        (nn.Conv2d(1, 1, 2), (1, 1, 4, 4), "convolution", "window"),
        (nn.Conv2d(1, 2, 3), (1, 1, 5, 5), "convolution", "window"),
        (nn.MaxPool2d(2), (1, 1, 4, 4), "pool", "window"),
        (nn.Conv2d(3, 1, 2), (1, 3, 4, 4), "convolution", "channels"),
        (nn.ReLU(), (1, 1, 5, 5), "ReLU", "maps"),
        (nn.Tanh(), (1, 1, 6, 6), "tanh", "maps"),
        (nn.Tanh(), (1, 4), "tanh", "table"),
        (nn.Sigmoid(), (1, 4), "sigmoid", "table"),
        (nn.Softmax(-1), (2, 4), "softmax", "table of shares"),
        (nn.Sequential(nn.Tanh(), nn.Linear(4, 3)), (1, 4), "linear layer", "matrix"),
        (Mixes(), (3, 2), "product", "matrix"),
        (nn.LayerNorm(4), (12, 4), "layer norm", "operations"),
        (nn.Sequential(nn.Tanh(), nn.Linear(30, 40)), (1, 30), "linear layer", "terms"),
    ],
)
def test_the_layout_follows_from_what_an_element_reads(part, shape, step, layout, tmp_path):
    assert export(
        Around(part, shape), (torch.randn(shape, generator=torch.Generator().manual_seed(1)),), tmp_path / "net.xlsx"
    ).ok
    sheets = story_of(tmp_path / "net.xlsx")
    [sheet] = [sheet for sheet in sheets if sheet.name.split(" ", 1)[1] == step]
    assert layout in marks_of(sheet), (sheet.name, sheet.said)


def test_the_steps_stand_in_the_order_of_computation_and_then_back(made_of):
    order = ["picture", "convolution", "ReLU", "deeper layer", "pool", "softmax and loss", "second way", "the loss"]
    names = [sheet.name.split(" ", 1)[1] for sheet in story_of(made_of(TEACHING).path)]
    assert [name for name in names if name in order][:8] == [name for name in order if name in names]
    assert names[-3:] == ["a weight", "the path", "learn"]
    assert names.index("the loss") < names.index("back, loss") < names.index("dead end") < names.index("a weight")


@pytest.mark.parametrize("kind", ["part from", "part to"])
def test_a_part_of_a_network_has_its_story(kind, made_of):
    names = [sheet.name for sheet in story_of(made_of(kind).path)]
    assert len(names) >= 8
    assert names[-1].endswith("learn")


def test_a_network_that_is_not_one_picture_has_its_story(made_of):
    """One of so many cells that its layers lie on sheets of their own."""
    path = made_of("odd names").path
    assert len(story_of(path)) >= 6
    read = {
        name
        for sheet in story_of(path)
        for formula in sheet.formulas.values()
        for name in re.findall(r"'([^']+)'!", formula)
    }
    assert len(read) > 3, "its operands lie on several sheets"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["example tiny_gpt", "full-regression"])
def test_a_large_network_has_a_story_that_agrees(kind, made_of, tmp_path):
    made = made_of(kind)
    sheets = story_of(made.path)
    assert 10 <= len(sheets) <= 16
    live = Live(made.path, tmp_path)
    assert sum(len(sheet.checks) for sheet in sheets) >= 8
    for sheet in sheets:
        for cell, _, _ in sheet.checks:
            assert live.value((sheet.name, cell)) == "✓", f"{sheet.name}!{cell}"
        assert max(sheet.edges[1].values()) <= 440, sheet.name
        assert max(sheet.edges[0].values()) <= 1240, sheet.name


class Endless(nn.Module):
    """Many layers of many kinds."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        kinds = [
            nn.Tanh(),
            nn.Sigmoid(),
            nn.ReLU(),
            nn.GELU(),
            nn.SiLU(),
            nn.ELU(),
            nn.Softplus(),
            nn.LayerNorm(3),
            nn.Hardtanh(),
        ]
        layers = [layer for kind in kinds * 2 for layer in (nn.Linear(3, 3), kind)]
        self.layers = nn.Sequential(*layers, nn.Linear(3, 2))

    def forward(self, x, label):
        return F.cross_entropy(self.layers(x), label)


def test_a_story_has_at_most_sixteen_steps_and_keeps_its_ends(tmp_path):
    assert export(Endless(), (torch.ones(1, 3), torch.tensor([1])), tmp_path / "net.xlsx").ok
    names = [sheet.name.split(" ", 1)[1] for sheet in story_of(tmp_path / "net.xlsx")]
    assert len(names) <= 16
    assert names[-3:] == ["a weight", "the path", "learn"]
    assert any("loss" in name for name in names)
    assert "linear layer" in names


def test_a_line_names_few_of_many_layers(tmp_path):
    torch.manual_seed(5)
    layers = [layer for _ in range(60) for layer in (nn.Linear(2, 2), nn.Tanh())]
    module = Around(nn.Sequential(*layers), (1, 2))
    assert export(module, (torch.ones(1, 2),), tmp_path / "net.xlsx").ok
    lines = [text for sheet in story_of(tmp_path / "net.xlsx") for text in sheet.said if "layer by layer" in str(text)]
    assert all(str(line).count(",") <= 8 for line in lines)


class TwoLosses(nn.Module):
    """Two losses of one output, put together by what is asked for."""

    def __init__(self, together):
        super().__init__()
        torch.manual_seed(6)
        self.layer, self.together = nn.Linear(2, 2), together

    def forward(self, x):
        made = self.layer(x)
        return self.together(F.mse_loss(made, torch.ones(1, 2)), F.smooth_l1_loss(made, -torch.ones(1, 2)))


@pytest.mark.parametrize(
    ("together", "are_added"),
    [(torch.add, True), (torch.mul, False), (torch.sub, False), (lambda one, two: one.add(two, alpha=3), False)],
)
def test_losses_are_said_to_be_added_where_they_are(together, are_added, tmp_path):
    assert export(TwoLosses(together), (torch.tensor([[0.5, -1.0]]),), tmp_path / "net.xlsx").ok
    sheets = story_of(tmp_path / "net.xlsx")
    assert any("It is a sum: if one part" in str(text) for sheet in sheets for text in sheet.said) == are_added


class SecondWay(nn.Module):
    """What is read decides, beside the scores: two layers make a number of it, and a loss of their own."""

    def __init__(self, between):
        super().__init__()
        torch.manual_seed(1)
        self.scores, self.wide, self.one, self.between = nn.Linear(6, 3), nn.Linear(2, 4), nn.Linear(4, 1), between()

    def forward(self, x, label, number, wanted):
        scores = self.scores(x)
        read = torch.stack([scores.argmax(1).float(), number], 1)
        made = self.one(self.between(self.wide(read)))
        return F.cross_entropy(scores, label) + F.mse_loss(made, wanted)


@pytest.mark.parametrize("between", [nn.Identity, lambda: nn.Linear(4, 4), nn.ReLU])
def test_all_weights_beside_the_thread_are_drawn_where_nothing_bends(between, tmp_path):
    module = SecondWay(between)
    inputs = torch.randn(1, 6), torch.tensor([1]), torch.tensor([2.5]), torch.tensor([[4.0]])
    assert export(module, inputs, tmp_path / "net.xlsx").ok
    [sheet] = [sheet for sheet in story_of(tmp_path / "net.xlsx") if sheet.name.endswith("second way")]
    numbers = [number for number in sheet.stored.values() if isinstance(number, float)]
    together = (
        module.one.weight @ getattr(module.between, "weight", torch.eye(4)) @ module.wide.weight[:, :1]
    )  # of what is read
    drawn = [*module.wide.parameters(), *module.between.parameters(), *module.one.parameters(), together]
    found = [any(abs(number - each) < 1e-6 for number in numbers) for each in torch.cat([w.flatten() for w in drawn])]
    assert sum(found) == (0 if isinstance(module.between, nn.ReLU) else len(found))
    assert all(sheet.stored[check] == "✓" for check, _, _ in sheet.checks)


class Sees(nn.Module):
    """Two convolutions, each with a ReLU; a pool behind the first or the second."""

    def __init__(self, *, pools_first):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.second, self.last = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 12, 2), nn.Linear(48, 3)
        self.pools_first = pools_first

    def forward(self, x, label):
        x = self.first(x).relu()
        x = self.second(F.max_pool2d(x, 2)).relu() if self.pools_first else F.max_pool2d(self.second(x).relu(), 2)
        return F.cross_entropy(self.last(x.flatten(1)), label)


@pytest.mark.parametrize(("pools_first", "size", "behind"), [(False, 7, ["ReLU"]), (True, 8, ["pool", "ReLU"])])
def test_a_layer_between_two_switches_is_a_step_back_of_its_own(pools_first, size, behind, tmp_path):
    module = Sees(pools_first=pools_first)
    inputs = torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(2)), torch.tensor([1])
    assert export(module, inputs, tmp_path / "net.xlsx").ok
    sheets = story_of(tmp_path / "net.xlsx")
    assert any(sheet.name.endswith("back through") for sheet in sheets) != pools_first
    [sheet] = [sheet for sheet in sheets if sheet.name.endswith("back, second")]
    pattern = re.compile(r"(?:back through )?(\w+)(?:, where|:) −?\d+\.\d{4} (?:[>≤] 0|became )")
    steps = [pattern.match(str(text)) for text in sheet.stored.values()]
    assert [step[1] for step in steps if step] == behind
    assert len(sheet.checks) == 1 + len(behind)
    assert [sheet.stored[check] for check, _, _ in sheet.checks] == ["✓"] * len(sheet.checks)
    assert max(sheet.edges[0].values()) <= 1240
    assert max(sheet.edges[1].values()) <= 440


class Spread(nn.Module):
    """A convolution and a transposed one, on whose way back the weights are not turned."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.second, self.last = nn.Conv2d(1, 3, 2), nn.ConvTranspose2d(3, 4, 2), nn.Linear(64, 3)

    def forward(self, x, label):
        return F.cross_entropy(self.last(self.second(self.first(x).relu()).relu().flatten(1)), label)


@pytest.mark.parametrize(("module", "size", "is_turned"), [(Sees(pools_first=False), 7, True), (Spread(), 4, False)])
def test_on_the_way_back_gradients_stand_as_in_their_map(module, size, is_turned, tmp_path):
    """And each beside the weight that was used there: those of a convolution turned round, and the sheet says so."""
    inputs = torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(2)), torch.tensor([1])
    assert export(module, inputs, tmp_path / "net.xlsx").ok
    [sheet] = [sheet for sheet in story_of(tmp_path / "net.xlsx") if sheet.name.endswith("back, second")]
    [head] = [text for text in sheet.said if "the filter weights" in text]
    assert head.endswith("rotated 180°") == is_turned
    assert any("rotated? " in text for text in sheet.said) == is_turned
    turn = -1 if is_turned else 1
    own = {tuple(part.flatten().tolist()[::turn]) for part in next(module.second.parameters()).flatten(0, 1)}
    blocks = re.findall(r"SUMPRODUCT\((\w+:\w+),(\w+:\w+)\)", " ".join(sheet.formulas.values()))
    assert blocks
    for gradients, weights in blocks:
        drawn = tuple(sheet.stored[cell] for cell in _cells(weights))
        assert any(np.allclose(drawn, each, rtol=1e-6) for each in own), weights
        read = [[int(part) for part in re.findall(r"\d+", sheet.formulas[cell])] for cell in _cells(gradients)]
        assert read == sorted(read), gradients


def test_each_number_that_maps_bring_home_counts_in_what_is_checked(tmp_path):
    """A number that is typed over on the sheet turns ✓ into ≠: nothing there is just what is left of the whole."""
    inputs = torch.randn(1, 1, 7, 7, generator=torch.Generator().manual_seed(2)), torch.tensor([1])
    assert export(Sees(pools_first=False), inputs, tmp_path / "net.xlsx").ok
    [sheet] = [sheet for sheet in story_of(tmp_path / "net.xlsx") if sheet.name.endswith("back, second")]
    live, check = Live(tmp_path / "net.xlsx", tmp_path), (sheet.name, sheet.checks[0][0])
    products = re.findall(r"SUMPRODUCT\((\w+:\w+),(\w+:\w+)\)", " ".join(sheet.formulas.values()))
    pairs = [pair for areas in products for pair in zip(*map(_cells, areas), strict=True)]
    assert len(pairs) == 40
    for pair in pairs:
        numbers = [live.value((sheet.name, cell)) for cell in pair]
        for cell, number, factor in zip(pair, numbers, reversed(numbers), strict=True):
            live.type({(sheet.name, cell): number + 1}, over_formulas=True)
            assert live.value(check) == ("≠" if factor else "✓"), cell
            live.type({(sheet.name, cell): number}, over_formulas=True)


def _cells(area: str) -> list[str]:
    """The cells of an area such as C5:D6, in reading order."""
    return [cell for row in rows_from_range(area) for cell in row]


def test_of_a_sum_too_long_to_be_listed_nothing_is_checked_that_is_taken_from_the_network(tmp_path):
    torch.manual_seed(1)
    wide = nn.Sequential(nn.Conv2d(1, 90, 2), nn.ReLU(), nn.Conv2d(90, 2, 2))
    assert export(Around(wide, (1, 3, 3)), (torch.randn(1, 3, 3),), tmp_path / "net.xlsx").ok
    [sheet] = [
        sheet for sheet in story_of(tmp_path / "net.xlsx") if any("sum over all 90 maps" in each for each in sheet.said)
    ]
    assert not sheet.checks
