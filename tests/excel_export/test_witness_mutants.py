"""Each part of the witness is switched off, one at a time: then a module gets through that is refused otherwise."""

import ctypes
import math
import random
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError
from excel_export.compiler.confirm import (
    changed_answers,
    comparison,
    confirmation,
    other_answers,
    other_numbers,
    witness,
)
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference import answers, eager
from tests.excel_export.test_witness import DECIDE, Reads, Weighted, X, square
from tests.support.long_proofs import only_quick

KNOWN = float(X[0, 0])


def unseen(tensor):
    """Numbers that are read where they lie in memory, which no mode sees."""
    tensor = tensor.detach().double().contiguous()
    numbers = (ctypes.c_double * tensor.numel()).from_address(tensor.data_ptr())
    return torch.tensor([*numbers], dtype=torch.float64).reshape(tensor.shape)


class Labelled(nn.Linear):
    def forward(self, x, y):
        return F.cross_entropy(super().forward(x), y) * unseen(y).sum()


def two_truths(self, h, x):
    one = bool(x[0, 0] > 1e5)
    two = bool(x[0, 1] > 1e5)
    return square(h * 2 if one and two else h)


def detached(self, h, x):
    return square(h.detach() if x[0, 0] > 1e5 else h) + h.sum()


def of_two_in_a_line(self, h, x):
    one, other = x[0, 0].item(), x[0, 1].item()
    return square(h * 2 if 1.77 < one - other < 1.83 else h)


def of_the_second_in_a_line(self, h, x):
    one, other = x[0, 0].item(), x[0, 1].item()
    return square(h * 2 if 0.52 < one - other < 0.58 else h)


def seldom_key(self, h, x):
    return square(h) * {0: 1.0, 123456: 2.0}[round(x[0, 0].item())]


def known_number(self, h, x):
    return square(h) * (1 + [KNOWN, 123.456].index(x[0, 0].item()))


def last_of_all(self, h, x):
    numbers = x.flatten().tolist()
    return square(h * 2 if numbers == sorted(numbers) and len({*numbers}) == 9 else h)


def drawn(self, h, x):
    return square(h) * random.random()


def unseen_gradient(self, h, x):
    return square(h) + (h.sum() - h.sum().detach()) * unseen(x).sum()


CASES = {name: partial(lambda function: (Reads(function), (X,)), function) for name, function in DECIDE.items()} | {
    name: partial(lambda function: (Reads(function), (X,)), function)
    for name, function in {
        "two truth values": two_truths,
        "a gradient": detached,
        "two in a line": of_two_in_a_line,
        "the second in a line": of_the_second_in_a_line,
        "a key that is seldom": seldom_key,
        "a number that is known": known_number,
        "the order of all": last_of_all,
        "a number that is drawn": drawn,
        "the memory of an input": lambda self, h, x: square(h) * unseen(x).sum(),
        "the memory of a parameter": lambda self, h, x: square(h) * unseen(self.layer.weight).sum(),
        "the memory of an input, rounded": lambda self, h, x: square(h) * (1 + unseen(x).round().sum()),
        "a gradient from memory": unseen_gradient,
    }.items()
}  # fmt: skip
CASES["the memory of labels"] = lambda: (Labelled(3, 2), (X, torch.tensor([0, 1, 1])))
CASES["what labels hide"] = lambda: (Weighted(3, 2), (X, torch.zeros(3, dtype=torch.long)))


def sets(change):
    """Other sets of numbers in place of those that are tried."""

    def switch(patch):
        patch.setattr(witness, "SETS", change(other_numbers.SETS))

    return switch


def each_set(**parts):
    return sets(lambda all_of_them: [replace(each, **parts) for each in all_of_them])


def attribute(owner, name, new):
    return lambda patch: patch.setattr(owner, name, new)


def loss_alone(graph, reference, replayed=None):
    found = comparison.first_difference(graph, reference, replayed)
    return found if found and found[0] == "loss" else None


def same_loss(graph, one, other):
    return np.allclose(one.loss, other.loss, equal_nan=True)


