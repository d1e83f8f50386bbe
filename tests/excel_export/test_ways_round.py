"""What is refused, and the way round that the refusal names: its gradients are those of what was refused."""

import math
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.refuse import by_name
from excel_export.composites import all_composites
from excel_export.ops import all_operators
from tests.support import tiny

X = torch.tensor([[1.0, -2.0, 0.5], [-0.3, -2.0, -1.0]], dtype=torch.float64)
WINDOW = torch.tensor([0.25, 1.0], dtype=torch.float64)
BACK = torch.tensor([[0.5, -1.0, 0.2], [1.0, 0.3, -0.4]], dtype=torch.float64)


class Net(nn.Module):
    """A layer, and what becomes of its result."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.head, self.function = nn.Linear(3, 3).double(), nn.Linear(3, 2).double(), function

    def forward(self, x):
        return self.function(self, self.layer(x)).square().sum()


class Aligned(torch.autograd.Function):
    """Feedback alignment: the gradient goes back by other weights."""

    @staticmethod
    def forward(ctx, x, weight):
        return F.linear(x, weight)

    @staticmethod
    def backward(ctx, grad):
        return grad @ BACK, None


def aligned_otherwise(net, h):
    result, way_back = F.linear(h.detach(), net.head.weight.detach()), F.linear(h, BACK)
    return way_back + (result - way_back).detach()


def hooked(net, h):
    h = h * 1
    h.register_hook(lambda grad: -0.5 * grad)
    return net.head(h)


def largest(net, h):
    """The three largest of rectified numbers, of which some are 0, in their places."""
    active = F.relu(h).flatten()
    values, places = active.topk(4)
    return torch.zeros_like(active).scatter(0, places, values * values.cumsum(0))


def largest_by_sorting(net, h):
    active = F.relu(h).flatten()
    values, places = (found[:4] for found in active.sort(descending=True, stable=True))
    return torch.zeros_like(active).scatter(0, places, values * values.cumsum(0))


def frequencies(net, x):
    matrix = torch.diag(x[0]) + x[0, :, None] * x[0]
    return torch.linalg.eigh(matrix)[0]


def waves(h, frequencies):
    """The real and the imaginary parts of a Fourier transform along the last dimension."""
    a = 2 * math.pi * torch.outer(torch.arange(h.shape[-1]), torch.arange(frequencies)).double() / h.shape[-1]
    return torch.stack([h @ a.cos(), -(h @ a.sin())])


def series(net, h):
    term = total = torch.eye(2).double()
    for k in range(1, 20):
        term = term @ h[:, :2] / k
        total = total + term
    return total


def stirling(x):
    z = x + 8
    terms = 1 / 12 / z - 1 / 360 / z**3 + 1 / 1260 / z**5 - 1 / 1680 / z**7 + 1 / 1188 / z**9
    base = (z - 0.5) * z.log() - z + math.log(2 * math.pi) / 2
    return base + terms - sum((x + k).log() for k in range(8))


def inverse(h):
    a, b, c, d = h[:, :2].flatten()
    return torch.stack([d, -b, -c, a]).view(2, 2) / (a * d - b * c)


def positive(h):
    return h @ h.T + torch.eye(2).double()


def cholesky(A):
    L00 = A[0, 0].sqrt()
    L10 = A[1, 0] / L00
    return L00, L10, (A[1, 1] - L10 * L10).sqrt()


def solved(net, h):
    L00, L10, L11 = cholesky(positive(h))
    x0 = h[0] / L00
    return torch.stack([x0, (h[1] - L10 * x0) / L11])


def often(net, h):
    x = h.sort(dim=-1, stable=True).values
    many = (x.unsqueeze(-1) == x.unsqueeze(-2)).sum(-1)
    return x.gather(-1, many.argmax(-1, keepdim=True))


WAYS = {
    "a backward of its own": (
        lambda net, h: Aligned.apply(h, net.head.weight), aligned_otherwise,
        r"write s\(x\) \+ \(y - s\(x\)\)\.detach\(\)",
    ),
    "a hook": (
        hooked, lambda net, h: net.head(-0.5 * h + 1.5 * h.detach()),
        r"go on with f \* x \+ \(1 - f\) \* x\.detach\(\)",
    ),
    "equal numbers": (largest, largest_by_sorting, r"take what you need of x\.sort\(stable=True\)"),
    "a Fourier transform": (
        lambda net, h: torch.view_as_real(torch.fft.rfft(h)), lambda net, h: waves(h, 2),
        r"'fft_rfft' in .* has no formulas: a Fourier transform is a product with cosines and sines",
    ),
    "windows of a sound": (
        lambda net, h: torch.view_as_real(
            torch.stft(h, 2, 1, window=WINDOW, center=False, return_complex=True)),
        lambda net, h: waves(h.unfold(-1, 2, 1) * WINDOW, 2), "'stft' in .* cut the sound into windows",
    ),
    "a complex number by its angle": (
        lambda net, h: torch.view_as_real(torch.polar(h.exp(), h)),
        lambda net, h: torch.stack([h.exp() * h.cos(), h.exp() * h.sin()]),
        r"'polar' in .* polar\(r, a\) is r \* a\.cos\(\) and r \* a\.sin\(\)",
    ),
    "a complex number": (
        lambda net, h: torch.view_as_real(h * 2j), lambda net, h: 2 * h, "is complex, and a cell holds one real number",
    ),
    "an exponential of a matrix": (
        lambda net, h: torch.matrix_exp(h[:, :2]), series, r"total = total \+ term, term = term @ A / k",
    ),
    "a logarithm of factorials": (
        lambda net, h: torch.lgamma(h.exp()), lambda net, h: stirling(h.exp()), "'lgamma' in .* Stirling's series",
    ),
    "its slope": (
        lambda net, h: torch.digamma(h.exp()),
        lambda net, h: torch.autograd.grad(stirling(x := h.exp()).sum(), x, create_graph=True)[0],
        r"digamma is torch\.autograd\.grad\(lgamma\.sum\(\), x, create_graph=True\)\[0\]",
    ),
    "the second number of each line": (
        lambda net, h: h.kthvalue(2, 1).values, lambda net, h: h.sort(dim=1, stable=True).values.select(1, 1),
        r"x\.sort\(dim=dim, stable=True\)\.values, as by \.select\(dim, k - 1\)",
    ),
    "the most frequent number": (lambda net, h: h.mode(1).values, often, r"many\.argmax\(-1, keepdim=True\)"),
    "an inverse": (
        lambda net, h: torch.linalg.inv(h[:, :2]), lambda net, h: inverse(h), "'linalg_inv' in .* inverse = torch",
    ),
    "a solution": (
        lambda net, h: torch.linalg.solve(h[:, :2], h), lambda net, h: inverse(h) @ h, "'linalg_solve' in .* det = ",
    ),
    "a Cholesky decomposition": (
        lambda net, h: torch.linalg.cholesky(positive(h)), lambda net, h: torch.stack(cholesky(positive(h))),
        r"L00 = A00\.sqrt\(\), L10 = A10 / L00",
    ),
    "a triangle solved": (
        lambda net, h: torch.linalg.solve_triangular(torch.linalg.cholesky(positive(h)), h, upper=False), solved,
        r"x1 = \(b1 - L10 \* x0\) / L11",
    ),
    "a sparse tensor": (
        lambda net, h: h.to_sparse() @ BACK.T, lambda net, h: h @ BACK.T, "a sheet has a cell for every element",
    ),
}  # fmt: skip


def in_a_copy(h, write):
    copy = h.clone()
    write(copy)
    return copy


def solved_for_erf(x):
    y = x
    for _ in range(8):
        y = y - (torch.erf(y) - x) * (y * y).exp() * math.pi**0.5 / 2
    return y


ROWS, (ONE, OTHER) = torch.tensor([1, 1, 0]), torch.triu_indices(3, 3, 1)
WRITTEN = {
    "cummax": (lambda h: h.cummax(1).values, lambda h: torch.stack([h[..., : k + 1].amax(-1) for k in range(3)], -1)),
    "fmin": (lambda h: torch.fmin(h, h.flip(1)), lambda h: torch.minimum(h, h.flip(1))),
    "erfc": (torch.erfc, lambda h: 1 - torch.erf(h)),
    "erfinv": (lambda h: torch.erfinv(h.sigmoid()), lambda h: solved_for_erf(h.sigmoid())),
    "asin": (lambda h: torch.asin(h.tanh()), lambda h: math.pi / 2 - torch.acos(h.tanh())),
    "tan": (torch.tan, lambda h: h.sin() / h.cos()),
    "sinh": (torch.sinh, lambda h: (h.exp() - (-h).exp()) / 2),
    "cosh": (torch.cosh, lambda h: (h.exp() + (-h).exp()) / 2),
    "exp2": (torch.exp2, lambda h: 2**h),
    "expm1": (torch.expm1, lambda h: h.exp() - 1),
    "frac": (torch.frac, lambda h: h - h.sign() * h.abs().floor()),
    "sinc": (torch.sinc, lambda h: torch.where(h == 0, 1.0, (z := torch.where(h == 0, 1.0, h * math.pi)).sin() / z)),
    "logical_xor": (lambda h: h * torch.logical_xor(h > 0, h < 1), lambda h: h * ((h > 0) != (h < 1))),
    "median": (lambda h: h.median(0).values, lambda h: h.sort(dim=0, stable=True).values.select(0, (len(h) - 1) // 2)),
    "asinh": (torch.asinh, lambda h: torch.log(h + (h * h + 1).sqrt())),
    "hypot": (lambda h: torch.hypot(h, h.exp()), lambda h: (h * h + h.exp() * h.exp()).sqrt()),
    "copysign": (lambda h: torch.copysign(h, h.flip(1)), lambda h: h.abs() * torch.where(h.flip(1) < 0, -1.0, 1.0)),
    "special_xlog1py": (lambda h: torch.special.xlog1py(h, h.exp()), lambda h: h * torch.log1p(h.exp())),
    "addbmm": (lambda h: torch.addbmm(h.T @ h, h[..., None], h[:, None]),
               lambda h: h.T @ h + (h[..., None] @ h[:, None]).sum(0)),
    "pdist": (lambda h: F.pdist(h.T), lambda h: (h.T[ONE] - h.T[OTHER]).norm(dim=1)),
    "put": (lambda h: h.put(ROWS, h[0]), lambda h: h.reshape(-1).index_put((ROWS,), h[0]).reshape(h.shape)),
    "index_fill": (lambda h: h.index_fill(0, ROWS[:1], 2.0), lambda h: in_a_copy(h, lambda y: y.__setitem__(1, 2.0))),
    "diagonal_scatter": (lambda h: h.diagonal_scatter(h[0, :2]),
                         lambda h: in_a_copy(h, lambda y: y.diagonal().copy_(h[0, :2]))),
    "index_reduce": (lambda h: h.T.index_reduce(0, ROWS, h.T, "amax"),
                     lambda h: h.T.scatter_reduce(0, ROWS[:, None].expand(3, 2), h.T, "amax")),
}  # fmt: skip
"""What takes a line: how it is called, and how it is written."""
HAVE_FORMULAS = {each.name for each in (*all_operators(), *all_composites())}


WAYS |= {
    name: (lambda net, h, called=called: called(h), lambda net, h, written=written: written(h),
           f"operator '{name}' in .* has no formulas: ")
    for name, (called, written) in WRITTEN.items()
    if name not in HAVE_FORMULAS
}  # fmt: skip


@pytest.mark.parametrize("case", WAYS)
def test_the_way_round_has_the_gradients_of_what_is_refused(case):
    refused, way, words = WAYS[case]
    with pytest.raises(ExportError, match=words):
        confirmed_trace(Net(refused), (X,))
    found = confirmed_trace(Net(way), (X,))[0].tensors
    plain = Net(refused)
    loss = plain(X)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(found["grad.layer.weight"], plain.layer.weight.grad.numpy(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("name", ["tanh", "cdist"])
def test_what_has_come_in_is_not_refused_by_its_old_name(name, monkeypatch):
    """So an operator, or a composite, is one file, though its name still stands in by_name.toml."""
    monkeypatch.setitem(by_name._WAYS, name, "write it otherwise")
    assert confirmed_trace(Net(lambda net, h: torch.cdist(h.tanh(), h)), (X,))


OF_COURSES = {
    "fft_fft": lambda h: torch.fft.fft(h).real,  # FNet
    "complex": lambda h: torch.complex(h, h).real,  # LRU
    "slogdet": lambda h: torch.slogdet(h)[1],  # Glow
    "logdet": torch.logdet,  # biaffine parser
    "inverse": torch.inverse,  # Kalman filter
}
"""What else networks of courses call; those above are called by Autoformer, S4D, Hyena, SVGP, NOTEARS and others."""


@pytest.mark.parametrize("name", OF_COURSES)
def test_what_networks_of_courses_call_is_refused_by_name(name):
    with pytest.raises(ExportError, match=f"operator '{name}' in .* has no formulas: "):
        confirmed_trace(Net(lambda net, h: OF_COURSES[name](positive(h))), (X,))


def test_what_has_no_formulas_is_given_as_an_input():
    with pytest.raises(ExportError, match="compute it before the export, and give what it gives as an input"):
        confirmed_trace(Net(frequencies), (X,))

    class Given(nn.Module):
        def forward(self, x, vectors):
            return (x @ vectors).square().sum()

    symmetric = X.T @ X
    assert confirmed_trace(Given(), (X, torch.linalg.eigh(symmetric)[1]))[0].tensors["loss"] > 0


COUNT = [0]


def of_any(function):
    return tiny.Net(function, step=torch.zeros((), dtype=torch.float64)).double()


def by_a_global(net, x, ids):
    COUNT[0] += 1
    return net.layer(x).square().sum() * COUNT[0]


def by_the_clock(net, x, ids):
    return net.layer(x).square().sum() * (1 + time.perf_counter())


def bounded(net, x, ids):
    h = net.layer(x)
    h.register_hook(lambda grad: grad.clamp(-0.01, 0.01))
    return h.square().sum()


def scaled(net, x, ids):
    h = net.layer(x)
    h.register_hook(lambda grad: 0.5 * grad)
    return h.square().sum()


IDS = torch.tensor([3, 5, 6])
SYMPTOMS = {
    "a root that is not chosen": (
        lambda net, x, ids: torch.where(net.layer(x) > 0, net.layer(x).sqrt(), 0.0).sum(),
        r"torch\.where\(x > 0, torch\.where\(x > 0, x, 1\.0\)\.sqrt\(\), 0\.0\)",
        lambda net, x, ids: torch.where(
            net.layer(x) > 0, torch.where(net.layer(x) > 0, net.layer(x), 1.0).sqrt(), 0.0
        ).sum(),
    ),
    "the spread of one row": (
        lambda net, x, ids: net.layer(x[:1]).std(0).sum(),
        "give more rows, or correction=0",
        lambda net, x, ids: (net.layer(x[:1]).var(0, correction=0) + net.layer(x).std(0)).sum(),
    ),
    "an empty mean": (
        lambda net, x, ids: net.layer(x)[2:].mean() + net.layer(x).sum(),
        r"x\.sum\(\) / max\(x\.numel\(\), 1\)",
        lambda net, x, ids: net.layer(x)[2:].sum() / max(net.layer(x)[2:].numel(), 1) + net.layer(x).sum(),
    ),
    "nothing divides": (
        lambda net, x, ids: (net.layer(x) / (ids > 9).sum()).sum(),
        r"divide by count\.clamp\(min=1\)",
        lambda net, x, ids: (net.layer(x) / (ids > 9).sum().clamp(min=1)).sum(),
    ),
    "a global variable": (
        by_a_global,
        "as a global variable or the clock: keep it in an attribute of the module, or give it as an input",
        lambda net, x, ids: net.layer(x).square().sum() * (net.step + 1),
    ),
    "the clock": (by_the_clock, "or give it as an input", lambda net, x, ids: net.layer(x).square().sum() * ids.sum()),
    "a bound of gradients": (bounded, "remove it before the export", lambda net, x, ids: net.layer(x).square().sum()),
    "a factor of gradients": (
        scaled,
        r"go on with f \* x \+ \(1 - f\) \* x\.detach\(\)",
        lambda net, x, ids: (0.5 * net.layer(x) + 0.5 * net.layer(x).detach()).square().sum(),
    ),
    "two ways": (
        lambda net, x, ids: torch.cond(x.sum() > 0, torch.sin, torch.cos, (net.layer(x),)).sum(),
        r"torch\.cond in test_ways_round\.py, line .* use torch\.where\(condition, f\(x\), g\(x\)\)",
        lambda net, x, ids: torch.where(x.sum() > 0, torch.sin(net.layer(x)), torch.cos(net.layer(x))).sum(),
    ),
    "bits": (
        lambda net, x, ids: (net.layer(x) * (ids ^ 3)).sum(),
        "n & 3 is n % 4; compute others before the export, and give what they give as an input",
        lambda net, x, ids: (net.layer(x) * ids * (ids % 4)).sum(),
    ),
    "shifted bits": (
        lambda net, x, ids: (net.layer(x) * (ids << 2)).sum(),
        r"n << k is n \* 2\*\*k, and n >> k is n // 2\*\*k",
        lambda net, x, ids: (net.layer(x) * (ids * 2**2) * (ids // 2**1)).sum(),
    ),
    "few bits": (
        lambda net, x, ids: (net.layer(x) * (100 * ids).to(torch.uint8)).sum(),
        r"use \.long\(\), and n % 256 where they shall begin anew",
        lambda net, x, ids: (net.layer(x) * (100 * ids % 256)).sum(),
    ),
    "few bits with a sign": (
        lambda net, x, ids: (net.layer(x) * (100 * ids).to(torch.int8)).sum(),
        r"use \.long\(\), and \(n \+ 128\) % 256 - 128 where they shall begin anew",
        lambda net, x, ids: (net.layer(x) * ((100 * ids + 128) % 256 - 128)).sum(),
    ),
    "lists at once": (
        lambda net, x, ids: sum(torch._foreach_mul([net.layer(x), x], 2.0)).sum(),
        r"write \[torch\.mul\(x, …\) for x in tensors\]",
        lambda net, x, ids: sum([torch.mul(each, 2.0) for each in (net.layer(x), x)]).sum(),
    ),
    "whole numbers that are too large": (
        lambda net, x, ids: (net.layer(x) * ((ids * 2654435761 * 4294967296) % 97)).sum(),
        r"leaves the range .*: take the remainder sooner",
        lambda net, x, ids: (net.layer(x) * ((ids * (2654435761 % 97) % 97 * (4294967296 % 97)) % 97)).sum(),
    ),
}


@pytest.mark.parametrize("case", SYMPTOMS)
def test_each_symptom_has_its_way_round(case):
    function, words, rewritten = SYMPTOMS[case]
    with pytest.raises(ExportError, match=words):
        confirmed_trace(of_any(function), (X, IDS))
    graph, _ = confirmed_trace(of_any(rewritten), (X, IDS))
    assert graph.loss.data == pytest.approx(of_any(rewritten)(X, IDS).item(), rel=1e-12)
