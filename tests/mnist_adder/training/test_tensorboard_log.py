from mnist_adder import cli
from mnist_adder.network.scoring import Score
from mnist_adder.training.history import Epoch
from mnist_adder.training.tensorboard_log import tensorboard_log


def logged(folder) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def epoch(number: int, loss: float) -> Epoch:
    return Epoch(number, {"train": Score(10, loss, 0.5, 0.25, 1.0), "test": Score(10, loss + 1, 0.5, 0.25, 1.0)}, 2.0)


def test_every_epoch_is_logged_and_a_resumed_training_takes_back_what_it_does_again(tmp_path):
    log = tensorboard_log(tmp_path, first=1)
    for number in (1, 2):
        log(epoch(number, 8.0))
    again = tensorboard_log(tmp_path, first=2)
    again(epoch(2, 4.0))
    found = logged(tmp_path)
    assert found["loss/train"] == [(1, 8.0), (2, 4.0)]
    assert found["loss/test"] == [(1, 9.0), (2, 5.0)]
    assert found["digit_accuracy/test"] == [(1, 0.5), (2, 0.5)]
    assert found["seconds"] == [(1, 2.0), (2, 2.0)]


def test_the_command_writes_it(tmp_path, capsys):
    arguments = ["train", "--data", "sample", "--epochs", "1", "--tensorboard", "--out", str(tmp_path)]
    assert cli.main(arguments) == 0
    assert len(logged(tmp_path / "tensorboard")["loss/test"]) == 1
    capsys.readouterr()
