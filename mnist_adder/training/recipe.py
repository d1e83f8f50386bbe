"""Recipes: all settings that decide what a network learns, also as TOML files."""

import json
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from excel_export.shared.errors import UserError, first_line
from excel_export.shared.reading import read_text, refuse_pipe
from mnist_adder.training.schedule import SCHEDULES

RECIPES = ("reference", "fast", "baseline")
OPTIMIZERS = ("muon", "adamw", "adam")
SHIPPED = Path(__file__).with_name("recipes.toml")
"""The file of the recipes that ship."""
# A fifteenth of the images: with large batches, ten epochs would have too few steps to learn how to add.
SAMPLE_BATCH = 32
MOST_BYTES = 1 << 16
HOLDS, WORDS = "holds", "words"
Metadata = Mapping[str, Any]
"""A field's check of a value, by the key `HOLDS`, and the allowed values in words, by `WORDS`."""


def _one_of(*names: str) -> Metadata:
    return {HOLDS: lambda value: isinstance(value, str) and value in names, WORDS: "one of " + ", ".join(names)}


def _whole(least: int, most: float = math.inf) -> Metadata:
    words = f"a whole number from {least}" + (f" to {most:.0f}" if most < math.inf else "")
    return {HOLDS: lambda value: type(value) is int and least <= value <= most, WORDS: words}


def _number(words: str, holds: Callable[[float], bool]) -> Metadata:
    return {
        HOLDS: lambda value: type(value) in (int, float) and math.isfinite(value) and holds(value),
        WORDS: f"a number {words}",
    }


_FROM_0 = _number("from 0", lambda value: value >= 0)
_ABOVE_0 = _number("above 0", lambda value: value > 0)
_UP_TO_1 = _number("from 0 to 1", lambda value: 0 <= value <= 1)
_BELOW_1 = _number("from 0 to below 1", lambda value: 0 <= value < 1)


@dataclass(frozen=True)
class Recipe:
    """All settings that decide what a network learns: Recipe(preset='slice', head='onehot', epochs=10, …).

    The same recipe gives the same network: the same bits on a CPU with the same PyTorch and the same number of threads,
    nearly the same elsewhere.

    Attributes:
        preset: the size of the network, 'full' or 'slice'.
        head: its adder, 'regression' or 'onehot'.
        data: the source of the images, `mnist` or `sample`.
        epochs: the number of epochs; each shows the part `epoch_fraction` of the images.
        batch_size: the number of images in a step.
        optimizer: 'muon', 'adamw' or 'adam'.
        learning_rate: the peak of the schedule, for the classifier.
        adder_speed: the learning rate of the adder, as a multiple of the classifier's.
        weight_decay: the decay: a step of Muon or AdamW multiplies weights by 1 − learning rate · decay.
        schedule: the course of the learning rate: 'one-cycle', 'cosine', 'linear' or 'constant'.
        final_lr_fraction: the learning rate at the end, as a fraction of its peak. It is above 0 where weights are
            averaged, because equal weights have nothing to average.
        normalise: True for batch normalisation, which is folded into the convolutions at the end.
        augment: the strength of the augmentation at first, 0 to 1; 0 leaves images as they are.
        ema_decay: the decay of the average of the weights, which becomes the trained network; 0 takes the weights of
            the last step.
        precision: `auto`, `bf16` or `float32`, for the classifier.
        hold_out: the number of training images to hold out, to choose settings by them.
        seed: fixes all random numbers.
        epoch_fraction: the part of the images that an epoch shows, chosen at random, above 0 and up to 1.
        momentum: the part of the momentum that a step of Muon keeps, 0 to 1.
        label_smoothing: the part of the certainty about a digit that is spread over all ten while learning, 0 to 1.
        sum_weight: the factor of the sum's loss beside the digit's while learning.
    """

    preset: str = field(metadata=_one_of("full", "slice"))
    head: str = field(metadata=_one_of("regression", "onehot"))
    data: str = field(metadata=_one_of("mnist", "sample"))
    epochs: int = field(metadata=_whole(1))
    batch_size: int = field(metadata=_whole(1))
    optimizer: str = field(metadata=_one_of(*OPTIMIZERS))
    learning_rate: float = field(metadata=_ABOVE_0)
    adder_speed: float = field(metadata=_ABOVE_0)
    weight_decay: float = field(metadata=_FROM_0)
    schedule: str = field(metadata=_one_of(*SCHEDULES))
    final_lr_fraction: float = field(metadata=_UP_TO_1)
    normalise: bool = field(metadata={HOLDS: lambda value: isinstance(value, bool), WORDS: "true or false"})
    augment: float = field(metadata=_UP_TO_1)
    ema_decay: float = field(metadata=_BELOW_1)
    precision: str = field(metadata=_one_of("auto", "bf16", "float32"))
    hold_out: int = field(metadata=_whole(0))
    seed: int = field(metadata=_whole(0, 2**32 - 1))
    epoch_fraction: float = field(default=1.0, metadata=_number("above 0, up to 1", lambda value: 0 < value <= 1))
    momentum: float = field(default=0.95, metadata=_BELOW_1)
    label_smoothing: float = field(default=0.0, metadata=_UP_TO_1)
    sum_weight: float = field(default=1.0, metadata=_FROM_0)

    def __post_init__(self) -> None:
        """Check all fields.

        Raises:
            UserError: a field can't have its value.
        """
        check(asdict(self))

    def epoch_images(self, count: int) -> int:
        """Return how many of `count` images an epoch shows, 1 at least, rounded: 2 of 4 or 5 with a fraction of 0.5."""
        return max(1, round(self.epoch_fraction * count))


