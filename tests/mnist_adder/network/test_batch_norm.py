import pytest
import torch
import torch.nn.functional as F

from mnist_adder.compute.device import ComputeConfig
from mnist_adder.data.dataset import normalise
from mnist_adder.network.batch_norm import BatchNorm, BatchNormNetwork
from mnist_adder.network.model import HEADS, PRESETS, AdderNetwork, encode_number
from mnist_adder.training.learner import make_learner
from mnist_adder.training.recipe import make_recipe


def trained(preset: str, head: str) -> BatchNormNetwork:
    """A network with other scales (negative ones, too), shifts and running averages than it starts with."""
    torch.manual_seed(0)
    network = BatchNormNetwork(preset, head)
    for norm in network.norms.values():
        torch.nn.init.uniform_(norm.weight, -2, 2)
        torch.nn.init.uniform_(norm.bias, -1, 1)
    for _ in range(5):
        network.classify(torch.randn(50, 1, 28, 28))
    for norm in network.norms.values():
        norm.running_var[0] = 1e-6  # of which eps is more
    return network.eval()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("head", HEADS)
def test_folded_it_is_a_plain_network_that_does_the_same(preset, head):
    network = trained(preset, head).double()
    plain = network.folded().double()
    assert type(plain) is AdderNetwork
    assert plain.state_dict().keys() == AdderNetwork(preset, head).state_dict().keys()
    image, number = torch.randn(20, 1, 28, 28).double(), torch.randint(0, 10, (20,)).double()
    encoded = encode_number(number, head).double()
    digit_logits, expected = plain.classify(image), network.classify(image)
    assert torch.allclose(digit_logits, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().item())
    if head == "onehot":
        assert torch.allclose(plain.add(digit_logits, encoded), network.add(digit_logits, encoded))


def test_in_training_it_has_no_biases_where_they_would_do_nothing():
    names = [name for name, _ in BatchNormNetwork("full", "regression").named_parameters()]
    assert "conv1.bias" not in names
    assert "conv6.bias" in names
    assert "norms.conv1.bias" in names


def test_settled_it_normalises_by_the_images_given_and_not_by_those_learned():
    network = trained("slice", "regression")
    images = [3 + torch.randn(40, 1, 28, 28) for _ in range(3)]
    network.update_bn(images)
    network.eval()
    found = torch.cat([network.input1(F.avg_pool2d(image, 2)) for image in images])
    norm = network.norms["input1"]
    assert torch.allclose(norm.running_mean, found.mean((0, 2, 3)), atol=1e-5)
    # The variance is that within a batch, on average.
    assert torch.allclose(norm.running_var, found.var((0, 2, 3)), rtol=0.01)
    network.update_bn(images[:1])
    in_training = network.classify(images[0])
    assert torch.allclose(network.eval().classify(images[0]), in_training, atol=0.01)


def test_what_is_learned_is_settled_by_plain_images(sample):
    images, _ = sample
    recipe = make_recipe("reference", "slice", "regression", normalise=True)
    learner = make_learner(recipe, images.device, ComputeConfig(), print)
    network = learner.result(images)
    found = network.input1(F.avg_pool2d(normalise(images.pixels.float()), 2))
    assert found.mean((0, 2, 3)).abs().max() < 0.05
    std, running_mean = found.std((0, 2, 3)), learner.network.norms["input1"].running_mean
    assert torch.allclose(std, torch.ones_like(std), atol=0.05)
    assert torch.equal(running_mean, torch.zeros_like(running_mean)), "learning goes on as it was"


@pytest.mark.parametrize("size", [3, 1e-3])
def test_it_normalises_as_pytorch_does(size):
    """The variance of the small numbers is a tenth of eps."""
    torch.manual_seed(1)
    ours, theirs = BatchNorm(3), torch.nn.BatchNorm2d(3, momentum=0.02)
    x = (size * (1 + torch.randn(4, 3, 5, 5))).requires_grad_()
    found, expected = ours(x), theirs(x)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)
    gradients = [torch.autograd.grad(y.pow(3).sum(), x)[0] for y in (found, expected)]
    assert torch.allclose(*gradients, rtol=1e-2, atol=1e-4 / size)
