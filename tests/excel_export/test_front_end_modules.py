"""Kinds of modules: wrapped, pruned, normed, shared, with things that cannot be copied."""

import copy
import re
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize, prune

from excel_export import ExportError, export
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.trace.tracer import trace
from tests.support.edited import differing, edited
from tests.support.passes import write_alone
from tests.support.traps import Layers, X, eager


def layers(function=lambda self, x: self.part(x).sum(), **parts):
    module = Layers(function)
    for name, part in parts.items():
        setattr(module, name, part)
    return module


def pruned(method, **settings):
    layer = nn.Linear(3, 2)
    method(layer, "weight", **settings)
    layer(X)
    return layers(part=layer)


class Symmetric(nn.Module):
    def forward(self, weight):
        return (weight + weight.T) / 2


def parametrized():
    layer = nn.Linear(3, 3)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    return layers(part=layer)


def tied():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    return layers(lambda self, x: self.b(self.a(x)).sum(), a=first, b=second)


def shared():
    layer = nn.Linear(3, 3)
    return layers(lambda self, x: self.b(self.a(x)).sum(), a=layer, b=layer)


def compiled_in_place():
    module = layers(part=nn.Linear(3, 2))
    module.part.compile()
    return module


def alias(kind, take=lambda parameter: parameter.data):
    """A module that holds the numbers of a parameter by another name."""
    module = layers(lambda self, x: (self.l(x) * x[0, :2]).sum() + (self.q[0] if kind is list else self.q).sum())
    module.to(torch.float32 if kind is torch.float32 else torch.float64)
    if kind == "buffer":
        module.register_buffer("q", take(module.l.weight))
    else:
        module.q = [take(module.l.weight)] if kind is list else take(module.l.weight)
    return module


def one_line_of_parameters():
    module = Layers(lambda self, x: (self.l(x) * self.m(x)[:, :2]).sum())
    nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(module.parameters()).detach(), module.parameters())
    return module


def an_alias_that_is_not_read():
    module = alias(torch.float64)
    module.function = lambda self, x: self.l(x).sum()
    return module


def compiled_function():
    doubled = torch.compile(lambda x: 2 * x)
    return layers(lambda self, x: doubled(self.l(x)).sum())


class Plain:
    """A layer that is no module, as those of a lecture, and keeps what it computes."""

    def __init__(self, layer):
        self.weight, self.out = layer.weight, None

    def __call__(self, x):
        self.out = x @ self.weight.T
        return self.out


def objects_that_have_run():
    module = layers(lambda self, x: self.kept[0](x).square().sum())
    module.kept = [Plain(module.l)]
    module.kept[0](torch.ones(3, dtype=module.l.weight.dtype))
    return module


def hooked():
    """With hooks before and behind the module and one of its layers, which change what goes in and what comes out."""
    module = layers(lambda self, x: F.softplus(self.l(x)).sum())
    for part in (module, module.l):
        part.register_forward_hook(lambda module, args, result: result * 2)
        part.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    return module


