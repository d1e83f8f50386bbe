"""Every operator on extreme numbers: the workbook shows what PyTorch shows, or the export refuses."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors
from excel_export.ops import all_operators
from excel_export.workbook.read import read_index
from tests.support.cases import extremes_of
from tests.support.cells import cell
from tests.support.engines import ENGINES, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.sweep import Case, name_of, sweep

# Excel has no numbers nearer to 0 than 2.2e-308: it takes them as 0, and so may an engine.
EXCELS_SMALLEST, SMALLEST = 2.2250738585072014e-308, 1e-300
# Where an operator decides by a number that an engine takes for 0, it may decide otherwise: ironcalc takes numbers that
# differ by less than 2e-16 for equal, formulon takes what Excel has no number for as 0.
TINY, BELOW_EXCEL = " where numbers are tiny", " below Excel's smallest number"
DECIDES_OTHERWISE = {("ironcalc", TINY), ("ironcalc", BELOW_EXCEL), ("formulon", BELOW_EXCEL)}
# PyTorch's own difference of numbers near each other is good to 1e-16 and not to nine digits, and LibreOffice takes it
# as 0.
CANCELLED = 1e-15


def finite(function, *inputs):
    """Which elements of the inputs have a finite result and finite gradients in PyTorch."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    result = function(*inputs)
    (result * 3).sum().backward()
    # With room for what the case multiplies by, and for the sum.
    return torch.stack([item.isfinite() & (item.abs() < 1e306) for item in (result, *(x.grad for x in inputs))]).all(0)


def nearer_to_zero(limit, inputs):
    """Where an input is nearer to 0 than the limit, and not 0."""
    return torch.stack([(x.abs() < limit) & (x != 0) for x in inputs]).any(0)


def parts(extreme):
    """Yield the parts that an extreme is tested in, each with its words: up to three, where it decides something."""
    if not extreme.by_element:
        yield "", extreme.inputs
        return
    kept = finite(extreme.function, *extreme.inputs)
    chosen = {"": torch.ones_like(kept)}
    if extreme.decides:
        tiny, below = (nearer_to_zero(limit, extreme.inputs) for limit in (1e-15, EXCELS_SMALLEST))
        chosen = {"": ~tiny, TINY: tiny & ~below, BELOW_EXCEL: below}
    for words, these in chosen.items():
        if (kept & these).any():
            yield words, [x[kept & these] for x in extreme.inputs]


EXTREMES = {name_of(operator, extreme): extreme for operator in all_operators() for extreme in extremes_of(operator)}
# Each kind is a workbook: by element, of one tensor or of two, and whole tensors.
KINDS = {name: f"of {len(extreme.inputs)}" if extreme.by_element else "whole" for name, extreme in EXTREMES.items()}


@pytest.fixture(scope="module", params=sorted(set(KINDS.values())))
def swept(request, tmp_path_factory):
    """A workbook of all extremes of one kind, with PyTorch's numbers."""
    cases = {
        name + words: Case(extreme.function, *inputs)
        for name, extreme in EXTREMES.items()
        if KINDS[name] == request.param
        for words, inputs in parts(extreme)
    }
    return sweep(cases, tmp_path_factory.mktemp("sweep") / "sweep.xlsx")


@pytest.mark.parametrize("engine", only_quick(ENGINES, "ironcalc", "formualizer"))
def test_the_workbook_shows_what_pytorch_shows(engine, swept, tmp_path):
    def tolerance(case, expected):
        if any(engine == other and case.endswith(words) for other, words in DECIDES_OTHERWISE):
            return None
        name = case.removesuffix(TINY).removesuffix(BELOW_EXCEL)
        return 1e-9 * np.abs(expected) + (CANCELLED if EXTREMES[name].cancels else SMALLEST)

    found = read_tensors(recalculate(swept.path, engine, tmp_path).path)
    wrong = swept.differing(found, tolerance)
    assert not wrong, "\n".join(wrong)


class Net(nn.Module):
    """A layer and a loss; `square` can overflow, `root` has no slope at 0."""

    def __init__(self, weight=0.5):
        super().__init__()
        self.layer = nn.Linear(2, 2).double()
        with torch.no_grad():
            self.layer.weight.fill_(weight)
            self.layer.bias.copy_(torch.tensor([0.25, -0.25]))

    def forward(self, x, label):
        return F.cross_entropy(self.layer(x), label) + self.layer(x).square().mean()


class Root(Net):
    def forward(self, x, label):
        return super().forward(x, label) + (0 * self.layer.weight).sqrt().sum()


class Masked(Net):
    """What −∞ stands for must come out of it again."""

    def forward(self, x, label):
        hidden = torch.where(x > 0, x, -torch.inf)
        return super().forward(x, label) + hidden.softmax(1)[0, 1].square()


