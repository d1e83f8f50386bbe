"""The way from one number to the loss: its slopes are autograd's, and all ways add up to the gradient."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import page


class Forks(nn.Module):
    """A convolution, a pool, two branches, classes: there are several ways from a weight to the loss."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(1, 2, 3)
        self.out = nn.Linear(2 * 2 * 2, 3)
        self.double()

    def forward(self, picture, label):
        flat = F.max_pool2d(self.conv(picture).relu(), 2).flatten(1)
        return F.cross_entropy(self.out(flat + flat.tanh()), label)

    def calls(self, picture, label):
        """What is computed from what, each as a function of one of its inputs alone, with that input."""
        conv = self.conv(picture)
        relu = conv.relu()
        pool = F.max_pool2d(relu, 2)
        flat = pool.flatten(1)
        tanh, total = flat.tanh(), flat + flat.tanh()
        return {
            ("conv.weight", "conv"): (lambda x: F.conv2d(picture, x), self.conv.weight),
            ("conv", "relu"): (torch.relu, conv),
            ("relu", "max_pool2d"): (lambda x: F.max_pool2d(x, 2), relu),
            ("max_pool2d", "flatten"): (lambda x: x.flatten(1), pool),
            ("flatten", "tanh"): (torch.tanh, flat),
            ("flatten", "add"): (lambda x: x + tanh, flat),
            ("tanh", "add"): (lambda x: flat + x, tanh),
            ("add", "out"): (self.out, total),
            ("out", "cross_entropy"): (lambda x: F.cross_entropy(x, label), self.out(total)),
        }


class Chain(nn.Module):
    """One number after the other: there is one way."""

    def __init__(self):
        super().__init__()
        self.w, self.v = nn.Parameter(torch.tensor([0.7]).double()), nn.Parameter(torch.tensor([-1.3]).double())

    def forward(self, x):
        return ((self.v * (self.w * x).tanh()).sigmoid() ** 2).sum()


PICTURE = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(4)).double()
FORKS = {"picture": PICTURE, "label": torch.tensor([1])}
CHAIN = {"x": torch.tensor([1.5]).double()}
ALL_WAYS = """
(key, place) => {
  const products = [];
  const follow = (gradient, at, product) => {
    if (gradient === gradientOf(model.loss)) products.push(product);
    else for (const { gradient: next, place: then, slope } of edgesOf(gradient, at))
      if (slope) follow(next, then, product * slope);
  };
  const gradient = gradientOf(model.keys[key]);
  follow(gradient, place, 1);
  return [products, countWays(gradient, place)];
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    page(Forks(), FORKS, folder / "forks.html")
    page(Chain(), CHAIN, folder / "chain.html")
    return folder


@pytest.fixture
def forks(folder, browser):
    with browser.quiet(folder / "forks.html") as opened:
        yield opened


def gradient(module, given, name, place):
    module(**given).backward()
    return module.get_parameter(name).grad.flatten()[place].item()


def way(opened):
    """The names and the places on the way that is shown, its slopes, and their product."""
    names = "Object.keys(model.keys).find((key) => model.keys[key] === array)"
    numbers = opened.run(f"pinnedWay().map(({{ array, place }}) => [{names}, place])")
    return numbers, *opened.run("Object.values(productOf(pinnedWay()))")


@pytest.mark.parametrize(("place", "chosen"), [(0, "[]"), (4, "[[0, 3]]"), (13, "[[0, 5], [4, 1]]")])
def test_the_slopes_are_those_of_autograd(place, chosen, forks):
    forks.run(f"(pin(model.keys['conv.weight'], {place}), state.way = new Map({chosen}), render())")
    numbers, slopes, product = way(forks)
    assert (numbers[0], numbers[-1]) == (["conv.weight", place], ["cross_entropy", 0])
    calls = Forks().calls(**FORKS)
    for (name, at), (after, then), slope in zip(numbers, numbers[1:], slopes, strict=False):
        function, given = calls[name, after]
        slopes_there = torch.autograd.functional.jacobian(function, given.detach())
        assert slope == pytest.approx(slopes_there.reshape(-1, given.numel())[then, at].item(), rel=1e-9), name
    assert product == pytest.approx(math.prod(slopes), rel=1e-12)


@pytest.mark.parametrize("place", [4, 13])
def test_all_ways_add_up_to_the_gradient(place, forks):
    products, count = forks.run(f"({ALL_WAYS})('conv.weight', {place})")
    assert len(products) == count > 1
    assert sum(products) == pytest.approx(gradient(Forks(), FORKS, "conv.weight", place), rel=1e-9)
    forks.run(f"(pin(model.keys['conv.weight'], {place}), openWay(true))")
    assert f"On {count} ways no slope is 0" in forks.page.inner_text("#way")


def test_what_only_a_condition_reads_is_marked_too(forks):
    """The gradient passes a ReLU where the ReLU's result is above 0: that number is no term of any sum."""
    forks.run(r"goTo(model.steps.findIndex((step) => /^←\s+ReLU/.test(step.name)) + 1)")
    account = forks.run("accountOf(shownView(), 7)")
    keys = {array: key for key, array in forks.run("model.keys").items()}
    read = [number for term in account["terms"] for number in [term["cell"]]] + account["asides"]
    assert [(keys[number["array"]], number["place"]) for number in read] == [("grad.relu", 7), ("relu", 7)]


