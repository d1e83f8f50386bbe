"""`excel-export export`: a Python file's factory → a workbook."""

import time
from pathlib import Path
from typing import Any

import click

from excel_export.shared.collection import collection_paused
from excel_export.shared.errors import ExportError
from excel_export.shared.output_option import output_option, written
from excel_export.shared.terminal import STAGES, START, stages

STEPS = 30


def _rates(context: click.Context, parameter: click.Parameter, text: str | None) -> list[float | str] | None:
    """Read rates; what has a colon names a learning rule, too, and is read later."""
    items = [] if text is None else text.split(",")
    try:
        return [item.strip() if ":" in item else float(item) for item in items] or None
    except ValueError:
        raise click.BadParameter(
            f"'{text}' is no list of numbers, such as 0.01,0.1,1, or of rules with rates, such as SGD:0.1,Adam:0.01"
        ) from None


@click.command(
    "export",
    epilog="Example: excel-export net.py:tiny -o tiny.xlsx --examples pairs --rates 0.01,0.1,1",
)
@click.argument("source", metavar="FILE.py:FACTORY")
@output_option("The .xlsx file.")
@click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Of a step.")
@click.option("--examples", metavar="FUNCTION", help="Train on what this function returns: a list of inputs.")
@click.option("--batch", type=click.IntRange(min=1), help="How many examples a step takes.  [default: 1]")
@click.option("--held-out", metavar="FUNCTION", help="Show the loss of these examples, too; no step takes them.")
@click.option("--steps", type=click.IntRange(min=1), help=f"How many steps to train.  [default: {STEPS}]")
@click.option(
    "--rates", metavar="LIST", callback=_rates,
    help="Compare learning rates, such as 0.01,0.1,1, or rules with their rates, such as SGD:0.1,Adam:0.01.",
)  # fmt: skip
@click.option("--rule", default="SGD", show_default=True, help="The learning rule, such as momentum or Adam.")
@click.option("--rules", metavar="LIST", help="Which of them the training offers, such as SGD,Adam.")
@click.option("--from", "start", metavar="LAYER", help="Make the network live from this layer on.")
@click.option("--to", "stop", metavar="LAYER", help="Make the network live up to this layer.")
@click.option("--freeze-branches", is_flag=True, help="Let forward() read numbers: they stay as they are.")
@click.option("--thorough", is_flag=True, help="Edit the finished workbook, whatever its size, and compare again.")
@click.option("--only-network", is_flag=True, help="Write the sheet Network alone, without those that explain it.")
@click.option("--keep-differing", is_flag=True, help="Keep the file even if its numbers are not PyTorch's.")
def command(
    source: str,
    output: Path,
    examples: str | None,
    batch: int | None,
    held_out: str | None,
    steps: int | None,
    rates: list[float | str] | None,
    rules: str | None,
    learning_rate: float,
    rule: str,
    only_network: bool,
    **of_all: Any,
) -> None:
    """Write a PyTorch module's forward and backward pass as a workbook of live formulas.

    FACTORY is a function in FILE.py that takes nothing and returns (module, inputs): a torch.nn.Module
    whose forward returns a scalar loss, and its inputs as a tuple, or as a dict by argument name.

    With --examples, further sheets train the network: each step takes the next example. FUNCTION is in the same file,
    or reads FILE.py:FUNCTION; it returns a list of such inputs, or a dict of them by names of your own.
    """
    if examples is None and (batch or held_out or steps or rates or rules):
        raise click.UsageError("--batch, --held-out, --steps, --rates and --rules: say --examples, too.")
    if examples and only_network:
        raise click.UsageError("--only-network has no sheets for a training: leave it out, or --examples.")
    started = time.perf_counter()
    with collection_paused(), stages({START: 1}) as progress:  # PyTorch loads faster
        progress(START, 0)
        from excel_export.compiler.confirm.near_ties import what_to_do
        from excel_export.exporter import export
        from excel_export.factories import Factories

    # Without the bar: what the user's file prints would stand in it.
    factories = Factories()
    module, inputs = factories.network(source)
    training = compared = None
    if examples:
        from excel_export.sheets.training.learning_rates import LearningRates
        from excel_export.sheets.training.training_options import Training

        given, count = factories.examples(examples, source), steps or STEPS
        offered = rules.split(",") if rules else None
        others = factories.examples(held_out, source) if held_out else None
        training = Training(given, count, learning_rate, rule=rule, rules=offered, batch=batch or 1, held_out=others)
        compared = LearningRates(rates, steps=count) if rates else None
    with stages(STAGES) as progress:
        report = export(
            module, inputs, output, learning_rate=learning_rate, rule=rule, training=training, rates=compared,
            sheets=() if only_network else None, progress=progress, **of_all,
        )  # fmt: skip
    click.echo(f"{len(report.table)} tensors in {report.formulas:,} formulas, in {time.perf_counter() - started:.1f} s")
    if not report.ok:
        raise ExportError(f"{report.complaint}; the file was kept; {what_to_do(module, inputs)}")
    click.echo(f"every one agrees with PyTorch; the largest difference is {report.largest_difference}")
    if report.tried:
        click.echo(f"so they did {report.tried_words}")
    if report.note:
        click.echo(report.note)
    click.echo(written(output))
    click.echo(report.how_to_begin)
