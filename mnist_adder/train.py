"""Training: one loop, from seeds to a checkpoint and its history."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from tqdm import tqdm

from mnist_adder.checkpoint import save_checkpoint
from mnist_adder.data import Digits
from mnist_adder.errors import UserError
from mnist_adder.evaluate import Score, Tally, evaluate
from mnist_adder.files import make_directory, write_atomically
from mnist_adder.loss import adder_loss, digit_is_right, sum_is_right
from mnist_adder.model import AdderNetwork, encode_number
from mnist_adder.recipe import Recipe


def train(
    recipe: Recipe, train_set: Digits, test_set: Digits, out: Path, report: Callable[[str], None]
) -> AdderNetwork:
    """Train a network and write `checkpoint.safetensors` and `history.csv` into `out` after every epoch.

    The training score is taken while the network learns, on images that the recipe may distort; the test
    score after the epoch.

    Raises UserError when `out` can't be written, and when the loss stops being a finite number.
    """
    make_directory(out)
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    model = AdderNetwork(recipe.preset, recipe.head).to(train_set.device)
    peaks = [recipe.learning_rate, recipe.adder_speed * recipe.learning_rate]
    parts = model.classifier_parameters(), model.adder_parameters()
    optimizer = torch.optim.AdamW([{"params": part} for part in parts])
    steps = math.ceil(len(train_set) / recipe.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peaks, recipe.epochs * steps)
    history = [HISTORY_HEADER]

    for epoch in range(1, recipe.epochs + 1):
        started = time.perf_counter()
        tally = Tally(train_set.device)
        batches = train_set.epoch(recipe.batch_size, generator, distort=recipe.distort)
        for image, number, digit in tqdm(batches, f"epoch {epoch}", steps, leave=False, disable=None):
            digit_logits, sum_output = model(image, encode_number(number, model.head))
            loss = adder_loss(model.head, digit_logits, sum_output, digit, number)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            sum_right = sum_is_right(model.head, sum_output, digit, number)
            tally.add(loss, digit_is_right(digit_logits, digit), sum_right)

        trained = tally.score()
        if not math.isfinite(trained.loss):
            raise UserError(f"the loss became {trained.loss} in epoch {epoch}; try a lower --learning-rate")
        tested = evaluate(model, test_set, recipe.seed)
        seconds = time.perf_counter() - started
        report(_line(epoch, recipe.epochs, trained, tested, seconds))
        history.append(_history_row(epoch, trained, tested, seconds))
        results = {"epochs": epoch, "train": asdict(trained), "test": asdict(tested)}
        save_checkpoint(out / "checkpoint.safetensors", model, asdict(recipe), results)
        write_atomically(out / "history.csv", "".join(history).encode())
    return model


def _line(epoch: int, epochs: int, trained: Score, tested: Score, seconds: float) -> str:
    parts = [
        f"{name}: loss {score.loss:.4f}, digit {score.digit_accuracy:.2%}, sum {score.sum_accuracy:.2%}"
        for name, score in (("train", trained), ("test", tested))
    ]
    return f"epoch {epoch:>{len(str(epochs))}}/{epochs}  {'  '.join(parts)}  {seconds:.1f} s"


SCORE_COLUMNS = ("loss", "digit_accuracy", "sum_accuracy", "sum_accuracy_given_digit")
HISTORY_HEADER = ",".join(
    ["epoch", *(f"{part}_{column}" for part in ("train", "test") for column in SCORE_COLUMNS), "seconds\n"]
)


def _history_row(epoch: int, trained: Score, tested: Score, seconds: float) -> str:
    values = [f"{getattr(score, column):.6f}" for score in (trained, tested) for column in SCORE_COLUMNS]
    return ",".join([str(epoch), *values, f"{seconds:.2f}\n"])
