"""The sum's gradient at the logits, with both heads, against autograd."""

import pytest
import torch
import torch.nn.functional as F

from mnist_adder.data.bundled import Digit, bundled_digits
from mnist_adder.data.dataset import normalise
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import sum_loss
from mnist_adder.network.model import AdderNetwork, encode_number
from tests.support.kinds import ONE_HEAD
from tests.support.live import Live
from tests.support.sheets import load_sheet


@torch.no_grad()
def lead(network: AdderNetwork, digit: Digit) -> float:
    """How far the largest logit is ahead of the next; where it is far, little of the sum's slope is left."""
    image = normalise(torch.tensor(digit.pixels).float().reshape(1, 1, 28, 28))
    largest, second = network.classify(image)[0].topk(2).values.tolist()
    return largest - second


@pytest.mark.slow
@pytest.mark.parametrize("head", ONE_HEAD)
def test_what_reaches_the_logits(head, made_of, tmp_path):
    network, _ = load_checkpoint(bundled_checkpoint("slice", head))
    place, shown = min(enumerate(bundled_digits()), key=lambda each: lead(network, each[1]))
    live = Live(made_of(f"slice-{head} alone").path, tmp_path)
    at_first = [live.value(("Two heads", f"F{4 + k}")) for k in range(10)]
    assert max(map(abs, at_first)) > 1e-3, "an example at which the sum's gradient is seen"
    live.type({("Two heads", "H15"): "the picture on Start"})
    live.type({"picture": f"{'a messy' if place % 2 else 'a clear'} {shown.label}", "chosen_number": 7})
    number, digit = torch.tensor([7.0]).double(), torch.tensor([shown.label])
    image = normalise(torch.tensor(shown.pixels).double().reshape(1, 1, 28, 28))
    network = network.double()
    logits = network.classify(image).detach().requires_grad_()
    columns = {"D": F.cross_entropy(logits, digit)}
    for column, other in (("E", "regression"), ("F", "onehot")):
        adder, _ = load_checkpoint(bundled_checkpoint("slice", other))
        adder = adder.double()
        columns[column] = sum_loss(other, adder.add(logits, encode_number(number, other).double()), digit, number)
    for column, loss in columns.items():
        (gradient,) = torch.autograd.grad(loss, logits, allow_unused=True, materialize_grads=True)
        for k in range(10):
            assert live.value(("Two heads", f"{column}{4 + k}")) == pytest.approx(
                float(gradient[0, k]), rel=1e-9, abs=1e-12
            )
        reaches = column != "E"
        assert bool(gradient.any()) == reaches
        assert live.value(("Two heads", f"{column}15")) == ("yes" if reaches else "no: every slope is 0")


@pytest.mark.slow
@pytest.mark.parametrize("head", ONE_HEAD)
def test_no_number_is_too_small_to_be_read_and_little_is_frozen(head, made_of):
    """A slope of 5E-133 says no more to a reader than that it is almost 0."""
    sheet = load_sheet(made_of(f"slice-{head} alone").path, "Two heads", data_only=True)
    frozen = int(sheet.freeze_panes[1:]) - 1
    assert sum(sheet.row_dimensions[row].height or 15 for row in range(1, frozen + 1)) / 0.75 <= 440 / 5
    tiny = {cell.coordinate for row in sheet["D4:F13"] for cell in row if 0 < abs(cell.value) < 1e-9}
    assert tiny
    words = [formats.sqref for formats in sheet.conditional_formatting for rule in formats.rules
             if rule.dxf and rule.dxf.numFmt and rule.dxf.numFmt.formatCode == '"almost 0"'
             and rule.priority < min(each.priority for each in formats.rules if each.type == "cellIs")]  # fmt: skip
    assert all(any(place in area for area in words) for place in tiny)
