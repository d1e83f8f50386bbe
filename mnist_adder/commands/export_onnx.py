"""`mnist-adder export-onnx`: a network as an ONNX file."""

import time
from pathlib import Path

import click

from excel_export.shared.output_option import output_option, written
from excel_export.shared.terminal import stages
from mnist_adder.commands.options import checkpoint_argument, require


@click.command("export-onnx", epilog="Example: mnist-adder export-onnx slice-regression -o model.onnx")
@checkpoint_argument()
@output_option(default="model.onnx")
def command(checkpoint: str, output: Path) -> None:
    """Write a network as an ONNX file, to use it from other languages and programs.

    The inputs are float32, for any N: "image", (N, 1, 28, 28), grey values 0 to 255, a light digit on black, which are
    normalised inside; and "number", (N,), whole numbers 0 to 9. The outputs are "digit_logits", (N, 10), and "sum":
    with the regression head (N, 1), the sum, to be rounded; with the onehot head (N, 19), logits of the sums 0 to 18.
    """
    require("export-onnx", "onnx", "onnx", "onnxscript", "onnxruntime")
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.network.onnx_file import STAGES, export_onnx

    started = time.perf_counter()
    network, _ = load_checkpoint(find_checkpoint(checkpoint))
    with stages(STAGES) as progress:
        difference = export_onnx(network, output, progress)
    click.echo(f"largest difference from PyTorch, on 20 digits with every number: {difference:.0e}")
    click.echo(f"{written(output)} in {time.perf_counter() - started:.1f} s")
