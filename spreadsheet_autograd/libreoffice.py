"""Converts .ods files to .xlsx with LibreOffice, without macros and links.

On Linux LibreOffice is locked in, as the processes are that read the copy: it writes into a folder of its own, reads
its own files and the one to convert, and reaches no network.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL

from excel_export.shared import sandbox
from excel_export.shared.errors import ExportError
from excel_export.shared.locked_in import FILES, NETWORK, PROGRAMS, lock_in

SECONDS = 120
BINARY = "soffice.bin"
SYSTEM = (
    *("/usr/share", "/etc/fonts", "/etc/libreoffice", "/var/spool/libreoffice", "/var/cache/fontconfig"),
    *("/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"),
    "/sys/devices/system/cpu",
)
"""The files and folders that LibreOffice reads, besides libraries."""
START_AGAIN = 81
"""The exit code by which LibreOffice asks to be started again, as with a new profile."""
MOST_STARTS = 3
"""The most starts for one file."""
PIPES = Path("/tmp")
"""The folder in which LibreOffice makes the socket by which a second one would find it; it uses no other."""
PIPE = "OSL_PIPE_*SingleOfficeIPC_*"
OPEN = "open.json"
"""The file in its own folder that lists what could not be taken away from LibreOffice."""
_SETTINGS = {
    ("Office.Common/Security/Scripting", "MacroSecurityLevel"): 3,
    ("Office.Common/Security/Scripting", "DisableMacrosExecution"): "true",
    ("Office.Calc/Content/Update", "Link"): 2,
    ("Office.Calc/Formula/Load", "ODFRecalcMode"): 1,
}
"""No macro runs, no link is followed, and no formula is computed, so that none reads anything either."""


def as_xlsx(path: Path, folder: Path, seconds: int = SECONDS) -> Path:
    """Save a copy of a file as .xlsx by LibreOffice, and return the copy's path, folder/…/given.xlsx.

    Args:
        path: the file, of any format that LibreOffice reads: sheet.ods.
        folder: the folder in which a new folder is made for the copy.
        seconds: the time that it may take.

    Raises:
        ExportError: LibreOffice isn't installed, takes too long, or can't read the file.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        raise ExportError("an .ods file, and no LibreOffice here to read it: save it as .xlsx")
    own = Path(tempfile.mkdtemp(dir=folder))
    _profile(own / "profile")
    given = shutil.copy(path, own / f"given{path.suffix.lower()}")
    arguments = ["--headless", "--norestore", f"-env:UserInstallation={(own / 'profile').as_uri()}",
                 "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(own), str(given)]  # fmt: skip
    if sys.platform != "linux":
        _note_open([FILES, PROGRAMS, NETWORK])
    end = time.monotonic() + seconds
    for _ in range(MOST_STARTS):
        code = _run([_without_script(program), *arguments], own, end - time.monotonic())
        if code is None:
            raise ExportError(f"LibreOffice takes more than {seconds} seconds to read it")
        if code != START_AGAIN:
            break
    if (own / OPEN).exists():
        _note_open(json.loads((own / OPEN).read_text()))
    if not (own / "given.xlsx").exists():
        raise ExportError("an .ods file that LibreOffice can't read: save it as .xlsx")
    return own / "given.xlsx"


def _note_open(permissions: Sequence[str]) -> None:
    sandbox.open_access.update(permissions)
    if permissions and sandbox.is_required():
        raise ExportError(f"this system cannot keep LibreOffice from {' and '.join(permissions)}: --sandbox required")


def _run(command: list[str], folder: Path, seconds: float) -> int | None:
    """Run a program in its folder and return its exit code; None if it took too long and was stopped."""
    before = set(PIPES.glob(PIPE))
    process = _locked_in(command, folder)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:  # where a script starts it, the program itself is a grandchild
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _remove_unheard({*PIPES.glob(PIPE)} - before)


def _without_script(program: str) -> str:
    binary = Path(program).resolve().with_name(BINARY)
    return str(binary) if binary.exists() else program


def _locked_in(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a program that, on Linux, may write into its own folder only, and reaches no network."""
    # A process of Python locks itself in and then becomes the program.
    starter = [sys.executable, "-P", "-m", __name__, "required" if sandbox.is_required() else "", str(folder)]
    command = [*starter, *command] if sys.platform == "linux" else command
    home = {"HOME": str(folder), "TMPDIR": str(folder), "XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return subprocess.Popen(
        command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True, env={**os.environ, **home}
    )


def _become(folder: Path, command: list[str], is_required: bool = False) -> None:
    """Lock this process in and replace it by a program; note before what could not be taken away.

    If it must be locked in and can't be, no program is started.
    """
    program = Path(command[0]).resolve()
    libraries = [program.parent.parent, *map(Path, ("/usr/lib", "/usr/lib64", "/lib", "/lib64"))]
    if program.name != BINARY:  # a script, which starts programs of the system
        libraries += [Path("/usr/bin"), Path("/bin")]
    left_open = lock_in(map(Path, SYSTEM), [folder, Path("/dev/null")], libraries, [PIPES])
    (folder / OPEN).write_text(json.dumps(left_open))
    if not (left_open and is_required):
        os.execv(command[0], command)


def _remove_unheard(sockets: Iterable[Path]) -> None:
    for path in sockets:
        with socket.socket(socket.AF_UNIX) as tried, suppress(OSError):
            try:
                tried.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()


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


if __name__ == "__main__":
    _become(Path(sys.argv[2]), sys.argv[3:], is_required=bool(sys.argv[1]))
