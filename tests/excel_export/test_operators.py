"""A whole workbook of each operator, and of networks of several, against float64 autograd, from stripped files."""

from functools import partial

import numpy as np
import openpyxl
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from excel_export import export, verify
from excel_export.book.composition import start_book
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.composites import all_composites
from excel_export.composites._composite import Composite
from excel_export.formulas import Operator
from excel_export.ops import all_operators
from excel_export.shared.modules import modules_in
from tests.support.cases import cases_of, examples_of, extremes_of, file_of
from tests.support.cases._example import randn
from tests.support.engines import recalculate
from tests.support.passes import each_writer
from tests.support.sweep import Learns, name_of, title_of

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


@pytest.mark.parametrize("name", ["sigmoid", "elu", "celu", "softmax"])
def test_the_formula_for_people_gives_the_same(name, tmp_path):
    """On a sheet of its own beside the network's cells, each example's elements, computed by an engine."""
    [operator] = [each for each in OPERATORS if each.name == name]
    assert operator.readable_all is not Operator.readable_all
    for number, example in enumerate(examples_of(operator)):
        module = Apply(example.function, *example.inputs)
        path = export(module, module.inputs, tmp_path / f"{number}.xlsx", sheets=()).path
        graph, _ = confirmed_trace(module, module.inputs)
        placement = start_book(graph, 0.01, sheets=()).placement
        call = next(call for call in graph.calls if isinstance(call.operator, operator))
        texts = placement.readable(call)[0].texts("People").ravel()
        book = openpyxl.load_workbook(path)
        for row, text in enumerate(texts, start=1):
            book.create_sheet("People") if row == 1 else None
            book["People"][f"A{row}"] = f"={text}"
        book.save(path)
        found = recalculate(path, "ironcalc", tmp_path / "computed").values("People", f"A1:A{len(texts)}")
        np.testing.assert_allclose(np.ravel(found).astype(float), call.outputs[0].data.ravel(), rtol=1e-9, atol=1e-12)


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


NETWORKS = {
    "fan-out": lambda: (lambda x: F.relu(x) * x + x, randn(3, 4)),
    "residual connections and shared parameters": lambda: (Residual(), randn(3, 4)),
    "attention": lambda: (Attention(), randn(2, 3, 6)),
}


def agrees_with_autograd(function, inputs, folder, write=export):
    applied = Apply(function, *inputs)
    module = Learns(applied)
    write(module, applied.inputs, folder / "case.xlsx")
    recalculated = recalculate(folder / "case.xlsx", "ironcalc", folder)
    report = verify(recalculated.path, module, applied.inputs)
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


@pytest.mark.parametrize("tried", [*OPERATORS, *all_composites()], ids=title_of)
def test_there_are_cases_the_first_of_them_small_and_plain(tried):
    examples, extremes = examples_of(tried), extremes_of(tried)
    for calls in (examples, extremes):
        assert len({call.what for call in calls}) == len(calls)
    assert cases_of(tried)[0].what == examples[0].what == ""
    assert sum(x.numel() for x in examples[0].inputs) <= 50
    assert extremes or isinstance(tried, Composite)


def test_cases_are_of_operators_and_composites():
    files = [file for file in modules_in("tests.support.cases") if "._" not in file.__name__]
    written = {
        (file.__name__.rpartition(".")[2], name)
        for file in files
        for name, item in vars(file).items()
        if not name.startswith("_") and (isinstance(item, partial) or getattr(item, "__module__", "") == file.__name__)
    }
    assert written == {(file_of(each), each.name) for each in (*all_operators(), *all_composites())}


@each_operator
def test_every_call_comes_down_to_its_operator(operator):
    assert not [name_of(operator, call) for call in cases_of(operator) if not comes_down(call, operator)]


@each_operator
def test_an_operator_explains_itself(operator):
    assert operator.forward_math
    assert operator.backward_math
    assert operator.__doc__
    assert operator.forward_words
    assert operator.backward_words
