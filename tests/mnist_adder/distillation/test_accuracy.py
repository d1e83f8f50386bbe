"""How good slices of full networks become on all of MNIST, whose folder MNIST_DIR names, and how long that takes."""

import os
import time
from pathlib import Path

import pytest

from mnist_adder.cli import main
from mnist_adder.data.mnist import is_at_hand, load_digits
from mnist_adder.distillation.likeness import compare
from mnist_adder.distillation.taught_slice import make_slice, slice_of
from mnist_adder.network.checkpoint import bundled_checkpoint, find_checkpoint, load_checkpoint

DATA = Path(os.environ.get("MNIST_DIR", "data")).resolve()
RUN = "runs/full-regression-fast-0"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_at_hand(DATA), reason="MNIST_DIR names no folder of MNIST"),
]


def test_the_road_of_the_readme_leads_to_a_slice_that_reads_98_3_percent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert main(["train", "--data-dir", str(DATA)]) == 0
    started = time.process_time()
    assert main(["workbook", RUN, "--no-training", "--data-dir", str(DATA), "-o", "mine.xlsx"]) == 0
    assert time.process_time() - started < 300  # of which about two minutes teach the slice
    path = find_checkpoint(RUN)
    teacher, _ = load_checkpoint(path)
    kept = slice_of(teacher, path, DATA, pytest.fail)
    apart, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    mine, other = compare(teacher, [kept.network, apart], load_digits("mnist", DATA)[1], kept.temperature)
    assert mine.digit_accuracy >= 0.983
    assert mine.agreement >= 0.983
    assert mine.misread_divergence < other.misread_divergence
    assert mine.misread_alike > other.misread_alike


def test_the_slice_that_ships_is_what_is_made_of_the_full_network_that_ships(teacher):
    train_set, test_set = load_digits("mnist", DATA)
    made = make_slice(teacher, train_set, test_set)
    ships = slice_of(teacher, bundled_checkpoint("full", "regression"), DATA, pytest.fail)
    assert (made.filters, made.images, made.data) == (ships.filters, ships.images, ships.data)
    assert made.temperature == pytest.approx(ships.temperature, rel=1e-3)
    # Another processor rounds otherwise, and after thousands of steps the weights are others.
    assert made.test.digit_accuracy == pytest.approx(ships.test.digit_accuracy, abs=0.002)
    assert made.test.divergence == pytest.approx(ships.test.divergence, rel=0.15)
    assert made.test.digit_accuracy >= 0.987
    assert compare(teacher, [ships.network], test_set, ships.temperature)[0].misread_alike == ships.test.misread_alike
