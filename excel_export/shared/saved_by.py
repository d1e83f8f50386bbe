"""Which program saved a workbook last: its part docProps/app.xml says so. Excel, LibreOffice and openpyxl write their
own names over ours, so a workbook with our name is as we wrote it.
"""

import re
import zipfile
import zlib
from pathlib import Path

PROGRAM = "excel_export"
"""The name under which we save workbooks."""
APP = "docProps/app.xml"
"""The part of a workbook that names the program."""
APPLICATION = re.compile(rb"(?<=<Application>)[^<]*")
"""The program's name in that part."""
_MOST_BYTES = 100_000
"""More of that part is not read: the file may be hostile."""


def is_as_we_saved_it(path: Path) -> bool:
    """Return whether a file is a workbook that we wrote and that no other program has saved since.

    Example:
        >>> is_as_we_saved_it(Path("no such file.xlsx"))
        False
    """
    try:
        with zipfile.ZipFile(path) as package, package.open(APP) as part:
            found = APPLICATION.search(part.read(_MOST_BYTES))
    except (OSError, LookupError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error):
        return False
    return found is not None and found[0] == PROGRAM.encode()
