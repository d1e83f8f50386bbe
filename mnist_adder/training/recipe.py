"""What decides how a network is trained."""

from dataclasses import dataclass, replace
from typing import Any

RECIPES = ("reference", "fast", "seed")
OPTIMIZERS = ("muon", "adamw", "adam")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is learned: the same recipe gives the same network.

    The same to the last bit on a CPU with the same PyTorch and number of threads, nearly the same elsewhere.
    """

    preset: str
    head: str
    data: str
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    adder_speed: float
    """How many times as fast as the classifier the adder learns."""
    weight_decay: float
    schedule: str
    end: float
    """The share of the peak learning rate that is left at the end; an average gains from steps that still differ."""
    normalise: bool
    """Whether batch normalisation helps the classifier to learn; it folds into the convolutions at the end."""
    distort: bool
    average: float
    """The decay of the average over the steps, which becomes the trained network; 0 takes the last step's."""
    precision: str
    """auto, bf16 or float32, in which the classifier is computed."""
    hold_out: int
    """How many of the training images are not learned but judged, to choose by."""
    seed: int


def make_recipe(name: str, preset: str, head: str, data: str = "mnist", **changes: Any) -> Recipe:
    """Give a recipe of `RECIPES` for a network, with `changes` to its fields; those that are None change nothing."""
    recipe = Recipe(preset=preset, head=head, data=data, hold_out=0, seed=0, **_settings(name, preset, head))
    return replace(recipe, **{field: value for field, value in changes.items() if value is not None})


def _settings(name: str, preset: str, head: str) -> dict[str, Any]:
    if name == "seed":
        return SEED
    settings = {"reference": REFERENCE, "fast": FAST}[name][preset]
    # The adder that classifies has a hundred sums to learn apart from each other.
    return {**settings, "adder_speed": settings["adder_speed"] * (4 if head == "onehot" else 1)}


# The example that the project started from; it names no optimizer, so it takes the usual one.
SEED: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 32,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "adder_speed": 1.0,
    "weight_decay": 0.0,
    "schedule": "constant",
    "end": 1.0,
    "normalise": False,
    "distort": False,
    "average": 0.0,
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
    "end": 0.1,
    "normalise": True,
    "distort": True,
    "average": 0.998,
    "precision": "auto",
}
SLICE: dict[str, Any] = {
    "epochs": 60,
    "batch_size": 128,
    "optimizer": "adamw",
    "learning_rate": 0.015,
    "adder_speed": 1.0,
    "weight_decay": 0.01,
    "schedule": "one-cycle",
    "end": 0.0,
    "normalise": False,
    # The slice is too small to learn images by heart, and distorted ones keep it unsure of what it reads.
    "distort": False,
    "average": 0.0,
    "precision": "float32",
}
REFERENCE = {"full": FULL, "slice": SLICE}
# To 99 % of the digits as soon as may be.
FAST = {
    "full": {
        **FULL,
        "epochs": 1,
        "learning_rate": 0.004,
        "adder_speed": 10.0,
        "weight_decay": 0.05,
        "end": 0.0,
        "distort": False,
    },
    "slice": {**SLICE, "epochs": 10},
}
