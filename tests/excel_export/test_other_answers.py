"""What Python reads out of a tensor is answered otherwise, too: what decides is refused, what does not is live."""

import collections
import contextlib
import json
import logging
import math
import statistics

import numpy as np
import pytest
import torch
from torch import nn

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.long_proofs import only_quick
from tests.support.tiny import Net

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()


def traced(function):
    net = Net(
        function, 4, log=[], best=1e9, allowed=(5, 1000), histogram=np.zeros(5), window=collections.deque(maxlen=5)
    )
    return confirmed_trace(net.double(), (X,))[0]


# An exception that the module catches decides.


def asserts_and_catches(self, x):
    factor = 1.0
    try:
        assert (x < 3).all()
    except AssertionError:
        factor = 2.0
    return factor * self.layer(x).square().sum()


def a_raise_ends_a_loop(self, x):
    h = self.layer(x)
    try:
        for _ in range(5):
            h = h * 1.5
            if h.abs().max() > 1e3:
                raise StopIteration
    except StopIteration:
        pass
    return h.square().sum()


def checked(h):
    if h.abs().max() > 1e3:
        raise OverflowError
    return h


def a_helper_raises(self, x):
    h = self.layer(x)
    try:
        h = checked(h)
    except OverflowError:
        h = h.clamp(-1e3, 1e3)
    return h.square().sum()


def suppressed(self, x):
    h = self.layer(x)
    with contextlib.suppress(AssertionError):
        assert (h < 1e3).all()
        h = h * 2
    return h.square().sum()


def a_flag_in_except(self, x):
    h, flag = self.layer(x), False
    try:
        assert bool((h > -1e3).all())
    except AssertionError:
        flag = True
    return (h * 3 if flag else h).square().sum()


def two_answers_together(self, x):
    h = self.layer(x)
    one, two = bool((h > 1e3).any()), bool((h < -1e3).any())
    return (h * 3 if one and two else h).square().sum()


# A logged number decides.


def the_mean_of_the_last(self, h, loss):
    self.log.append(loss.item())
    return sum(self.log[-3:]) / len(self.log[-3:]) > 1e4


def a_float_of_a_tensor(self, h, loss):
    self.log.append(float(loss.detach()))
    return 5e3 < self.log[-1] < 6e3


def a_band_by_attributes(self, h, loss):
    low, high = self.allowed
    return low * 1000 < np.mean([loss.item()]) < high * 1000


def a_tensor_of_numbers(self, h, loss):
    self.log.append(loss.item())
    return torch.tensor(self.log).mean() > 1e4


def level():
    return 77


CONDITIONS = {
    "the mean of the last": the_mean_of_the_last,
    "a float": lambda self, h, loss: 5e3 < float(loss.item()) < 6e3,
    "a float of a tensor": a_float_of_a_tensor,
    "rounded and looked up": lambda self, h, loss: round(loss.item()) in (77, 78),
    "a text in a set": lambda self, h, loss: f"{loss.item():.1f}" in {"77.0", "78.5"},
    "a text among texts": lambda self, h, loss: f"loss {loss.item():.1f}" in {"loss 77.0", "loss 78.5"},
    "a band by attributes": a_band_by_attributes,
    "NumPy": lambda self, h, loss: np.abs(np.asarray(h.detach().numpy())).mean() > 1e3,
    "int": lambda self, h, loss: int(h.sum().item()) in (31, 32),
    "math": lambda self, h, loss: math.sqrt(abs(h.sum().item())) > 1e3,
    "the median": lambda self, h, loss: 1e3 < statistics.median(h.flatten().tolist()) < 2e3,
    "a tensor of numbers": a_tensor_of_numbers,
    "the text of a tensor": lambda self, h, loss: f"{loss:.1f}" == "77.0",
    "in a set": lambda self, h, loss: round(loss.item()) in {77, 78},
    "in a set of a function": lambda self, h, loss: round(loss.item()) in {level()},
    "a key of two": lambda self, h, loss: (0, int(loss.item())) in {(0, 77)},
}
FACTORS = {
    "NumPy's where": lambda h, loss: float(np.where(h.detach().numpy() > 1e3, 2.0, 1.0).max()),
    "whole steps": lambda h, loss: 1 + h.sum().item() // 1e5,
    "a key": lambda h, loss: {43: 2.0}.get(int(loss.item()), 1.0),
    "as many as a set holds": lambda h, loss: len(set(h.argmax(1).tolist())),
    "as often as counted": lambda h, loss: max(collections.Counter(h.argmax(1).tolist()).values()),
    "as many as two have in common": lambda h, loss: (
        1 + np.intersect1d(*(row.topk(2).indices.numpy() for row in h[:2])).size
    ),
    "the seed of a generator": lambda h, loss: torch.rand(
        1, generator=torch.Generator().manual_seed(int(loss.item())), dtype=torch.float64
    ).sum(),
}


def keeps_the_best(self, x):
    loss = self.layer(x).square().sum()
    self.best = min(self.best, loss.item())
    return loss + self.best * 0.5


def by_the_seed_of_all(self, x):
    loss = self.layer(x).square().sum()
    torch.manual_seed(int(loss))
    return nn.functional.dropout(loss.reshape(1), 0.5).sum() + loss


