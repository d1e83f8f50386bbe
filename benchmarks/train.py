"""How fast does the network learn, against the training loop that the project started from?

python benchmarks/train.py --data-dir DIR [--rounds 2] [--device auto] [--compile]

In one run and by turns: the plain loop, written as a tutorial writes it (a data class that shuffles anew for every
batch, Adam 1e-3, batches of 32, a wait for the device after every step), and `mnist-adder train`'s own learner.
First images a second, over the same number of seconds each; then seconds of training until 99 % of the test digits are
read, where scoring does not count. Training to 99 % takes the recipe `fast`; the plain loop is scored after
every epoch, as `fast` is. Warm-up does not count.
"""

import argparse
import statistics
import time
from pathlib import Path
from random import randint

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from mnist_adder.compute.config import ComputeConfig
from mnist_adder.compute.device import pick_device
from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.data.load import load_digits
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Tally, evaluate
from mnist_adder.training.learner import make_learner
from mnist_adder.training.recipe import Recipe, make_recipe

AIM = 0.99
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

    name = "plain loop"
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

    def __init__(self, recipe: Recipe, name: str, images: DigitDataset, compiled: bool) -> None:
        self.recipe, self.images = recipe, images
        self.name = f"recipe {name}"
        self.learner = make_learner(recipe, images.device, ComputeConfig(compile=compiled), lambda line: print(line))
        self.batch_size = recipe.batch_size
        self.epoch_steps = -(-len(images) // recipe.batch_size)

    def steps(self):
        total = self.recipe.epochs * self.epoch_steps
        done = 0
        while True:
            tally = Tally(self.images.device)
            strength = float(self.recipe.augment)
            for batch in epoch_batches(self.images, self.batch_size, self.learner.generator, augment=strength):
                self.learner.step(batch, len(batch.digit), min(1.0, done / total), tally)
                done += 1
                yield
            tally.score()

    def result(self) -> AdderNetwork:
        return self.learner.result(self.images)


def finish(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def images_a_second(loop, device: torch.device, seconds: float) -> float:
    steps = loop.steps()
    for _ in range(10):
        next(steps)
    finish(device)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        for _ in range(5):
            next(steps)
        count += 5
    finish(device)
    return count * loop.batch_size / (time.perf_counter() - started)


def seconds_to_aim(loop, tests: DigitDataset, most: int) -> tuple[float, int, float]:
    """Give the seconds of training and the epochs until the aim, and the share of digits that are right then."""
    steps, seconds = loop.steps(), 0.0
    for epoch in range(1, most + 1):
        started = time.perf_counter()
        for _ in tqdm(range(loop.epoch_steps), f"{loop.name}, epoch {epoch}", leave=False, disable=None):
            next(steps)
        network = loop.result()
        finish(tests.device)
        seconds += time.perf_counter() - started
        accuracy = evaluate(network, tests).digit_accuracy
        if accuracy >= AIM:
            return seconds, epoch, accuracy
    return float("inf"), most, accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--device", default="auto", choices=["auto", "cuda", "mps", "cpu"])
    parser.add_argument("--rounds", type=int, default=2, help="how often each measurement is made, by turns")
    parser.add_argument("--seconds", type=float, default=15, help="of each measurement of images a second")
    parser.add_argument("--compile", action="store_true", help="compile the network first")
    options = parser.parse_args()
    device = pick_device(options.device)
    images, tests = load_digits("mnist", options.data_dir, device)
    data = PlainData(options.data_dir)
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{where}, PyTorch {torch.__version__}, full network, {len(images):,} images an epoch\n")

    def make(name: str, seed: int):
        torch.manual_seed(seed)
        if name == "plain":
            return Plain(data, device)
        return Ours(make_recipe(name, "full", "regression", seed=seed), name, images, options.compile)

    rates: dict[str, list[float]] = {name: [] for name in ("plain", "fast", "reference")}
    for seed in range(options.rounds):
        for name, found in rates.items():
            found.append(images_a_second(make(name, seed), device, options.seconds))
    base = statistics.median(rates["plain"])
    print(f"{'':<18}{'images/s':>10}{'s an epoch':>12}{'ratio':>8}")
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"{make(name, 0).name:<18}{rate:>10,.0f}{len(images) / rate:>12.1f}{rate / base:>8.2f}")

    times: dict[str, list[tuple[float, int, float]]] = {"plain": [], "fast": []}
    for seed in range(options.rounds):
        for name, reached in times.items():
            reached.append(seconds_to_aim(make(name, seed), tests, most=8))
    base = statistics.median(seconds for seconds, _, _ in times["plain"])
    print(f"\n{'to ' + format(AIM, '.0%'):<18}{'seconds':>10}{'epochs':>12}{'ratio':>8}   digits right then")
    for name, reached in times.items():
        seconds = statistics.median(seconds for seconds, _, _ in reached)
        epochs = " ".join(str(epochs) for _, epochs, _ in reached)
        shares = " ".join(f"{share:.2%}" for _, _, share in reached)
        print(f"{make(name, 0).name:<18}{seconds:>10.1f}{epochs:>12}{base / seconds:>8.2f}   {shares}")


if __name__ == "__main__":
    main()
