"""`mnist-adder report`: the pictures of a training."""

import time
from pathlib import Path

import click

from excel_export.shared.terminal import stages
from mnist_adder.commands.options import (
    DIRECTORY,
    add_options,
    data_options,
    require,
)


@click.command("report", epilog="Example: mnist-adder report runs/slice-regression-reference-0")
@click.argument("run", type=DIRECTORY)
@add_options(data_options(None, "what the network was trained on"))
@click.option("-o", "--output", type=DIRECTORY, help="Where the report goes.  [default: RUN/report]")
def command(run: Path, data: str | None, data_dir: Path, seed: int, device: str, output: Path | None) -> None:
    """Show in pictures how a training went, and where its network is wrong.

    RUN is a folder that `mnist-adder train` wrote. The report is a page, report.html, that needs no other
    file, and the pictures that it holds.
    """
    require("report", "report", "matplotlib")
    from mnist_adder.compute.device import move, pick_device
    from mnist_adder.data.mnist import load_digits
    from mnist_adder.network.checkpoint import load_checkpoint
    from mnist_adder.report.write_report import STAGES, write_report
    from mnist_adder.training.history import read_history
    from mnist_adder.training.run_folder import RunFolder

    started = time.perf_counter()
    folder = RunFolder(run)
    history = read_history(folder.history)
    model, info = load_checkpoint(folder.checkpoint)
    where = pick_device(device)
    _, test_set = load_digits(data or info.recipe.get("data", "mnist"), data_dir, where)
    move(model, where)
    with stages(STAGES) as progress:
        page, *pictures = write_report(history, model, info.recipe, test_set, seed, output or folder.report, progress)
    beside = ", ".join(picture.name for picture in pictures)
    click.echo(f"wrote {page}, and beside it {beside}, in {time.perf_counter() - started:.1f} s")
