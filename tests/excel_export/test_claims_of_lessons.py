"""What the texts of lessons 6 to 9 say, computed by PyTorch and by a spreadsheet engine."""

import re
from functools import cache

import numpy as np
import pytest
import torch

from excel_export.lessons import attention, batch, learning_rules, recurrence, valley_sheet
from excel_export.lessons.lesson_numbers import LessonNumbers
from excel_export.sheets.training.learning_rates import each_step_at
from excel_export.sheets.training.training import EACH_STEP
from excel_export.workbook.read import read_index
from tests.excel_export.test_schema import findings
from tests.support.lessons import Made
from tests.support.live import Live
from tests.support.sheets import load_sheet

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
RULES = "Learning rules"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A lesson's workbook in an engine, what reads its tensors there, what finds their cells, and the file."""

    @cache
    def open_one(name):
        folder = tmp_path_factory.mktemp(name)
        path = Made(name, folder).path
        live = Live(path, folder)
        grids = {(entry.key, entry.what): entry.grid for entry in read_index(path)}

        def cell(key, what, *index):
            found = grids[key, what].at(*index)
            return found.sheet, found.area.replace("$", "")

        def read(key, what="value"):
            shape = grids[key, what].shape
            return np.array([live.value(cell(key, what, *index)) for index in np.ndindex(*shape)]).reshape(shape)

        return live, read, cell, path

    return lambda of: open_one(of.name)


def test_the_gradient_of_a_batch_is_the_mean(opened):
    _, read, *_ = opened(batch.LESSON)
    numbers = LessonNumbers(batch.LESSON).at_first
    alone = [numbers[f"alone_{k}"].item() for k in (1, 2, 3, 4)]
    assert alone == pytest.approx([-1, -0.9, -0.8, -1.2])
    assert read("grad.weight", "gradient")[0, 0] == pytest.approx(np.mean(alone), rel=1e-12)
    module, inputs = batch.LESSON.make()
    twice = {name: torch.cat([tensor, tensor]) for name, tensor in inputs.items()}
    module(**twice).backward()
    assert module.weight.grad[0, 0].item() == pytest.approx(np.mean(alone), rel=1e-12)
    after = LessonNumbers(batch.LESSON).after({"target[3, 0]": 3.0})
    changes = [
        after[name].flatten()[0].item() - numbers[name].flatten()[0].item() for name in ("grad.weight", "alone_4")
    ]
    assert changes[0] == pytest.approx(changes[1] / 4)


def test_the_held_out_loss_falls_and_rises_while_that_of_the_batch_falls(opened):
    live, read, *_ = opened(batch.LESSON)
    numbers = LessonNumbers(batch.LESSON).at_first
    module, inputs = batch.LESSON.make()
    for rate, name in ((batch.RATE, ""), (batch.SLOWER, "slow_")):
        live.type({"chosen_training_rate": rate})
        losses, held = read("loss", EACH_STEP), read("held_out", EACH_STEP)
        expected = batch.losses_of_a_training(module, inputs, rate)
        np.testing.assert_allclose([losses, held], [item.numpy() for item in expected], **CLOSE)
        best = int(held.argmin())
        assert best + 1 == numbers[f"{name}best_step"]
        assert (np.diff(losses) < 0).all()
        assert (np.diff(held[: best + 1]) < 0).all()
        assert (np.diff(held[best:]) > 0).all()
        assert held[-1] > 2 * held[best]
    live.type({"chosen_training_rate": batch.RATE})


def test_no_step_learns_from_the_held_out_example(opened):
    live, read, cell, _ = opened(batch.LESSON)
    losses, held = read("loss", EACH_STEP), read("held_out", EACH_STEP)
    target = cell("target", "held out 1", 0, 0)
    live.type({target: 5.0})
    np.testing.assert_array_equal(read("loss", EACH_STEP), losses)
    assert (read("held_out", EACH_STEP) != held).all()
    live.type({target: 1.25})


