import csv
import itertools

import pytest
import torch
from tqdm import tqdm

from excel_export.shared.errors import UserError
from mnist_adder.compute.device import ComputeConfig
from mnist_adder.data.batches import Batch, epoch_batches
from mnist_adder.network.checkpoint import load_checkpoint
from mnist_adder.network.model import HEADS
from mnist_adder.network.scoring import evaluate
from mnist_adder.training.learner import make_learner
from mnist_adder.training.loop import train, train_epoch
from mnist_adder.training.recipe import OPTIMIZERS, Recipe
from mnist_adder.training.run_folder import RunFolder
from tests.support.long_proofs import only_quick

CPU = torch.device("cpu")


def silent(_line: str) -> None:
    pass


@pytest.mark.parametrize("head", only_quick(HEADS, "onehot"))
@pytest.mark.parametrize("optimizer", only_quick(OPTIMIZERS, "muon"))
def test_training_reduces_the_loss(sample, tmp_path, recipe_of, head, optimizer):
    recipe = recipe_of(head=head, epochs=4, optimizer=optimizer, learning_rate=0.01)
    train(recipe, *sample, RunFolder(tmp_path), silent)
    with (tmp_path / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [row["epoch"] for row in history] == ["1", "2", "3", "4"]
    for part in ("train_loss", "test_loss"):
        assert float(history[-1][part]) < 0.8 * float(history[0][part])
    assert float(history[-1]["test_digit_accuracy"]) > 0.6


@pytest.mark.parametrize("head", HEADS)
def test_the_same_seed_gives_the_same_bytes(few, tmp_path, recipe_of, head):
    for directory in ("a", "b"):
        train(recipe_of(head=head), *few, RunFolder(tmp_path / directory), silent)
    first, second = ((tmp_path / directory / "checkpoint.safetensors").read_bytes() for directory in ("a", "b"))
    assert first == second


def test_another_seed_gives_other_weights_other_batches_and_other_numbers_to_test_on(few, tmp_path, recipe_of):
    learners = [make_learner(recipe_of(seed=seed), CPU, ComputeConfig(), silent) for seed in (0, 0, 3)]
    weights = [learner.network.input1.weight for learner in learners]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    orders = [torch.randperm(1000, generator=learner.generator) for learner in learners]
    assert torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], orders[2])

    folder = RunFolder(tmp_path)
    model = train(recipe_of(seed=3, epochs=1), *few, folder, silent)
    assert folder.epochs[0].scores["test"] == evaluate(model, few[1], seed=3) != evaluate(model, few[1], seed=0)


@pytest.mark.parametrize("head", HEADS)
def test_the_training_score_is_that_of_the_answers_during_the_epoch(few, tmp_path, recipe_of, make_model, head):
    """With a learning rate of next to nothing, the network answers as it did at the start."""
    folder = RunFolder(tmp_path)
    changes = {"normalise": False, "augment": 0, "weight_decay": 0.0, "learning_rate": 1e-30, "epochs": 1}
    train(recipe_of(head=head, **changes), *few, folder, silent)
    score = folder.epochs[0].scores["train"]

    network, images = make_model(head=head), few[0]
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(images), generator=generator)
    number = torch.randint(0, 10, (len(images),), generator=generator).float()
    pixels, digit = images.pixels[order].double(), images.labels[order]
    given = number.double() if head == "regression" else torch.eye(10).double()[number.long()]
    with torch.no_grad():
        logits, total = network.double()((pixels - 255 * 0.1307) / (255 * 0.3081), given)
    answer = total.flatten().round() if head == "regression" else total.argmax(dim=1)
    digits, sums = logits.argmax(dim=1) == digit, answer == digit + number
    assert score.images == len(images)
    assert score.digit_accuracy == pytest.approx(digits.double().mean().item())
    assert score.sum_accuracy == pytest.approx(sums.double().mean().item())
    assert score.sum_accuracy_given_digit == pytest.approx(sums[digits].double().mean().item())
    assert score.digit_accuracy != score.sum_accuracy, "a test that can't tell one from the other"


