"""LibreOffice, where it is installed: it saves an .ods file as .xlsx, by itself, without macros and without links."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL

from excel_export.shared.errors import ExportError

SECONDS = 120
_SETTINGS = {
    ("Office.Common/Security/Scripting", "MacroSecurityLevel"): 3,
    ("Office.Common/Security/Scripting", "DisableMacrosExecution"): "true",
    ("Office.Calc/Content/Update", "Link"): 2,
    ("Office.Calc/Formula/Load", "ODFRecalcMode"): 1,
}
"""No macro runs; no link is asked for; nothing is computed anew, so no formula asks for anything either."""


def as_xlsx(path: Path, folder: Path, seconds: int = SECONDS) -> Path:
    """Save a copy of a file as .xlsx.

    Args:
        path: the file.
        folder: where the copy comes.
        seconds: how long that may take.

    Raises:
        ExportError: there is no LibreOffice, it takes too long, or it can't read the file.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        raise ExportError("an .ods file, and no LibreOffice here to read it: save it as .xlsx")
    own = Path(tempfile.mkdtemp(dir=folder))
    _profile(own / "profile")
    given = shutil.copy(path, own / f"given{path.suffix.lower()}")
    command = [program, "--headless", "--norestore", f"-env:UserInstallation={(own / 'profile').as_uri()}",
               "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(own), str(given)]  # fmt: skip
    process = subprocess.Popen(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise ExportError(f"LibreOffice takes more than {seconds} seconds to read it") from None
    finally:
        if process.poll() is None:  # the program itself is a grandchild
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if not (own / "given.xlsx").exists():
        raise ExportError("an .ods file that LibreOffice can't read: save it as .xlsx")
    return own / "given.xlsx"


def _profile(folder: Path) -> None:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>"
        for (path, name), value in _SETTINGS.items()
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}'
        "</oor:items>",
        encoding="utf-8",
    )