def only_magnitudes(holds):
    return attribute(changed_answers, "MAGNITUDES", tuple(filter(holds, changed_answers.MAGNITUDES)))


def without_the_check(self, kept, noted):
    """As `OtherAnswers` does, but where no answer goes on to the end, that is right, too."""
    for change in other_answers.many_numbers(10):
        self._refuse_other(dict.fromkeys(noted, other_answers.always(change)), kept, self._bases[0])


def plain(self, function, types, args=(), kwargs=None):
    return function(*args, **(kwargs or {}))


others, trying = changed_answers, other_answers.OtherAnswers
PARTS = {
    "sets of numbers": (sets(lambda all_of_them: []), "the memory of an input"),
    "sets but the first": (sets(lambda all_of_them: all_of_them[:1]), "the memory of an input, rounded"),
    "other inputs": (each_set(inputs=other_numbers._as_it_is), "the memory of an input"),
    "other parameters": (each_set(parameters=other_numbers._as_it_is), "the memory of a parameter"),
    "other labels": (each_set(whole=other_numbers._same), "the memory of labels"),
    "gradients": (attribute(witness, "first_difference", loss_alone), "a gradient from memory"),
    "gradients with other answers": (attribute(other_answers, "is_same", same_loss), "a gradient"),
    "other answers": (attribute(trying, "refuse", lambda self: None), "what is never so here"),
    "turned truth values": (attribute(others, "_turned", lambda tensor: tensor), "what is never so here"),
    "truth values together": (attribute(others, "_together", lambda places: iter(())), "two truth values"),
    "numbers": (
        attribute(other_answers, "many_numbers", lambda calls: [lambda tensor: tensor]),
        "two numbers that are far apart",
    ),
    "numbers near those at hand": (attribute(others, "_NEAR", ()), "two in a line"),
    "one number with another that stays": (attribute(others, "_ALONE", ()), "a truth value and a number"),
    "the first read in a line": (attribute(others, "_ways", lambda count: [others.always]), "two in a line"),
    "reads behind the first in a line": (
        attribute(others, "_ways", lambda count: [partial(others._only, 0)]), "the second in a line"
    ),
    "errors that are no guards": (attribute(other_answers, "is_raised", lambda error: True), "a key that is seldom"),
    "an answer that goes on": (attribute(trying, "_refuse_deciding", without_the_check), "a number that is known"),
    "lines that are read only then": (
        attribute(trying, "_look_into", lambda self, answers, changes: None), "a number that is read behind and"
    ),
    "other numbers with other answers": (attribute(trying, "_others", lambda self: []), "what labels hide"),
    "numbers in an order": (attribute(others, "_apart", lambda by: lambda tensor: tensor), "the order of all"),
    "numbers of both signs": (attribute(others, "_BITS", 0), "two numbers that are far apart"),
    "how many numbers are large": (attribute(others, "_FIRST", 1), "how many are large"),
    "small numbers": (only_magnitudes(lambda number: abs(number) > 100), "a number behind many calls"),
    "numbers below zero": (only_magnitudes(lambda number: number >= 0), "a number behind many calls"),
    "fractions": (only_magnitudes(lambda number: math.floor(number) == number), "a number that is read behind and"),
    "single numbers": (attribute(answers._Singles, "__torch_dispatch__", plain), "what is never so here"),
    "whole tensors": (attribute(answers._Wholes, "__torch_function__", plain), "how many are large"),
    "state at each run": (attribute(eager, "changed_since", lambda *_: []), "a number behind a counter"),
    "other seeds": (
        attribute(confirmation, "confirm_chance", lambda *given, **named: ""), "a number that is drawn"
    ),
}  # fmt: skip
"""What is switched off, and a module that then gets through."""


@pytest.mark.parametrize("part", only_quick(PARTS, "sets of numbers", "gradients", "turned truth values"))
def test_each_part_is_needed(part, monkeypatch):
    switch, case = PARTS[part]
    with pytest.raises(ExportError):
        confirmed_trace(*CASES[case]())
    switch(monkeypatch)
    confirmed_trace(*CASES[case]())
