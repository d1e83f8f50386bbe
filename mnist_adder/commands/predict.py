"""`mnist-adder predict`."""

from pathlib import Path

import click

from mnist_adder.commands.options import FILE, checkpoint_argument


@click.command("predict", epilog="Example: mnist-adder predict slice-regression --image digit.png --number 7")
@checkpoint_argument()
@click.option("--image", type=FILE, required=True, help="A picture of one digit, in any common format.")
@click.option("--number", type=click.IntRange(0, 9), required=True, help="The number to add.")
def command(checkpoint: str, image: Path, number: int) -> None:
    """Read the digit in an image with CHECKPOINT and add a number to it.

    The picture is turned grey, inverted when its background is light, and the digit is fitted into 28x28
    pixels as MNIST does it. A picture that has 28x28 pixels is only inverted, where needed.
    """
    from mnist_adder.data.picture import read_digit
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.network.prediction import predict

    model, _ = load_checkpoint(find_checkpoint(checkpoint))
    prediction = predict(model, read_digit(image), number)
    click.echo(f"digit  {prediction.digit}  (probability {prediction.probability:.2%})")
    click.echo(f"sum    {prediction.sum}  (with the number {number})")