class Watched:
    """A learner that notes each batch, the part of the training before it, and the first learning rate of its step."""

    def __init__(self, recipe: Recipe) -> None:
        self.learner = make_learner(recipe, CPU, ComputeConfig(), silent)
        self.batches, self.progress, self.rates = [], [], []

    def __getattr__(self, name: str):
        return getattr(self.learner, name)

    def step(self, batch: Batch, progress: float) -> None:
        self.learner.step(batch, progress)
        self.batches.append(batch)
        self.progress.append(progress)
        self.rates.append(self.optimizers[0].param_groups[0]["lr"])


def test_the_schedule_runs_once_over_the_whole_training(few, recipe_of):
    learner = Watched(recipe_of(epochs=4, learning_rate=0.004, final_lr_fraction=0.1))
    for epoch in (1, 2, 3, 4):
        train_epoch(learner, few[0], epoch, tqdm(disable=True))
    rates = learner.rates
    assert len(rates) == 4 * 5
    assert rates[:5] == pytest.approx([0.02 * 0.004, 0.001, 0.002, 0.003, 0.004])
    assert all(earlier > later for earlier, later in itertools.pairwise(rates[4:]))
    assert rates[12] == pytest.approx(0.55 * 0.004)
    assert rates[19] < 0.12 * 0.004


def test_the_checkpoint_holds_the_recipe_and_the_results_that_were_printed(few, tmp_path, recipe_of, lines):
    trained = train(recipe_of(), *few, RunFolder(tmp_path / "deep" / "run"), lines.append)
    model, info = load_checkpoint(tmp_path / "deep" / "run" / "checkpoint.safetensors")
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  train: loss ")
    assert info.recipe["epochs"] == info.results["epochs"] == 2
    score = evaluate(model, few[1])
    assert info.results["test"] == pytest.approx(vars(score))
    assert f"digit {score.digit_accuracy:.2%}, sum {score.sum_accuracy:.2%}" in lines[1]
    assert vars(evaluate(trained, few[1])) == pytest.approx(vars(score))
    files = {path.name for path in (tmp_path / "deep" / "run").iterdir()}
    networks = {"best.safetensors", "checkpoint.safetensors", "resume.safetensors"}
    assert files == {*networks, "history.csv", "recipe.toml", "run.json"}


def test_every_epoch_sees_every_image_once(few, tmp_path, recipe_of):
    folder = RunFolder(tmp_path)
    train(recipe_of(), *few, folder, silent)
    assert [epoch.scores["train"].images for epoch in folder.epochs] == 2 * [len(few[0])]


def test_an_epoch_may_show_a_part_of_the_images_each_time_another(few, recipe_of):
    learner = Watched(recipe_of(epoch_fraction=0.5, augment=0))
    assert [train_epoch(learner, few[0], epoch, tqdm(disable=True)).images for epoch in (1, 2)] == [286, 286]
    seen = [batch.image for batch in learner.batches]
    assert [len(image) for image in seen] == 2 * [128, 128, 30]
    assert learner.progress == pytest.approx([i / 6 for i in range(6)])
    first, second = ({image.numpy().tobytes() for image in torch.cat(part)} for part in (seen[:3], seen[3:]))
    assert len(first) == len(second) == 286
    assert 80 < len(first & second) < 200  # half of the half, if each is chosen at random


def test_augmentation_decreases_by_a_fifth(few, recipe_of):
    learner = Watched(recipe_of(augment=0.5, epochs=4))
    for epoch, strength in enumerate([0.5, 0.475, 0.45, 0.425], start=1):
        learner.batches.clear()
        learner.generator.manual_seed(epoch)
        train_epoch(learner, few[0], epoch, tqdm(disable=True))
        augmented = epoch_batches(few[0], 128, torch.Generator().manual_seed(epoch), augment=strength)
        for found, expected in zip(learner.batches, augmented, strict=True):
            torch.testing.assert_close(found.image, expected.image)


def test_the_adder_learns_at_its_own_speed(few, tmp_path, recipe_of, make_model):
    trained = train(recipe_of(adder_speed=1e-9, ema_decay=0.0), *few, RunFolder(tmp_path), silent)
    untrained = make_model()

    def unchanged(part: str) -> list[bool]:
        pairs = zip(getattr(trained, part)(), getattr(untrained, part)(), strict=True)
        return [one.allclose(other, atol=1e-6) for one, other in pairs]

    assert not any(unchanged("classifier_parameters"))
    assert all(unchanged("adder_parameters"))


