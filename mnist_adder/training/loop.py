"""The training loop: epochs of steps, each followed by the scores and by writing the run folder."""

import math
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from tqdm import tqdm

from excel_export.shared.errors import UserError, first_line
from excel_export.shared.files import make_directory
from mnist_adder.compute.device import ComputeConfig
from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score, evaluate
from mnist_adder.training.history import Epoch
from mnist_adder.training.learner import Learner, make_learner
from mnist_adder.training.recipe import Recipe
from mnist_adder.training.run_folder import ANEW, RunFolder

DECREASE = 0.2  # of the augmentation, so that the last images are closer to those that the network is for


def train(
    recipe: Recipe,
    train_set: DigitDataset,
    test_set: DigitDataset,
    folder: RunFolder,
    log: Callable[[str], None],
    *,
    compute: ComputeConfig | None = None,
    state: Mapping[str, Tensor] | None = None,
) -> AdderNetwork:
    """Train a network by a recipe, and return it; the folder, run/history.csv and so on, is written every epoch.

    The training score is taken during the epoch, on augmented images if the recipe augments. The other scores are
    taken after the epoch, with the averaged weights if the recipe averages.

    Args:
        recipe: the network and its training.
        train_set: the images to learn from; some of them are held out if the recipe says so.
        test_set: the images to test on, on the same device.
        folder: the folder to write; its epochs so far are those that `state` comes from.
        log: gets a line for each epoch.
        compute: the way to compute; by default neither compiled nor recorded.
        state: the state to resume, as `folder.resume` returns it; None to start anew.

    Returns:
        The trained network.

    Raises:
        UserError: there are too few images to hold out, the state is of another training, the folder can't be written,
            the memory is too small, or the loss is no longer a finite number.
    """
    compute = compute or ComputeConfig()
    device = train_set.device
    eval_sets = {"test": test_set}
    if recipe.hold_out:
        train_set, eval_sets["held_out"] = train_set.hold_out(recipe.hold_out)
    learner = make_learner(recipe, device, compute, log)
    if state is not None:
        _restore(learner, state, folder)
    make_directory(folder.path)

    first = 1 + len(folder.epochs)
    epoch_images = recipe.epoch_images(len(train_set))
    network: AdderNetwork | None = None
    with tqdm(
        total=recipe.epochs * epoch_images,
        initial=(first - 1) * epoch_images,
        unit=" images",
        unit_scale=True,
        leave=False,
        disable=None,
    ) as bar:
        for number in range(first, recipe.epochs + 1):
            bar.set_description(f"epoch {number}/{recipe.epochs}")
            started = time.perf_counter()
            try:
                train_score = train_epoch(learner, train_set, number, bar)
            except torch.OutOfMemoryError:
                raise UserError(
                    f"{device} has too little memory for batches of {recipe.batch_size}; try a smaller --batch-size"
                ) from None
            seconds = time.perf_counter() - started
            if not math.isfinite(train_score.loss):
                raise UserError(f"the loss became {train_score.loss} in epoch {number}; try a lower --learning-rate")
            network = learner.result(train_set)
            scores = {split: evaluate(network, images, recipe.seed) for split, images in eval_sets.items()}
            epoch = Epoch(number, {"train": train_score, **scores}, seconds)
            folder.save_epoch(epoch, network, recipe, learner.state())
            with bar.external_write_mode():
                log(_log_line(epoch, recipe.epochs))
    return network or learner.result(train_set)


def train_epoch(learner: Learner, images: DigitDataset, number: int, bar: tqdm) -> Score:
    """Train for an epoch on `images`; return the score of its batches before their steps, Score(60000, 0.25, …).

    `number` is that of the epoch, from 1; `bar` is a progress bar that counts the images.
    """
    recipe = learner.recipe
    count = recipe.epoch_images(len(images))
    learner.tally.clear()
    batches = epoch_batches(
        images,
        recipe.batch_size,
        learner.generator,
        augment=recipe.augment * (1 - DECREASE * ((number - 1) / recipe.epochs)),
        count=count,
    )
    steps = math.ceil(count / recipe.batch_size)
    for i, batch in enumerate(batches):
        learner.step(batch, ((number - 1) * steps + i) / (recipe.epochs * steps))
        bar.update(len(batch.digit))
    return learner.tally.score()


def _restore(learner: Learner, state: Mapping[str, Tensor], folder: RunFolder) -> None:
    try:
        learner.restore(state)
    except (RuntimeError, ValueError) as error:
        reason = first_line(error)[:100]
        raise UserError(f"{folder.state} is of another training ({reason}); {ANEW}") from None


def _log_line(epoch: Epoch, epochs: int) -> str:
    splits = [
        f"{split.replace('_', ' ')}: loss {score.loss:.4f}, "
        f"digit {score.digit_accuracy:.2%}, sum {score.sum_accuracy:.2%}"
        for split, score in epoch.scores.items()
    ]
    return f"epoch {epoch.number:>{len(str(epochs))}}/{epochs}  {'  '.join(splits)}  {epoch.seconds:.1f} s"
