"""Every number that the Lens shows equals autograd's: for each step and tensor, on every engine."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from tests.support.engines import each_engine, edit, recalculate, recalculate_edits
from tests.support.lens import SHEET, Frozen, Places, Shown
from tests.support.lens_choices import Chooser, check_random_choices
from tests.support.lens_truth import Truth
from tests.support.live import Live


class Net(nn.Module):
    """A convolution with all its settings, a pool, a residual, a value that is used twice, two results of one call."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(2, 4, 3, stride=2, padding=1, dilation=1, groups=2)
        self.linear = nn.Linear(16, 10)

    def forward(self, x, label):
        y = F.relu(self.conv(x))
        y = y + torch.tanh(y) * y
        y = F.max_pool2d(y, 2, stride=1, padding=0)
        z = self.linear(F.pad(y, (0, 1, 0, 1)).reshape(y.shape[0], -1)[:, :16])
        one, other = z.chunk(2, 1)
        return F.cross_entropy(torch.cat((one * one, other + one), 1), label) + z.max(1).values.mean()


def inputs_of_net():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 2, 5, 6, generator=generator).double(), torch.tensor([3, 0])


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    path = tmp_path_factory.mktemp("lens") / "net.xlsx"
    export(Net(), inputs_of_net(), path)
    return path


@pytest.fixture(scope="module")
def live(net, tmp_path_factory):
    return Live(net, tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def places(net, live):
    return Places(net, live)


@pytest.fixture
def truth():
    return Truth(Net(), inputs_of_net())


def test_every_step_shows_what_autograd_says(live, places, truth):
    assert live.value("steps") == len(truth.steps)
    assert places.step_cell == live.names["step"]
    check_random_choices(live, places, truth, seed=0)


@each_engine
def test_every_engine_shows_it(engine, net, places, truth, tmp_path):
    chooser = Chooser(truth, places, seed=3)
    for number in chooser.steps(2):
        changes, which, index = chooser.choice(number)
        found = recalculate(edit(net, changes, tmp_path / f"{number}.xlsx"), engine, tmp_path)
        truth.check(Shown(Frozen(found), places), number, which, index)


# Above, ironcalc shows every step. So does LibreOffice, which learners use; the others show different thirds.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "first", "every"), [("libreoffice", 1, 1), ("formualizer", 1, 3), ("formulon", 2, 3), ("gnumeric", 3, 3)]
)
def test_other_engines_show_many_steps(engine, first, every, net, places, truth, tmp_path):
    chooser = Chooser(truth, places, seed=4)
    numbers = range(first, len(truth.steps) + 1, every)
    choices = [chooser.choice(number) for number in numbers]
    shown = recalculate_edits(net, [changes for changes, _, _ in choices], engine, tmp_path)
    for number, (_, which, index), found in zip(numbers, choices, shown, strict=True):
        truth.check(Shown(Frozen(found), places), number, which, index)


def test_it_follows_a_changed_pixel_weight_label_and_rate(net, places, tmp_path):
    module, (x, label) = Net().double(), inputs_of_net()
    x[0, 1, 2, 3], label[1] = 2.25, 7
    with torch.no_grad():
        module.conv.weight[3, 0, 1, 2] = -0.875
    live = Live(net, tmp_path)
    live.type({places.at("x", 0, 1, 2, 3): 2.25, places.at("label", 1): 7, "learning_rate": 0.25,
               places.at("conv.weight", 3, 0, 1, 2): -0.875})  # fmt: skip
    check_random_choices(live, places, Truth(module, (x, label), rate=0.25), seed=1, count=14)


WRONG_STEPS = {"five": 1, "": 1, "=": 1, 0: 1, -4: 1, 99: 40, 3.7: 3, 1e6: 40, 1e300: 40}
WRONG_PLACES = {"five": None, "": None, -1: 0, 1e6: -1, 1.7: 1, 1e300: -1}


@pytest.mark.parametrize("typed", WRONG_STEPS)
def test_any_step_that_is_typed_shows_one_that_there_is(typed, live, places, truth):
    live.type({"step": typed, places.tensor_cell: 1} | dict.fromkeys(places.index_cells, "auto"))
    assert not live.errors(SHEET)
    assert live.value("step_shown") == WRONG_STEPS[typed]
    truth.check(Shown(live, places), WRONG_STEPS[typed])


@pytest.mark.parametrize("typed", WRONG_PLACES)
def test_any_element_that_is_typed_shows_one_that_there_is(typed, live, places, truth):
    for step in (2, 33):
        live.type({"step": step, places.tensor_cell: 1} | dict.fromkeys(places.index_cells, typed))
        shown = Shown(live, places)
        index = WRONG_PLACES[typed]
        if index is not None:
            shape = truth.shape(truth.keys_of(step)[0])
            index = tuple(size - 1 if index < 0 else min(index, size - 1) for size in shape)
        assert not live.errors(SHEET)
        truth.check(shown, step, 0, index)


@pytest.mark.parametrize(("typed", "which"), [(7, -1), ("seven", 0), ("", 0), (0, 0), (-1, 0), (2.9, 1), (1e6, -1)])
def test_any_tensor_that_is_typed_shows_one_that_there_is(typed, which, live, places, truth):
    step = max(range(1, len(truth.steps) + 1), key=lambda number: len(truth.keys_of(number)))
    live.type({"step": step, places.tensor_cell: typed} | dict.fromkeys(places.index_cells, "auto"))
    assert not live.errors(SHEET)
    truth.check(Shown(live, places), step, which)


@each_engine
def test_no_engine_shows_an_error_for_what_is_typed(engine, net, places, truth, tmp_path):
    changes = {places.step_cell: "five", places.tensor_cell: "x"} | dict(
        zip(places.index_cells, ("x", -1, 1e6, 0.5), strict=True)
    )
    found = recalculate(edit(net, changes, tmp_path / "typed.xlsx"), engine, tmp_path)
    truth.check(Shown(Frozen(found), places), 1)