class Unmasked(Net):
    def forward(self, x, label):
        return super().forward(x, label) + torch.where(x > 0, x, -torch.inf).sum()


LABEL = torch.tensor([1])
NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("module", "x", "words"),
    [
        (Net(NAN), (1, 2), "the parameter 'layer.weight' holds NaN"),
        (Net(-INFINITE), (1, 2), "the parameter 'layer.weight' holds an infinite number"),
        (Net(), (1, NAN), "the input 'x' holds NaN"),
        (Net(), (1, INFINITE), "'square' holds an infinite number in PyTorch"),
        (Net(1e300), (1e10, 2), "'layer' in module 'layer' holds an infinite number in PyTorch"),
        (Net(1e200), (1, 2), "'square' holds an infinite number in PyTorch"),
        (Root(), (0, 1), "the gradient of 'mul' holds an infinite number in PyTorch"),
        (Unmasked(), (0, 1), "'add_1' holds an infinite number in PyTorch"),
    ],
)
def test_what_is_infinite_or_no_number_is_refused_by_name(module, x, words, tmp_path):
    with pytest.raises(ExportError, match=words) as caught:
        export(module, (torch.tensor([x], dtype=torch.float64), LABEL), tmp_path / "net.xlsx")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_large_number_stands_for_the_infinity_of_a_mask(tmp_path):
    inputs = (torch.tensor([[-1, 1]], dtype=torch.float64), LABEL)
    assert export(Masked(), inputs, tmp_path / "net.xlsx").ok


@pytest.mark.parametrize("rate", [NAN, INFINITE])
def test_a_learning_rate_is_a_number(rate, tmp_path):
    with pytest.raises(ExportError, match="the learning rate must be a number"):
        export(Net(), (torch.ones(1, 2), LABEL), tmp_path / "net.xlsx", learning_rate=rate)


@pytest.mark.parametrize(
    "numbers",
    only_quick([[0, 0], [-0.0, 255], [1e6, -1e6], [1e150, 1e-300], [1e300, -1e300]], [1e6, -1e6], [1e300, -1e300]),
)
@pytest.mark.parametrize("rate", only_quick([0.1, 1e6], 1e6))
def test_a_whole_workbook_of_extreme_numbers(numbers, rate, tmp_path):
    class Far(Net):
        def forward(self, x, label):
            return F.cross_entropy(self.layer(x), label)

    x = torch.tensor([numbers], dtype=torch.float64)
    report = export(Far(1e-3), (x, LABEL), tmp_path / "net.xlsx", learning_rate=0.0 if max(numbers) > 1e100 else rate)
    assert report.ok, report
    live = Live(tmp_path / "net.xlsx", tmp_path)
    assert live.value("verdict").startswith("All")
    assert live.value("inputs_changed") == "no"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    export(Net(), (torch.tensor([[0.5, 2.0]], dtype=torch.float64), LABEL), folder / "net.xlsx")
    book = Live(folder / "net.xlsx", folder)
    grid = next(entry.grid for entry in read_index(folder / "net.xlsx") if entry.key == "x")
    return book, [(grid.sheet, cell(row, col)) for row, col in zip(grid.rows.flat, grid.cols.flat, strict=True)]


@pytest.mark.parametrize("typed", [0, -0.0, 1e-310, 1e6, -1e6, 1e100, 1e150])
def test_a_typed_number_gives_what_pytorch_gives(typed, live):
    book, (first, second) = live
    book.type({first: typed, second: 2.0, "learning_rate": 0.1})
    x = torch.tensor([[typed, 2.0]], dtype=torch.float64)
    assert book.value("loss") == pytest.approx(Net()(x, LABEL).item(), rel=1e-12)
    assert book.value("inputs_changed") == "yes"
    assert not book.value("verdict").startswith("All")


@pytest.mark.parametrize("typed", [1e200, -1e300])
def test_where_pytorch_overflows_the_check_does_not_agree(typed, live):
    book, (first, second) = live
    book.type({first: typed, second: 2.0, "learning_rate": 0.1})
    assert str(book.value("loss")).startswith("#")
    assert book.value("inputs_changed") == "yes"
    assert not book.value("verdict").startswith("All")


@pytest.mark.parametrize("rate", [0, -0.1, 1, 1e6, -1e6])
def test_a_typed_learning_rate_gives_what_pytorch_gives(rate, live):
    book, (first, second) = live
    book.type({first: 0.5, second: 2.0, "learning_rate": rate})
    net, inputs = Net(), (torch.tensor([[0.5, 2.0]], dtype=torch.float64), LABEL)
    net(*inputs).backward()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter -= rate * parameter.grad
    assert book.value("loss_after") == pytest.approx(net(*inputs).item(), rel=1e-9)
    assert book.value("verdict").startswith("All")