def a_factor(self, x):
    h = self.layer(x)
    return (h * h.mean().item() + h * torch.tensor(h.tolist())).square().sum()


def as_often_as_it_takes(self, x):
    h = self.layer(x)
    while float(h.detach().abs().sum()) > 1:
        h = h / 2
    return h.square().sum()


def an_assert_that_keeps_its_answer(self, x):
    h = self.layer(x)
    assert (is_large := bool(h.mean() > 0.1)) in (True, False)  # noqa: RUF018
    return (h * 2 if is_large else h).square().sum()


DECIDE = (
    asserts_and_catches, a_raise_ends_a_loop, a_helper_raises, suppressed, a_flag_in_except, two_answers_together,
    keeps_the_best, by_the_seed_of_all, a_factor, as_often_as_it_takes, an_assert_that_keeps_its_answer,
)  # fmt: skip
REFUSED = r"(is read by \w+\(\) in|made in) test_other_answers\.py, line \d+"


@pytest.mark.parametrize("function", DECIDE, ids=lambda function: function.__name__)
def test_what_decides_is_refused_by_its_line(function):
    with pytest.raises(ExportError, match=REFUSED):
        traced(function)


@pytest.mark.parametrize("case", [*CONDITIONS, *FACTORS])
def test_a_number_that_decides_is_refused_by_its_line(case):
    def function(self, x):
        h = self.layer(x)
        loss = h.square().sum()
        if case in FACTORS:
            return loss * FACTORS[case](h, loss)
        return loss * 2 if CONDITIONS[case](self, h, loss) else loss

    with pytest.raises(ExportError, match=REFUSED):
        traced(function)


# What only leaves forward(), or is only kept and shown, may be read.


def leaves_forward(self, x):
    h = self.layer(x)
    assert (h.abs() < 1e3).all(), f"too large: {h.abs().max()}"
    checked(h)
    if h.isnan().any():
        raise ValueError
    return h.square().sum()


def caught_and_raised_again(self, x):
    h = self.layer(x)
    try:
        checked(h)
    except OverflowError as error:
        raise ValueError(f"the largest is {h.abs().max().item():.3f}") from error
    return h.square().sum()


def kept_and_shown(self, x):
    h = self.layer(x)
    loss = h.square().sum()
    self.log.append({"loss": float(loss), "rounded": round(loss.item(), 3), "norm": math.sqrt(loss.item()),
                     "mean": np.mean(h.detach().numpy()), "all": h.tolist(), "json": json.dumps({"v": loss.item()}),
                     "text": "%.2f" % loss.item(),  # noqa: UP031
                      "median": statistics.median(h.flatten().tolist())})  # fmt: skip
    self.best = min(self.best, loss.item())
    print(f"{loss.item():.3f} {loss:.2f}", self.log, "a warning" if loss.item() > 1e3 else "")
    return loss


def counted(self, x):
    h = self.layer(x)
    self.log.append(int((h > 0).sum()))
    self.best = 0.9 * self.best + 0.1 * float(h.mean())
    return h.square().sum()


def a_histogram(self, x):
    h = self.layer(x)
    self.histogram[min(4, max(0, int(h.square().mean().item())))] += 1
    return h.square().sum()


def types_by_their_names(self, x):
    h = self.layer(x)
    self.best = float(h.mean()) + int((h > 0).sum())
    counts = np.zeros(3, dtype=float) + np.ones(3).astype(int)
    self.log.append(torch.ones(4, dtype=float) + torch.zeros(4, dtype=int) + torch.as_tensor(counts, dtype=float).sum())
    self.log += [h.new_ones(2, dtype=float), h.to(int).sum() + h.type(torch.float64).sum(dtype=float)]
    return torch.sum(h.square().to(float), dtype=float)


def put_into_sets_and_under_keys(self, x):
    h = self.layer(x)
    loss = h.square().sum()
    self.counts, self.seen = collections.Counter(h.argmax(1).tolist()), {round(loss.item()), 3, "a"}
    for label in (h.sum(1) > 0).tolist() + h.argmax(0).tolist():
        self.counts[label, 1] = self.counts.get((label, 1), 0) + 1
    self.seen.add(loss.item())
    return loss


def meters(self, x):
    loss = self.layer(x).square().sum()
    self.window.append(loss.item())
    self.log += [np.median(self.window), sum(self.window) / len(self.window), math.log10(loss.item())]
    if loss.item() < self.best:
        self.best, self.kept = loss.item(), self.layer.weight.detach().clone()
    logging.getLogger(__name__).debug("%.3f", loss.item())
    return loss


DO_NOT = (
    leaves_forward, caught_and_raised_again, kept_and_shown, counted, a_histogram, types_by_their_names,
    put_into_sets_and_under_keys, meters,
)  # fmt: skip


@pytest.mark.parametrize(
    "function", only_quick(DO_NOT, *DO_NOT[:3], types_by_their_names), ids=lambda function: function.__name__
)
def test_what_does_not_is_live(function, capsys):
    graph = traced(function)
    assert not graph.of_kind("constant")
    assert not graph.frozen


def test_what_a_module_keeps_for_others_is_plain_in_the_end():
    kept = []

    def keeps(self, x):
        loss = self.layer(x).square().sum()
        kept.append(loss.item())
        return loss

    traced(keeps)
    assert len(kept) > 5
    assert all(number in {number} for number in kept)
