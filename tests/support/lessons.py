"""The workbook of a lesson: as it is written, and computed anew by an engine."""

from functools import cache, cached_property, partial

import openpyxl

from excel_export.lessons.catalogue import all_lessons, own_lessons
from excel_export.lessons.lesson import KINDS
from excel_export.lessons.lesson_places import split
from excel_export.lessons.lesson_workbook import write_lesson
from excel_export.workbook.read import read_index
from tests.support.engines import recalculate
from tests.support.sheets import load_sheet

LESSONS = own_lessons()
ALL_LESSONS = all_lessons()
"""With those of other packages."""


class Made:
    """A lesson's workbook; each part is made when it is asked for."""

    def __init__(self, name, folder):
        self.lesson, self.path, self._folder = ALL_LESSONS[name], folder / f"{name}.xlsx", folder
        write_lesson(self.lesson, self.path)
        self.sheet = cache(partial(load_sheet, self.path))

    @cached_property
    def computed(self):
        return recalculate(self.path, "ironcalc", self._folder).path

    @cached_property
    def values(self):
        return openpyxl.load_workbook(self.computed, data_only=True)

    @property
    def own_sheets(self):
        return self.sheet("Lesson"), self.sheet("Answers")

    @property
    def own_cells(self):
        return [cell for sheet in self.own_sheets for row in sheet.iter_rows() for cell in row]


def answer_rows(sheet):
    """The rows of a Lesson sheet with a cell for an answer."""
    return [row[1].row for row in sheet.iter_rows() if isinstance(row[1].value, int | str)
            and str(row[1].value).isdigit() and str(row[3].value) in KINDS]  # fmt: skip


def typed_cells(places, path):
    """The cells of inputs and parameters, by their places."""
    grids = {entry.key: entry.grid for entry in reversed(read_index(path)) if entry.what == "value"}
    cells = [grids[key].at(*index) for key, index in map(split, places)]
    return [(cell.sheet, cell.area) for cell in cells]
