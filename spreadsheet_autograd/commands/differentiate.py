"""`excel-export differentiate`: one's own sheet → the same with the derivative by each cell, as live formulas."""

from pathlib import Path

import click

from excel_export.shared.output_option import output_option, written

EXAMPLES = """\b
Examples:
  excel-export differentiate backprop.xlsx --loss M7 -o derivatives.xlsx
"""


@click.command("differentiate", epilog=EXAMPLES)
@click.argument("sheet", metavar="SHEET.xlsx", type=click.Path(path_type=Path))
@click.option("--loss", metavar="CELL", required=True, help="What is differentiated, such as M7 or 'Sheet 2'!M7.")
@output_option("The copy, an .xlsx file.")
def command(sheet: Path, loss: str, output: Path) -> None:
    """Write the derivative of a cell by all the cells that lead to it, beside them, as formulas.

    The workbook is copied as it is, with charts and pictures. Beside each sheet there is a new one. On it, at the same
    address, stands the derivative of the loss by that cell, as a live formula: change a number, and all follow.
    """
    from spreadsheet_autograd.differentiate.gradient_workbook import differentiate

    count = differentiate(sheet, loss, output)
    click.echo(f"{written(output)} with {count:,} derivatives")
