"""Truth values and whole numbers of few bits, which a learner changes: the sheet computes with them as PyTorch does."""

import pytest
import torch

from tests.support.retyped import reports_after_edits

X = torch.tensor([1.0, 2.0, -1.0])
ARITHMETIC = {
    "less": lambda n: n - 1,
    "more": lambda n: 100 + n,
    "from": lambda n: 1 - n,
    "sum": lambda n: n.add(n, alpha=3),
    "product": lambda n: n * n.roll(1),
    "square": torch.square,
    "other sign": lambda n: -n,
    "size": abs,
    "quotient": lambda n: n // 3,
    "bits": lambda n: n << 3,
    "with a larger type": lambda n: n + torch.tensor([1000, 0, -1]),
    "with a fraction": lambda n: (n * 1.5).to(n.dtype),
}


@pytest.mark.parametrize("engine", ["ironcalc", "formulon"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16])
@pytest.mark.parametrize("case", ARITHMETIC)
def test_whole_numbers_begin_anew_at_the_end_of_their_range(case, dtype, engine, tmp_path):
    def function(x, n):
        return x * ARITHMETIC[case](n)

    least, most = torch.iinfo(dtype).min, torch.iinfo(dtype).max
    inputs = [X, torch.tensor([5, 3, 7], dtype=dtype)]
    edits = [[X, torch.tensor([least, most, 100], dtype=dtype)]]
    for report in reports_after_edits(function, inputs, edits, [engine], tmp_path):
        assert report.ok, report


TRUTH = {
    "or": lambda m, k: m + k,
    "in place": lambda m, k: m.clone().add_(k),
    "itself": lambda m, k: m + m.roll(1),
    "a number": lambda m, k: m + 1,
    "as a float": lambda m, k: (m + k).float(),
}


@pytest.mark.parametrize("case", TRUTH)
def test_truth_values_that_are_added_stay_truth_values(case, tmp_path):
    def function(x, m, k):
        return x * TRUTH[case](m, k)

    yes, mixed = torch.tensor([True, True, True]), torch.tensor([True, False, False])
    edits = [[X, yes, yes], [X, mixed, mixed], [X, ~yes, mixed]]
    for report in reports_after_edits(function, [X, mixed, ~yes], edits, ["ironcalc"], tmp_path):
        assert report.ok, report
