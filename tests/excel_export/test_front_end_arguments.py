"""What a module may be called with, and what it may return: each tensor is an input, and one is the loss."""

from collections import OrderedDict, UserDict, deque, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, Training, export, read_tensors, verify
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.eager import run_eagerly
from tests.support.traps import Layers, X

LABELS = torch.tensor([1])
Pair = namedtuple("Pair", "image label")


@dataclass
class Batch:
    image: torch.Tensor
    label: torch.Tensor
    scale: float = 2.0


@dataclass(slots=True, frozen=True)
class Slotted:
    image: torch.Tensor
    label: torch.Tensor


class Mangled:
    __slots__ = ("__image", "unset")

    def __init__(self, image):
        self.__image = image

    def image(self):
        return self.__image


class More(Mangled):
    """With a dict besides its slots."""

    def __init__(self, image, y):
        super().__init__(image)
        self.y = y


class Bag:
    def __init__(self, **parts):
        vars(self).update(parts)
        self.me = self


def loss(self, image, label):
    return F.cross_entropy(self.l(image), label)


class Starred(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(3, 2)

    def forward(self, x, *others, scale=2.0, **more):
        assert isinstance(others, tuple)
        return (
            scale * self.l(x).sum()
            + sum(self.l(y).square().sum() for y in others)
            + sum(y.sum() for y in more.values())
        )


ARGUMENTS = {
    "list": (lambda self, xs: (self.l(xs[0]) * self.l(xs[1])).sum(), ([X, X + 1],), "xs.0 xs.1"),
    "tuple": (lambda self, xs: (self.l(xs[0]) * self.l(xs[1])).sum(), ((X, X + 1),), "xs.0 xs.1"),
    "the same twice": (lambda self, xs: (self.l(xs[0]) * self.l(xs[1])).sum(), ([X, X],), "xs.0 xs.1"),
    "dict": (lambda self, batch: loss(self, **batch), ({"image": X, "label": LABELS},), "batch.image batch.label"),
    "other keys": (lambda self, b: loss(self, b["an image"], b[3]), ({"an image": X, 3: LABELS},), "b.an_image b.3"),
    "mapping": (lambda self, b: loss(self, **b), (UserDict(image=X, label=LABELS),), "b.image b.label"),
    "ordered": (lambda self, b: loss(self, *b.values()), (OrderedDict(p=X, q=LABELS),), "b.p b.q"),
    "named tuple": (lambda self, b: loss(self, b.image, b.label), (Pair(X, LABELS),), "b.image b.label"),
    "dataclass": (lambda self, b: b.scale * loss(self, b.image, b.label), (Batch(X, LABELS),), "b.image b.label"),
    "deque": (lambda self, b: loss(self, b.popleft(), b.pop()), (deque([X, LABELS]),), "b.0 b.1"),
    "slots": (lambda self, b: loss(self, b.image, b.label), (Slotted(X, LABELS),), "b.image b.label"),
    "slots of a base": (lambda self, b: loss(self, b.image(), b.y), (More(X, LABELS),), "b._Mangled__image b.y"),
    "object": (lambda self, b: b.k * loss(self, b.me.x, b.y), (Bag(x=X, y=LABELS, k=3),), "b.x b.y"),
    "nested": (lambda self, b: loss(self, b["a"][1].image, b["a"][1].label), ({"a": [2, Pair(X, LABELS)]},),
               "b.a.1.image b.a.1.label"),
    "colliding": (lambda self, b: loss(self, b["a"]["b"], b["a.b"]), ({"a": {"b": X}, "a.b": LABELS},),
                  "b.a.b b.a.b_1"),
    "numbers among tensors": (lambda self, b: b[1] * self.l(b[0]).sum(), ([X, 3],), "b.0"),
    "no tensors": (lambda self, x, sizes: self.l(x).view(sizes).sum() * len(sizes), (X, [1, 2]), "x"),
    "a parameter": (lambda self, x: self.l(x).sum(), (nn.Parameter(X),), "x"),
}  # fmt: skip


def agrees(module, inputs):
    graph, _ = confirmed_trace(module, inputs)
    plain = run_eagerly(module, inputs)
    np.testing.assert_allclose(graph.tensors["loss"], plain.loss)
    return graph


@pytest.mark.parametrize("case", ARGUMENTS)
def test_each_tensor_in_the_arguments_is_an_input(case):
    class Module(Starred):
        forward = ARGUMENTS[case][0]

    _, inputs, names = ARGUMENTS[case]
    graph = agrees(Module(), inputs)
    assert [value.name for value in graph.of_kind("input")] == names.split()


@pytest.mark.parametrize(
    ("inputs", "names"),
    [((X,), "x"), ((X, X + 1, X + 2), "x others.0 others.1"), ({"x": X, "z": X + 1, "scale": 3.0}, "x z")],
)
def test_stars(inputs, names):
    graph = agrees(Starred(), inputs)
    assert [value.name for value in graph.of_kind("input")] == names.split()


def test_the_callers_containers_stay():
    given = {"images": [X, X + 1], "notes": ["a"]}

    class Greedy(nn.Module):
        def forward(self, batch):
            batch["notes"].append("b")
            batch["images"][0] += 1
            return (batch["images"].pop() * batch["images"].pop()).sum()

    before = repr(given)
    agrees(Greedy(), (given,))
    assert repr(given) == before


def test_a_workbook_and_a_training_of_a_dict(tmp_path):
    class Module(Starred):
        def forward(self, batch):
            return loss(self, **batch)

    module, path = Module(), tmp_path / "out.xlsx"
    examples = [({"image": X + k, "label": LABELS * (k % 2)},) for k in range(3)]
    export(module, examples[0], path, training=Training(examples, steps=3))
    assert verify(path, module, examples[0]).ok
    assert read_tensors(path)["batch.image"].tolist() == X.tolist()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (X, "the inputs are of type Tensor: give a tuple, such as (x,), or a dict by argument name"),
        (3, "of type int"),
        (({"x": [X], "open": open(__file__)},), "the argument 'x.open', a TextIOWrapper, cannot be copied"),  # noqa: SIM115
        ((X.to_sparse(),), "the input 'x' is sparse, and a sheet has a cell for every element: give x.to_dense()"),
        (([X, X.to_sparse()],), "the input 'x.1' is sparse"),
        (([{X}],), "the argument 'x.0' is a set with tensors, which have no order there: give a list"),
        ((torch.tensor([1j]),), "the input 'x' is complex"),
        ((torch.quantize_per_tensor(X, 0.1, 0, torch.quint8),), "the input 'x' is quantized"),
        ((torch.nested.nested_tensor([X[0], X[0, 1:]]),), "the input 'x' is a nested tensor"),
        ((X.to("meta"),), "the input 'x' has no numbers, as it is on the device 'meta'"),
    ],
)
def test_arguments_that_no_sheet_can_hold(inputs, words):
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(Layers(lambda self, x: self.l(x).sum()), inputs)
    assert words in str(refusal.value)


