"""Recipes: all settings that decide what a network learns, also as TOML files."""

import json
import math
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from excel_export.shared.errors import UserError, first_line
from excel_export.shared.reading import read_text, refuse_pipe
from mnist_adder.training.schedule import SCHEDULES

RECIPES = ("reference", "fast", "baseline")
OPTIMIZERS = ("muon", "adamw", "adam")


@dataclass(frozen=True)
class Recipe:
    """All settings that decide what a network learns.

    The same recipe gives the same network: the same bits on a CPU with the same PyTorch and the same number of threads,
    nearly the same elsewhere.

    Attributes:
        preset: the size of the network, one of `PRESETS`.
        head: its adder, one of `HEADS`.
        data: where the images come from, `mnist` or `sample`.
        epochs: how often each image is seen.
        batch_size: how many images a step has.
        optimizer: one of `OPTIMIZERS`.
        learning_rate: the peak of the schedule, for the classifier.
        adder_speed: the learning rate of the adder, as a multiple of the classifier's.
        weight_decay: how fast weights shrink.
        schedule: how the learning rate changes, one of `SCHEDULES`.
        final_lr_fraction: the learning rate at the end, as a fraction of its peak. It is above 0 where weights are
            averaged, because equal weights have nothing to average.
        normalise: whether to use batch normalisation, which is folded into the convolutions at the end.
        augment: how strongly the images are augmented at first, 0 to 1; 0 leaves them as they are.
        ema_decay: the decay of the average of the weights, which becomes the trained network; 0 takes the weights of
            the last step.
        precision: `auto`, `bf16` or `float32`, for the classifier.
        hold_out: how many training images to hold out, to choose settings by them.
        seed: fixes all random numbers.
        epoch_fraction: the part of the images that an epoch shows, chosen at random, above 0 and up to 1.
        momentum: the part of the momentum that a step of Muon keeps, 0 to 1.
        label_smoothing: how much of the certainty about a digit is spread over all ten while learning, 0 to 1.
        sum_weight: how much the loss of the sum counts beside that of the digit while learning.
    """

    preset: str
    head: str
    data: str
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    adder_speed: float
    weight_decay: float
    schedule: str
    final_lr_fraction: float
    normalise: bool
    augment: float
    ema_decay: float
    precision: str
    hold_out: int
    seed: int
    epoch_fraction: float = 1.0
    momentum: float = 0.95
    label_smoothing: float = 0.0
    sum_weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what can't be meant, wherever it comes from: an option, a file or Python.

        Raises:
            UserError: a field has a wrong type, or is out of its range; the message names it.
        """
        for field in ALLOWED:
            check_field(field, getattr(self, field))

    def epoch_images(self, count: int) -> int:
        """Tell how many of `count` images an epoch shows."""
        return max(1, round(self.epoch_fraction * count))


def _one_of(names: tuple[str, ...]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in names, "one of " + ", ".join(names)


def _whole(least: int, most: float = math.inf) -> tuple[Callable[[Any], bool], str]:
    words = f"a whole number from {least}" + (f" to {most:.0f}" if most < math.inf else "")
    return lambda value: type(value) is int and least <= value <= most, words


def _number(words: str, holds: Callable[[float], bool]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: type(value) in (int, float) and math.isfinite(value) and holds(value), f"a number {words}"


ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "preset": _one_of(("full", "slice")),
    "head": _one_of(("regression", "onehot")),
    "data": _one_of(("mnist", "sample")),
    "epochs": _whole(1),
    "batch_size": _whole(1),
    "optimizer": _one_of(OPTIMIZERS),
    "learning_rate": _number("above 0", lambda value: value > 0),
    "adder_speed": _number("above 0", lambda value: value > 0),
    "weight_decay": _number("from 0", lambda value: value >= 0),
    "schedule": _one_of(tuple(SCHEDULES)),
    "final_lr_fraction": _number("from 0 to 1", lambda value: 0 <= value <= 1),
    "normalise": (lambda value: isinstance(value, bool), "true or false"),
    "augment": _number("from 0 to 1", lambda value: 0 <= value <= 1),
    "ema_decay": _number("from 0 to below 1", lambda value: 0 <= value < 1),
    "precision": _one_of(("auto", "bf16", "float32")),
    "hold_out": _whole(0),
    "seed": _whole(0, 2**32 - 1),
    "epoch_fraction": _number("above 0, up to 1", lambda value: 0 < value <= 1),
    "momentum": _number("from 0 to below 1", lambda value: 0 <= value < 1),
    "label_smoothing": _number("from 0 to 1", lambda value: 0 <= value <= 1),
    "sum_weight": _number("from 0", lambda value: value >= 0),
}


def check_field(field: str, value: Any) -> None:
    """Refuse a value that a field can't have.

    Raises:
        UserError: it has a wrong type, or is out of its range; the message names the field.
    """
    holds, words = ALLOWED[field]
    if not holds(value):
        said = f'the text "{value:.100}"' if isinstance(value, str) else f"{value!s:.100}"
        raise UserError(f"{field.replace('_', '-')} must be {words}, not {said}")


def make_recipe(name: str, preset: str, head: str, data: str = "mnist", **changes: Any) -> Recipe:
    """Make one of the `RECIPES` for a network, with other values for some fields; None leaves a field as it is.

    Raises:
        UserError: there is no such recipe, network or field, or a value can't be meant.
    """
    for field, value in {"preset": preset, "head": head}.items():
        check_field(field, value)
    if name not in RECIPES:
        raise UserError(f"there is no recipe {name!s:.100}; there are: {', '.join(RECIPES)}")
    if unknown := [field for field in changes if field not in ALLOWED]:
        raise UserError(f"a recipe has no {unknown[0]:.100}; it has: {', '.join(ALLOWED)}")
    settings = _settings(name, preset, head)
    if data == "sample":
        settings = {**settings, "batch_size": SAMPLE_BATCH}
    recipe = Recipe(preset=preset, head=head, data=data, hold_out=0, seed=0, **settings)
    return replace(recipe, **{field: value for field, value in changes.items() if value is not None})


def _settings(name: str, preset: str, head: str) -> dict[str, Any]:
    if name == "baseline":
        return BASELINE
    settings = {"reference": REFERENCE, "fast": FAST}[name][preset]
    if head == "regression":
        return settings
    # This adder has to learn each of the hundred pairs of digit and number for itself. Its gradient reaches the
    # classifier, and through the sharpened probabilities it would drown the digit's own.
    return {**settings, "adder_speed": min(4 * settings["adder_speed"], 20.0), "sum_weight": 0.03}


# A fifteenth of the images: with large batches, ten epochs would have too few steps to learn how to add.
SAMPLE_BATCH = 32
# As plain as the example that the project started from, which names no optimizer: Adam is the usual one.
BASELINE: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 32,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "adder_speed": 1.0,
    "weight_decay": 0.0,
    "schedule": "constant",
    "final_lr_fraction": 1.0,
    "normalise": False,
    "augment": 0.0,
    "ema_decay": 0.0,
    "precision": "float32",
}
FULL: dict[str, Any] = {
    "epochs": 20,
    "batch_size": 125,
    "optimizer": "muon",
    "learning_rate": 0.008,
    "adder_speed": 5.0,
    "weight_decay": 0.3,
    "schedule": "one-cycle",
    "final_lr_fraction": 0.1,
    "normalise": True,
    "augment": 1.0,
    "ema_decay": 0.998,
    "precision": "auto",
}
SLICE = {
    **FULL,
    "epochs": 120,
    "batch_size": 500,
    "learning_rate": 0.04,
    "adder_speed": 0.4,
    "weight_decay": 0.02,
    "final_lr_fraction": 0.0,
    # So small a network can't learn what it has to know of images that are changed much.
    "augment": 0.5,
    "ema_decay": 0.0,
    "precision": "float32",
}
REFERENCE = {"full": FULL, "slice": SLICE}
# To 99 % of the digits in the shortest time: two fifths of the images are enough.
FAST = {
    "full": {
        **FULL,
        "epochs": 1,
        "epoch_fraction": 0.4,
        "momentum": 0.85,
        "label_smoothing": 0.1,
        "adder_speed": 15.0,
        "weight_decay": 0.05,
        "final_lr_fraction": 0.0,
        "augment": 0.0,
    },
    "slice": {**SLICE, "epochs": 10},
}


MOST_BYTES = 1 << 16


def as_toml(recipe: Recipe) -> str:
    """Write all fields of a recipe, a line each."""
    return "".join(f"{field} = {json.dumps(value)}\n" for field, value in asdict(recipe).items())


def read_recipe_file(path: Path) -> dict[str, Any]:
    """Read a TOML file with any fields of `Recipe`, and `recipe`, the one that they change; give them by field.

    Raises:
        UserError: the file can't be read, isn't TOML, has a field that no recipe has, or a value that can't be meant.
    """
    refuse_pipe(path)
    try:
        fields = tomllib.loads(read_text(path, MOST_BYTES, "recipe"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} isn't a TOML file ({first_line(error)[:100]})") from None
    if unknown := [field for field in fields if field not in (*ALLOWED, "recipe")]:
        raise UserError(f"{path}: a recipe has no {unknown[0]:.100}; it has: {', '.join(ALLOWED)}")
    if fields.get("recipe", "reference") not in RECIPES:
        raise UserError(f"{path}: there is no recipe {fields['recipe']!s:.100}; there are: {', '.join(RECIPES)}")
    try:
        for field in ALLOWED.keys() & fields:
            check_field(field, fields[field])
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return fields