@pytest.mark.parametrize("name", ["w", "v"])
def test_the_only_way_is_the_gradient(name, folder, browser):
    browser.goto(folder / "chain.html")
    browser.run(f"(pin(model.keys.{name}, 0), openWay(true))")
    numbers, slopes, product = way(browser)
    assert len(slopes) == len(numbers) - 1 > 3
    assert product == pytest.approx(gradient(Chain(), CHAIN, name, 0), rel=1e-9)
    assert "No other way adds" in browser.page.inner_text("#way")


def test_a_reader_chooses_a_branch_and_goes_on_from_it(folder, forks):
    forks.run("pin(model.keys['conv.weight'], 4)")
    forks.page.click("#open-way")
    assert not forks.page.is_visible("#stage")
    first = forks.page.inner_text("#way .line")
    other = forks.run("pinnedWay()[0].edges.findIndex((edge) => edge.place !== pinnedWay()[1].place)")
    forks.page.select_option("#fork-0", str(other))
    line, link = forks.page.inner_text("#way .line"), forks.run("hashOf()")
    assert line != first
    lit = forks.run("[...document.querySelectorAll('#overview .on-way')].map((box) => box.title)")
    assert lit == forks.run("pinnedWay().slice(1).map(({ array }) => model.tensors[array].name)")
    forks.goto(folder / "forks.html", link)
    assert forks.page.inner_text("#way .line") == line
    forks.page.click("#on-way-2")
    assert "∂L/∂(ReLU of conv)" in forks.line
    assert forks.page.is_visible("#stage")
    assert "conv.weight" in forks.page.inner_text("#pinned")
    forks.page.keyboard.press("Escape")
    assert "conv.weight" not in forks.page.inner_text("#pinned")


def test_where_no_slope_is_but_0_that_is_said(forks):
    forks.run("(change(model.keys['conv.bias'], 0, -99), pin(model.keys['conv.weight'], 4), openWay(true))")
    assert way(forks)[2] == 0
    assert "some slope is 0" in forks.page.inner_text("#way .sum")


def test_what_is_not_taken_apart_counts_with_its_gradient(forks):
    forks.run("model.views.forEach((view) => view.made === model.keys['grad.conv'] && view.group.fill(-1))")
    forks.run("(pin(model.keys['conv.weight'], 4), openWay(true))")
    numbers, (slope, rest), product = way(forks)
    assert rest == forks.run(f"ARRAYS[model.keys['grad.conv']][{numbers[-1][1]}]")
    assert product == pytest.approx(slope * rest)
    assert "times the gradient there" in forks.page.inner_text("#way .line")


def test_what_has_no_gradient_has_no_way(forks):
    forks.run("pin(model.keys.label, 0)")
    assert not forks.page.is_visible("#open-way")
