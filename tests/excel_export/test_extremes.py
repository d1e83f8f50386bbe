"""Every operator on extreme numbers: the workbook shows what PyTorch shows, or the export refuses."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from excel_export.sheets.draft import start_draft
from torch import nn

from excel_export import ExportError, export, read_tensors
from excel_export.compiler import place
from excel_export.compiler.trace import trace
from excel_export.formulas.operator import all_operators
from excel_export.sheets import network, tensors
from excel_export.xlsx.read import read_index
from excel_export.xlsx.write import write
from tests.support.cells import cell
from tests.support.engines import each_engine, recalculate
from tests.support.live import Live

# Excel has no numbers nearer to 0 than 2.2e-308: it takes them as 0, and so may an engine.
SMALLEST = 1e-300
SIZES = (1e-320, 1e-300, 1e-160, 1e-17, 1e-8, 0.5, 1, 20, 36.5, 700, 709, 745, 1e3, 1e6, 1e9, 1e150, 1e200, 1e300)
NUMBERS = torch.tensor([0.0, -0.0, 1 - 1e-16, *SIZES, *(-size for size in SIZES)], dtype=torch.float64)
FEW = torch.tensor([0.0, 1e-300, -1e-160, 1e-17, 0.5, -1, 700, -1e3, 1e150, -1e200, 1e300], dtype=torch.float64)
PAIRS = torch.cartesian_prod(FEW, FEW).T
# For losses of a probability and of a label that is one.
SHARES = torch.tensor([0.0, 1e-320, 1e-300, 1e-160, 1e-17, 1e-8, 0.5, 1 - 1e-5, 1.0], dtype=torch.float64)
SHARED = torch.cartesian_prod(SHARES, torch.tensor([0.0, 0.3, 1.0], dtype=torch.float64)).T
LOGIT_TARGETS = torch.cartesian_prod(NUMBERS, torch.tensor([0.0, 0.3, 1.0], dtype=torch.float64)).T

# Rows of logits, from far apart to all equal.
ROWS = torch.tensor(
    [[700, -700, 0], [1e3, -1e3, 999], [1e300, -1e300, 0], [1e300, 1e300, 1], [-1e300, -1e300, -1e300], [0, -0.0, 0],
     [1e-300, -1e-300, 1e-320], [745, 0, 36.5], [-1e6, -1e6 - 1, -1e9], [1e15, 1e15 - 2, 1e15 - 40]],
    dtype=torch.float64,
)  # fmt: skip
LABELS = torch.tensor([0, 1, 2, 1, 0, 2, 0, 1, 2, 2])
FAR = torch.tensor(
    [[1e300, -1e-300, 0, 700], [-1e3, 1e200, -0.0, 1e-320], [1, -1e300, 1e150, 0.5]], dtype=torch.float64
)
IMAGE = torch.cat((FAR, FAR.flip(0))).flatten().repeat(2)[:36].reshape(1, 1, 6, 6)
FILTERS = torch.tensor([[[[1e-300, 1.0], [-1e3, 0.0]]]], dtype=torch.float64)
NARROW = torch.tensor([[1e-160, -700, 0, 1e3], [1e150, 0.5, 1, -1e150]], dtype=torch.float64)
VARIANCE = torch.tensor([1e-300, 0.0, 1e300], dtype=torch.float64)

# A function of one input or of two that works element by element, and the numbers to try; where PyTorch has no
# finite result or gradient, an element is left out.
ELEMENTWISE = {
    "abs": torch.abs,
    "cast": lambda x: x.bool() * x + x.double(),
    "clamp": lambda x: x.clamp(-1e-200, 1e200),
    "clone": torch.clone,
    "detach": lambda x: x.detach() + x,
    "dropout": lambda x: F.dropout(x, training=False),
    "elu": lambda x: F.elu(x, 1.5),
    "exp": torch.exp,
    "gelu": F.gelu,
    "gelu tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardtanh": F.relu6,
    "leaky_relu": F.leaky_relu,
    "log": torch.log,
    "neg": torch.neg,
    "pow square": lambda x: x**2,
    "pow three": lambda x: x**3,
    "pow root": lambda x: x**0.5,
    "pow fraction": lambda x: x**1.5,
    "pow negative": lambda x: x**-1,
    "pow negative square": lambda x: x**-2,
    "pow five": lambda x: x**5,
    "pow tiny": lambda x: x**1e-3,
    "rdiv": lambda x: 3 / x,
    "rdiv tiny": lambda x: 1e-300 / x,
    "reciprocal": torch.reciprocal,
    "relu": F.relu,
    "rsub": lambda x: 1 - x,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softplus": F.softplus,
    "softplus beta": lambda x: F.softplus(x, 3, 1),
    "sqrt": torch.sqrt,
    "square": torch.square,
    "tanh": torch.tanh,
    "gt": lambda x: (x > 1e-300) * x,
    "ge": lambda x: (x >= 0.5) * x,
    "lt": lambda x: (x < -1e-300) * x,
    "le": lambda x: (x <= 1e300) * x,
    "eq": lambda x: (x == 0) + x,
    "ne": lambda x: (x != 0) * x,
}
PAIRWISE = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "where": lambda x, y: torch.where(x > y, x, y),
    "mse_loss": lambda x, y: F.mse_loss(x, y, reduction="none"),
    "l1_loss": lambda x, y: F.l1_loss(x, y, reduction="none"),
    "smooth_l1_loss": lambda x, y: F.smooth_l1_loss(x, y, reduction="none", beta=0.3),
    "huber_loss": lambda x, y: F.huber_loss(x, y, reduction="none", delta=0.7),
}
# All others, on numbers that PyTorch can take.
WHOLE = {
    "softmax": (lambda x: x.softmax(1), ROWS),
    "softmax down": (lambda x: x.softmax(0), ROWS),
    "log_softmax": (lambda x: x.log_softmax(1), ROWS[:9]),
    "cross_entropy": (lambda x: F.cross_entropy(x, LABELS, reduction="none"), ROWS),
    "cross_entropy mean": (lambda x: F.cross_entropy(x, LABELS), ROWS),
    "cross_entropy smoothing": (
        lambda x: F.cross_entropy(x, LABELS, label_smoothing=0.1, reduction="none"),
        ROWS,
    ),
    "cross_entropy probabilities": (lambda x, y: F.cross_entropy(x, y), ROWS, ROWS.softmax(1)),
    "nll_loss": (lambda x: F.nll_loss(x, LABELS, reduction="none"), ROWS),
    "sum": (lambda x: x.sum(1), FAR),
    "mean": (lambda x: x.mean(1), FAR),
    "max": (lambda x: x.max(1).values, FAR),
    "max of all": (lambda x: x.max(), FAR),
    "min": (lambda x: x.min(1).values, FAR),
    "amax": (lambda x: x.amax(1), FAR),
    "amin": (lambda x: x.amin(), FAR),
    "argmax": (lambda x: x.argmax(1) + x.sum(1), FAR),
    "argmin": (lambda x: x.argmin(1) + x.sum(1), FAR),
    "one_hot": (lambda x: F.one_hot((x > 0.25).long(), 2) * x[..., None], FAR),
    "linear": (F.linear, NARROW, NARROW),
    "matmul": (lambda x, y: x @ y.T, NARROW, NARROW),
    "conv2d": (F.conv2d, IMAGE, FILTERS),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), IMAGE),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), IMAGE),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 4), IMAGE),
    "batch_norm": (
        lambda x, w: F.batch_norm(x, FAR[:, 0], VARIANCE, w),
        FAR.T / 1e8,
        FAR[0, 1:],
    ),
    "embedding": (lambda w: F.embedding(torch.tensor([2, 0, 2]), w), FAR),
    "flatten": (torch.flatten, FAR),
    "reshape": (lambda x: x.reshape(4, 3), FAR),
    "unflatten": (lambda x: x.unflatten(1, (2, 2)), FAR),
    "permute": (lambda x: x.permute(1, 0), FAR),
    "transpose": (lambda x: x.T, FAR),
    "squeeze": (lambda x: x[:, :1].squeeze(1), FAR),
    "unsqueeze": (lambda x: x.unsqueeze(0), FAR),
    "chunk": (lambda x: x.chunk(2)[0], FAR),
    "split": (lambda x: x.split(2, 1)[1], FAR),
    "unbind": (lambda x: x.unbind(1)[0], FAR),
    "select": (lambda x: x.select(1, 0), FAR),
    "narrow": (lambda x: x.narrow(1, 1, 2), FAR),
    "index_select": (lambda x: x.index_select(0, torch.tensor([0, 0, 2])), FAR),
    "getitem": (lambda x: x[:, ::2], FAR),
    "pad": (lambda x: F.pad(x, (1, 2), value=-1e300), FAR),
    "expand": (lambda x: x[:1].expand(3, -1), FAR),
    "repeat": (lambda x: x.repeat(1, 2), FAR),
    "flip": (lambda x: x.flip(1), FAR),
    "cat": (lambda x, y: torch.cat((x, y)), FAR, NARROW),
    "stack": (lambda x, y: torch.stack((x, y)), NARROW, NARROW + 1),
    "binary_cross_entropy": (
        lambda x: F.binary_cross_entropy(x, SHARED[1], reduction="none"),
        SHARED[0],
    ),
    "binary_cross_entropy_with_logits": (
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="none"),
        *LOGIT_TARGETS,
    ),
}  # fmt: skip


# One engine takes numbers that differ by less than 2e-16 as equal, so it may decide otherwise at the tiny ones.
DECIDES = {"abs", "cast", "clamp", "elu", "eq", "ge", "gt", "hardtanh", "le", "leaky_relu", "lt", "maximum", "minimum",
           "ne", "relu", "where"}  # fmt: skip
DECIDES_OTHERWISE = "ironcalc"
TINY = " where numbers are tiny"
# These take the difference of numbers near each other: PyTorch's own is good to 1e-16 and not to nine digits, and
# LibreOffice takes it as 0.
CANCELS = {"binary_cross_entropy_with_logits", "cross_entropy probabilities", "gelu", "gelu tanh", "log_softmax",
           "rsub", "sigmoid", "silu", "softmax", "softmax down", "tanh"}  # fmt: skip


class Case(nn.Module):
    """A weighted sum of a function of its parameters, so that every element gets a gradient of its own."""

    def __init__(self, function, *inputs):
        super().__init__()
        self.function = function
        self.inputs = nn.ParameterList(nn.Parameter(x.clone()) for x in inputs)
        shape = function(*self.inputs).shape
        self.register_buffer("mix", torch.linspace(1, 3, shape.numel()).double().reshape(shape))

    def forward(self):
        return (self.function(*self.inputs) * self.mix).sum()


class Sweep(nn.Module):
    """Many cases in one network, each with a share of the loss so small that the sum cannot overflow."""

    def __init__(self, cases):
        super().__init__()
        self.cases = nn.ModuleList(cases)

    def forward(self, one):
        total = one * 1
        for case in self.cases:
            total = total + case() / 4096
        return total


ONE = (torch.ones((), dtype=torch.float64),)


def finite(function, *inputs):
    """Which elements of the inputs have a finite result and finite gradients in PyTorch."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    result = function(*inputs)
    (result * 3).sum().backward()
    # With room for what the case multiplies by, and for the sum.
    return torch.stack([item.isfinite() & (item.abs() < 1e306) for item in (result, *(x.grad for x in inputs))]).all(0)


