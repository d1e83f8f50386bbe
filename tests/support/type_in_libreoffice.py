"""Type into workbooks as people do, in the language of a LibreOffice that listens, and save them.

PYTHON type_in_libreoffice.py PIPE JOBS.json, by a Python that has uno. A job has a source, a target, and cells: the
sheet, the cell and the text of each; without a sheet, the cell is a defined name. LibreOffice ends with it.
"""

import json
import sys
from pathlib import Path

from uno_desktop import connect, setting


def main(pipe: str, jobs: str) -> None:
    desktop = connect(pipe)
    try:
        for job in json.loads(Path(jobs).read_text("utf-8")):
            source = Path(job["source"]).resolve().as_uri()
            book = desktop.loadComponentFromURL(source, "_blank", 0, (setting("Hidden", True),))
            for sheet, cell, text in job["cells"]:
                if sheet:
                    place = book.Sheets.getByName(sheet).getCellRangeByName(cell)
                else:
                    place = book.NamedRanges.getByName(cell).getReferredCells().getCellByPosition(0, 0)
                if text.startswith("'"):  # as a person types a text
                    place.String = text[1:]
                else:
                    place.FormulaLocal = text
            book.calculateAll()
            save = (setting("FilterName", "Calc MS Excel 2007 XML"),)
            book.storeToURL(Path(job["target"]).resolve().as_uri(), save)
            book.close(True)
    finally:
        desktop.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
