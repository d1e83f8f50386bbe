"""`mnist-adder import`: a checkpoint of the parameters in a workbook or a state_dict."""

from pathlib import Path

import click

from excel_export.shared.errors import UserError
from excel_export.shared.output_option import output_option, written
from mnist_adder.commands.options import FILE


@click.command("import", epilog="Example: mnist-adder import backpropagation.xlsx -o checkpoint.safetensors")
@click.argument("file", type=FILE)
@click.option("--after-step", is_flag=True, help="Take the parameters after the one step of learning.")
@output_option(default="checkpoint.safetensors")
def command(file: Path, after_step: bool, output: Path) -> None:
    """Make a checkpoint of the parameters in FILE, a workbook or a state_dict.

    A workbook is one that `mnist-adder workbook` wrote, with the whole network, also after a spreadsheet
    program has changed and saved it. A state_dict is that of the same layers, which torch.save wrote as .pt, or
    as plain .safetensors.
    """
    from mnist_adder.network.by_shapes import SUFFIXES, read_workbook
    from mnist_adder.network.checkpoint import load_checkpoint, save_checkpoint

    is_workbook = file.suffix.lower() not in (*SUFFIXES, ".safetensors")
    if after_step and not is_workbook:
        raise UserError("--after-step is for a workbook: a state_dict has no step")
    network = read_workbook(file, after_step) if is_workbook else load_checkpoint(file)[0]
    save_checkpoint(output, network, {}, {})
    which = "after the step" if after_step else "as they stand in its yellow cells" if is_workbook else "as they are"
    click.echo(f"{sum(p.numel() for p in network.parameters()):,} parameters of {file}, {which}")
    click.echo(f"{written(output)}: {network.preset}-{network.head}")
