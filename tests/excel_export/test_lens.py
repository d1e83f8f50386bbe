"""Every number that the Lens shows equals autograd's: for each step and tensor, on every engine."""

import pytest
import torch
import torch.nn.functional as F
from openpyxl.utils.cell import coordinate_to_tuple
from torch import nn

from excel_export import export
from excel_export.sheets.lens.arrangements import LIST
from excel_export.sheets.lens.lens_layout import NAME
from excel_export.sheets.start.start_columns import AFTER, CONTENT
from tests.support.cells import cell
from tests.support.engines import each_engine, edit, recalculate, recalculate_edits
from tests.support.lens import SLOTS, Frozen, Places, Shown
from tests.support.lens_truth import Chooser, Opened, Truth, check_random_choices
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.tiny import Tiny, X


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
    live = Live(net, tmp_path_factory.mktemp("live"))
    live.type({"story": 0})
    return live


@pytest.fixture(scope="module")
def places(net, live):
    return Places(net, live)


@pytest.fixture(scope="module")
def truth():
    return Truth(Net(), inputs_of_net())


@pytest.mark.parametrize("count", only_quick([8, 1000], 8))
def test_every_step_shows_what_autograd_says(count, live, places, truth):
    assert live.value("steps") == len(truth.steps)
    assert places.step_cell == live.names["step"]
    check_random_choices(live, places, truth, seed=0, count=count)


# Above, ironcalc shows every step. So does LibreOffice, which learners use; the others show different thirds.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "first", "every"),
    [("libreoffice", 1, 1), ("formualizer", 1, 3), ("formulon", 2, 20), ("gnumeric", 3, 3), ("cellrune", 1, 15)],
)
def test_other_engines_show_many_steps(engine, first, every, net, places, truth, tmp_path):
    chooser = Chooser(truth, places, seed=4)
    numbers = range(first, len(truth.plan.parts) + 1, every)
    choices = [chooser.choice(number) for number in numbers]
    shown = recalculate_edits(net, [changes for changes, _, _ in choices], engine, tmp_path)
    for number, (_, which, index), found in zip(numbers, choices, shown, strict=True):
        truth.check(Shown(Frozen(found), places), number, which, index)


@pytest.mark.parametrize(
    ("rate", "count"), only_quick([("lens_rate", 4), ("lens_rate", 6), ("learning_rate", 6)], ("lens_rate", 4))
)
def test_it_follows_a_changed_pixel_weight_label_and_rate(rate, count, net, places, tmp_path):
    module, (x, label) = Net().double(), inputs_of_net()
    x[0, 1, 2, 3], label[1] = 2.25, 7
    with torch.no_grad():
        module.conv.weight[3, 0, 1, 2] = -0.875
    live = Live(net, tmp_path)
    live.type({places.at("x", 0, 1, 2, 3): 2.25, places.at("label", 1): 7, rate: 0.25,
               places.at("conv.weight", 3, 0, 1, 2): -0.875})  # fmt: skip
    check_random_choices(live, places, Truth(module, (x, label), rate=0.25), seed=1, count=count)


def test_start_says_that_another_rate_stands_on_the_lens(net, tmp_path):
    live = Live(net, tmp_path)
    sheet, rate = live.names["learning_rate"]
    row, col = coordinate_to_tuple(rate)
    remark = (sheet, cell(row, col + AFTER - CONTENT))
    words, first, after = live.value(remark), live.value("learning_rate"), live.value("loss_after")
    live.type({"lens_rate": 0.25})
    assert live.value("rate_in_use") == 0.25 != first
    assert live.value(remark) == "not used: the Lens has 0.25; empty the yellow cell there"
    assert live.value("loss_after") != after
    live.type({"lens_rate": "fast"})
    assert live.value("rate_in_use") == first
    assert live.value(remark) == words
    assert live.value("loss_after") == after


WRONG_STEPS = {"five": 1, "": 1, "=": 1, 0: 1, -4: 1, 99: 31, 3.7: 3, 1007: 7, 1e6: 31, 1e300: 31}
"""What is typed for a step, and which is shown: a step beyond the last counts as the last, and 1007 as the bar's 7."""
WRONG_PLACES = {"five": 0, "": 0, -1: 1, 1e6: 1, 1.7: 1, 1e300: 1}
"""What is no element of the tensor, and whether the cell shows that it is refused."""


def by_itself(places):
    """What to type for everything that a step shows by itself."""
    return {places.part_cell: "auto", places.tensor_cell: "auto", places.group_cell: "auto"} | dict.fromkeys(
        places.index_cells, "auto"
    )


@pytest.mark.parametrize("typed", only_quick(WRONG_STEPS, "five", 0, 3.7, 1e300))
def test_any_step_that_is_typed_shows_one_that_there_is(typed, live, places, truth):
    live.type({"step": typed} | by_itself(places))
    assert not live.errors(NAME)
    assert live.value("step_shown") == WRONG_STEPS[typed]
    truth.check(Shown(live, places), truth.main(WRONG_STEPS[typed]))


def test_where_no_step_is_typed_it_is_the_one_that_a_lesson_asks_for(live, places, truth):
    live.type({"auto_step": 4, "step": "auto"} | by_itself(places))
    truth.check(Shown(live, places), truth.main(4))
    live.type({"step": 7})
    assert live.value("step_shown") == 7
    live.type({"auto_step": 1, "step": ""})
    assert live.value("step_shown") == 1


