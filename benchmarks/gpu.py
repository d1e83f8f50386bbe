"""How fast does the network learn on your GPU? Please send us the table that this prints.

python benchmarks/gpu.py --data-dir DIR

It takes a few minutes, most of them to compile. MNIST is downloaded to DIR if it isn't there.
Training is timed by itself: loading the digits, recording and compiling stand apart, and scoring doesn't count.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from parts import CONVOLUTIONS, WHOLE, endless_batches, finish, parts_of_a_step, say
from tqdm import tqdm

from excel_export.shared.errors import UserError
from mnist_adder.compute.device import ComputeConfig, compute_config, pick_device, pick_precision
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.data.mnist import load_digits
from mnist_adder.network.scoring import evaluate
from mnist_adder.training.learner import Learner, make_learner
from mnist_adder.training.loop import train_epoch
from mnist_adder.training.recipe import Recipe, make_recipe

WARM_UP = 8  # steps; by then they are compiled and recorded, and each part of one had its turn


class Trainer:
    """A learner that is recorded and warm, compiled if asked for, and can start anew."""

    def __init__(self, recipe: Recipe, images: DigitDataset, *, compile: bool = False) -> None:
        self.recipe, self.images = recipe, images
        started = time.perf_counter()
        self.learner = make_learner(recipe, images.device, compute_config(images.device, compile), say)
        batches = endless_batches(self.learner, images)
        for _ in range(WARM_UP):
            self.learner.step(next(batches), 0.0)
        self.learner.result(images)
        finish(images.device)
        self.seconds_to_warm_up = time.perf_counter() - started

    def train(self, seed: int, tests: DigitDataset, bar: tqdm) -> tuple[float, float]:
        """Train from the start; give the seconds that it took, and the part of the digits that are right then."""
        start_anew(self.learner, seed)
        finish(self.images.device)
        started = time.perf_counter()
        for number in range(1, self.recipe.epochs + 1):
            train_epoch(self.learner, self.images, number, bar)
        network = self.learner.result(self.images)
        finish(self.images.device)
        seconds = time.perf_counter() - started
        return seconds, evaluate(network, tests).digit_accuracy


def launches(learner: Learner, images: DigitDataset) -> str:
    """Count how often a step tells the GPU to do something: to run a kernel, or a whole graph of them."""
    if images.device.type != "cuda":
        return "none: not on a GPU"
    batches, steps = endless_batches(learner, images), 8
    with torch.profiler.profile() as profile:
        for _ in range(steps):
            learner.step(next(batches), 0.0)
        finish(images.device)
    counts = {event.key: event.count for event in profile.key_averages() if "Launch" in event.key}
    return ", ".join(f"{count / steps:.0f} {name}" for name, count in counts.items()) or "none seen"


def start_anew(learner: Learner, seed: int) -> None:
    """Bring a learner that has made steps to where another seed starts, without recording or compiling it again."""
    fresh = make_learner(replace(learner.recipe, seed=seed), torch.device("cpu"), ComputeConfig(), lambda _: None)
    start = fresh.state()
    # What the optimizers remember is zero at the start.
    learner.restore({name: start.get(name, torch.zeros_like(tensor)) for name, tensor in learner.state().items()})


def card(device: torch.device) -> tuple[str, str]:
    """Give the name of what is measured, and the version of its driver."""
    if device.type != "cuda":
        return f"none: {device.type}, {torch.get_num_threads()} threads", "none"
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        driver = subprocess.check_output(command, text=True).split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        driver = "not known"
    return torch.cuda.get_device_name(device), driver


def measure(options: argparse.Namespace, device: torch.device) -> dict[str, str]:
    """Give what the table says, by the names of its rows."""
    started = time.perf_counter()
    images, tests = load_digits(options.data, options.data_dir, device)
    finish(device)
    loading = time.perf_counter() - started
    fast = make_recipe("fast", "full", "regression")
    reference = make_recipe("reference", "full", "regression", epochs=options.epochs)

    parts = parts_of_a_step(fast, images, compiled=False, rounds=4)
    shown = {recipe: recipe.epochs * recipe.epoch_images(len(images)) for recipe in (fast, reference)}
    with tqdm(
        total=2 * options.rounds * shown[fast] + shown[reference], unit=" images", unit_scale=True, disable=None
    ) as bar:
        trainer, compiled, long_trainer = (
            Trainer(fast, images),
            Trainer(fast, images, compile=True),
            Trainer(reference, images),
        )
        # By turns, so that a card that grows warm slows both.
        turns = [[one.train(seed, tests, bar) for one in (trainer, compiled)] for seed in range(options.rounds)]
        long_seconds, long_right = long_trainer.train(0, tests, bar)

    results, compiled_results = zip(*turns, strict=True)
    aimed = [seconds for seconds, right in results if right >= 0.99]
    name, driver = card(device)
    return {
        "card": name,
        "driver": driver,
        "PyTorch": torch.__version__,
        "precision": pick_precision(fast.precision, device, lambda _: None),
        "digits to learn from": f"{len(images):,}",
        "loading them": f"{loading:.1f} s",
        "`fast`, before the first step": f"{trainer.seconds_to_warm_up:.1f} s",
        "`fast`, training": times(results),
        "`fast`, digits right": ", ".join(f"{right:.2%}" for _, right in results),
        "`fast`, to 99 %": f"{min(aimed):.2f} s" if aimed else "not in this epoch",
        "`fast`, images a second": f"{shown[fast] / median(results):,.0f}",
        "`fast`, launches a step, with the making of its batch": launches(trainer.learner, images),
        "`fast`, as a share of what its convolutions alone would reach": f"{parts[CONVOLUTIONS] / parts[WHOLE]:.0%}",
        "`fast --compile`, before the first step": f"{compiled.seconds_to_warm_up:.1f} s",
        "`fast --compile`, training": times(compiled_results),
        f"`reference`, training (epochs: {reference.epochs})": f"{long_seconds:.1f} s",
        "`reference`, digits right": f"{long_right:.2%}",
        "`reference`, images a second": f"{shown[reference] / long_seconds:,.0f}",
    }


def median(results: Sequence[tuple[float, float]]) -> float:
    """Give the median of the seconds of some trainings, each with the part of the digits that are right."""
    return statistics.median(seconds for seconds, _ in results)


def times(results: Sequence[tuple[float, float]]) -> str:
    """Give the median of the seconds, and all of them: `0.52 s (0.51, 0.52, 0.60)`."""
    return f"{median(results):.2f} s ({', '.join(f'{seconds:.2f}' for seconds, _ in results)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="mnist", choices=["mnist", "sample"], help="sample: 4,000 digits, to try it")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--device", default="auto", choices=["auto", "cuda", "mps", "cpu"])
    parser.add_argument("--rounds", type=int, default=3, help="trainings with `fast`, each with its own seed")
    parser.add_argument("--epochs", type=int, default=20, help="of the training with `reference`")
    options = parser.parse_args()
    try:
        device = pick_device(options.device)
        if device.type == "cpu" and options.device == "auto":
            raise UserError(
                f"PyTorch {torch.__version__} finds no GPU here; to measure the CPU, say: --device cpu --epochs 1"
            )
        rows = measure(options, device)
    except UserError as error:
        sys.exit(f"Error: {error}")
    print("| what | measured |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
