"""The command line: a Python file's factory → a workbook."""

import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from excel_export.shared.errors import ExportError
from excel_export.shared.terminal import run, stages


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: excel-export net.py:tiny -o tiny.xlsx",
)
@click.argument("source", metavar="FILE.py:FACTORY")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .xlsx file.")
@click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Of the step on the Update sheet.")
@click.option("--from", "start", metavar="LAYER", help="Make the network live from this layer on.")
@click.option("--to", "stop", metavar="LAYER", help="Make the network live up to this layer.")
@click.option("--keep-differing", is_flag=True, help="Keep the file even if its numbers are not PyTorch's.")
@click.version_option(package_name="mnist-adder", message="excel-export, of %(package)s %(version)s")
def cli(
    source: str, output: Path, learning_rate: float, start: str | None, stop: str | None, keep_differing: bool
) -> None:
    """Write a PyTorch module's forward and backward pass as a workbook of live formulas.

    FACTORY is a function in FILE.py that takes nothing and returns (module, inputs): a torch.nn.Module
    whose forward returns a scalar loss, and its inputs as a tuple, or as a dict by argument name.
    """
    from excel_export.exporter import STAGES, export

    started = time.perf_counter()
    module, inputs = _build(source)
    with stages(STAGES) as progress:
        report = export(
            module,
            inputs,
            output,
            learning_rate=learning_rate,
            start=start,
            stop=stop,
            keep_differing=keep_differing,
            progress=progress,
        )
    click.echo(f"{len(report.table)} tensors in {report.formulas:,} formulas, in {time.perf_counter() - started:.1f} s")
    if not report.ok:
        raise ExportError(f"{report.complaint}; the file was kept; please report this")
    click.echo(f"every one agrees with PyTorch; the largest difference is {report.max_error:.0e}")
    if report.note:
        click.echo(report.note)
    click.echo(f"wrote {output}")


def _build(source: str) -> tuple[Any, Any]:
    file, _, factory = source.rpartition(":")
    path = Path(file)
    if not file or not factory:
        raise ExportError(f"'{source}' does not read FILE.py:FACTORY, such as net.py:tiny")
    if not path.is_file():
        raise ExportError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ExportError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    # As with `python FILE.py`, the file may import its neighbours.
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
        made = getattr(module, factory)()
    except Exception as error:
        raise ExportError(f"{source} failed with {type(error).__name__}: {error}") from error
    if not isinstance(made, tuple) or len(made) != 2:
        raise ExportError(f"{source} must return (module, inputs), but it returned {type(made).__name__}")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    return run(cli, "excel-export", arguments)
