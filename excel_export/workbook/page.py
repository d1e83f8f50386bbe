"""How a sheet is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

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


def page_xml(page: Page) -> str:
    """How the file says it."""
    orientation = "landscape" if page.landscape else "portrait"
    head = "   |   ".join(page.heads).replace("&", "&&")
    header = f"<oddHeader>{escape(f'&C{head}')}</oddHeader>" if head else ""
    return (
        '<printOptions horizontalCentered="1"/>'
        '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.75" header="0.3" footer="0.3"/>'
        f'<pageSetup orientation="{orientation}" paperSize="{PAPERS[page.paper]}" fitToWidth="1" '
        f'fitToHeight="{int(page.one_page)}"/>'
        f"<headerFooter>{header}<oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
    )
