"""Type into a cell of a workbook as a person does, in the language of a LibreOffice that listens, and save it.

PYTHON type_in_libreoffice.py PIPE SOURCE TARGET NAME TEXT, by a Python that has uno; LibreOffice ends with it.
"""

import sys
from pathlib import Path

from uno_desktop import connect, setting


def main(pipe: str, source: str, target: str, name: str, text: str) -> None:
    desktop = connect(pipe)
    try:
        book = desktop.loadComponentFromURL(Path(source).resolve().as_uri(), "_blank", 0, (setting("Hidden", True),))
        cell = book.NamedRanges.getByName(name).getReferredCells().getCellByPosition(0, 0)
        cell.FormulaLocal = text
        book.calculate()
        save = (setting("FilterName", "Calc MS Excel 2007 XML"),)
        book.storeToURL(Path(target).resolve().as_uri(), save)
        book.close(True)
    finally:
        desktop.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