def test_in_a_lesson_the_arrows_go_on_from_the_step_of_the_question(live):
    live.type({"auto_step": 4, "step": 20_000})
    assert (live.value("step_shown"), live.value("shown_up_to")) == (4, 31)
    live.type({"step": 20_002})
    assert (live.value("step_shown"), live.value("shown_up_to")) == (6, 6)
    live.type({"step": 19_999})
    assert live.value("step_shown") == 3
    live.type({"auto_step": 1, "step": 1})


def test_the_update_shows_what_ten_times_the_rate_does(tmp_path):
    export(Tiny(), (X,), tmp_path / "net.xlsx", learning_rate=0.01)
    live = Live(tmp_path / "net.xlsx", tmp_path)
    losses = Shown(live, Places(tmp_path / "net.xlsx", live)).column("losses")
    assert losses[:2] == [live.value("loss"), live.value("loss_after")]
    live.type({"learning_rate": 0.1})
    assert losses[2] == pytest.approx(live.value("loss_after"), rel=1e-12)
    assert losses[2] != pytest.approx(losses[1], rel=1e-3)


def test_in_the_story_the_network_counts_as_the_lens_does(live):
    live.type({"story": 1})
    last = live.value("steps")
    live.type({"step": last})
    assert last < 31
    assert (live.value("step_number"), live.value("step_shown")) == (last, 31)
    live.type({"story": 0, "step": 3})
    assert (live.value("step_number"), live.value("step_shown")) == (3, 3)


@pytest.mark.parametrize("typed", only_quick(WRONG_PLACES, "five", 1.7))
def test_an_element_that_there_is_not_is_refused_and_the_example_is_shown(typed, live, places, truth):
    for step in (2, 27):
        number = truth.main(step)
        rank = len(truth.shape(truth.keys_of(number)[0]))
        live.type({"step": step} | by_itself(places))
        example = Shown(live, places).made
        live.type(dict.fromkeys(places.index_cells[-rank:], typed))
        shown = Shown(live, places)
        assert not live.errors(NAME)
        refused = [shown.field(f"index {k} refused") for k in range(places.rank)][-rank:]
        assert refused == [WRONG_PLACES[typed]] * rank
        if typed != 1.7:
            assert shown.made == example
        truth.check(shown, number)


@pytest.mark.parametrize("typed", ["two", "", 0, 99, 1.5])
def test_a_part_that_there_is_not_is_refused_and_the_main_one_is_shown(typed, live, places, truth):
    step = next(k for k, step in enumerate(truth.steps, start=1) if len(step.parts) > 1)
    live.type({"step": step} | by_itself(places) | {places.part_cell: typed})
    assert not live.errors(NAME)
    shown = Shown(live, places)
    assert shown.field("part refused") == isinstance(typed, (int, float))
    truth.check(shown, truth.main(step))


def test_each_group_of_a_long_sum_can_be_opened(live, places, truth):
    number = next(k for k, part in enumerate(truth.plan.parts, start=1) if part.name.startswith("linear"))
    step, part = truth.within(number)
    live.type({"step": step} | by_itself(places) | {places.part_cell: part})
    for group in range(int(Shown(live, places).field("groups"))):
        live.type({places.group_cell: group})
        shown = Shown(live, places)
        assert shown.field("open group") == group
        truth.check(shown, number)


@pytest.mark.parametrize(
    ("typed", "which"), [(2, 1), (7, 0), ("seven", 0), ("", 0), (0, 0), (-1, 0), (2.9, 0), (1e6, 0)]
)
def test_a_tensor_that_there_is_not_is_refused_and_the_first_is_shown(typed, which, live, places, truth):
    step = max(range(1, len(truth.steps) + 1), key=lambda step: len(truth.keys_of(truth.main(step))))
    live.type({"step": step} | by_itself(places) | {places.tensor_cell: typed})
    assert not live.errors(NAME)
    shown = Shown(live, places)
    assert shown.field("view refused") == (isinstance(typed, (int, float)) and which == 0)
    truth.check(shown, truth.main(step), which)


@pytest.mark.slow
@each_engine
def test_no_engine_shows_an_error_for_what_is_typed(engine, net, places, truth, tmp_path):
    changes = {places.step_cell: "five", places.tensor_cell: "x"} | dict(
        zip(places.index_cells, ("x", -1, 1e6, 0.5), strict=True)
    )
    found = recalculate(edit(net, changes, tmp_path / "typed.xlsx"), engine, tmp_path)
    truth.check(Shown(Frozen(found), places), 1)


@pytest.mark.slow
def test_what_is_read_begins_in_the_first_place_of_its_grid(tmp_path):
    """Also where a step reads it only to choose or to weigh: a softmax on its way back, the place of the largest."""

    class Chosen(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 7)

        def forward(self, x):
            logits = self.layer(x)
            return (logits.softmax(1) ** 2).sum() + logits.argmax(1).float().sum()

    torch.manual_seed(2)
    book, listed = Opened(Chosen().double(), (torch.randn(1, 3).double(),), tmp_path), 0
    book.live.type({"story": 0})
    for step in range(1, int(book.live.value("steps")) + 1):
        book.live.type({"step": step})
        shown = book.shown
        for number in SLOTS:
            if shown.field(f"slot {number + 1}: mode") == LIST:
                listed += 1
                assert shown.numbers(number)[0][0], f"step {step}, slot {number}"
    assert listed == 9
