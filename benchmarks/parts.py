"""What a step of training is made of, and which share of it the network's convolutions would take alone."""

import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from tqdm import tqdm

from mnist_adder.compute.device import PRECISIONS, compute_config, pick_precision
from mnist_adder.compute.device import compiled as compile_module
from mnist_adder.data.batches import Batch, epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.loss import Objective
from mnist_adder.network.model import AdderNetwork
from mnist_adder.training.learner import Learner, make_learner
from mnist_adder.training.optimizers import EVERY, update_ema
from mnist_adder.training.recipe import Recipe

CONVOLUTIONS, WHOLE = "the convolutions", "a whole step"
CALLS = 8  # of a part, in each of its turns


class Classifier(nn.Module):
    """The classifier of a network, in a precision."""

    def __init__(self, network: AdderNetwork, dtype: torch.dtype) -> None:
        super().__init__()
        self.network, self.dtype = network, dtype

    def forward(self, image: Tensor) -> Tensor:
        with torch.autocast(image.device.type, self.dtype, enabled=self.dtype != torch.float32):
            return self.network.classify(image)


class Convolutions(nn.Module):
    """A classifier's convolutions and nothing else, each on an input as the network gives it."""

    def __init__(self, classifier: Classifier, image: Tensor) -> None:
        super().__init__()
        self.dtype, self.device_type = classifier.dtype, image.device.type
        self.layers = nn.ModuleList(m for m in classifier.network.modules() if isinstance(m, nn.Conv2d))
        inputs: list[Tensor] = []
        hooks = [layer.register_forward_pre_hook(lambda _, given: inputs.append(given[0])) for layer in self.layers]
        classifier(image)
        for hook in hooks:
            hook.remove()
        # As parameters: compiled code reads them where they are. The image itself needs no gradient.
        self.inputs = nn.ParameterList(nn.Parameter(x.detach(), requires_grad=x.requires_grad) for x in inputs)

    def forward(self) -> list[Tensor]:
        with torch.autocast(self.device_type, self.dtype, enabled=self.dtype != torch.float32):
            return [layer(x) for layer, x in zip(self.layers, self.inputs, strict=True)]


def say(line: str) -> None:
    """Print a line beside the bar; the table alone goes to the output."""
    tqdm.write(line, file=sys.stderr)


def finish(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def endless_batches(learner: Learner, images: DigitDataset) -> Iterator[Batch]:
    """Give the batches of one epoch after the other."""
    recipe = learner.recipe
    while True:
        yield from epoch_batches(images, recipe.batch_size, learner.generator, augment=recipe.augment)


def parts_of_a_step(recipe: Recipe, images: DigitDataset, compiled: bool, rounds: int) -> dict[str, float]:
    """Measure a whole step and its parts, by turns.

    Args:
        recipe: what is trained, and how.
        images: what to train on.
        compiled: whether the network is compiled, and each part of it alike.
        rounds: how many turns each part has; the fastest counts.

    Returns:
        The milliseconds of each part by its name; the last one is `WHOLE`.
    """
    calls = _calls(
        make_learner(recipe, images.device, compute_config(images.device, compile=compiled), say), images, compiled
    )
    for call in calls.values():
        _milliseconds(call, images.device)  # compiles and warms up
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in tqdm(range(rounds), "parts of a step", leave=False, disable=None):
        for name, call in calls.items():
            found[name].append(_milliseconds(call, images.device))
    ms = {name: min(times) for name, times in found.items()}
    parts = {
        CONVOLUTIONS: ms["convolutions"],
        "batch normalisation, ReLU, max pool": ms["classifier"] - ms["convolutions"],
        "adder, loss": ms["objective"] - ms["classifier"],
        "optimizers": ms["optimizers"],
        "average of the weights": ms["average"] / EVERY,
        "making the batch": ms["batch"],
    }
    return {**parts, "all else": ms["step"] - sum(parts.values()), WHOLE: ms["step"]}


def show_parts(title: str, parts: dict[str, float]) -> None:
    """Print the parts of a step as a table, and how near the images a second come to those of the convolutions."""
    print(f"\n{title:<38}{'ms':>8}{'share':>8}")
    for name, ms in parts.items():
        print(f"{name:<38}{ms:>8.2f}{ms / parts[WHOLE]:>8.0%}")
    print(f"images/s are {parts[CONVOLUTIONS] / parts[WHOLE]:.0%} of what the convolutions alone would reach")


def _milliseconds(call: Callable[[], object], device: torch.device) -> float:
    # On a CPU the time of the processor counts, which other programs don't change.
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    finish(device)
    started = clock()
    for _ in range(CALLS):
        call()
    finish(device)
    return 1000 * (clock() - started) / CALLS


def _calls(learner: Learner, images: DigitDataset, compiled: bool) -> dict[str, Callable[[], object]]:
    """Give a function for a step, and one for each of its parts or of several together, forward and backward."""
    recipe, network, device = learner.recipe, learner.network, images.device
    batches = endless_batches(learner, images)
    batch = next(batches)
    precision = pick_precision(recipe.precision, device, say)

    def prepared(module: nn.Module) -> nn.Module:
        return compile_module(module) if compiled else module

    plain = Classifier(network, PRECISIONS[precision])
    alone = Convolutions(plain, batch.image)
    classifier, convolutions = prepared(plain), prepared(alone)
    plain_objective = Objective(network, precision, recipe.label_smoothing, recipe.sum_weight)
    objective = prepared(plain_objective)
    outputs, logits = [torch.randn_like(y) for y in alone()], torch.randn_like(plain(batch.image))
    of_convolutions = [parameter for parameter in alone.parameters() if parameter.requires_grad]
    of_classifier, parameters = network.classifier_parameters(), list(network.parameters())
    gradients = torch.autograd.grad(plain_objective(*batch)[0] / len(batch.digit), parameters)

    def optimize() -> None:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        for optimizer in learner.optimizers:
            optimizer.step()
            optimizer.zero_grad()

    return {
        "convolutions": lambda: torch.autograd.grad(convolutions(), of_convolutions, outputs),
        "classifier": lambda: torch.autograd.grad(classifier(batch.image), of_classifier, logits),
        "objective": lambda: torch.autograd.grad(objective(*batch)[0], parameters),
        "optimizers": optimize,
        "average": lambda: learner.ema and update_ema(learner.ema, network, 1 - recipe.ema_decay),
        "batch": lambda: next(batches),
        "step": lambda: learner.step(next(batches), 0.0),
    }
