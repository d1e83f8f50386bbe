"""Writes a gradient sheet as a part of the .xlsx file."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import name_of
from excel_export.shared.grouped import grouped
from excel_export.workbook.sheet_xml import MAIN
from excel_export.workbook.styles import BACKWARD_PALE
from spreadsheet_autograd.differentiate.gradient_sheets import GradientSheet
from spreadsheet_autograd.find.labels import Labels
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.syntax import address

MOST_NOTES = 2_000
"""The most notes of a sheet."""
MOST_CELLS_OF_A_NOTE = 500
"""The most cells that share a note."""
# Functions younger than the file format have a prefix in a file.
_YOUNG = re.compile(
    r"(?<![\w.])((?:STDEV\.[PS]|VAR\.[PS]|COVARIANCE\.[PS]|FORECAST\.LINEAR|NORM\.(?:S\.)?(?:DIST|INV)|DAYS"
    r"|IFS|IFNA|SWITCH|XLOOKUP|XMATCH|CONCAT|ERF\.PRECISE|CEILING\.MATH|FLOOR\.MATH|SECH|CSCH|COTH|XOR)\()"
)
_PREFIXED = r"_xlfn.\1"


class Formats(NamedTuple):
    """The indices, from 0 on, of cell formats in the file's styles: Formats(gradient=12, label=13, title=14)."""

    gradient: int
    """The format of a derivative."""
    label: int
    """The format of a text."""
    title: int
    """The format of the title."""


def sheet_part(
    sheet: GradientSheet,
    graph: SpreadsheetGraph,
    columns: str,
    formats: Formats,
    loss: Place,
    values: Mapping[Place, float],
) -> bytes:
    """Return the XML of a gradient sheet as bytes, a whole worksheet part of an .xlsx file.

    A derivative in B3 becomes '<c r="B3" s="12"><f>B9*C3</f><v>0.5</v></c>', without <v> if its value is not known.

    Args:
        sheet: the gradient sheet.
        graph: the workbook, whose texts are repeated at the same addresses.
        columns: the XML of the column widths, '<cols>…</cols>'; '' for none.
        formats: the cell formats.
        loss: the cell that is differentiated, whose name stands in the title.
        values: the known values of the derivatives, by their cells: {('∂ Data', 3, 2): 0.5}.
    """
    called = Labels(graph.contents).name(loss) or address(loss)
    labels = {
        at[1:]: content.value
        for at, content in graph.contents.cells.items()
        if at[0] == sheet.sheet and isinstance(content.value, str) and content.value and not content.formula
        and not content.is_error and at[1:] not in sheet.formulas
    }  # fmt: skip
    texts = {at: (text, formats.label) for at, text in labels.items()}
    title_col = 1 + max((col for row, col in [*sheet.formulas, *labels] if row == 1), default=0)
    what = f"the derivative of {called} ({address(loss)}) by the same cell of {sheet.sheet}"
    texts[1, title_col] = (f"Autograd for Excel: in each cell stands {what}", formats.title)
    if sheet.helpers:
        row, col = next(iter(sheet.helpers))
        texts.setdefault((row - 1, col), ("parts of long sums", formats.label))
    cells = {
        at: f'<c r="{name_of(*at)}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{_escaped(text)}</t></is></c>'
        for at, (text, style) in texts.items()
    }
    for at, formula in (sheet.helpers | sheet.formulas).items():
        value = values.get((sheet.name, *at))
        shown = "" if value is None else f"<v>{value!r}</v>"
        text = _escaped(_YOUNG.sub(_PREFIXED, formula) if "(" in formula else formula)
        cells[at] = f'<c r="{name_of(*at)}" s="{formats.gradient}"><f>{text}</f>{shown}</c>'
    rows = grouped(sorted(cells), lambda at: at[0])
    lines = [f'<row r="{row}">{"".join([cells[at] for at in own])}</row>' for row, own in rows.items()]
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}"><sheetPr><tabColor '
        f'rgb="FF{BACKWARD_PALE}"/></sheetPr>{columns}<sheetData>{"".join(lines)}</sheetData>'
        f"{_notes(sheet, called)}</worksheet>"
    ).encode()


def _escaped(text: str) -> str:
    return escape(text if text.isprintable() else re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text))


def _notes(sheet: GradientSheet, name: str) -> str:
    notes = [*_notes_of(sheet, name)][:MOST_NOTES]
    return f'<dataValidations count="{len(notes)}">{"".join(notes)}</dataValidations>' if notes else ""


def _notes_of(sheet: GradientSheet, name: str) -> Iterator[str]:
    for count, places in grouped(sheet.senders, lambda at: sheet.senders[at]).items():
        rule = "the derivative by its cell, times its slope by this one"
        words = f"{count} formulas read this cell of {sheet.sheet}: for each, {rule}; all of it is added up."
        if count == 1:
            words = f"One formula reads this cell of {sheet.sheet}: {rule}."
        elif count == 0:
            words = f"The derivative of {name[:40]} by itself is 1."
        cells = [name_of(*place) for place in places]
        for k in range(0, len(cells), MOST_CELLS_OF_A_NOTE):
            yield (
                f'<dataValidation allowBlank="1" showInputMessage="1" promptTitle="Chain rule" '
                f'prompt={quoteattr(words)} sqref="{" ".join(cells[k : k + MOST_CELLS_OF_A_NOTE])}"/>'
            )
