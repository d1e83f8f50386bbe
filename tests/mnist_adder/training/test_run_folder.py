import csv

import pytest

from mnist_adder.network.checkpoint import load_checkpoint
from mnist_adder.network.scoring import Score
from mnist_adder.training.history import Epoch
from mnist_adder.training.run_folder import RunFolder


def score(loss: float, accuracy: float) -> Score:
    return Score(100, loss, accuracy, accuracy, 1.0)


@pytest.fixture
def save(tmp_path, make_model, recipe_of):
    """Writes an epoch with these scores into the folder."""
    folder = RunFolder(tmp_path)

    def save(**scores: Score) -> RunFolder:
        number = len(folder.epochs) + 1
        folder.save_epoch(Epoch(number, scores, 1.5), make_model(), recipe_of(), {})
        return folder

    return save


def epochs_of(folder: RunFolder) -> tuple[int, int]:
    return tuple(load_checkpoint(path)[1].results["epochs"] for path in (folder.checkpoint, folder.best))


def test_the_best_epoch_has_the_most_digits_right_among_those_held_out(save):
    for held_out, tested in ((0.7, 0.9), (0.9, 0.7), (0.8, 0.95), (0.9, 0.99)):
        folder = save(train=score(1, 0.5), test=score(1, tested), held_out=score(1, held_out))
    assert epochs_of(folder) == (4, 2)


def test_without_images_held_out_it_has_the_smallest_loss_in_training(save):
    for loss, tested in ((3.0, 0.9), (1.0, 0.7), (2.0, 0.95)):
        folder = save(train=score(loss, 0.5), test=score(1, tested))
    assert epochs_of(folder) == (3, 2)


def test_the_history_has_a_line_an_epoch(save):
    for loss in (3.0, 1.0):
        folder = save(train=score(loss, 0.25), test=score(loss + 1, 0.5))
    with folder.history.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert [float(row["train_loss"]) for row in rows] == [3, 1]
    assert float(rows[1]["test_digit_accuracy"]) == 0.5
    assert float(rows[1]["seconds"]) == 1.5
    assert "held_out_loss" not in rows[0]


def test_what_was_written_is_recalled(save, tmp_path, recipe_of):
    folder = save(train=score(3.0, 0.25), test=score(1.0, 0.5))
    again = RunFolder(tmp_path)
    recipe, state = again.resume()
    assert recipe == recipe_of()
    assert again.epochs == folder.epochs
    assert state == {}


def test_nothing_is_recalled_from_an_empty_folder(tmp_path):
    assert RunFolder(tmp_path).resume() is None
