"""`mnist-adder evaluate`."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mnist_adder.commands.options import add_options, checkpoint_argument, data_options

if TYPE_CHECKING:
    from mnist_adder.network.scoring import Score


@click.command("evaluate", epilog="Example: mnist-adder evaluate runs/slice-regression/checkpoint.safetensors")
@checkpoint_argument()
@add_options(data_options)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead, for scripts; shares are 0 to 1.")
def command(checkpoint: str, data: str, data_dir: Path, seed: int, device: str, as_json: bool) -> None:
    """Show how often CHECKPOINT is right, on each test image once."""
    from mnist_adder.compute.device import move, pick_device
    from mnist_adder.data.load import load_digits
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.network.scoring import evaluate

    path = find_checkpoint(checkpoint)
    model, _ = load_checkpoint(path)
    where = pick_device(device)
    _, test_set = load_digits(data, data_dir, where)
    move(model, where)
    score = evaluate(model, test_set, seed)
    if as_json:
        click.echo(_as_json(score, checkpoint=str(path), seed=seed, data=data))
    else:
        _show(score)


def _as_json(score: "Score", **about: str | int) -> str:
    # JSON has no infinity and no NaN, which a loss can be.
    loss = score.loss if math.isfinite(score.loss) else None
    return json.dumps({**about, **asdict(score), "loss": loss})


def _show(score: "Score") -> None:
    click.echo(f"test images           {score.images:,}")
    click.echo(f"loss                  {score.loss:.4f}")
    click.echo(f"digit right           {score.digit_accuracy:.2%}")
    click.echo(f"sum right             {score.sum_accuracy:.2%}")
    click.echo(f"sum right if digit is {score.sum_accuracy_given_digit:.2%}")
