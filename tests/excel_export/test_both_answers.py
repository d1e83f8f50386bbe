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

X = torch.linspace(-1, 2, 12).reshape(3, 4).double().sin()


class Net(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.function, self.log, self.best, self.allowed = nn.Linear(4, 4), function, [], 1e9, (5, 1000)
        self.histogram, self.window = np.zeros(5), collections.deque(maxlen=5)
        self.double()

    def forward(self, x):
        return self.function(self, x)


def traced(function):
    return confirmed_trace(Net(function), (X,))[0]


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


def the_mean_of_the_last(self, x):
    loss = self.layer(x).square().sum()
    self.log.append(loss.item())
    return loss * 2 if sum(self.log[-3:]) / len(self.log[-3:]) > 1e4 else loss


def a_float(self, x):
    loss = self.layer(x).square().sum()
    v = float(loss.item())
    return loss * 2 if 5e3 < v < 6e3 else loss


def a_float_of_a_tensor(self, x):
    loss = self.layer(x).square().sum()
    self.log.append(float(loss.detach()))
    return loss * 2 if 5e3 < self.log[-1] < 5.1e3 else loss


def rounded_and_looked_up(self, x):
    loss = self.layer(x).square().sum()
    return loss * 2 if round(loss.item()) in (77, 78) else loss


def a_text_in_a_set(self, x):
    loss = self.layer(x).square().sum()
    return loss * 2 if f"{loss.item():.1f}" in {"77.3", "78.1"} else loss


def a_text_among_texts(self, x):
    loss = self.layer(x).square().sum()
    return loss * 2 if f"loss {loss.item():.1f}" in {"loss 77.3", "loss 78.1"} else loss


def a_band_by_attributes(self, x):
    loss = self.layer(x).square().sum()
    low, high = self.allowed
    return loss * 2 if low * 1000 < np.mean([loss.item()]) < high * 1000 else loss


def by_numpy(self, x):
    h = self.layer(x)
    found = np.asarray(h.detach().numpy())
    return (h * 2 if (np.abs(found).mean() > 1e3) else h).square().sum()


def by_numpy_where(self, x):
    h = self.layer(x)
    return h.square().sum() * float(np.where(h.detach().numpy() > 1e3, 2.0, 1.0).max())


def by_whole_steps(self, x):
    h = self.layer(x)
    return h.square().sum() * (1 + h.sum().item() // 1e5)


def by_int(self, x):
    h = self.layer(x)
    return h.square().sum() * (2 if int(h.sum().item()) in (431, 432) else 1)


def by_math(self, x):
    h = self.layer(x)
    return (h * 2 if math.sqrt(abs(h.sum().item())) > 1e3 else h).square().sum()


def by_the_median(self, x):
    h = self.layer(x)
    return (h * 2 if 1e3 < statistics.median(h.flatten().tolist()) < 1.1e3 else h).square().sum()


def by_a_tensor_of_numbers(self, x):
    loss = self.layer(x).square().sum()
    self.log.append(loss.item())
    return loss * 2 if torch.tensor(self.log).mean() > 1e4 else loss


def by_the_text_of_a_tensor(self, x):
    loss = self.layer(x).square().sum()
    return loss * 2 if f"{loss:.1f}" == "77.3" else loss


def keeps_the_best(self, x):
    loss = self.layer(x).square().sum()
    self.best = min(self.best, loss.item())
    return loss + self.best * 0.5


def by_the_seed_of_a_generator(self, x):
    loss = self.layer(x).square().sum()
    return loss * torch.rand(1, generator=torch.Generator().manual_seed(int(loss.item())), dtype=torch.float64).sum()


def by_the_seed_of_all(self, x):
    loss = self.layer(x).square().sum()
    torch.manual_seed(int(loss))
    return nn.functional.dropout(loss.reshape(1), 0.5).sum() + loss


def in_a_set(self, x):
    loss = self.layer(x).square().sum()
    return loss * 2 if round(loss.item()) in {77, 78} else loss


def level():
    return 77


def in_a_set_of_a_function(self, x):
    loss = self.layer(x).square().sum()
    return loss * 2 if round(loss.item()) in {level()} else loss


def as_a_key(self, x):
    loss = self.layer(x).square().sum()
    return loss * {430: 2.0}.get(int(loss.item()), 1.0)


def as_a_key_of_two(self, x):
    loss = self.layer(x).square().sum()
    return loss * (2 if (0, int(loss.item())) in {(0, 77)} else 1)


def as_many_as_a_set_holds(self, x):
    h = self.layer(x)
    return h.square().sum() * len(set(h.argmax(1).tolist()))


def as_often_as_counted(self, x):
    h = self.layer(x)
    return h.square().sum() * max(collections.Counter(h.argmax(1).tolist()).values())


def as_many_as_two_have_in_common(self, x):
    first, second = (row.topk(2).indices.numpy() for row in self.layer(x)[:2])
    return self.layer(x).square().sum() * (1 + np.intersect1d(first, second).size)


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
    the_mean_of_the_last, a_float, a_float_of_a_tensor, rounded_and_looked_up, a_text_in_a_set, a_text_among_texts,
    a_band_by_attributes, by_numpy, by_numpy_where, by_whole_steps, by_int, by_math, by_the_median,
    by_a_tensor_of_numbers, by_the_text_of_a_tensor, keeps_the_best,
    by_the_seed_of_a_generator, by_the_seed_of_all, in_a_set, in_a_set_of_a_function, as_a_key, as_a_key_of_two,
    as_many_as_a_set_holds, as_often_as_counted, as_many_as_two_have_in_common,
    a_factor, as_often_as_it_takes, an_assert_that_keeps_its_answer,
)  # fmt: skip


@pytest.mark.parametrize("function", DECIDE, ids=lambda function: function.__name__)
def test_what_decides_is_refused_by_its_line(function):
    with pytest.raises(ExportError, match=r"(is read by \w+\(\) in|made in) test_both_answers\.py, line \d+"):
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


@pytest.mark.parametrize("function", DO_NOT, ids=lambda function: function.__name__)
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
