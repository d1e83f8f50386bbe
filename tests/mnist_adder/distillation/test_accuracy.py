"""How good the slice of the full network that ships becomes, on all of MNIST, whose folder MNIST_DIR names."""

import os
from pathlib import Path

import pytest

from mnist_adder.data.mnist import is_at_hand, load_digits
from mnist_adder.distillation.taught_slice import make_slice

DATA = Path(os.environ.get("MNIST_DIR", "data"))


@pytest.mark.slow
@pytest.mark.skipif(not is_at_hand(DATA), reason="MNIST_DIR names no folder of MNIST")
def test_the_slice_of_the_full_network_reads_98_7_percent(teacher):
    made = make_slice(teacher, *load_digits("mnist", DATA))
    assert made.test.digit_accuracy >= 0.987
    assert made.test.agreement >= 0.987
    assert made.test.misread_divergence < made.trained_apart.misread_divergence
    assert made.held_out.digit_accuracy >= 0.97