def test_plain_steps_shrink_both_distances_by_their_factors(opened):
    _, read, *_ = opened(learning_rules.LESSON)
    x, y = (read(name, f"parameter {each_step_at(1)}") for name in "xy")
    np.testing.assert_allclose(x - 3, -4 * 0.97 ** np.arange(40), **CLOSE)
    np.testing.assert_allclose(y - 1, (-0.5) ** np.arange(40), rtol=1e-6, atol=1e-12)
    assert (x[1] - x[0], y[1] - y[0]) == pytest.approx((0.12, -1.5))


def test_what_is_said_of_the_rules(opened):
    live, read, *_ = opened(learning_rules.LESSON)
    numbers = {name: tensor.item() for name, tensor in LessonNumbers(learning_rules.LESSON).at_first.items()}
    plain, momentum, decay, adam = (read("loss", each_step_at(k)) for k in (1, 2, 3, 4))
    assert momentum[-1] < adam[-1] < plain[-1]
    last = [numbers[f"{name}_loss_last"] for name in ("plain", "momentum", "decay", "adam")]
    np.testing.assert_allclose([plain[-1], momentum[-1], decay[-1], adam[-1]], last, **CLOSE)
    assert read("x", f"parameter {each_step_at(3)}")[-1] == pytest.approx(numbers["decay_x_last"], rel=1e-9)
    firsts = [read(name, f"parameter {each_step_at(4)}")[:2] for name in "xy"]
    assert np.abs(np.diff(firsts)) == pytest.approx(learning_rules.RATE_OF_ADAM)

    live.type({(RULES, "D6"): learning_rules.TOO_LARGE})
    grown = read("loss", each_step_at(1))
    assert (np.diff(grown) > 0).all()
    assert grown[-1] == pytest.approx(numbers["too_large_loss_last"], rel=1e-9)
    live.type({(RULES, "D6"): learning_rules.RATE, (RULES, "E8"): learning_rules.MORE_MOMENTUM})
    assert read("loss", each_step_at(2))[-1] == pytest.approx(numbers["more_loss_last"], rel=1e-9)
    assert numbers["more_loss_last"] > 100 * momentum[-1]
    live.type({(RULES, "E8"): 0.0})
    np.testing.assert_array_equal(read("loss", each_step_at(2)), plain)
    live.type({(RULES, "E8"): learning_rules.MOMENTUM})


def test_the_velocity_adds_up_along_the_valley_and_cancels_across(opened):
    _, read, *_ = opened(learning_rules.LESSON)
    x, y = (read(name, f"parameter {each_step_at(2)}") for name in "xy")
    along, across = x - 3, learning_rules.STEEP * (y - 1)
    assert len({*np.sign(along[:8])}) == 1
    assert (np.diff(np.sign(across[:20])) != 0).sum() >= 6
    velocity = read("x", f"mean of gradients {each_step_at(2)}")
    np.testing.assert_allclose(velocity[1:], 0.8 * velocity[:-1] + along[1:], **CLOSE)


@pytest.mark.slow
def test_the_valley_is_drawn_as_it_is(opened):
    """The chart draws the steps, and its grey lines have the loss that they name."""
    live, read, _, path = opened(learning_rules.LESSON)
    assert findings(path) == []
    (chart,) = load_sheet(path, valley_sheet.NAME)._charts

    def cells(formula):
        sheet, area = formula.split("!")
        first, last = area.replace("$", "").split(":")
        (start, end), letters = (int(re.sub("[A-Z]", "", cell)) for cell in (first, last)), re.sub(r"\d", "", first)
        return np.array(live.column(sheet.strip("'"), f"{letters}{start}", end - start + 1))

    drawn = [(cells(series.xVal.numRef.f), cells(series.yVal.numRef.f)) for series in chart.series]
    for level, (x, y) in zip(valley_sheet.LEVELS, drawn, strict=False):
        np.testing.assert_allclose((x - 3) ** 2 / 2 + 25 * (y - 1) ** 2, level, rtol=1e-12)
        assert (x[0], y[0]) == pytest.approx((x[-1], y[-1]))
    for number, (x, y) in enumerate(drawn[len(valley_sheet.LEVELS) :], start=1):
        np.testing.assert_array_equal(x, read("x", f"parameter {each_step_at(number)}"))
        np.testing.assert_array_equal(y, read("y", f"parameter {each_step_at(number)}"))
    names = [live.column(*_place(series.tx.strRef.f), 1)[0] for series in chart.series]
    assert names == ["loss 0.5", "loss 2", "loss 8", *valley_sheet.RULES]