def split(name, function, *inputs):
    """Yield the case of an operator that works element by element, where it decides something as two."""
    kept = finite(function, *inputs)
    tiny = torch.stack([(x.abs() < 1e-15) & (x != 0) for x in inputs]).any(0)
    if name.split()[0] in DECIDES:
        yield name, Case(function, *(x[kept & ~tiny] for x in inputs))
        yield name + TINY, Case(function, *(x[kept & tiny] for x in inputs))
    else:
        yield name, Case(function, *(x[kept] for x in inputs))


GROUPS = {
    "elementwise": lambda: dict(case for item in ELEMENTWISE.items() for case in split(*item, NUMBERS)),
    "pairwise": lambda: dict(case for item in PAIRWISE.items() for case in split(*item, *PAIRS)),
    "whole": lambda: {name: Case(*case) for name, case in WHOLE.items()},
}


@pytest.fixture(scope="module", params=GROUPS)
def swept(request, tmp_path_factory):
    """A workbook of one group's cases, their names, and PyTorch's numbers."""
    cases = GROUPS[request.param]()
    graph = trace(Sweep(list(cases.values())), ONE)
    path = tmp_path_factory.mktemp("sweep") / "sweep.xlsx"
    with pytest.MonkeyPatch.context() as patch:
        # A sheet a case: formualizer refuses a sheet as wide as all of them side by side.
        patch.setattr(place, "ONE_SHEET", 0)
        patch.setattr(place, "ONE_LAYER", 0)
        draft = start_draft(graph, 0.1)
    network.draw(draft, "sweep")
    tensors.draw(draft)
    write(draft.canvases, draft.names, path, "sweep")
    return path, list(cases), graph


