import csv

import pytest
import torch

from mnist_adder.checkpoint import load_checkpoint
from mnist_adder.data import Digits
from mnist_adder.errors import UserError
from mnist_adder.evaluate import evaluate
from mnist_adder.model import HEADS
from mnist_adder.train import train


@pytest.fixture
def few(sample) -> tuple[Digits, Digits]:
    """Four batches of 128 and a short one to learn from, and 200 images to test on."""
    return tuple(
        Digits(digits.pixels[::step].numpy(), digits.digits[::step].numpy())
        for digits, step in zip(sample, (7, 5), strict=True)
    )


def silent(_line: str) -> None:
    pass


@pytest.mark.parametrize("head", HEADS)
def test_training_reduces_the_loss(sample, tmp_path, make_recipe, head):
    train(make_recipe(head=head, epochs=4), *sample, tmp_path, silent)
    with (tmp_path / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [row["epoch"] for row in history] == ["1", "2", "3", "4"]
    for part in ("train_loss", "test_loss"):
        assert float(history[-1][part]) < 0.7 * float(history[0][part])
    assert float(history[-1]["test_digit_accuracy"]) > 0.6


@pytest.mark.parametrize("head", HEADS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(few, tmp_path, make_recipe, head):
    def bytes_of(seed: int, directory: str) -> bytes:
        train(make_recipe(head=head, seed=seed), *few, tmp_path / directory, silent)
        return (tmp_path / directory / "checkpoint.safetensors").read_bytes()

    assert bytes_of(0, "a") == bytes_of(0, "b")
    assert bytes_of(1, "c") != bytes_of(0, "a")


def test_the_checkpoint_holds_the_recipe_and_the_results_that_were_printed(few, tmp_path, make_recipe):
    lines: list[str] = []
    trained = train(make_recipe(), *few, tmp_path / "deep" / "run", lines.append)
    model, info = load_checkpoint(tmp_path / "deep" / "run" / "checkpoint.safetensors")
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  train: loss ")
    assert info.recipe["epochs"] == info.results["epochs"] == 2
    score = evaluate(model, few[1])
    assert info.results["test"] == pytest.approx(vars(score))
    assert f"digit {score.digit_accuracy:.2%}, sum {score.sum_accuracy:.2%}" in lines[1]
    assert vars(evaluate(trained, few[1])) == pytest.approx(vars(score))
    files = {path.name for path in (tmp_path / "deep" / "run").iterdir()}
    assert files == {"checkpoint.safetensors", "history.csv"}


def test_the_adder_learns_at_its_own_speed(few, tmp_path, make_recipe, make_model):
    trained = train(make_recipe(adder_speed=1e-9), *few, tmp_path, silent)
    untrained = make_model()

    def unchanged(part: str) -> list[bool]:
        pairs = zip(getattr(trained, part)(), getattr(untrained, part)(), strict=True)
        return [one.allclose(other, atol=1e-6) for one, other in pairs]

    assert not any(unchanged("classifier_parameters"))
    assert all(unchanged("adder_parameters"))


def test_distortion_changes_what_is_learned(few, tmp_path, make_recipe):
    plain, distorted = (train(make_recipe(distort=distort), *few, tmp_path, silent) for distort in (False, True))
    assert not torch.equal(plain.conv6.weight, distorted.conv6.weight)


@pytest.mark.parametrize(("batch_size", "epochs"), [(1000, 1), (300, 1), (200, 1), (127, 3)])
def test_any_batch_size_will_do(few, tmp_path, make_recipe, batch_size, epochs):
    train(make_recipe(batch_size=batch_size, epochs=epochs), *few, tmp_path, silent)
    _, info = load_checkpoint(tmp_path / "checkpoint.safetensors")
    assert info.results["train"]["images"] == len(few[0])


def test_a_learning_rate_far_too_high_is_an_error_and_leaves_no_checkpoint(few, tmp_path, make_recipe):
    with pytest.raises(UserError, match="in epoch 1; try a lower --learning-rate"):
        train(make_recipe(learning_rate=1e20), *few, tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cant_be_written_is_refused_before_training(few, tmp_path, make_recipe):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"can't write to the directory .*file"):
        train(make_recipe(), *few, tmp_path / "file" / "run", silent)


@pytest.mark.slow
def test_the_slice_learns_the_sample_and_adds_without_error(sample, tmp_path, make_recipe):
    model = train(make_recipe(epochs=60, learning_rate=0.015), *sample, tmp_path, silent)
    score = evaluate(model, sample[1])
    assert score.digit_accuracy > 0.9
    assert score.sum_accuracy_given_digit == 1
