import pytest
import torch

from mnist_adder.compute.compiled import Compiled
from mnist_adder.network.loss import adder_loss
from mnist_adder.network.model import HEADS, encode_number
from mnist_adder.training.objective import Objective


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
    loss, digit_right, sum_right = Objective(network, "float32")(image, number, digit)
    expected = 7 * adder_loss(head, *network(image, encode_number(number, head)), digit, number)
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)
    assert digit_right.shape == sum_right.shape == (7,)


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
def test_compiled_it_gives_the_same(make_model, lines):
    objective = Objective(make_model(), "float32")
    compiled = Compiled(objective, lines.append)
    for a, b in zip(gradients(compiled, batch(8)), gradients(objective, batch(8)), strict=True):
        assert torch.allclose(a, b, atol=1e-4)
    if lines:
        pytest.skip(lines[0])
