import pytest
import torch
from torch import fx

from mnist_adder.data.dataset import normalise
from mnist_adder.network.loss import AdderLoss, adder_loss, sum_is_right
from mnist_adder.network.model import HEADS, PRESETS, encode_number

DIGIT = torch.tensor([3, 0, 9])
NUMBER = torch.tensor([4.0, 0.0, 9.0])
SUM = torch.tensor([7, 0, 18])


def test_regression_loss_is_cross_entropy_plus_mean_squared_error():
    logits = torch.zeros(3, 10)
    guess = (SUM + torch.tensor([1.0, 2.0, 3.0])).reshape(3, 1)
    loss = adder_loss("regression", logits, guess, DIGIT, NUMBER)
    assert float(loss) == pytest.approx(torch.tensor(10.0).log().item() + (1 + 4 + 9) / 3)


def test_onehot_loss_is_the_sum_of_two_cross_entropies():
    loss = adder_loss("onehot", torch.zeros(3, 10), torch.zeros(3, 19), DIGIT, NUMBER)
    assert float(loss) == pytest.approx((torch.tensor(10.0).log() + torch.tensor(19.0).log()).item())
    certain = 100 * torch.eye(19)[SUM]
    assert float(adder_loss("onehot", 100 * torch.eye(10)[DIGIT], certain, DIGIT, NUMBER)) == pytest.approx(0)


def test_a_sum_is_right_when_it_rounds_to_the_true_one():
    right = sum_is_right("regression", torch.tensor([[7.49], [-0.3], [17.4]]), DIGIT, NUMBER)
    assert right.tolist() == [True, True, False]


def test_a_onehot_sum_is_right_when_its_logit_is_the_largest():
    right = sum_is_right("onehot", torch.eye(19)[torch.tensor([7, 1, 18])], DIGIT, NUMBER)
    assert right.tolist() == [True, False, True]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("head", HEADS)
def test_the_module_gives_the_loss_of_raw_pixels_traced_or_not_in_either_precision(make_model, preset, head):
    model = make_model(preset, head)
    pixels = torch.randint(0, 256, (3, 1, 28, 28)).float()
    logits, total = model(normalise(pixels), encode_number(NUMBER, head))
    expected = adder_loss(head, logits, total, DIGIT, NUMBER).detach()
    module = AdderLoss(model)
    assert torch.equal(module(pixels, NUMBER, DIGIT), expected)
    assert torch.equal(fx.symbolic_trace(module)(pixels, NUMBER, DIGIT), expected)
    doubled = module.double()(pixels.double(), NUMBER.double(), DIGIT).detach()
    assert doubled.dtype == torch.float64
    assert float(doubled) == pytest.approx(float(expected), rel=1e-4)


def test_it_starts_with_a_copy_of_the_parameters_under_their_names(make_model):
    model = make_model()
    copies = dict(AdderLoss(model).named_parameters())
    assert list(copies) == [name for name, _ in model.named_parameters()]
    for name, parameter in model.named_parameters():
        assert torch.equal(copies[name], parameter)
        assert copies[name] is not parameter


def test_normalising_uses_the_mean_and_the_deviation_of_mnist():
    black, white = normalise(torch.tensor([0.0, 255.0])).tolist()
    assert black == pytest.approx(-0.1307 / 0.3081)
    assert white == pytest.approx((1 - 0.1307) / 0.3081)
