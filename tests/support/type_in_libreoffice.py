"""Type into a cell of a workbook as a person does, in the language of a LibreOffice that listens, and save it.

PYTHON type_in_libreoffice.py PIPE SOURCE TARGET NAME TEXT, by a Python that has uno; LibreOffice ends with it.
"""

import sys
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

PATIENCE = 240


def connect(pipe: str):
    """Return the desktop of the LibreOffice at a pipe, which may still be starting."""
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except NoConnectException:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def setting(name: str, value: object) -> PropertyValue:
    return PropertyValue(Name=name, Value=value)


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