def differing(found, names, graph, engine):
    """The tensors of a sweep that differ from PyTorch's, each with its case and the first difference."""
    case_of = {value.name: value.module_path or value.name for value in graph.values}
    wrong = []
    for key, expected in graph.tensors.items():
        where = re.search(r"cases\.(\d+)", case_of.get(key.removeprefix("grad."), ""))
        name = names[int(where[1])] if where else ""  # else it adds up the cases
        if not where or (engine == DECIDES_OTHERWISE and name.endswith(TINY)):
            continue
        tolerance = 1e-9 * np.abs(expected) + (1e-15 if name in CANCELS else SMALLEST)
        differs = ~(np.abs(found[key] - expected) <= tolerance)
        if differs.any():
            shown, right = found[key][differs][0], expected[differs][0]
            wrong.append(f"{name}: {key} shows {shown} for {right}, and so {differs.sum()} of {differs.size}")
    return wrong


@each_engine
def test_the_workbook_shows_what_pytorch_shows(engine, swept, tmp_path):
    path, names, graph = swept
    found = read_tensors(recalculate(path, engine, tmp_path).path)
    wrong = differing(found, names, graph, engine)
    assert not wrong, "\n".join(wrong)


def test_every_operator_is_swept():
    swept = {name.split()[0] for name in (*ELEMENTWISE, *PAIRWISE, *WHOLE)}
    assert {operator.name for operator in all_operators()} <= swept


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
        return super().forward(x, label) + x.sqrt().sum()


