"""How fast does the network learn, against the training loop that the project started from?

python benchmarks/train.py --data-dir DIR [--rounds 2] [--device auto] [--compile] [--cpu]

In one run and by turns: the plain loop, written as a tutorial writes it (a data class that shuffles anew for every
batch, Adam 1e-3, batches of 32, a wait for the device after every step), and `mnist-adder train`'s own learner. Each
has a process of its own, so that the plain loop gains nothing by what the learner tells PyTorch.
First images a second, over the same number of seconds each; then what a step of `fast` is made of, and which share of
it the network's convolutions alone would take; then seconds of training until 99 % of the test digits are
read, where scoring does not count. Training to 99 % takes the recipe `fast`; the plain loop is scored after
every epoch, as `fast` is. Warm-up does not count.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from random import randint
from typing import Any

import torch
import torchvision
from parts import finish, parts_of_a_step, show_parts
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from excel_export.shared.errors import UserError
from mnist_adder.compute.device import compute_config, pick_device
from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.data.mnist import load_digits
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import evaluate
from mnist_adder.training.learner import make_learner
from mnist_adder.training.recipe import make_recipe

AIM = 0.99
MOST_EPOCHS = 8
TITLES = {"plain": "plain loop", "fast": "recipe fast", "reference": "recipe reference"}
PLAIN_BATCH = 32


class PlainData:
    """MNIST with random numbers; every batch is the first one of a freshly shuffled loader."""

    def __init__(self, data_dir: Path) -> None:
        transform = torchvision.transforms.Compose(
            [torchvision.transforms.ToTensor(), torchvision.transforms.Normalize((0.1307,), (0.3081,))]
        )
        images = torchvision.datasets.MNIST(str(data_dir), train=True, transform=transform)
        self.loader = DataLoader(images, batch_size=PLAIN_BATCH, shuffle=True)

    def __len__(self) -> int:
        return len(self.loader)

    def batch(self, device: torch.device):
        image, digit = next(iter(self.loader))
        number = torch.tensor([randint(0, 9) for _ in range(PLAIN_BATCH)], dtype=torch.float32)
        total = (digit + number).reshape(PLAIN_BATCH, 1)
        return image.to(device), number.to(device), digit.to(device), total.to(device)


class Plain:
    """The plain loop, a step at a time."""

    batch_size = PLAIN_BATCH

    def __init__(self, data: PlainData, device: torch.device) -> None:
        self.data, self.device = data, device
        self.network = AdderNetwork("full", "regression").to(device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.001)
        self.epoch_steps = len(data)
        self.total_loss, self.right, self.sums = 0.0, 0, 0

    def steps(self):
        while True:
            image, number, digit, total = self.data.batch(self.device)
            self.optimizer.zero_grad()
            digit_logits, answer = self.network(image, number)
            loss = nn.functional.cross_entropy(digit_logits, digit) + nn.functional.mse_loss(answer, total)
            loss.backward()
            self.optimizer.step()
            self.total_loss += loss.item()
            self.right += digit_logits.argmax(dim=1).eq(digit).sum().item()
            self.sums += (torch.round(answer) == torch.round(total)).sum().item()
            yield

    def result(self) -> AdderNetwork:
        return self.network


class Ours:
    """The learner of `mnist-adder train`, a step at a time."""

    def __init__(self, name: str, images: DigitDataset, seed: int, compiled: bool) -> None:
        self.recipe, self.images = make_recipe(name, "full", "regression", seed=seed), images
        self.learner = make_learner(self.recipe, images.device, compute_config(images.device, compile=compiled), print)
        self.batch_size = self.recipe.batch_size
        self.count = self.recipe.epoch_images(len(images))
        self.epoch_steps = -(-self.count // self.batch_size)

    def steps(self) -> Iterator[None]:
        total = self.recipe.epochs * self.epoch_steps
        done = 0
        while True:
            for batch in epoch_batches(
                self.images, self.batch_size, self.learner.generator, augment=self.recipe.augment, count=self.count
            ):
                self.learner.step(batch, min(1.0, done / total))
                done += 1
                yield
            self.learner.tally.score()
            self.learner.tally.clear()

    def result(self) -> AdderNetwork:
        return self.learner.result(self.images)


@cache
def digits(data_dir: Path, device: torch.device) -> tuple[DigitDataset, DigitDataset]:
    return load_digits("mnist", data_dir, device)


def make(name: str, seed: int, options: argparse.Namespace) -> Plain | Ours:
    images, _ = digits(options.data_dir, options.device)
    if name == "plain":
        torch.manual_seed(seed)
        return Plain(PlainData(options.data_dir), options.device)
    return Ours(name, images, seed, options.compile)


def clock_of(options: argparse.Namespace) -> Callable[[], float]:
    return time.process_time if options.cpu else time.perf_counter


def images_a_second(name: str, seed: int, options: argparse.Namespace) -> float:
    loop = make(name, seed, options)
    steps = loop.steps()
    for _ in range(10):
        next(steps)
    finish(options.device)
    clock = clock_of(options)
    started, count = clock(), 0
    while clock() - started < options.seconds:
        for _ in range(5):
            next(steps)
        count += 5
    finish(options.device)
    return count * loop.batch_size / (clock() - started)


def seconds_to_aim(name: str, seed: int, options: argparse.Namespace) -> tuple[float, int, float]:
    """Give the seconds of training and the epochs until the aim, and the share of digits that are right then."""
    loop, (_, tests) = make(name, seed, options), digits(options.data_dir, options.device)
    steps, seconds, clock = loop.steps(), 0.0, clock_of(options)
    for epoch in range(1, MOST_EPOCHS + 1):
        started = clock()
        for _ in tqdm(range(loop.epoch_steps), f"{name}, epoch {epoch}", leave=False, disable=None):
            next(steps)
        network = loop.result()
        finish(options.device)
        seconds += clock() - started
        accuracy = evaluate(network, tests).digit_accuracy
        if accuracy >= AIM:
            return seconds, epoch, accuracy
    return float("inf"), MOST_EPOCHS, accuracy


def parts_of_fast(options: argparse.Namespace) -> dict[str, float]:
    images, _ = digits(options.data_dir, options.device)
    recipe = make_recipe("fast", "full", "regression")
    return parts_of_a_step(recipe, images, options.compile, rounds=4 * options.rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--device", default="auto", choices=["auto", "cuda", "mps", "cpu"])
    parser.add_argument("--rounds", type=int, default=2, help="how often each measurement is made, by turns")
    parser.add_argument("--seconds", type=float, default=15, help="of each measurement of images a second")
    parser.add_argument("--compile", action="store_true", help="compile the network first")
    parser.add_argument(
        "--cpu", action="store_true", help="count the processor's own time, with OMP_NUM_THREADS=1 on a busy machine"
    )
    options = parser.parse_args()
    options.device = pick_device(options.device)
    try:
        images = len(digits(options.data_dir, options.device)[0])
    except UserError as error:
        parser.error(str(error))
    where = torch.cuda.get_device_name() if options.device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{where}, PyTorch {torch.__version__}, full network, {images:,} images an epoch\n")

    with ExitStack() as stack:
        processes = {
            "plain": stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))),
            "ours": stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))),
        }

        def by_turns(measure: Callable[..., Any], names: Sequence[str]) -> dict[str, list[Any]]:
            found: dict[str, list[Any]] = {name: [] for name in names}
            for seed in range(options.rounds):
                for name in names:
                    process = processes.get(name, processes["ours"])
                    found[name].append(process.submit(measure, name, seed, options).result())
            return found

        rates = by_turns(images_a_second, list(TITLES))
        base = statistics.median(rates["plain"])
        print(f"{'':<18}{'images/s':>10}{'s an epoch':>12}{'ratio':>8}")
        for name, found in rates.items():
            rate = statistics.median(found)
            print(f"{TITLES[name]:<18}{rate:>10,.0f}{images / rate:>12.1f}{rate / base:>8.2f}")

        parts = processes["ours"].submit(parts_of_fast, options).result()
        show_parts("a step of fast", parts)

        times = by_turns(seconds_to_aim, ["plain", "fast"])
        base = statistics.median(seconds for seconds, _, _ in times["plain"])
        print(f"\n{'to ' + format(AIM, '.0%'):<18}{'seconds':>10}{'epochs':>12}{'ratio':>8}   digits right then")
        for name, reached in times.items():
            seconds = statistics.median(seconds for seconds, _, _ in reached)
            epochs = " ".join(str(epochs) for _, epochs, _ in reached)
            shares = " ".join(f"{share:.2%}" for _, _, share in reached)
            print(f"{TITLES[name]:<18}{seconds:>10.1f}{epochs:>12}{base / seconds:>8.2f}   {shares}")


if __name__ == "__main__":
    main()
