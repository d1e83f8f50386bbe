import pytest
import torch

from mnist_adder.compute.device import compiled
from mnist_adder.network.loss import Objective, adder_loss
from mnist_adder.network.model import HEADS, encode_number


def batch(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.randn(count, 1, 28, 28), torch.randint(0, 10, (count,)).float(), torch.randint(0, 10, (count,))


def gradients(module, inputs) -> list[torch.Tensor]:
    module.zero_grad()
    module(*inputs)[0].backward()
    return [parameter.grad.clone() for parameter in module.parameters()]


@pytest.mark.parametrize("head", HEADS)
def test_it_is_the_sum_of_the_losses(make_model, head):
    network = make_model(head=head)
    image, number, digit = batch(7)
    loss, _, _ = Objective(network, "float32")(image, number, digit)
    expected = 7 * adder_loss(head, *network(image, encode_number(number, head)), digit, number)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("head", HEADS)
def test_label_smoothing_spreads_the_certainty_about_the_digit_alone(make_model, head):
    network = make_model(head=head)
    image, number, digit = batch(7)
    smooth, plain = (Objective(network, "float32", amount)(image, number, digit)[0] for amount in (0.2, 0.0))
    logits, _ = network.double()(image.double(), encode_number(number, head).double())
    log_probabilities = logits - logits.exp().sum(dim=1, keepdim=True).log()
    wanted = 0.8 * torch.eye(10)[digit] + 0.02
    change = -(wanted * log_probabilities).sum() + log_probabilities[torch.arange(7), digit].sum()
    assert float(smooth - plain) == pytest.approx(float(change), abs=1e-4)


def test_it_tells_which_digits_and_which_sums_are_right(make_model):
    network = make_model()
    with torch.no_grad():
        network.conv6.bias[4] += 100  # reads every image as a 4
        for layer, weight in ((network.input2, 0.2), (network.layer1, 0.2), (network.out2, 1.0)):
            layer.weight.fill_(weight)
            layer.bias.zero_()
        network.out2.bias.fill_(1)  # and answers 4 + number + 1
    image, number, _ = batch(3)
    _, digit_right, sum_right = Objective(network, "float32")(image, number, torch.tensor([4, 5, 6]))
    assert digit_right.tolist() == [True, False, False]
    assert sum_right.tolist() == [False, True, False]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("preset", ["full", "slice"])
def test_bf16_is_nearly_the_same(make_model, preset, head):
    network, inputs = make_model(preset, head), batch(16)
    fine, coarse = (gradients(Objective(network, precision), inputs) for precision in ("float32", "bf16"))
    assert any(not torch.equal(a, b) for a, b in zip(fine, coarse, strict=True))
    for a, b in zip(fine, coarse, strict=True):
        assert float((a - b).norm()) <= 0.15 * float(a.norm()) + 1e-4


def test_no_images_give_no_loss_and_no_gradient(make_model):
    objective = Objective(make_model(), "float32")
    assert all(float(gradient.abs().max()) == 0 for gradient in gradients(objective, batch(0)))


@pytest.mark.slow
def test_compiled_it_gives_the_same(make_model):
    objective = Objective(make_model(), "float32")
    try:
        found = gradients(compiled(objective), batch(8))
    except torch._dynamo.exc.BackendCompilerFailed as error:
        pytest.skip(f"no compiler here: {error}")
    for a, b in zip(found, gradients(objective, batch(8)), strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def test_the_sum_counts_as_its_weight_says(make_model):
    network, inputs = make_model(head="onehot"), batch(7)
    once, twice, thrice = (float(Objective(network, "float32", sum_weight=weight)(*inputs)[0]) for weight in (1, 2, 3))
    assert twice > once
    assert thrice - twice == pytest.approx(twice - once)
