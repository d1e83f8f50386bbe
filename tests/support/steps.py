"""The steps of a workbook by their names, so that a test need not know how many layers come before one."""

from pathlib import Path

from openpyxl import load_workbook

from tests.support.sheets import load_sheet

LIST = "step_list"
PLACE = 3
"""How many columns right of the names the places stand."""


def step_labels(path: Path) -> list[str]:
    """Read what the parts of all steps are called: '12 · conv1  →', and '12a · …' for a part that is not the main."""
    return _listed(path, 0)


def step_places(path: Path) -> list[str]:
    """Read where the parts of all steps are to be seen: "#'Network'!B4:C9"."""
    return _listed(path, PLACE)


def _listed(path: Path, behind: int) -> list[str]:
    ((sheet, area),) = load_workbook(path, read_only=True).defined_names[LIST].destinations
    return [str(cell.offset(column=behind).value) for (cell,) in load_sheet(path, sheet, data_only=True)[area]]


def step_numbers(path: Path) -> dict[str, int]:
    """Read the names of the steps, with one space before or behind their arrows: 'conv1 →', '← conv1'.

    Parts of a step, which have a letter behind their number, are left out.
    """
    labels = (label.split(" · ", 1) for label in step_labels(path))
    return {" ".join(name.split()): int(number) for number, name in labels if number.isdigit()}