@pytest.mark.parametrize(
    "change",
    only_quick(
        [
            {"seed": 1},
            {"batch_size": 100},
            {"optimizer": "adamw"},
            {"learning_rate": 0.001},
            {"final_lr_fraction": 0.9},
            {"hold_out": 50},
            {"augment": 0},
            {"normalise": False},
            {"ema_decay": 0.0},
            {"schedule": "constant"},
            {"weight_decay": 1.0},
            {"precision": "bf16"},
            {"epoch_fraction": 0.5},
            {"momentum": 0.5},
            {"label_smoothing": 0.5},
        ],
        {"seed": 1},
        {"optimizer": "adamw"},
        {"hold_out": 50},
        {"augment": 0},
        {"ema_decay": 0.0},
        {"schedule": "constant"},
    ),
    ids=str,
)
def test_each_part_of_a_recipe_changes_what_is_learned(few, tmp_path, recipe_of, change):
    one, other = (train(recipe_of(**changes), *few, RunFolder(tmp_path), silent) for changes in ({}, change))
    assert not torch.equal(one.conv6.weight, other.conv6.weight)


@pytest.mark.parametrize(("batch_size", "epochs"), [(1000, 1), (300, 1), (200, 1), (127, 3)])
def test_any_batch_size_will_do(few, tmp_path, recipe_of, batch_size, epochs):
    train(recipe_of(batch_size=batch_size, epochs=epochs), *few, RunFolder(tmp_path), silent)
    _, info = load_checkpoint(tmp_path / "checkpoint.safetensors")
    assert info.results["train"]["images"] == len(few[0])


def test_images_held_out_are_scored(few, tmp_path, recipe_of):
    folder = RunFolder(tmp_path)
    train(recipe_of(hold_out=100), *few, folder, silent)
    assert [epoch.scores["held_out"].images for epoch in folder.epochs] == [100, 100]
    assert [epoch.scores["train"].images for epoch in folder.epochs] == 2 * [len(few[0]) - 100]
    assert "held_out_loss" in (tmp_path / "history.csv").read_text().splitlines()[0]


def test_images_held_out_are_not_learned(few, tmp_path, recipe_of):
    train_set = few[0]
    poisoned = type(train_set)(train_set.pixels.numpy().copy(), train_set.labels.numpy().copy())
    poisoned.pixels[torch.arange(100) * 572 // 100] = 255
    one, other = (
        train(recipe_of(hold_out=100), part, few[1], RunFolder(tmp_path), silent) for part in (train_set, poisoned)
    )
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("count", [572, 1000])
def test_holding_out_all_there_is_is_refused(few, tmp_path, recipe_of, count):
    assert len(few[0]) == 572
    with pytest.raises(UserError, match=f"can't hold out {count:,} of 572 training images"):
        train(recipe_of(hold_out=count), *few, RunFolder(tmp_path), silent)


def test_a_learning_rate_far_too_high_is_an_error_and_leaves_no_checkpoint(few, tmp_path, recipe_of):
    with pytest.raises(UserError, match="in epoch 1; try a lower --learning-rate"):
        train(recipe_of(learning_rate=1e20), *few, RunFolder(tmp_path), silent)
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_one_line(few, tmp_path, recipe_of):
    def too_large(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate much")

    compute = ComputeConfig(compile=lambda objective: too_large)
    with pytest.raises(UserError, match="cpu has too little memory for batches of 128; try a smaller --batch-size"):
        train(recipe_of(), *few, RunFolder(tmp_path), silent, compute=compute)


def test_a_directory_that_cant_be_written_is_refused_before_training(few, tmp_path, recipe_of, lines):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"can't write to the directory .*file"):
        train(recipe_of(), *few, RunFolder(tmp_path / "file" / "run"), lines.append)
    assert lines == []


@pytest.mark.slow
def test_the_slice_learns_the_sample_and_adds_without_error(sample, tmp_path, recipe_of):
    recipe = recipe_of(epochs=60, optimizer="adamw", normalise=False, augment=0, ema_decay=0.0)
    model = train(recipe, *sample, RunFolder(tmp_path), silent)
    score = evaluate(model, sample[1])
    assert score.digit_accuracy > 0.9
    assert score.sum_accuracy_given_digit == 1
