import pytest
import torch
from torch import fx

from mnist_adder.network.model import HEADS, PRESETS, AdderNetwork, encode_number

BOTH_HEADS = pytest.mark.parametrize("head", HEADS)
BOTH_PRESETS = pytest.mark.parametrize("preset", PRESETS)


def count(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_the_full_network_is_the_one_of_the_assignment():
    model = AdderNetwork("full", "regression")
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    assert {name: shape for name, shape in shapes.items() if name.endswith("weight")} == {
        "input1.weight": (16, 1, 3, 3),
        "conv1.weight": (32, 16, 3, 3),
        "conv2.weight": (64, 32, 3, 3),
        "oneconv1.weight": (16, 64, 1, 1),
        "conv3.weight": (32, 16, 3, 3),
        "conv4.weight": (64, 32, 3, 3),
        "conv5.weight": (64, 64, 3, 3),
        "conv6.weight": (10, 64, 5, 5),
        "input2.weight": (5, 2),
        "layer1.weight": (5, 5),
        "out2.weight": (1, 5),
    }
    assert count(model) == 100_461


def test_the_slice_is_small():
    for head in HEADS:
        assert count(AdderNetwork("slice", head)) < 1_500


@BOTH_PRESETS
@BOTH_HEADS
def test_output_shapes(make_model, preset, head):
    number = encode_number(torch.tensor([0.0, 5.0, 9.0]), head)
    digit_logits, total = make_model(preset, head)(torch.randn(3, 1, 28, 28), number)
    assert digit_logits.shape == (3, 10)
    assert total.shape == ((3, 1) if head == "regression" else (3, 19))


@BOTH_PRESETS
@BOTH_HEADS
def test_tracing_gives_the_same_function(make_model, preset, head):
    model = make_model(preset, head)
    inputs = torch.randn(4, 1, 28, 28), encode_number(torch.tensor([1.0, 0.0, 9.0, 4.0]), head)
    for traced, direct in zip(fx.symbolic_trace(model)(*inputs), model(*inputs), strict=True):
        assert torch.equal(traced, direct)


def test_a_relu_follows_every_convolution_but_the_last(make_model):
    for preset, size in PRESETS.items():
        nodes = list(fx.symbolic_trace(make_model(preset)).graph.nodes)
        convolutions = [layer.name for layer in (*size.before_pool, *size.after_pool)]
        followers = {node.target: next(iter(node.users)).name for node in nodes if node.target in convolutions}
        assert list(followers) == convolutions
        assert followers.pop(convolutions[-1]).startswith("flatten")
        assert all(follower.startswith("relu") for follower in followers.values())


def sum_gradient(model: AdderNetwork) -> dict[str, float]:
    """The largest gradient of the sums alone, for each parameter."""
    number = encode_number(torch.tensor([3.0, 8.0]), model.head)
    _, total = model(torch.randn(2, 1, 28, 28), number)
    total.square().sum().backward()
    return {
        name: 0.0 if parameter.grad is None else float(parameter.grad.abs().max())
        for name, parameter in model.named_parameters()
    }


@BOTH_PRESETS
def test_the_arg_max_stops_the_gradient_of_the_sum(make_model, preset):
    gradient = sum_gradient(make_model(preset, "regression"))
    adder = {"input2.weight", "input2.bias", "layer1.weight", "layer1.bias", "out2.weight", "out2.bias"}
    assert {name for name, size in gradient.items() if size > 0} == adder


@BOTH_PRESETS
def test_with_the_onehot_head_the_gradient_of_the_sum_reaches_every_layer(make_model, preset):
    assert all(size > 0 for size in sum_gradient(make_model(preset, "onehot")).values())


def test_numbers_are_encoded_for_the_head():
    number = torch.tensor([0.0, 9.0])
    assert encode_number(number, "regression") is number
    onehot = encode_number(number, "onehot")
    assert onehot.dtype == torch.float32
    assert onehot.tolist() == [[1.0] + 9 * [0.0], 9 * [0.0] + [1.0]]


def test_unknown_configurations_are_refused():
    with pytest.raises(ValueError, match="preset must be one of full, slice, not 'tiny'"):
        AdderNetwork("tiny")
    with pytest.raises(ValueError, match="head must be one of regression, onehot, not 'tail'"):
        AdderNetwork("slice", "tail")


@BOTH_PRESETS
def test_a_new_onehot_adder_treats_both_summands_alike_and_no_feature_is_0(preset):
    torch.manual_seed(0)
    network = AdderNetwork(preset, "onehot")
    digit, number = (
        encode_number(each.flatten(), "onehot") for each in torch.meshgrid(2 * [torch.arange(10.0)], indexing="ij")
    )
    sums = network.add(10 * digit, number).reshape(10, 10, 19)
    assert torch.allclose(sums, sums.transpose(0, 1), atol=1e-5)
    assert (network.input2(torch.cat((digit, number), dim=1)) > 0).all()