class Output:
    def __init__(self, loss):
        self.loss = loss


LOSSES = {
    "one element": lambda self, x: self.l(x).sum(1),
    "three dimensions": lambda self, x: self.l(x).sum()[None, None, None],
    "a dict": lambda self, x: {"logits": self.l(x), "loss": self.l(x).sum()},
    "an object": lambda self, x: Output(self.l(x).sum()),
    "a tuple": lambda self, x: (self.l(x).sum(), self.l(x)),
    "a tuple that ends with it": lambda self, x: (self.l(x), self.l(x).sum()),
    "a list": lambda self, x: [self.l(x).sum()],
    "a named tuple": lambda self, x: namedtuple("Out", "logits loss")(self.l(x), self.l(x).sum()),
    "several results": lambda self, x: self.l(x).sum().max(dim=0),
    "changed in place": lambda self, x: {"loss": self.l(x).sum().mul_(2)},
}


@pytest.mark.parametrize("case", LOSSES)
def test_the_loss_among_what_is_returned(case):
    module = Layers(LOSSES[case])
    graph = agrees(module, (X,))
    plain = copy_of_loss(LOSSES[case](module, X))
    np.testing.assert_allclose(graph.tensors["loss"], plain.detach(), rtol=1e-6)


def copy_of_loss(result):
    found = result["loss"] if isinstance(result, dict) else getattr(result, "loss", result)
    return found if isinstance(found, torch.Tensor) else next(item for item in found if item.dim() == 0)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda self, x: None, "but it returned None: the loss is the tensor that it returns; or its part 'loss'"),
        (lambda self, x: 3.0, "but it returned float"),
        (lambda self, x: {"logits": x, "a": x}, "but it returned dict of logits, a"),
        (lambda self, x: Output(3), "but it returned Output"),
        (lambda self, x: Output(self.l(x)), "but it returned (1, 2) of float64"),
        (lambda self, x: (self.l(x), x.sum(), x.mean()), "but it returned 2 numbers that learn"),
        (lambda self, x: (), "but it returned tuple"),
        (lambda self, x: self.l(x), "but it returned (1, 2) of float64"),
        (lambda self, x: self.l(x).argmax(), "a whole number (() of int64), which has no gradient"),
        (lambda self, x: torch.tensor(2.0), "the loss is a constant"),
    ],
)
def test_what_is_no_loss(function, words):
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(Layers(function), (X,))
    assert words in str(refusal.value)
