"""How a sheet is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

# The numbers that the file format has for papers.
PAPERS = {"A4": 9, "A3": 8, "Letter": 1}


@dataclass(frozen=True)
class Page:
    """The paper of a sheet, and what stands on every page of it."""

    paper: str = "A4"
    landscape: bool = True
    one_page: bool = False
    """The whole sheet on one page, else on as many as its length takes; the width always fits."""
    heads: Sequence[str] = ()
    """The heads of the columns, which every page repeats above its top.

    Not as rows that are printed again: with such rows, LibreOffice draws the ends of pages all over the screen, on
    every sheet, and where they are not.
    """


def set_page(sheet: Worksheet, page: Page) -> None:
    """Let a sheet be printed so."""
    sheet.page_setup.orientation = "landscape" if page.landscape else "portrait"
    sheet.page_setup.paperSize = PAPERS[page.paper]
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1 if page.one_page else 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.75, 0.3, 0.3
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"
    if page.heads:
        sheet.oddHeader.center.text = "   |   ".join(page.heads).replace("&", "&&")
