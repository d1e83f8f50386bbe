"""A whole workbook of each operator, and of networks of several, against float64 autograd, from stripped files."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from excel_export import export, read_tensors, verify
from excel_export.ops import all_operators
from excel_export.ops._numbers import FAR, SATURATED, TIES, randn
from tests.support.engines import each_engine, recalculate
from tests.support.passes import each_writer
from tests.support.sweep import examples_of, name_of

OPERATORS = all_operators()
WHOLE = {
    "batch_norm", "conv2d", "cross_entropy", "embedding", "getitem", "linear", "matmul", "max_pool2d", "relu",
    "scaled_dot_product_attention", "softmax", "sort",
}  # fmt: skip
"""A dozen operators of all families: a whole workbook of each belongs to the quick tests, of the others it does not."""
each_operator = pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
each_operator_but_slowly = pytest.mark.parametrize(
    "operator",
    [pytest.param(each, id=each.name, marks=[] if each.name in WHOLE else pytest.mark.slow) for each in OPERATORS],
)


class Apply(nn.Module):
    """How far a function's result is from some numbers, so that every element gets a gradient of its own."""

    def __init__(self, function, *inputs):
        super().__init__()
        self.function = function
        self.double()
        self.inputs = tuple(x.double() if x.is_floating_point() else x for x in inputs)
        size = function(*(x.clone() for x in self.inputs)).numel()
        self.register_buffer("mix", torch.linspace(-1.3, 2.1, size) if size > 1 else torch.ones(1))
        self.double()

    def forward(self, x, y=None):
        result = self.function(x) if y is None else self.function(x, y)
        return F.mse_loss(result.flatten().double(), self.mix)


class Called(TorchFunctionMode):
    """Sees which functions of PyTorch are called."""

    def __init__(self):
        super().__init__()
        self.functions = set()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.functions.add(function)
        return function(*args, **(kwargs or {}))


class Residual(nn.Module):
    """A block that is used twice, each time with a way around it."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Tanh())

    def forward(self, x):
        x = x + self.body(x)
        return x + self.body(x)


class Attention(nn.Module):
    """One attention head over (N, T, F)."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(6, 18)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return F.softmax(q @ k.mT / 6**0.5, dim=-1) @ v


class Indexed(nn.Module):
    """Indexing by a buffer."""

    def __init__(self):
        super().__init__()
        self.register_buffer("places", torch.tensor([2, 0, 2, -1]))
        self.register_buffer("mask", torch.tensor([True, False, True]))

    def forward(self, x):
        return x[self.places] * x[self.mask].sum()


class Lookup(nn.Module):
    """An embedding of a constant and of an input."""

    def __init__(self, **settings):
        super().__init__()
        self.table = nn.Embedding(5, 3, **settings)
        self.register_buffer("words", torch.tensor([4, 1, 4]))

    def forward(self, x):
        return self.table(self.words) + self.table(x)


NETWORKS = {
    "fan-out": lambda: (lambda x: F.relu(x) * x + x, randn(3, 4)),
    "residual connections and shared parameters": lambda: (Residual(), randn(3, 4)),
    "attention": lambda: (Attention(), randn(2, 3, 6)),
    "indexing by a buffer": lambda: (Indexed(), randn(3, 4)),
    "embeddings of a constant and of an input": lambda: (Lookup(), torch.tensor([0, 4, 0])),
    "embeddings with padding": lambda: (Lookup(padding_idx=4), torch.tensor([4, 4, 1])),
}


def agrees_with_autograd(function, inputs, folder, write=export):
    module = Apply(function, *inputs)
    write(module, module.inputs, folder / "case.xlsx")
    recalculated = recalculate(folder / "case.xlsx", "ironcalc", folder)
    report = verify(recalculated.path, module, module.inputs)
    assert report.ok, report


@each_operator_but_slowly
def test_a_whole_workbook_equals_autograd(operator, tmp_path):
    """With the sheets that explain it; `test_every_example.py` has the two passes of every example."""
    example = examples_of(operator)[0]
    agrees_with_autograd(example.function, example.inputs, tmp_path)


@each_writer
@pytest.mark.parametrize("network", NETWORKS)
def test_every_tensor_of_a_network_equals_autograd(network, write, tmp_path):
    torch.manual_seed(0)
    function, *inputs = NETWORKS[network]()
    agrees_with_autograd(function, inputs, tmp_path, write)


def comes_down(example, operator):
    """Whether PyTorch calls a function that belongs to the operator."""
    module = Apply(example.function, *example.inputs)
    with Called() as called:
        module.function(*(x.clone() for x in module.inputs))
    return bool(called.functions & set(operator.functions))


@each_operator
def test_an_operator_has_examples_and_extremes(operator):
    for calls in (list(operator.examples()), list(operator.extremes())):
        assert calls
        assert len({call.what for call in calls}) == len(calls)


@each_operator
def test_every_call_comes_down_to_its_operator(operator):
    calls = [*examples_of(operator), *operator.extremes()]
    assert not [name_of(operator, call) for call in calls if not comes_down(call, operator)]


@each_operator
def test_an_operator_explains_itself(operator):
    assert operator.forward_math
    assert operator.backward_math
    assert operator.__doc__
    assert operator.forward_words
    assert operator.backward_words


def cube(x):
    return (x / 10) ** 3


class Saturated(nn.Module):
    """All that could overflow, on numbers as far out as ±1000."""

    def forward(self, far, logits, targets, labels):
        total = F.binary_cross_entropy_with_logits(far, targets) + F.cross_entropy(logits, labels)
        total = total + F.nll_loss(logits.log_softmax(1), labels) + F.mse_loss(logits.softmax(0), logits / 1000)
        total = total + F.cross_entropy(logits, labels, label_smoothing=0.1)
        total = total + F.binary_cross_entropy(far.sigmoid(), torch.full((3, 5), 0.5).double())
        total = total + F.smooth_l1_loss(far, targets) + F.huber_loss(far, targets)
        for function in (F.silu, F.gelu, F.softplus, F.elu, torch.tanh, torch.sigmoid, torch.square, cube):
            total = total + function(far).mean()
        return total + F.softplus(far, 3, 1).sum() + F.gelu(far, approximate="tanh").sum() + (-far.abs()).exp().sum()


@pytest.mark.slow
@each_engine
def test_saturation_on_every_engine(engine, tmp_path):
    # Engines differ in how they overflow and underflow: some take 1/(1+EXP(1000)) or 1E-200^2 as an error.
    far = torch.cat((FAR, torch.tensor([[1e-200, -1e-200, 1e-100, -50, 50]], dtype=torch.float64)))
    inputs = (far, SATURATED.double(), far.sign().abs(), torch.tensor([1, 0, 2]))
    export(Saturated(), inputs, tmp_path / "case.xlsx")
    report = verify(recalculate(tmp_path / "case.xlsx", engine, tmp_path).path, Saturated(), inputs)
    assert report.ok, report


def test_the_first_of_tied_maxima_gets_the_gradient(tmp_path):
    class Tied(nn.Module):
        def forward(self, x):
            return F.mse_loss(F.max_pool2d(x, 2).flatten(), torch.zeros(4))

    export(Tied(), (TIES,), tmp_path / "tied.xlsx")
    grad = read_tensors(tmp_path / "tied.xlsx")["grad.x"][0, 0]
    assert (grad != 0).tolist() == [
        [False, True, False, False],
        [False, False, True, False],
        [False, False, True, False],
        [False, False, False, False],
    ]
    assert np.count_nonzero(grad) == 3
