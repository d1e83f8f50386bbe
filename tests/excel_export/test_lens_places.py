"""The Lens of numbers that are looked up, or sent, by places that a learner changes."""

import numpy as np
import pytest
import torch
from torch import nn

from excel_export.ops._numbers import randn
from tests.support.engines import each_engine, edit, recalculate
from tests.support.lens import Frozen, Shown
from tests.support.lens_truth import Chooser, Opened, Truth
from tests.support.long_proofs import only_quick


class Function(nn.Module):
    """How far a function's results are from 0.3, so that each has a gradient of its own."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.table = nn.Parameter(randn(6, 3))

    def forward(self, i):
        return ((self.function(self.table, i) - 0.3) ** 2).sum()


def sent(x, i):
    return torch.zeros(7, 3, dtype=x.dtype).index_add(0, i, x[: len(i)], alpha=2)


FIRST, SECOND = torch.tensor([5, 0, 0, 4, 2]), torch.tensor([1, 1, 3, 1, 5])
CASES = {
    "rows": lambda x, i: x[i],
    "rows, from the end": lambda x, i: x[i - 2],
    "columns": lambda x, i: x.T[1:, i],
    "single numbers": lambda x, i: x[i, i % 3],
    "gather": lambda x, i: x.gather(0, torch.stack((i, i.flip(0)), 1)),
    "an embedding": lambda x, i: nn.functional.embedding(i, x),
    "an embedding of pairs": lambda x, i: nn.functional.embedding(torch.stack((i, i.flip(0)), 1), x),
    "with padding": lambda x, i: nn.functional.embedding(i, x, padding_idx=1),
    "sent": sent,
    "sent, then looked up": lambda x, i: sent(x, i)[i],
    "negative log-likelihoods": lambda x, i: nn.functional.nll_loss(x.T.log_softmax(1), i[:3], reduction="none"),
}


@pytest.mark.parametrize("case", only_quick(CASES, "sent"))
def test_the_lens_shows_what_autograd_says_after_places_changed(case, tmp_path):
    module = Function(CASES[case])
    book = Opened(module, (FIRST,), tmp_path)
    book.check(seed=0)
    book.live.type(typed(book.places, SECOND))
    book.check(seed=1, truth=Truth(module, (SECOND,)))


@pytest.mark.slow
@each_engine
def test_every_engine_finds_the_cell_that_is_looked_up(engine, tmp_path):
    module = Function(CASES["rows"])
    book = Opened(module, (FIRST,), tmp_path)
    places, truth = book.places, Truth(module, (SECOND,))
    chooser = Chooser(truth, places, 2)
    for number in (step for step, each in enumerate(truth.plan.parts, start=1) if each.call and "[" in each.name):
        changes, which, index = chooser.choice(number)
        found = recalculate(
            edit(book.path, changes | typed(places, SECOND), tmp_path / "chosen.xlsx"), engine, tmp_path
        )
        truth.check(Shown(Frozen(found), places), number, which, index)


def typed(places, numbers):
    """What to type for other places."""
    return {places.at("i", *index): int(numbers[index]) for index in np.ndindex(*numbers.shape)}