class Masked(Net):
    def forward(self, x, label):
        hidden = torch.where(x > 0, x, -torch.inf)
        return super().forward(x, label) + hidden.softmax(1).sum()


LABEL = torch.tensor([1])
NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("module", "x", "words"),
    [
        (Net(NAN), (1, 2), "the parameter 'layer.weight' holds NaN"),
        (Net(-INFINITE), (1, 2), "the parameter 'layer.weight' holds an infinite number"),
        (Net(), (1, NAN), "the input 'x' holds NaN"),
        (Net(), (1, INFINITE), "the input 'x' holds an infinite number"),
        (Net(1e300), (1e10, 2), "'layer' in module 'layer' holds an infinite number in PyTorch"),
        (Net(1e200), (1, 2), "'square' holds an infinite number in PyTorch"),
        (Root(), (0, 1), "the gradient of 'x' holds an infinite number in PyTorch"),
        (Masked(), (0, 1), "'where' holds an infinite number in PyTorch"),
    ],
)
def test_what_is_infinite_or_no_number_is_refused_by_name(module, x, words, tmp_path):
    with pytest.raises(ExportError, match=words) as caught:
        export(module, (torch.tensor([x], dtype=torch.float64), LABEL), tmp_path / "net.xlsx")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rate", [NAN, INFINITE])
def test_a_learning_rate_is_a_number(rate, tmp_path):
    with pytest.raises(ExportError, match="the learning rate must be a number"):
        export(Net(), (torch.ones(1, 2), LABEL), tmp_path / "net.xlsx", learning_rate=rate)


@pytest.mark.parametrize("numbers", [(0, 0), (-0.0, 255), (1e6, -1e6), (1e150, 1e-300), (1e300, -1e300)])
@pytest.mark.parametrize("rate", [0.1, 1e6])
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
