"""`mnist-adder import`."""

from pathlib import Path

import click

from mnist_adder.commands.options import FILE


@click.command("import", epilog="Example: mnist-adder import backpropagation.xlsx -o checkpoint.safetensors")
@click.argument("workbook", type=FILE)
@click.option("--after-step", is_flag=True, help="Take the parameters after the one step of learning.")
@click.option("-o", "--output", type=FILE, default=Path("checkpoint.safetensors"), show_default=True, help="The file.")
def command(workbook: Path, after_step: bool, output: Path) -> None:
    """Make a checkpoint of the parameters in WORKBOOK, also of one that a spreadsheet program has changed and saved.

    WORKBOOK is one that `mnist-adder workbook` wrote, with the whole network.
    """
    from mnist_adder.network.checkpoint import save_checkpoint
    from mnist_adder.network.from_workbook import network_of

    network = network_of(workbook, after_step)
    save_checkpoint(output, network, {}, {})
    which = "after the step" if after_step else "as they stand in its yellow cells"
    click.echo(f"{sum(p.numel() for p in network.parameters()):,} parameters of {workbook}, {which}")
    click.echo(f"wrote {output}: {network.preset}-{network.head}")
