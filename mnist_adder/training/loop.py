"""Training: epochs of steps, and after each of them the scores, and a folder that is up to date."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm import tqdm

from excel_export.shared.errors import UserError
from mnist_adder.compute.compiled import Compiled
from mnist_adder.compute.device import move, pick_precision
from mnist_adder.compute.workers import ALONE, Workers
from mnist_adder.data.augment import strength
from mnist_adder.data.dataset import Digits
from mnist_adder.network.batch_norm import NormalisedNetwork
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score, Tally, evaluate
from mnist_adder.training.learner import Learner
from mnist_adder.training.objective import Objective
from mnist_adder.training.recipe import Recipe
from mnist_adder.training.run_folder import Epoch, RunFolder


@dataclass(frozen=True)
class Means:
    """How a training is computed, which changes its result by no more than rounding does.

    `accumulate` is in how many parts a batch is computed: more take less memory.
    """

    workers: Workers = ALONE
    accumulate: int = 1
    compiled: bool = False


def train(
    recipe: Recipe,
    train_set: Digits,
    test_set: Digits,
    folder: RunFolder,
    say: Callable[[str], None],
    *,
    means: Means | None = None,
    state: Mapping[str, Tensor] | None = None,
    watch: Callable[[Epoch], None] = lambda epoch: None,
) -> AdderNetwork:
    """Train a network and write into `folder` after every epoch; with a `state`, go on from there.

    The training score is taken while the network learns, on images that the recipe may distort; the others
    after the epoch, of the average over the steps. `say` gets a line an epoch, and `watch` the epoch.

    Raises UserError when a batch is to be normalised but computed in parts, when the folder can't be written, when
    more images are to be held out than there are, when the state is of another training, and when the loss stops
    being a finite number.
    """
    means = means or Means()
    if recipe.normalise and means.accumulate > 1:
        raise UserError("batch normalisation looks at a whole batch: use --accumulate with --no-normalise only")
    device, workers = train_set.device, means.workers
    judges = {"test": test_set}
    if recipe.hold_out:
        train_set, judges["held_out"] = train_set.hold_out(recipe.hold_out)
    steps = math.ceil(len(train_set) / recipe.batch_size)
    learner = make_learner(recipe, device, means, say)
    if state is not None:
        _restore(learner, state, folder)
    if workers.leads:
        folder.make()

    first = 1 + len(folder.history)
    images = recipe.epochs * len(train_set)
    network: AdderNetwork | None = None
    with tqdm(
        total=images,
        initial=(first - 1) * len(train_set),
        unit=" images",
        unit_scale=True,
        leave=False,
        disable=None if workers.leads else True,
    ) as bar:
        for number in range(first, recipe.epochs + 1):
            bar.set_description(f"epoch {number}/{recipe.epochs}")
            started = time.perf_counter()
            trained = _learn(learner, train_set, recipe, workers, number, steps, bar)
            seconds = time.perf_counter() - started
            if not math.isfinite(trained.loss):
                raise UserError(f"the loss became {trained.loss} in epoch {number}; try a lower --learning-rate")
            if workers.leads:
                network = learner.result(train_set)
                scores = {part: evaluate(network, images, recipe.seed) for part, images in judges.items()}
                epoch = Epoch(number, {"train": trained, **scores}, seconds)
                folder.add(epoch, network, recipe, learner.state())
                with bar.external_write_mode():
                    say(_line(epoch, recipe.epochs))
                watch(epoch)
    return network or learner.result(train_set)


def make_learner(recipe: Recipe, device: torch.device, means: Means, say: Callable[[str], None]) -> Learner:
    """Give a network that has learned nothing yet, ready to learn on `device`."""
    torch.manual_seed(recipe.seed)
    network = (
        NormalisedNetwork(recipe.preset, recipe.head, means.workers)
        if recipe.normalise
        else (AdderNetwork(recipe.preset, recipe.head))
    )
    move(network, device)
    objective: nn.Module = Objective(network, pick_precision(recipe.precision, device, say))
    if means.compiled:
        objective = Compiled(objective, say)
    return Learner(recipe, network, objective, means.workers, means.accumulate)


def _learn(
    learner: Learner, images: Digits, recipe: Recipe, workers: Workers, number: int, steps: int, bar: tqdm
) -> Score:
    """Go through all the images once; the score of all the workers, on the way."""
    tally = Tally(images.device)
    distort = strength((number - 1) / recipe.epochs) if recipe.distort else 0.0
    batches = images.epoch(recipe.batch_size, learner.generator, distort=distort, workers=workers)
    for i, batch in enumerate(batches):
        size = min(recipe.batch_size, len(images) - i * recipe.batch_size)
        learner.step(batch, size, ((number - 1) * steps + i) / (recipe.epochs * steps), tally)
        bar.update(size)
    tally.gather(workers)
    return tally.score()


def _restore(learner: Learner, state: Mapping[str, Tensor], folder: RunFolder) -> None:
    try:
        learner.restore(state)
    except (KeyError, RuntimeError, ValueError):
        raise UserError(f"{folder.state} is of another training; leave out --resume to start anew") from None


def _line(epoch: Epoch, epochs: int) -> str:
    parts = [
        f"{part.replace('_', ' ')}: loss {score.loss:.4f}, "
        f"digit {score.digit_accuracy:.2%}, sum {score.sum_accuracy:.2%}"
        for part, score in epoch.scores.items()
    ]
    return f"epoch {epoch.number:>{len(str(epochs))}}/{epochs}  {'  '.join(parts)}  {epoch.seconds:.1f} s"