ALLOWED: dict[str, Metadata] = {each.name: each.metadata for each in fields(Recipe)}
"""The check of each field, by its name."""


def check(settings: Mapping[str, Any]) -> None:
    """Check fields and values of a recipe, {'epochs': 10}; 'recipe' must be 'reference', 'fast' or 'baseline'.

    Raises:
        UserError: 'epochs must be a whole number from 1, not 0', or 'a recipe has no epoch; it has: …'.
    """
    for name, value in settings.items():
        if name == "recipe":
            if value not in RECIPES:
                raise UserError(f"there is no recipe {value!s:.100}; there are: {', '.join(RECIPES)}")
        elif name not in ALLOWED:
            raise UserError(f"a recipe has no {name:.100}; it has: {', '.join(ALLOWED)}")
        elif not ALLOWED[name][HOLDS](value):
            said = f'the text "{value:.100}"' if isinstance(value, str) else f"{value!s:.100}"
            raise UserError(f"{name.replace('_', '-')} must be {ALLOWED[name][WORDS]}, not {said}")


def make_recipe(name: str, preset: str, head: str, data: str = "mnist", **changes: Any) -> Recipe:
    """Return a recipe that ships, by its name, for a network, with other values for some fields.

    Args:
        name: 'reference', 'fast' or 'baseline'.
        preset: the size of the network: 'full' or 'slice'.
        head: its adder: 'regression' or 'onehot'.
        data: the source of the images: 'mnist' or 'sample'.
        changes: fields of `Recipe` with their values; None leaves a field as it is.

    Raises:
        UserError: there is no such recipe, network or field, or a field can't have its value.

    Example:
        >>> make_recipe("fast", "slice", "onehot", epochs=3, seed=None).epochs
        3
    """
    changes = {field: value for field, value in changes.items() if value is not None}
    check({"preset": preset, "head": head, "recipe": name, **changes})
    settings = _settings(name, preset, head) | ({"batch_size": SAMPLE_BATCH} if data == "sample" else {})
    return Recipe(**{"preset": preset, "head": head, "data": data, "hold_out": 0, "seed": 0, **settings, **changes})


def _settings(name: str, preset: str, head: str) -> dict[str, Any]:
    tables = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    if name == "baseline":
        return tables[name]
    settings = tables["reference"]["full"] | tables["reference"][preset] | tables[name][preset]
    if head == "regression":
        return settings
    # This adder has to learn each of the hundred pairs of digit and number for itself. Its gradient reaches the
    # classifier, and through the sharpened probabilities it would drown the digit's own.
    return settings | {"adder_speed": min(4 * settings["adder_speed"], 20.0), "sum_weight": 0.03}


def as_toml(recipe: Recipe) -> str:
    r"""Return all fields of a recipe as TOML, one a line: 'preset = "slice"\nhead = "onehot"\n…'."""
    return "".join(f"{field} = {json.dumps(value)}\n" for field, value in asdict(recipe).items())


def read_recipe_file(path: Path) -> dict[str, Any]:
    """Return the fields in a TOML file, {'epochs': 10, 'recipe': 'fast'}.

    They are any of `Recipe`, and `recipe`, the name of the recipe that they change.

    Raises:
        UserError: the file can't be read, isn't TOML, has a field that no recipe has, or a value that it can't have.
    """
    refuse_pipe(path)
    try:
        found = tomllib.loads(read_text(path, MOST_BYTES, "recipe"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} isn't a TOML file ({first_line(error)[:100]})") from None
    try:
        check(found)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return found
