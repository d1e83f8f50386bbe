"""`mnist-adder evaluate`: the accuracies of checkpoints on the test images."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from excel_export.shared.terminal import stages
from mnist_adder.commands.options import add_options, checkpoint_argument, data_options

if TYPE_CHECKING:
    from mnist_adder.network.scoring import Score

READING = "reading the images"


@click.command(
    "evaluate", epilog="Example: mnist-adder evaluate runs/slice-regression-reference-0/checkpoint.safetensors"
)
@checkpoint_argument(nargs=-1, required=True)
@add_options(data_options())
@click.option("--json", "as_json", is_flag=True, help="Print JSON objects instead, for scripts; shares are 0 to 1.")
def command(checkpoint: tuple[str, ...], data: str, data_dir: Path, seed: int, device: str, as_json: bool) -> None:
    """Show how often CHECKPOINT is right, on each test image once.

    That is for the digit, the sum, and the sum where the digit is right. The number to add is random, and fixed by
    --seed. Several checkpoints are shown side by side.

    With --json, each has a line: {"checkpoint": "….safetensors", "seed": 0, "data": "mnist", "images": 10000, "loss":
    0.25, "digit_accuracy": 0.9891, "sum_accuracy": 0.985, "sum_accuracy_given_digit": 0.9959}.
    """
    from mnist_adder.compute.device import move, pick_device
    from mnist_adder.data.mnist import load_digits
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.network.scoring import evaluate

    networks = {}
    for name in dict.fromkeys(checkpoint):
        path = find_checkpoint(name)
        networks[name] = (path, load_checkpoint(path)[0])
    where = pick_device(device)
    _, test_set = load_digits(data, data_dir, where)
    scores = {}
    with stages({READING: 1}) as progress:
        for done, (name, (_, model)) in enumerate(networks.items()):
            progress(READING, done / len(networks))
            move(model, where)
            scores[name] = evaluate(model, test_set, seed)
    if as_json:
        for name, score in scores.items():
            about = {"checkpoint": str(networks[name][0]), "seed": seed, "data": data, **asdict(score)}
            # JSON has no infinity and no NaN, which a loss can be.
            click.echo(json.dumps(about | {"loss": score.loss if math.isfinite(score.loss) else None}))
    else:
        _show(scores)


def _show(scores: "Mapping[str, Score]") -> None:
    rows = {
        "test images": [f"{score.images:,}" for score in scores.values()],
        "loss": [f"{score.loss:.4f}" for score in scores.values()],
        "digit right": [f"{score.digit_accuracy:.2%}" for score in scores.values()],
        "sum right": [f"{score.sum_accuracy:.2%}" for score in scores.values()],
        "sum right if digit is": [f"{score.sum_accuracy_given_digit:.2%}" for score in scores.values()],
    }
    if len(scores) > 1:
        rows = {"": [*scores], **rows}
    widths = [max(len(row[column]) for row in rows.values()) for column in range(len(scores))]
    for what, row in rows.items():
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        click.echo(f"{what:<21} {'  '.join(cells)}".rstrip())
