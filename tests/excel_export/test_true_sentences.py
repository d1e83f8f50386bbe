"""What a refusal says is so: each of these once said something else."""

import importlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.tiny import Net

X = torch.tensor([[0.3, -0.5, 0.9], [0.8, 0.2, -0.4], [0.1, 0.6, 0.2]])
TARGET = torch.ones(3, 3)


def mean(x):
    """A number without dimensions, which PyTorch takes for a plain one."""
    return x.detach().abs().mean()


PLAIN = {
    "alpha": lambda net, x: torch.add(net.layer(x), TARGET, alpha=mean(x)).square().sum(),
    "fill_value": lambda net, x: (net.layer(x) * torch.full((3, 3), mean(x))).sum(),
    "beta": lambda net, x: F.softplus(net.layer(x), beta=mean(x)).sum(),
    "scale": lambda net, x: F.scaled_dot_product_attention(*[net.layer(x)[None]] * 3, scale=mean(x)).sum(),
}
WRITTEN_OUT = {
    "alpha": lambda net, x: (net.layer(x) + mean(x) * TARGET).square().sum(),
    "fill_value": lambda net, x: (net.layer(x) * torch.ones(3, 3) * mean(x)).sum(),
    "beta": lambda net, x: (F.softplus(net.layer(x) * mean(x)) / mean(x)).sum(),
    "scale": lambda net, x: F.scaled_dot_product_attention(
        net.layer(x)[None] * mean(x), *[net.layer(x)[None]] * 2, scale=1.0
    ).sum(),
}


@pytest.mark.parametrize("argument", PLAIN)
def test_a_tensor_for_a_plain_number_is_named_and_the_way_round_is_exported(argument):
    with pytest.raises(ExportError, match=rf"given as a plain one, '{argument}', in test_true_sentences\.py, line"):
        confirmed_trace(Net(PLAIN[argument]), (X,))
    own, other = Net(PLAIN[argument])(X), Net(WRITTEN_OUT[argument])(X)
    assert torch.allclose(own, other)
    confirmed_trace(Net(WRITTEN_OUT[argument]), (X,))


def test_what_pytorch_itself_cannot_run_is_said_so():
    with pytest.raises(ExportError, match="PyTorch cannot run the module"):
        confirmed_trace(Net(lambda net, x: torch.add(net.layer(x), TARGET, alpha=net.layer(x).mean()).sum()), (X,))


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx, grad):
        return 2 * grad


def test_a_function_that_changes_its_input_says_so():
    with pytest.raises(ExportError, match=r"Doubled changes its input in place \(mark_dirty\)"):
        confirmed_trace(Net(lambda net, x: Doubled.apply(net.layer(x) * 1).square().sum()), (X,))


@pytest.mark.parametrize("align_corners", [True, False])
def test_reflected_borders_are_exported(align_corners):
    grid = torch.linspace(-2.5, 2.5, 36).reshape(1, 6, 3, 2)

    def sampled(net, x):
        image = net.layer(x)[None, None]
        return F.grid_sample(image, grid, padding_mode="reflection", align_corners=align_corners).square().sum()

    confirmed_trace(Net(sampled), (X,))


READ = {
    "bool": (
        lambda net, x: net.layer(x).sum() if x.mean() > 0.1 else net.layer(x).square().sum(),
        lambda net, x: torch.where(x.mean() > 0.1, net.layer(x).sum(), net.layer(x).square().sum()),
        r"use torch\.where\(c, x, y\) for a branch",
    ),
    "index": (
        lambda net, x: sum(net.layer(x)[k].sum() for k in range(x[:, 0].argmax() + 1)),
        lambda net, x: (net.layer(x) * (torch.arange(3) <= x[:, 0].argmax())[:, None]).sum(),
        r"how often, how long and how large cannot follow",
    ),
    "item": (
        lambda net, x: net.layer(x).square().sum() * x.mean().item(),
        lambda net, x: net.layer(x).square().sum() * x.mean().detach(),
        r"leave it a tensor, as x\.mean\(\) for x\.mean\(\)\.item\(\)",
    ),
    "numpy": (
        lambda net, x: net.layer(x)[np.argsort(x[:, 0].detach().numpy())[0]].square().sum(),
        lambda net, x: net.layer(x)[torch.argsort(x[:, 0])[0]].square().sum(),
        r"use PyTorch's functions for Python's and NumPy's",
    ),
}


@pytest.mark.parametrize("how", READ)
def test_the_way_round_a_read_is_exported(how):
    reads, way_round, words = READ[how]
    with pytest.raises(ExportError, match=words):
        confirmed_trace(Net(reads), (X,))
    assert torch.allclose(Net(reads)(X), Net(way_round)(X))
    confirmed_trace(Net(way_round), (X,))


LIBRARY = """
def chosen(x, h):
    return h.sum() if x.mean() > 0.1 else h.square().sum()
"""


def test_a_line_of_a_library_is_named_with_its_folder_and_the_line_that_calls_it(tmp_path, monkeypatch):
    (tmp_path / "site-packages" / "a_library").mkdir(parents=True)
    (tmp_path / "site-packages" / "a_library" / "choices.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    choices = importlib.import_module("a_library.choices")
    said = (
        r"in a_library/choices\.py, line 3: return h\.sum\(\) if x\.mean\(\) > 0\.1 .*"
        r"\(called in test_true_sentences\.py, line \d+: .*chosen\(x, net\.layer\(x\)\)"
    )
    with pytest.raises(ExportError, match=said):
        confirmed_trace(Net(lambda net, x: choices.chosen(x, net.layer(x))), (X,))


LINKS = torch.tensor([[1, 1, 0], [1, 1, 1], [0, 1, 1]])


def weighed(scales):
    """A layer whose rows are weighed by how many links they have, as `scales` makes numbers of that."""
    net = Net(lambda net, x, links: (scales(links.sum(0).float())[:, None] * net.layer(x)).square().sum())
    return net, (X, LINKS)


def replaced(degrees):
    scales = degrees.pow(-0.5)
    return scales.masked_fill(scales == float("inf"), 0)


def chosen_before(degrees):
    return torch.where(degrees > 0, torch.where(degrees > 0, degrees, 1.0) ** -0.5, 0.0)


def test_where_infinity_would_be_replaced_a_sheet_has_an_error_before():
    said = (
        r"compared with infinity, which no cell holds.*torch\.where\(x > 0, torch\.where\(x > 0, x, 1\.0\) \*\* -0\.5"
    )
    with pytest.raises(ExportError, match=said):
        confirmed_trace(*weighed(replaced))
    degrees = torch.tensor([0.0, 1.0, 4.0])
    assert torch.equal(replaced(degrees), chosen_before(degrees))
    confirmed_trace(*weighed(chosen_before))


def test_infinity_that_comes_about_nowhere_may_be_asked_for():
    """With a link of its own, as self-loops give it, each row has one."""
    confirmed_trace(*weighed(lambda degrees: replaced(degrees.square() + 1)))
