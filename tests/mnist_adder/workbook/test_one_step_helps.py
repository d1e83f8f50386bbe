"""With the default learning rate one step lowers the loss, whatever picture and label; Start says whether it did."""

import pytest
import torch
import torch.nn.functional as F

from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import AdderLoss, sum_loss
from mnist_adder.network.model import HEADS, encode_number
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE
from tests.support.kinds import ONE_HEAD
from tests.support.live import Live

SHOWN, NUMBER = 7, 6


def module_of(head):
    return AdderLoss(load_checkpoint(bundled_checkpoint("slice", head))[0]).double()


def inputs_of(picture, label, number):
    pixels = torch.tensor(bundled_digits()[picture].pixels).double().reshape(1, 1, 28, 28)
    return pixels, torch.tensor([number]).double(), torch.tensor([label])


@torch.no_grad()
def is_undecided(module, picture):
    """Whether two digits are so close that a step changes which of them the adder is given, and its loss leaps."""
    pixels, *_ = inputs_of(picture, 0, 0)
    largest, second = module.classify((pixels - module.mean) / module.std)[0].topk(2).values.tolist()
    return largest - second < 0.5


def take_step(module, inputs, rate):
    """Change a module by one step of gradient descent; return its loss before."""
    loss = module(*inputs)
    gradients = torch.autograd.grad(loss, list(module.parameters()))
    with torch.no_grad():
        for parameter, gradient in zip(module.parameters(), gradients, strict=True):
            parameter -= rate * gradient
    return loss.item()


@pytest.mark.parametrize("head", HEADS)
def test_a_step_lowers_the_loss_of_each_picture_with_each_label(head):
    module = module_of(head)
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    grows = []
    undecided = [picture for picture in range(len(bundled_digits())) if is_undecided(module, picture)]
    assert len(undecided) <= 2
    for picture, digit in enumerate(bundled_digits()):
        for label in [digit.label] if picture in undecided else range(10):
            for number in (NUMBER, (picture + 3 * label) % 10):
                module.load_state_dict(weights, strict=False)
                inputs = inputs_of(picture, label, number)
                before = take_step(module, inputs, LEARNING_RATE)
                with torch.no_grad():
                    after = module(*inputs).item()
                if after >= before:
                    grows.append((picture, label, number, before, after))
    assert not grows


@torch.no_grad()
def parts(module, inputs):
    """The digit's loss and the sum's."""
    pixels, number, digit = inputs
    logits = module.classify((pixels - module.mean) / module.std)
    total = module(*inputs).item()
    of_digit = F.cross_entropy(logits, digit)
    of_sum = sum_loss(module.head, module.add(logits, encode_number(number, module.head).double()), digit, number) if (
        module.head == "onehot"
    ) else total - of_digit  # fmt: skip
    assert float(of_digit) + float(of_sum) == pytest.approx(total, rel=1e-12)
    return float(of_digit), float(of_sum), total


def grows(head, label, rate):
    """Whether PyTorch's loss grows in a step, or is beyond what a computer holds."""
    module, inputs = module_of(head), inputs_of(SHOWN, label, NUMBER)
    before = take_step(module, inputs, rate)
    with torch.no_grad():
        return not module(*inputs).item() < before + 0.01


@pytest.mark.slow
@pytest.mark.parametrize("head", ONE_HEAD)
def test_start_shows_both_losses_before_and_after_and_says_whether_the_step_helped(head, made_of, tmp_path):
    live = Live(made_of(f"slice-{head} alone").path, tmp_path)
    rows = {live.value(("Start", f"AH{row}")): row for row in range(1, 60)}
    verdict = ("Start", f"AI{rows['Did the step help?']}")
    lines = [rows[label] for label in ("The digit's loss", "The sum's loss", "The loss, their sum")]
    too_long = next((label, rate) for rate in (0.001, 0.01, 0.1) for label in range(10) if grows(head, label, rate))
    for label, rate, words in (
        (3, LEARNING_RATE, "Yes, the loss falls from"),
        (*too_long, "No, the step was too long: the loss grows from"),
        (3, 1e-12, "Yes, but the loss falls by less than 0.0001"),
        (3, 0, "There was no step: the learning rate is 0"),
        (3, 1e6, "No, the step was" if grows(head, 3, 1e6) else "Yes, the loss falls from"),
    ):
        live.type({"chosen_digit": label, "learning_rate": rate})
        assert live.value(verdict).startswith(words)
        if rate > 1:
            continue
        module, inputs = module_of(head), inputs_of(SHOWN, label, NUMBER)
        expected = [parts(module, inputs)]
        take_step(module, inputs, rate)
        expected.append(parts(module, inputs))
        for column, losses in zip(("AI", "AJ"), expected, strict=True):
            assert [live.value(("Start", f"{column}{row}")) for row in lines] == pytest.approx(losses, rel=1e-9)
        if "from" in words:
            assert f"from {round(expected[0][2], 4)} to " in live.value(verdict)
