"""A workbook as a page of the documentation describes it: the step of the Lens, its element, what a learner chose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from openpyxl.utils import get_column_letter

from excel_export.sheets.lens import choices
from excel_export.sheets.lens.lens_layout import CHOICE, HEAD, NAME
from tests.support.window import Window


def _cell(row: int, column: int) -> str:
    return f"{NAME}!{get_column_letter(column)}{row}"


PLACES = {
    "step": "step",
    "story": "story",
    "part": _cell(HEAD, choices.PART_COL),
    "result": _cell(CHOICE, choices.TARGET_COL),
    "picture": "picture",
    "number": "chosen_number",
    "true_digit": "chosen_digit",
    "rate": "learning_rate",
    "epsilon": "epsilon",
    "training_rate": "chosen_training_rate",
}
"""Where one types what: a defined name, or a cell."""
INDICES = [_cell(CHOICE, choices.choice_col(k)) for k in range(choices.MOST_INDICES)]


def cells(settings: Mapping[str, object]) -> dict[str, float | str]:
    """Which cells hold some settings: those of PLACES, and 'at', the indices of the element that the Lens shows."""
    found: dict[str, float | str] = {}
    for what, value in settings.items():
        if what == "at":
            index = [int(k) if k.isdigit() else k for k in str(value).split(",")]
            found |= dict(zip(INDICES[-len(index) :], index, strict=True))
        else:
            text = str(value).replace("_", " ")
            found[PLACES[what]] = float(text) if text.replace(".", "").replace("-", "").isdigit() else text
    return found


@contextmanager
def arranged(window: Window, sheet: str, settings: Mapping[str, object]) -> Iterator[None]:
    """Show a sheet with some settings, and put back afterwards what stood there before."""
    wanted = cells(settings)
    before = {place: window.value(place) for place in wanted}
    for place, content in wanted.items():
        window.set(place, content)
    window.show(sheet)
    try:
        yield
    finally:
        for place, content in before.items():
            window.set(place, content)
