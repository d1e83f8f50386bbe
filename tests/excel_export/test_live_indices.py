"""Places that a learner changes: after each edit, every number is that of PyTorch."""

import pytest
import torch

from excel_export.ops._numbers import IMAGE, randn
from tests.support.edited import reports_after_edits

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


def tensors(inputs):
    return [torch.tensor(item) if isinstance(item, list) else item for item in inputs]


@pytest.mark.parametrize("case", CASES)
def test_places_can_be_changed(case, tmp_path):
    function, inputs, *edits = CASES[case]
    x, *_ = tensors(inputs)
    new = [tensors([x, edit] if isinstance(edit, list) else edit) for edit in edits]
    for report in reports_after_edits(function, tensors(inputs), new, ["ironcalc"], tmp_path):
        assert report.ok, report
