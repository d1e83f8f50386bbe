"""Places that a learner changes: after each edit, every number is that of PyTorch."""

import pytest
import torch
import torch.nn.functional as F

from tests.support.cases._example import IMAGE, randn
from tests.support.retyped import reports_after_edits

CASES = {
    "elements": (lambda x, i: x[i], [randn(4), [2, 0, 2]], [3, 3, -4]),
    "rows": (lambda x, i: x[i], [randn(4, 3), [2, -1, 2, 0]], [0, 0, 3, -4]),
    "columns": (lambda x, i: x[:, i], [randn(3, 4), [[3, 0], [1, 1]]], [[0, 0], [-1, 2]]),
    "a class for each": (lambda x, i: x[torch.arange(3), i], [randn(3, 4), [3, 0, 0]], [1, -1, 2]),
    "pairs": (lambda x, i: x[i, i.flip(0)], [randn(4, 4), [3, 0, 0]], [1, -1, 2]),
    "of images": (lambda x, i: x[:, i, 1:, 0], [IMAGE, [2, 2, 0, 1]], [1, 1, 1, -1]),
    "first of images": (lambda x, i: x[i, ..., None, 1], [IMAGE, [1, 1, 0]], [0, -1, 0]),
    "gather": (lambda x, i: x.gather(1, i), [randn(3, 4), [[3, 0], [1, 1], [2, 2]]], [[0, 0], [1, 3], [2, 0]]),
    "gather first": (lambda x, i: x.gather(0, i), [randn(3, 4), [[2, 0, 1, 1]]], [[0, 0, 0, 0]]),
    "gather outer": (lambda x, i: x.gather(0, i), [randn(3, 2, 2), [[[2, 0], [1, 1]]]], [[[0, 2], [2, 0]]]),
    "index_select": (lambda x, i: x.index_select(-1, i), [randn(3, 4), [3, 3, 0]], [1, 2, 1]),
    "one place": (lambda x, i: x.index_select(0, i), [randn(3, 4), [1]], [2]),
    "before a constant": (lambda x, i: x[i, :, [1, 0]], [randn(3, 2, 4), [2, 0]], [-1, 2]),
}


def written(x, i, *values):
    x = x * 1
    x[i] = values[0] if values else x[0] * 2
    return x


def added_to(x, i, y):
    x = x * 1
    x[torch.arange(3), i] += y
    return x


def written_columns(x, i, y):
    x = x * 1
    x[:, i] = y
    return x


def filled(x, i):
    x = x * 1
    x[i, 1:] = 0.5
    return x


def masked(x, i):
    x = x * 1
    x[i > 1] = 0.5
    return x


def batch(first):
    """More short sequences of places than there are terms in a sum."""
    return ((torch.arange(32) * 7 + first) % 3).reshape(16, 2).tolist()


CASES |= {
    "many sequences": (lambda x, i: x[i], [randn(3, 2), batch(0)], batch(1), [[0, 0]] * 16),
    "an embedding of many": (lambda x, i: F.embedding(i, x), [randn(3, 2), batch(0)], batch(1), [[0, 0]] * 16),
    "many sequences added": (lambda x, i, y: x.index_put((i,), y, accumulate=True),
                             [randn(3, 2), batch(0), randn(16, 2, 2)], [[[0, 0]] * 16, randn(16, 2, 2) - 1]),
    "written": (written, [randn(4, 3), [2, -1], randn(2, 3)], [[0, 0], randn(2, 3)], [[-1, 3], randn(2, 3) - 1]),
    "written from itself": (written, [randn(4, 3), [2, -1]], [0, 0]),
    "written columns": (written_columns, [randn(2, 4), [2, -1], randn(2, 2)], [[0, 0], randn(2, 2)]),
    "added to": (added_to, [randn(3, 4), [2, 0, -1], randn(3)], [[1, 1, 1], randn(3) * 2]),
    "filled": (filled, [randn(3, 4), [2, 0]], [1, 1], [-3, 0]),
    "masked rows": (masked, [randn(3, 4), [2, 0, 1]], [3, 0, 2]),
    "scatter": (lambda x, i, y: x.scatter(1, i, y), [randn(3, 4), [[3, 0], [1, 2], [2, 3]], randn(3, 2)],
                [[[0, 0], [1, 3], [2, 2]], randn(3, 2) - 1]),
    "scatter a number": (lambda x, i: x.scatter(0, i, 2.0), [randn(3, 4), [[2, 0, 1, 1]]], [[0, 0, 0, 0]]),
    "scatter in place": (lambda x, i: (x * 1).scatter_(1, i, value=2.0), [randn(2, 3), [[2], [0]]], [[1], [1]]),
    "scatter_add": (lambda x, i, y: x.scatter_add(0, i, y), [randn(3, 2), [[2, 0], [1, 1]], randn(2, 2)],
                    [[[0, 0], [0, 2]], randn(2, 2) - 1]),
    "scatter_add outer": (lambda x, i, y: x.scatter_add(0, i, y), [randn(3, 2, 2), [[[2, 0], [1, 1]]], randn(1, 2, 2)],
                          [[[[0, 0], [2, 2]]], randn(1, 2, 2) - 1]),
    "index_add": (lambda x, i, y: x.index_add(1, i, y, alpha=2), [randn(3, 4), [3, 0, 3], randn(3, 3)],
                  [[1, 1, 1], randn(3, 3) - 1]),
    "index_copy": (lambda x, i, y: x.index_copy(0, i, y), [randn(3, 4), [2, 0], randn(2, 4)],
                   [[1, 1], randn(2, 4) - 1]),
    "index_put": (lambda x, i, y: x.index_put((i, i.flip(0)), y), [randn(3, 4), [2, 0, 2], randn(3)],
                  [[1, -1, 1], randn(3) - 1]),
    "index_put, added": (lambda x, i, y: x.index_put((i,), y, accumulate=True), [randn(3, 4), [2, 0, 2], randn(4)],
                         [[1, -1, 1], randn(4) - 1]),
}  # fmt: skip


def tensors(inputs):
    return [torch.tensor(item) if isinstance(item, list) else item for item in inputs]


@pytest.mark.parametrize("case", CASES)
def test_places_can_be_changed(case, tmp_path):
    function, inputs, *edits = CASES[case]
    x, *_ = tensors(inputs)
    new = [tensors([x, *edit] if any(isinstance(part, torch.Tensor) for part in edit) else [x, edit]) for edit in edits]
    for report in reports_after_edits(function, tensors(inputs), new, ["ironcalc"], tmp_path):
        assert report.ok, report
