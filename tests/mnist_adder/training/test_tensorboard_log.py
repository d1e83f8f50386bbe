import pytest
import torch

from mnist_adder import cli
from mnist_adder.network.scoring import Score
from mnist_adder.training.history import Epoch
from mnist_adder.training.tensorboard_log import TensorBoardLog


def logged(folder) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def epoch(number: int, loss: float) -> Epoch:
    return Epoch(number, {"train": Score(10, loss, 0.5, 0.25, 1.0), "test": Score(10, loss + 1, 0.5, 0.25, 1.0)}, 2.0)


def test_every_epoch_is_logged_and_a_resumed_training_takes_back_what_it_does_again(tmp_path):
    log = TensorBoardLog(tmp_path, 1, 1)
    for number in (1, 2):
        for step in (2 * number - 1, 2 * number):
            log.on_step(step, torch.tensor(9.0), 0.5)
        log.on_epoch_end(epoch(number, 8.0))
    again = TensorBoardLog(tmp_path, 2, 3)
    again.on_step(3, torch.tensor(5.0), 0.25)
    again.on_epoch_end(epoch(2, 4.0))
    found, steps = logged(tmp_path), logged(tmp_path / "steps")
    assert found["loss/train"] == [(1, 8.0), (2, 4.0)]
    assert found["loss/test"] == [(1, 9.0), (2, 5.0)]
    assert found["digit_accuracy/test"] == [(1, 0.5), (2, 0.5)]
    assert found["seconds"] == [(1, 2.0), (2, 2.0)]
    assert steps["loss"] == [(1, 9.0), (2, 9.0), (3, 5.0)]
    assert steps["learning_rate"] == [(1, 0.5), (2, 0.5), (3, 0.25)]


@pytest.mark.slow
def test_the_command_writes_it(tmp_path, capsys):
    arguments = [
        "train",
        "--preset",
        "slice",
        "--data",
        "sample",
        "--epochs",
        "2",
        "--batch-size",
        "500",
        "--tensorboard",
        "--out",
        str(tmp_path),
    ]
    assert cli.main(arguments) == 0
    epochs, steps = logged(tmp_path / "tensorboard"), logged(tmp_path / "tensorboard" / "steps")
    assert len(epochs["loss/test"]) == 2
    assert [number for number, _ in steps["loss"]] == list(range(1, 17))
    # 4,000 images in batches of 500: the loss of the epoch is the mean of those of its steps.
    first = [loss for number, loss in steps["loss"] if number <= 8]
    assert epochs["loss/train"][0][1] == pytest.approx(sum(first) / 8, rel=1e-4)
    capsys.readouterr()
