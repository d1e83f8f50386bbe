"""The workbook of a lesson: as it is written, and computed anew by an engine."""

from functools import cache, cached_property, partial

import openpyxl

from excel_export.lessons.catalogue import own_lessons
from excel_export.lessons.lesson_workbook import write_lesson
from tests.support.engines import recalculate
from tests.support.sheets import load_sheet

LESSONS = own_lessons()


class Made:
    """A lesson's workbook; each part is made when it is asked for."""

    def __init__(self, name, folder):
        self.lesson, self.path, self._folder = LESSONS[name], folder / f"{name}.xlsx", folder
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
