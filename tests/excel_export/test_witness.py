"""What Python chooses by a number that it reads, of whatever kind, is refused; what chooses nothing goes on."""

import re

import numpy as np
import pytest
import scipy.optimize
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace

X = torch.tensor([[0.3, -0.5, 0.9], [0.8, 0.2, -0.4], [0.1, 0.6, 0.2]])


class Reads(nn.Module):
    """A layer, two others, and what becomes of the layer's result `h` (3, 2) and of the input `x` (3, 3)."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.one, self.other, self.function = nn.Linear(3, 2), nn.Linear(2, 2), nn.Linear(2, 2), function
        self.register_buffer("target", torch.randn(3, 2))
        self.log = []

    def forward(self, x):
        return self.function(self, self.layer(x), x)


def matched(self, h, x):
    cost = torch.cdist(h, self.target).detach().numpy()
    pairs = zip(*scipy.optimize.linear_sum_assignment(cost), strict=True)
    return sum((h[a] - self.target[b]).square().sum() for a, b in pairs)


def in_an_order(self, h, x):
    return sum(weight * h[k].sum() for weight, k in enumerate(np.argsort(x[:, 0].numpy(force=True))))


def sorted_by_python(self, h, x):
    order = sorted((number, k) for k, number in enumerate(x[:, 0].tolist()))
    return sum(h[k].sum() * (place + 1) for place, (_, k) in enumerate(order))


def behind_and(self, h, x):
    is_large = x.mean().item() > 5
    return square(h * 2 if is_large and 1 < x.min().item() < 2 else h)


def in_a_branch(self, h, x):
    factor = 1
    if x.mean() > 5:
        factor = 1 + (1 < x.min().item() < 2)
    return square(h * factor)


def two_far_apart(self, h, x):
    one, other = x[0, 0].item(), x[0, 1].item()
    return square(h * 2 if one < -5 and other > 5 else h)


def one_of_two(self, h, x):
    place = np.argmax(x.numpy(force=True))
    return square(h * 2 if place > 0 and x.min().item() < -1e5 else h)


def truth_and_number(self, h, x):
    is_large, number = bool(x[0, 0] > 1e5), x[0, 1].item()
    return square(h * 2 if is_large and number > 3 else h)


def truth_and_number_in_a_line(self, h, x):
    return square(h * 2 if [bool(x[0, 0] > 1e5), x[0, 1].item() > 3] == [False, True] else h)


def behind_many_calls(self, h, x):
    for _ in range(100):
        h = torch.tanh(h)
    return square(h * 2 if -7 < x[0, 0].item() < -4 else h)


def how_many(self, h, x):
    return square(h * 2 if sum(number > 1e5 for number in x.flatten().tolist()) == 7 else h)


def behind_a_counter(self, h, x):
    self.log.extend([1] * int(x.mean() > 0.5))
    return square(h * 2 if self.log and x[0, 0].item() < -2 else h)


def square(h):
    return h.square().sum()


DECIDE = {
    "a reduction": lambda self, h, x: F.mse_loss(h, self.target, reduction="mean" if x.mean() > 0 else "sum"),
    "a slice": lambda self, h, x: square(h[0:2]) if x.mean() > 0 else square(h[1:3]),
    "a place by NumPy": lambda self, h, x: square(h[np.argmax(x[:, 0].numpy(force=True))]),
    "an order by NumPy": in_an_order,
    "an order by Python": sorted_by_python,
    "a matching": matched,
    "a count by NumPy": lambda self, h, x: square(h) * (x.numpy(force=True) > 0).sum(),
    "a number of NumPy's": lambda self, h, x: square(h) * float(np.array([square(h).item()], np.float32).mean()),
    "a factor of NumPy's": lambda self, h, x: square(h) * np.float32(x.numpy(force=True).mean()),
    "how an activation is computed": lambda self, h, x: F.gelu(h, approximate="tanh" if x.mean() > 0 else "none").sum(),
    "how a border is filled": lambda self, h, x: square(
        F.pad(h[None], (1, 0), mode="reflect" if x.mean() > 0 else "replicate")
    ),
    "a layer": lambda self, h, x: square((self.one if x.mean() > 0 else self.other)(h)),
    "the length of a text": lambda self, h, x: square(h) * len(f"{x.mean():.3f}"),
    "whether all are above zero": lambda self, h, x: square(h * 2 if (x[:, 0] > 0).all() else h),
    "what is never so here": lambda self, h, x: square(h) if x.abs().max() < 1e6 else h.sum(),
    "a type": lambda self, h, x: square(h).to(torch.float64 if x.mean() > 0 else torch.int64).double() + square(h),
    "a number that is read behind and": behind_and,
    "a number that is read in a branch": in_a_branch,
    "two numbers that are far apart": two_far_apart,
    "a number beside one that stays": one_of_two,
    "a truth value and a number": truth_and_number,
    "a number beside a truth value": truth_and_number_in_a_line,
    "a number behind many calls": behind_many_calls,
    "how many are large": how_many,
    "a number behind a counter": behind_a_counter,
    "whether a gradient goes on": lambda self, h, x: square(h if x.mean() > 0 else h.detach()) + h.sum(),
}


@pytest.mark.parametrize("what", DECIDE)
def test_what_decides_is_refused_by_its_line(what):
    with pytest.raises(ExportError, match=r"(is read by \w+\(\) in|made in) test_witness\.py, line \d+") as refusal:
        confirmed_trace(Reads(DECIDE[what]), (X,))
    assert "\n" not in str(refusal.value)


class Weighted(nn.Linear):
    """With labels that are all 0: how much the others count makes no difference."""

    def forward(self, x, y):
        weight = torch.tensor([1.0, 2.0 if x[0, 0].item() < -1e5 else 1.0])
        return F.cross_entropy(super().forward(x), y, weight=weight.to(x), reduction="sum")


def test_what_labels_hide_is_refused():
    with pytest.raises(ExportError, match=r"is read by item\(\) in test_witness\.py"):
        confirmed_trace(Weighted(3, 2), (X, torch.zeros(3, dtype=torch.long)))


def guarded(self, h, x):
    if not torch.isfinite(h).all() or h.abs().max() > 1e6:
        raise ValueError("not finite")
    return square(h)


def guarded_by_pytorch(self, h, x):
    torch._assert_async((h.abs() < 1e6).all(), "too large")
    return square(h)


def logged(self, h, x):
    self.log.append((float(h.sum()), f"{h.sum():.3f} {x.tolist()}", repr(h), h.numpy(force=True).mean()))
    return square(h)


IDLE = {
    "a guard": guarded,
    "a guard of PyTorch's": guarded_by_pytorch,
    "a log": logged,
    "another way where there is no number": lambda self, h, x: 0 * h.sum() if torch.isnan(h).any() else square(h),
    "equal branches": lambda self, h, x: square(h + h if x.mean() > 0 else 2 * h),
    "nothing is read": lambda self, h, x: square(h),
}


@pytest.mark.parametrize("what", IDLE)
def test_what_decides_nothing_goes_on(what):
    graph, _ = confirmed_trace(Reads(IDLE[what]), (X,))
    assert graph.tried >= 12


class Padded(nn.Module):
    """A layer whose rows a mask hides, beside what it does where the mask hides none."""

    def __init__(self, whole):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.whole = nn.Linear(3, 2), whole

    def forward(self, x, keep):
        h = self.layer(x)
        return self.whole(self, h, x) if keep.all() else square(h * keep[:, None])


HIDES, HIDES_NONE = torch.tensor([1, 0, 1]), torch.tensor([1, 1, 1])


@pytest.mark.parametrize("keep", [HIDES, HIDES.bool()], ids=["whole numbers", "truth values"])
def test_a_mask_that_hides_nothing_may_be_left_out(keep):
    graph, _ = confirmed_trace(Padded(lambda self, h, x: square(h)), (X, keep))
    assert graph.tried >= 12


@pytest.mark.parametrize(
    ("whole", "keep"),
    [
        (lambda self, h, x: square(h), HIDES_NONE),
        (lambda self, h, x: square(h), HIDES_NONE.bool()),
        (lambda self, h, x: 2 * square(h), HIDES),
        (lambda self, h, x: square(h) if x.mean() > 0 else h.sum(), HIDES),
        (lambda self, h, x: square(h) + F.relu(x.sum() - 1.5) * h.sum(), HIDES),
    ],
    ids=["is left out", "of truth values, is left out", "decides a factor", "decides which", "decides now and then"],
)
def test_a_mask_that_decides_is_refused(whole, keep):
    with pytest.raises(ExportError, match=r"is read by bool\(\) in test_witness\.py, line \d+: return self\.whole"):
        confirmed_trace(Padded(whole), (X, keep))


def test_numbers_that_are_close_are_shown_with_digits_that_differ():
    module = Reads(lambda self, h, x: square(h) + (1e-7 if x.mean() > 0 else 0.0))
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(module, (X,))
    loss, expected = re.search(r"would be (\S+), and the module's is (\S+)\)", str(refusal.value)).groups()
    assert loss != expected


def test_a_refusal_says_what_the_sheet_would_show():
    with pytest.raises(ExportError) as refusal:
        confirmed_trace(Reads(DECIDE["a reduction"]), (X,))
    assert re.search(r"the sheet's loss would be [\d.]+, and the module's is [\d.]+", str(refusal.value))


def test_state_and_seeds_stay_as_they_are():
    module = Reads(lambda self, h, x: self.log.append(float(h.sum())) or square(h))
    before = {name: parameter.clone() for name, parameter in module.named_parameters()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    confirmed_trace(module, (X,))
    assert torch.equal(torch.rand(2), expected)
    assert not module.log
    assert all(torch.equal(parameter, before[name]) for name, parameter in module.named_parameters())
