"""`excel-export page`: a Python file's factory → one page for a browser."""

import time
from pathlib import Path

import click

from excel_export.shared.output_option import output_option, written
from excel_export.shared.page_options import page_options
from excel_export.shared.terminal import STAGES_OF_A_PAGE, START, stages


@click.command("page", epilog="Example: excel-export page net.py:tiny -o tiny.html")
@click.argument("factory", metavar="FILE.py:FACTORY")
@output_option("The .html file.")
@click.option("--title", default="", help="What the page is called.  [default: the module's class]")
@click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Of a step, at first.")
@click.option("--rule", default="SGD", show_default=True, help="The learning rule at first, such as Adam.")
@click.option("--freeze-branches", is_flag=True, help="Let forward() read numbers: they stay as they are.")
@page_options
def command(
    factory: str,
    output: Path,
    title: str,
    learning_rate: float,
    rule: str,
    freeze_branches: bool,
    source: str,
    workbook: str,
    preview: str,
) -> None:
    """Write a PyTorch module's forward and backward pass as one page for a browser.

    The page needs no program but a browser, and no connection: it computes everything anew at every change. FACTORY is
    a function in FILE.py, as for `export`.
    """
    started = time.perf_counter()
    with stages({START: 1}) as progress:
        progress(START, 0)
        from excel_export.factories import Factories
        from excel_export.pages.document import About
        from excel_export.pages.write_page import page

    # Without the bar: what the user's file prints would stand in it.
    module, inputs = Factories().network(factory)
    with stages(STAGES_OF_A_PAGE) as progress:
        report = page(
            module, inputs, output, title=title, learning_rate=learning_rate, rule=rule,
            freeze_branches=freeze_branches, about=About("", source, workbook, preview), progress=progress,
        )  # fmt: skip
    click.echo(
        f"{len(report.table)} tensors, {output.stat().st_size / 1000:,.0f} kB, in {time.perf_counter() - started:.1f} s"
    )
    click.echo(f"every one agrees with PyTorch; the largest difference is {report.largest_difference}")
    if report.note:
        click.echo(report.note)
    click.echo(written(output))
    click.echo(report.how_to_begin)