def _place(formula):
    sheet, cell = formula.split("!")
    return sheet.strip("'"), cell.replace("$", "")


def test_with_weight_decay_the_steps_come_to_rest_elsewhere():
    module, inputs = learning_rules.LESSON.make()
    optimizer = torch.optim.SGD(module.parameters(), learning_rules.RATE, weight_decay=learning_rules.DECAY)
    for _ in range(2000):
        optimizer.zero_grad()
        module(**inputs).backward()
        optimizer.step()
    assert (module.x.item(), module.y.item()) == pytest.approx((2, 50 / 50.5), rel=1e-9)


@pytest.mark.parametrize(("change", "grows"), [({}, False), ({"rnn.weight_hh_l0[0, 0]": 3.0, "x[0, 0, 0]": 0.1}, True)])
def test_the_gradient_shrinks_or_grows_on_its_way_back(change, grows):
    found = LessonNumbers(recurrence.LESSON).after(change)
    gradients = [found[f"grad.rnn.hidden_state.{k}"].item() for k in (1, 2, 3)]
    assert (abs(gradients[0]) > abs(gradients[1]) > abs(gradients[2])) == grows
    assert gradients[0] == pytest.approx(gradients[1] * found["factor_2"].item())
    assert gradients[1] == pytest.approx(gradients[2] * found["factor_3"].item())
    if not change:
        assert gradients[0] / gradients[2] == pytest.approx(1 / 5, rel=0.1)


def test_the_gradient_of_u_is_a_sum_over_time(opened):
    _, read, *_ = opened(recurrence.LESSON)
    sums = [read(f"grad.rnn.sums.{k}", "gradient").item() for k in (2, 3)]
    states = [read(f"rnn.hidden_state.{k}").item() for k in (1, 2)]
    assert read("grad.rnn.weight_hh_l0", "gradient").item() == pytest.approx(np.dot(sums, states), rel=1e-12)


def test_without_a_way_back_nothing_is_learned():
    found = LessonNumbers(recurrence.LESSON).after({"rnn.weight_hh_l0[0, 0]": 0.0})
    names = ("rnn.hidden_state.2", "rnn.hidden_state.3", "grad.rnn.weight_ih_l0", "grad.rnn.weight_hh_l0")
    assert [found[name].item() for name in names] == [0, 0, 0, 0]


@pytest.mark.slow
def test_no_token_sees_a_later_one_and_layer_norm_does_not_see_a_size(opened):
    live, read, cell, _ = opened(attention.LESSON)
    first = read("norm")
    third, of_the_first = cell("x", "value", 2, 0), cell("x", "value", 0, 0)
    live.type({third: 5.0})
    np.testing.assert_array_equal(read("norm")[:2], first[:2])
    assert not np.isclose(read("norm")[2], first[2], atol=0.01).any()
    live.type({third: 0.0, of_the_first: 100.0})
    np.testing.assert_allclose(read("norm")[0], first[0], atol=5e-5)
    live.type({of_the_first: 1.0})


def test_what_is_said_of_attention(opened):
    _, read, *_ = opened(attention.LESSON)
    weights, scores = read("softmax"), read("truediv")
    later = np.triu_indices(3, 1)
    assert (weights[later] == 0).all()
    assert (read("grad.masked_fill", "gradient")[later] == 0).all()
    assert scores[1, 0] == 0
    assert weights[1, 0] == pytest.approx(1 / (1 + np.exp(scores[1, 1])))
    assert weights[2].argmax() == 1
    mixed = read("grad.matmul_1", "gradient")
    shares = weights[:, [0]] * mixed
    np.testing.assert_allclose(read("grad.value", "gradient")[0], shares.sum(0), **CLOSE)
    assert (np.abs(shares) > 1e-6).all()
    np.testing.assert_array_equal(mixed, read("grad.add", "gradient"))
