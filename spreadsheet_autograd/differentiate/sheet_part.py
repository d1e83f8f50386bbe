"""A gradient sheet, as its part of the file is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import name_of
from excel_export.shared.grouped import grouped
from excel_export.workbook.sheet import MAIN
from excel_export.workbook.styles import BACKWARD_PALE
from spreadsheet_autograd.differentiate.gradient_sheets import GradientSheet

MOST_NOTES, _PREFIXED = 2_000, r"_xlfn.\1"


class Formats(NamedTuple):
    """The numbers of the formats of its cells."""

    gradient: int
    label: int
    title: int


class GradientPart:
    """All of it but the values; `columns` are the widths, `labels` the texts of the sheet, which stand here, too."""

    def __init__(
        self,
        gradient_sheet: GradientSheet,
        formats: Formats,
        columns: str,
        labels: Mapping[tuple[int, int], str],
        loss: str,
        called: str,
    ) -> None:
        self._name = gradient_sheet.name
        texts = {at: (text, formats.label) for at, text in labels.items()}
        title_col = 1 + max((col for row, col in [*gradient_sheet.formulas, *labels] if row == 1), default=0)
        what = f"the derivative of {called} ({loss}) by the same cell of {gradient_sheet.sheet}"
        texts[1, title_col] = (f"Autograd for Excel: in each cell stands {what}", formats.title)
        if gradient_sheet.helpers:
            row, col = next(iter(gradient_sheet.helpers))
            texts.setdefault((row - 1, col), ("parts of long sums", formats.label))
        cells = {at: _text_cell(at, text, style) for at, (text, style) in texts.items()}
        formulas = {**gradient_sheet.helpers, **gradient_sheet.formulas}
        for (row, col), formula in formulas.items():
            cells[row, col] = (
                f'<c r="{name_of(row, col)}" s="{formats.gradient}"><f>{_escaped(_YOUNG.sub(_PREFIXED, formula))}</f>'
            )
        self._rows: dict[int, list[tuple[int, str]]] = {}
        for (row, col), cell in sorted(cells.items()):
            self._rows.setdefault(row, []).append((col, cell))
        self._open = formulas.keys()
        self._begin = (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}"><sheetPr><tabColor '
            f'rgb="FF{BACKWARD_PALE}"/></sheetPr>{columns}<sheetData>'
        )
        self._end = f"</sheetData>{_notes(gradient_sheet, called)}</worksheet>"

    def written(self, values: Mapping[Place, float]) -> bytes:
        """The part of the file, whose cells show the values as far as they are known."""
        parts = [self._begin]
        for row, cells in self._rows.items():
            parts.append(f'<row r="{row}">')
            for col, cell in cells:
                parts.append(cell)
                if (row, col) in self._open:
                    value = values.get((self._name, row, col))
                    parts.append("</c>" if value is None else f"<v>{value!r}</v></c>")
            parts.append("</row>")
        return "".join([*parts, self._end]).encode()


# Functions that are younger than the file format have a prefix in a file.
_YOUNG = re.compile(
    r"(?<![\w.])((?:COVARIANCE\.[PS]|STDEV\.[PS]|VAR\.[PS]|NORM\.(?:S\.)?DIST|IFS|IFNA|SWITCH|XLOOKUP|XMATCH|CONCAT"
    r"|ERF\.PRECISE|CEILING\.MATH|FLOOR\.MATH|FORECAST\.LINEAR|DAYS|SECH|CSCH|COTH|XOR)\()"
)


def _text_cell(at: tuple[int, int], text: str, style: int) -> str:
    inside = f'<is><t xml:space="preserve">{_escaped(text)}</t></is>'
    return f'<c r="{name_of(*at)}" s="{style}" t="inlineStr">{inside}</c>'


def _escaped(text: str) -> str:
    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text))


def _notes(gradient_sheet: GradientSheet, called: str) -> str:
    """What shows when a cell is selected: the chain rule in words."""
    notes = []
    for count, places in grouped(gradient_sheet.senders, lambda at: gradient_sheet.senders[at]).items():
        cells = [name_of(*place) for place in places]
        if count == 0:
            words = f"The derivative of {called[:40]} by itself is 1."
        elif count == 1:
            rule = "the derivative by its cell, times its slope by this one."
            words = f"One formula reads this cell of {gradient_sheet.sheet}: {rule}"
        else:
            rule = "for each, the derivative by its cell, times its slope by this one; all of it is added up."
            words = f"{count} formulas read this cell of {gradient_sheet.sheet}: {rule}"
        for k in range(0, len(cells), 500):
            notes.append(
                f'<dataValidation allowBlank="1" showInputMessage="1" promptTitle="Chain rule" '
                f'prompt={quoteattr(words)} sqref="{" ".join(cells[k : k + 500])}"/>'
            )
    notes = notes[:MOST_NOTES]
    return f'<dataValidations count="{len(notes)}">{"".join(notes)}</dataValidations>' if notes else ""
