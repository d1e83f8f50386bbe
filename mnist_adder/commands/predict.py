"""`mnist-adder predict`: the digits in pictures, and their sums with a number."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from excel_export.shared.errors import UserError
from excel_export.shared.terminal import stages
from mnist_adder.commands.options import FILE, checkpoint_argument

if TYPE_CHECKING:
    from mnist_adder.network.prediction import Prediction

READING = "reading pictures"
NOT_SURE, NO_DIGIT = "not sure that this is one digit", "no digit"


@click.command("predict", epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7")
@checkpoint_argument()
@click.argument("more", metavar="", type=FILE, nargs=-1)
@click.option(
    "--image",
    "images",
    type=FILE,
    required=True,
    multiple=True,
    help="A picture of one digit, in any common format, or a folder of them. May be given several times, or "
    "followed by several names, as with *.png.",
)
@click.option("--number", type=click.IntRange(0, 9), required=True, help="The number to add.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a picture instead, for scripts.")
def command(checkpoint: str, more: tuple[Path, ...], images: tuple[Path, ...], number: int, as_json: bool) -> None:
    """Read the digit in an image with CHECKPOINT and add a number to it.

    The picture may be a drawing, a scan or a photograph, dark on light or light on dark: the digit is looked
    for, and fitted into 28x28 pixels as MNIST does it. A picture that has 28x28 pixels is only inverted,
    where needed. Letters, signs and scribbles are no digit. Where it may not be one digit, it says so.

    Of several pictures, one that can't be read is named; the others are read, and the exit code is 1.

    With --json, each picture has a line: {"image": "seven.png", "number": 5, "digit": 7, "probability": 0.998, "sum":
    12, "sure": true, "reason": ""}; digit and sum are null where there is no digit.
    """
    from mnist_adder.data.picture import picture_files, read_picture
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.network.prediction import predict

    model, _ = load_checkpoint(find_checkpoint(checkpoint))
    files = picture_files([*images, *more])
    # Collected first, so that nothing is printed into the bar.
    read, refused = [], []
    with stages({READING: 1}) as progress:
        for done, file in enumerate(files):
            progress(READING, done / len(files))
            try:
                read.append((file, predict(model, [read_picture(file)], number)[0]))
            except UserError as error:
                refused.append(str(error))
            except Exception as error:  # a fault of ours in one picture must not cost the answers for the others
                refused.append(f"{file} could not be read: {type(error).__name__}: {error}")
    if as_json:
        for file, prediction in read:
            click.echo(json.dumps({"image": str(file), "number": number, **asdict(prediction)}))
    elif len(files) > 1:
        _table(read)
    elif read:
        _show(read[0][1], number)
    if len(files) > 1:
        for line in refused:
            click.echo(line, err=True)
    if refused:
        raise UserError(refused[0] if len(files) == 1 else f"{len(refused)} of {len(files)} pictures could not be read")


def _show(answer: "Prediction", number: int) -> None:
    if answer.digit is not None:
        click.echo(f"digit  {answer.digit}  (probability {answer.probability:.2%})")
        click.echo(f"sum    {answer.sum}  (with the number {number})")
    if not answer.sure:
        click.echo(_doubt(answer))


def _doubt(answer: "Prediction") -> str:
    return f"{NO_DIGIT if answer.digit is None else NOT_SURE}: {answer.reason}"


def _table(read: "Sequence[tuple[Path, Prediction]]") -> None:
    width = max((len(str(file)) for file, _ in read), default=0)
    click.echo(f"{'picture':<{max(width, 7)}}  digit  probability  sum")
    for file, answer in read:
        digit, total = ("-" if value is None else value for value in (answer.digit, answer.sum))
        probability = "" if answer.digit is None else f"{answer.probability:.2%}"
        line = f"{file!s:<{max(width, 7)}}  {digit:>5}  {probability:>11}  {total:>3}"
        click.echo(line if answer.sure else f"{line}  {_doubt(answer)}")