RIGHT = {
    "hooks": hooked,
    "objects that have run": objects_that_have_run,
    "pruned": lambda: pruned(prune.l1_unstructured, amount=0.5),
    "pruned by rows": lambda: pruned(prune.random_structured, amount=0.5, dim=0),
    "parametrized": parametrized,
    "spectral norm": lambda: layers(part=nn.utils.spectral_norm(nn.Linear(3, 2)).eval()),
    "tied": tied,
    "shared": shared,
    "called twice": lambda: layers(lambda self, x: self.m(self.m(x)).sum()),
    "list of parameters": lambda: layers(
        lambda self, x: sum((k + 1) * (p * x).sum() for k, p in enumerate(self.ps)),
        ps=nn.ParameterList([torch.ones(3), torch.zeros(3)]),
    ),
    "dict of parameters": lambda: layers(
        lambda self, x: (self.ps["a"] * x).sum() + self.ps["b"].sum(),
        ps=nn.ParameterDict({"a": torch.ones(3), "b": torch.ones(2)}),
    ),
    "a lock": lambda: layers(part=nn.Linear(3, 2), lock=threading.Lock(), kept={"locks": [threading.Lock()]}),
    "modules in a plain list": lambda: layers(lambda self, x: self.plain[0](x).sum(), plain=[nn.Linear(3, 2)]),
    "tensors in a plain list": lambda: layers(lambda self, x: F.linear(x, self.kept[0]).sum(), kept=[torch.ones(2, 3)]),
    "plain tensor that requires a gradient": lambda: layers(
        lambda self, x: F.linear(x, self.kept).sum(), kept=torch.ones(2, 3, requires_grad=True)
    ),
    "data parallel": lambda: nn.DataParallel(Layers(lambda self, x: self.l(x).sum())),
    "data parallel inside": lambda: layers(part=nn.DataParallel(nn.Linear(3, 2))),
    "compiled": lambda: torch.compile(Layers(lambda self, x: self.l(x).sum())),
    "compiled inside": lambda: layers(part=torch.compile(nn.Linear(3, 2))),
    "compiled in place": compiled_in_place,
    "compiled function": compiled_function,
    "frozen": lambda: Layers(lambda self, x: self.l(x).sum()).requires_grad_(False),
    "half": lambda: Layers(lambda self, x: self.l(x).sum()).bfloat16(),
    "one line of parameters": one_line_of_parameters,
    "an alias that is not read": an_alias_that_is_not_read,
    "closure": lambda: closure(),
    "functional call": lambda: layers(
        lambda self, x: torch.func.functional_call(self.l, {"weight": 2 * self.l.weight}, (x,)).sum()
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_modules_that_are_right(case):
    torch.manual_seed(0)
    module = RIGHT[case]()
    graph, _ = confirmed_trace(module, (X,))
    plain = eager(module)
    np.testing.assert_allclose(graph.tensors["loss"], plain.loss)
    for leaf in plain.parameters:
        if leaf.is_reached:
            np.testing.assert_allclose(graph.tensors[f"grad.{leaf.names[0]}"], leaf.grad, atol=1e-12)
    assert [value.name for value in graph.of_kind("input")] == ["x"]


def test_hooks_are_in_the_workbook_also_after_an_edit(tmp_path):
    write_alone(hooked(), (X,), tmp_path / "net.xlsx")
    other = hooked()
    other.l.weight.data[1, 2] += 0.25
    path = edited(tmp_path / "net.xlsx", other, (X,), tmp_path / "edited.xlsx")
    assert not differing(path, "ironcalc", other.double(), (X.double(),), tmp_path)


def scripted():
    return layers(part=torch.jit.script(nn.Linear(3, 2)))


class Positive(nn.Module):
    def forward(self, x):
        return x > 0


def script_after_a_change(self, x):
    changed = torch.zeros(2)
    changed[0] = x.sum()
    return (self.l(x) * compiled.positive(self.l(x)) * changed).sum()


compiled = torch.jit.CompilationUnit("def positive(x):\n  return x > 0\n")
scripted_module = torch.jit.script(Positive())


@torch.jit.script
def scripted_branch(x):
    if bool(x.sum() > 0):
        x = 2 * x
    return x


class Uncopyable(nn.Linear):
    def __deepcopy__(self, memo):
        raise RuntimeError("not this one")


def computed_before():
    module = layers(lambda self, x: (self.q * self.l(x)).sum())
    module.q = 2 * module.l.weight.sum()
    return module


def computed_before_in_a_list():
    module = layers(lambda self, x: (self.kept["q"][0] * self.l(x)).sum())
    module.kept = {"q": [2 * module.l.weight.sum()]}
    return module


def computed_before_in_an_object():
    module = objects_that_have_run()
    module.function = lambda self, x: (self.kept[0].out.sum() * self.l(x)).sum()
    return module


def closure():
    module = Layers(lambda self, x: self.l(x).sum())
    module.forward = lambda x: module.l(x).sum()
    return module


def trained_and_settled(self, x):
    self.norm(self.l(x).view(2, 1))
    self.norm.eval()
    return self.norm(self.l(x).view(2, 1)).square().sum()


def alias_in_a_closure():
    module = Layers(lambda self, x: (self.l(x) * numbers).sum())
    numbers = module.l.weight.detach()[:, 0]
    return module


def two_parameters_with_the_same_numbers():
    module = layers(lambda self, x: (self.l(x) + self.k(x)).sum(), k=nn.Linear(3, 2))
    module.k.weight = nn.Parameter(module.l.weight.data)
    return module


layer_of_all = nn.Linear(3, 1).double()
ALIAS = "'q' shares its numbers with the parameter 'l.weight', which no formula shows: take self.l.weight.detach()"
REFUSED = {
    "training, then eval": (
        lambda: layers(trained_and_settled, norm=nn.BatchNorm1d(1)),
        "its running statistics were changed by the same layer in training mode earlier in this forward()",
    ),
    "alias": (lambda: alias(torch.float64), ALIAS),
    "alias of float32": (lambda: alias(torch.float32), ALIAS),
    "alias that is a buffer": (lambda: alias("buffer", lambda w: w.detach()[:1]), ALIAS),
    "alias in a list": (lambda: alias(list, lambda w: w.detach().T), ALIAS),
    "a parameter of a global layer": (
        lambda: layers(lambda self, x: (x @ layer_of_all.weight.T).sum(), part=layer_of_all),
        "a function holds the parameter 'part.weight' itself",
    ),
    "alias in a closure": (alias_in_a_closure, "a function holds the parameter 'l.weight' itself"),
    "two parameters with the same numbers": (
        two_parameters_with_the_same_numbers,
        "the parameters 'l.weight' and 'k.weight' share their numbers",
    ),
    "a class": (lambda: nn.MSELoss, "a torch.nn.Module is exported, not a class: make one, MSELoss(…)"),
    "a function": (lambda: lambda x: x.sum(), "a torch.nn.Module is exported, not a function"),
    "lazy": (lambda: layers(part=nn.LazyLinear(2)), "the parameter 'part.weight' has no numbers yet"),
    "meta": (lambda: layers(part=nn.Linear(3, 2, device="meta")), "the parameter 'part.weight' has no numbers, as"),
    "complex": (lambda: layers(p=nn.Parameter(torch.tensor([1j]))), "the parameter 'p' is complex"),
    "TorchScript": (scripted, "the module 'part' is TorchScript"),
    "a script without Python": (
        lambda: Layers(lambda self, x: (self.l(x) * compiled.positive(self.l(x))).sum()),
        "TorchScript in test_front_end_modules.py, line",
    ),
    "a script after a change in place": (
        lambda: Layers(script_after_a_change),
        "TorchScript in test_front_end_modules.py, line",
    ),
    "a scripted module in a closure": (
        lambda: Layers(lambda self, x: (self.l(x) * scripted_module(self.l(x))).sum()),
        "TorchScript in test_front_end_modules.py, line",
    ),
    "a scripted branch": (
        lambda: Layers(lambda self, x: scripted_branch(self.l(x)).sum()),
        "read by bool() in test_front_end_modules.py",
    ),
    "uncopyable": (lambda: layers(part=Uncopyable(3, 2)), "Layers cannot be copied: not this one"),
    "computed before": (computed_before, "'q' was computed from parameters before the export"),
    "computed before, in an object": (
        computed_before_in_an_object,
        "'kept' was computed from parameters before the export",
    ),
    "computed before, in a list": (computed_before_in_a_list, "'kept' was computed from parameters before the export"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_modules_that_are_refused(case):
    make, words = REFUSED[case]
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(make(), (X,))
    assert words in str(refusal.value)


class Turned(nn.Module):
    """Pairs of numbers that are turned, by a complex buffer, and what is done with them."""

    def __init__(self, then):
        super().__init__()
        torch.manual_seed(0)
        self.pairs, self.then = nn.Parameter(torch.randn(2, 2)), then
        self.register_buffer("turn", torch.polar(torch.ones(2), torch.arange(2.0)))

    def forward(self, x):
        return self.then(torch.view_as_complex(self.pairs * x[0, 0]) * self.turn).square().sum()


def test_complex_numbers_are_multiplied_and_no_more():
    graph, _ = confirmed_trace(Turned(torch.view_as_real), (X,))
    plain = Turned(torch.view_as_real)
    plain(X).backward()
    np.testing.assert_allclose(graph.tensors["grad.pairs"], plain.pairs.grad.numpy(), rtol=1e-6)
    with pytest.raises(ExportError, match=r"'abs' of complex numbers .*: compute with their real and imaginary parts"):
        confirmed_trace(Turned(torch.abs), (X,))


@pytest.mark.parametrize("case", ["a function", "a class", "lazy", "meta"])
def test_an_export_says_the_same(case, tmp_path):
    make, words = REFUSED[case]
    with pytest.raises(ExportError, match=re.escape(words)):
        export(make(), (X,), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("surroundings", [torch.no_grad, torch.inference_mode])
def test_gradients_that_the_caller_has_switched_off(surroundings):
    with surroundings():
        module, x = Layers(lambda self, x: self.l(x).square().sum()), X * 1
        inside = confirmed_trace(module, (x,))[0].tensors
    outside = confirmed_trace(copy.deepcopy(module), (X,))[0].tensors
    assert inside.keys() == outside.keys()
    assert all(np.array_equal(inside[key], outside[key]) for key in inside)


def test_tied_weights_go_by_every_name():
    assert "grad.a.weight" in trace(tied(), (X,)).tensors


class Graph(nn.Module):
    """Kipf's layer: neighbours by a matrix that holds the edges only."""

    def __init__(self, edges):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 6).reshape(3, 2))
        self.register_buffer("edges", edges)

    def forward(self, x):
        support = x @ self.weight
        return (torch.spmm(self.edges, support).relu() + self.edges @ support).square().sum()


def test_a_sparse_buffer_is_refused(tmp_path):
    edges, x = torch.tensor([[0.0, 0.5], [0.5, 0]]), torch.tensor([[1.0, -2, 0.5], [0, 1, 3]])
    for given in (edges.to_sparse_csr(), edges.to_sparse()):
        with pytest.raises(ExportError, match=r"the buffer 'edges' is sparse, .*: give x\.to_dense\(\)"):
            export(Graph(given), (x,), tmp_path / "net.xlsx")
    with pytest.raises(ExportError, match=r"a tensor in .* is sparse, .*: give x\.to_dense\(\)"):
        confirmed_trace(Layers(lambda self, x: (edges.to_sparse() @ self.l(x)[:, :2].T).sum()), (x,))


class Ensemble(nn.Module):
    """As in PyTorch's tutorial: the stacked weights of several models, and one without numbers that says how."""

    def __init__(self, *, beforehand):
        super().__init__()
        self.models = nn.ModuleList(nn.Linear(3, 2) for _ in range(2))
        self.base = [copy.deepcopy(self.models[0]).to("meta")] if beforehand else []

    def forward(self, x):
        stacked = {
            name: torch.stack([model.get_parameter(name) for model in self.models]) for name in ("weight", "bias")
        }
        base = self.base[0] if self.base else copy.deepcopy(self.models[0]).to("meta")

        def call(parameters, x):
            return torch.func.functional_call(base, parameters, (x,))

        return torch.vmap(call, in_dims=(0, None))(stacked, x).square().sum()


@pytest.mark.parametrize("beforehand", [True, False])
def test_an_ensemble_by_a_model_without_numbers(beforehand):
    torch.manual_seed(0)
    module = Ensemble(beforehand=beforehand)
    graph, _ = confirmed_trace(module, (X,))
    models = copy.deepcopy(module.models).double()
    sum(model(X.double()).square().sum() for model in models).backward()
    for k, model in enumerate(models):
        np.testing.assert_allclose(graph.tensors[f"grad.models.{k}.weight"], model.weight.grad.numpy(), rtol=1e-12)
