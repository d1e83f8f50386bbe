"""The steps of a workbook by their names, so that a test need not know how many layers come before one."""

from pathlib import Path

from openpyxl import load_workbook

from excel_export.sheets.network.steps import COLUMNS, FIRST_ROW, NAME


def step_numbers(path: Path) -> dict[str, int]:
    """Read the names on the sheet *Steps*, with one space before or behind their arrows: 'conv1 →', '← conv1'.

    Parts of a step, which have a letter behind their number, are left out.
    """
    column = load_workbook(path, read_only=True, data_only=True)[NAME].iter_rows(
        min_row=FIRST_ROW, min_col=COLUMNS["name"], max_col=COLUMNS["name"], values_only=True
    )
    labels = (str(label).split(" · ", 1) for (label,) in column if label)
    return {" ".join(name.split()): int(number) for number, name in labels if number.isdigit()}
