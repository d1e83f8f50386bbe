import pytest

from excel_export.shared.errors import UserError
from mnist_adder.network.scoring import Score
from mnist_adder.training.history import Epoch, as_csv, read_history
from tests.support.reports import HISTORY


def test_the_history_is_read_by_name(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    history = read_history(tmp_path / "history.csv")
    assert history.epochs == [1, 2, 3]
    assert history.seconds == 182
    assert {name.rpartition("_")[0] for name in history.columns if name.endswith("_loss")} == {"train", "test"}
    assert history.columns["test_loss"] == [2.25, 0.5, 0.25]


def test_the_history_is_what_training_writes(tmp_path):
    score = Score(10, 0.5, 0.75, 0.25, 0.5)
    written = [Epoch(number, {"train": score, "test": score, "held_out": score}, 1.5) for number in (1, 2)]
    (tmp_path / "history.csv").write_text(as_csv(written))
    history = read_history(tmp_path / "history.csv")
    assert (history.epochs, history.seconds) == ([1, 2], 3)
    assert history.columns["train_loss"] == history.columns["test_loss"] == [0.5, 0.5]
    assert history.columns["train_digit_accuracy"] == [0.75, 0.75]
    assert history.columns["test_sum_accuracy"] == [0.25, 0.25]
    assert history.columns["held_out_loss"] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "lacks the column epoch"),
        (HISTORY.replace("test_loss", "loss").encode(), "lacks the column test_loss"),
        (HISTORY.partition("\n")[0].encode(), "holds no epoch yet"),
        (HISTORY.replace("0.25,9,0.5", "0.25,9,half").encode(), "epoch 2 isn't a row of finite numbers"),
        (HISTORY.replace("0.25,9,0.5", "0.25,9,nan").encode(), "epoch 2 isn't"),
        (HISTORY.replace("\n3,", "\n3.5,").encode(), "epoch 3 isn't"),
        (HISTORY[:-25].encode(), "epoch 3 isn't"),
        (HISTORY.encode() + b"4,\xff\xfe\n", "isn't a row of finite numbers"),
    ],
)
def test_a_bad_history_is_one_line(tmp_path, content, words):
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(UserError, match=words) as error:
        read_history(tmp_path / "history.csv")
    assert "\n" not in str(error.value)
