"""What a workbook costs grows with the network, not with its square: counted in characters and cells, never timed."""

import sys
import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export, read_tensors, verify
from excel_export.book.composition import start_book
from excel_export.book.sheet import Story
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.formulas import Text
from excel_export.formulas.copies import Fill
from excel_export.shared.collection import collection_paused
from excel_export.views.terms import WIDEST
from tests.support.engines import each_engine, recalculate
from tests.support.long_proofs import only_quick


class Apply(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Deep(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Linear(2, 2) for _ in range(layers)))

    def forward(self, x):
        return self.layers(x[:2].unsqueeze(0)).sum()


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(2, 2), nn.Linear(1, 2)

    def forward(self, x):
        hidden = torch.zeros(1, 2, dtype=x.dtype)
        for step in x:
            hidden = torch.tanh(self.inner(hidden) + self.outer(step.reshape(1, 1)))
        return hidden.sum()


def labels(x):
    return torch.arange(len(x)) % 3


def wide(function):
    """A function of one sample of n classes."""
    return lambda n: (Apply(lambda x: function(x[None], torch.tensor([1]))), torch.randn(n))


def long(function):
    """A function of n samples of three classes."""
    return lambda n: (Apply(lambda x: function(x, labels(x))), torch.randn(n, 3))


def of(function):
    return lambda n: (Apply(function), torch.randn(n))


def uses(n):
    """One number, used n times."""
    return lambda x: torch.stack([x[0] * (k / n) for k in range(n)]).square().sum()


def chain(n):
    """A sum to which something is added again and again."""

    def added_up(x):
        result, first = x.sum(), x[0]
        for k in range(n):
            result = result + first * (k / n)
        return result

    return added_up


class LookUp(nn.Module):
    """Rows of a table by places that a learner may change: many places, or a long table too."""

    def __init__(self, rows, look_up):
        super().__init__()
        self.table, self.look_up = nn.Parameter(torch.randn(rows, 2)), look_up

    def forward(self, i):
        return self.look_up(self.table, i).square().sum()


def places(n, look_up):
    """As many places as rows."""
    return LookUp(n, look_up), torch.arange(n)


WEIGHT = torch.tensor([1.0, 2, 3], dtype=torch.float64)
SHAPES = {
    "max of all": of(torch.max),
    "max along a line": of(lambda x: x.max(0).values),
    "amax": of(lambda x: x.amax(0)),
    "argmax": of(lambda x: x.argmax(0) * x.sum()),
    "softmax": of(lambda x: x.softmax(0).square().sum()),
    "log_softmax": of(lambda x: x.log_softmax(0).square().sum()),
    "cross_entropy, classes": wide(F.cross_entropy),
    "cross_entropy, samples": long(F.cross_entropy),
    "cross_entropy, smoothed": wide(lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1)),
    "cross_entropy, weighed": long(lambda x, y: F.cross_entropy(x, y, WEIGHT)),
    "nll_loss, classes": wide(F.nll_loss),
    "nll_loss, weighed": long(lambda x, y: F.nll_loss(x, y, WEIGHT)),
    "mean": of(torch.mean),
    "cumsum": of(lambda x: x.cumsum(0).square().sum()),
    "layer_norm": of(lambda x: F.layer_norm(x, (len(x),)).square().sum()),
    "batch_norm": long(lambda x, _: F.batch_norm(x, None, None, training=True).square().sum()),
    "places": lambda n: places(n, lambda table, i: table[i]),
    "embedding": lambda n: places(n, lambda table, i: F.embedding(i, table)),
    "layers": lambda n: (Deep(n), torch.randn(2)),
    "steps of a loop": lambda n: (Recurrent(), torch.randn(n)),
    "uses of one number": lambda n: (Apply(uses(n)), torch.randn(3)),
    "additions to one sum": lambda n: (Apply(chain(n)), torch.randn(3)),
}


QUICK = (
    "max along a line",
    "softmax",
    "cross_entropy, samples",
    "mean",
    "layer_norm",
    "places",
)


def composed(module, x):
    """A workbook that is drawn, and not yet written."""
    torch.manual_seed(0)
    return start_book(
        confirmed_trace(module, (x.double() if x.is_floating_point() else x,))[0], 0.1, story=Story("net")
    ).draw_all()


def contents(module, x):
    """What stands in the cells of a workbook."""
    book = composed(module, x)
    return [item for canvas in book.canvases for line in canvas.cells.values() for item, _ in line.values()]


def characters(cells):
    """How many characters all formulas have."""
    texts = [item.text if isinstance(item, Fill) else item for item in cells if not isinstance(item, Text)]
    return sum(len(text) for text in texts if isinstance(text, str))


@pytest.mark.parametrize("shape", only_quick(SHAPES, *QUICK))
def test_twice_the_size_is_twice_the_formulas(shape):
    # Explain has formulas of its own, beside which a few products are not seen; and it takes short lines apart.
    small = WIDEST + 10 if shape in ("places", "embedding") or "softmax" in shape or "norm" in shape else 60
    one, two = contents(*SHAPES[shape](small)), contents(*SHAPES[shape](2 * small))
    assert characters(two) < 2.2 * characters(one)
    assert len(two) < 2.2 * len(one)


def test_what_is_drawn_is_let_go_of_before_values_are_computed():
    """Nothing that refers to the book is referred to by it: its cells would stay until Python looks for cycles."""
    book = composed(Deep(3), torch.randn(3))
    with collection_paused():
        gone = weakref.ref(book)
        del book
        assert gone() is None


@pytest.mark.slow
def test_a_chain_may_be_longer_than_calls_may_be_nested(tmp_path):
    x = torch.randn(sys.getrecursionlimit() + 50, dtype=torch.float64)
    assert export(Apply(lambda x: x.cumsum(0).square().sum()), (x,), tmp_path / "net.xlsx").ok


@pytest.fixture(scope="module", params=["uses of one number", "steps of a loop"])
def often(request, tmp_path_factory):
    """A workbook in which something is used 800 times; a weight in each of 40 steps."""
    path = tmp_path_factory.mktemp("often") / "often.xlsx"
    module, x = SHAPES[request.param](800 if request.param == "uses of one number" else 40)
    assert export(module, (x.double(),), path).ok
    return path, module, (x.double(),)


@pytest.mark.slow
@each_engine
def test_what_is_used_often_has_pytorchs_gradient_on_every_engine(engine, often, tmp_path):
    path, module, inputs = often
    report = verify(recalculate(path, engine, tmp_path).path, module, inputs)
    assert report.ok, report


def test_many_tensors_with_other_numbers_are_right(tmp_path):
    """More of them than NumPy's functions have operands."""
    export(Apply(uses(70)), (torch.tensor([0.5, 1, 2], dtype=torch.float64),), tmp_path / "net.xlsx")
    grad = read_tensors(tmp_path / "net.xlsx")["grad.x"]
    assert grad[0] == pytest.approx(sum(2 * 0.5 * (k / 70) ** 2 for k in range(70)), rel=1e-12)
    assert grad[1:].tolist() == [0, 0]


def test_a_formula_of_many_lines_is_not_spelled_out_to_its_end(tmp_path):
    x = torch.randn(40, 30, dtype=torch.float64)
    assert export(Apply(lambda x: x.argmax() * x.sum()), (x,), tmp_path / "net.xlsx").ok
