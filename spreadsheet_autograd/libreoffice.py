"""Converts .ods files to .xlsx with LibreOffice, without macros and links.

On Linux it is locked in, as the processes are that read the copy: it writes into a folder of its own, reads its own
files and the one that is given, and reaches no network.
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
"""What LibreOffice reads of the system, beside libraries."""
START_AGAIN, MOST_STARTS = 81, 3
"""The exit code by which LibreOffice asks to be started again, as with a new profile; and so often at most."""
PIPES = Path("/tmp")
"""Where LibreOffice makes the socket by which a second one would find it; it makes it in no other folder."""
PIPE = "OSL_PIPE_*SingleOfficeIPC_*"
OPEN = "open.json"
"""What could not be taken away from LibreOffice, in its own folder."""
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


def _note_open(left: Sequence[str]) -> None:
    """Note what LibreOffice is left.

    Raises:
        ExportError: something is left, and it must be locked in.
    """
    sandbox.open_access.update(left)
    if left and sandbox.is_required():
        raise ExportError(f"this system cannot keep LibreOffice from {' and '.join(left)}: --sandbox required")


def _run(command: list[str], own: Path, seconds: float) -> int | None:
    """Run a program in its folder; give its exit code, or None where it took too long and was ended."""
    before = set(PIPES.glob(PIPE))
    process = _locked_in(command, own)
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
    """Give the program itself, where a script starts it: the script would need a shell and other programs."""
    own = Path(program).resolve().with_name(BINARY)
    return str(own) if own.exists() else program


def _locked_in(command: list[str], own: Path) -> subprocess.Popen[bytes]:
    """Start a program that, on Linux, may write into its own folder only, and reaches no network."""
    # Locked in before it begins, by a process that becomes it.
    starter = [sys.executable, "-P", "-m", __name__, "required" if sandbox.is_required() else "", str(own)]
    command = [*starter, *command] if sys.platform == "linux" else command
    home = {"HOME": str(own), "TMPDIR": str(own), "XDG_CACHE_HOME": str(own), "XDG_CONFIG_HOME": str(own)}
    return subprocess.Popen(
        command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True, env={**os.environ, **home}
    )


def _become(own: Path, command: list[str], is_required: bool = False) -> None:
    """Lock this process in and let it become a program; what could not be taken away is written down before.

    Where it must be locked in and can't be, no program is started.
    """
    program = Path(command[0]).resolve()
    libraries = [program.parent.parent, *map(Path, ("/usr/lib", "/usr/lib64", "/lib", "/lib64"))]
    if program.name != BINARY:  # a script, which starts programs of the system
        libraries += [Path("/usr/bin"), Path("/bin")]
    left_open = lock_in(map(Path, SYSTEM), [own, Path("/dev/null")], libraries, [PIPES])
    (own / OPEN).write_text(json.dumps(left_open))
    if not (left_open and is_required):
        os.execv(command[0], command)


def _remove_unheard(sockets: Iterable[Path]) -> None:
    """Remove the sockets to which nobody listens: a LibreOffice that is locked in cannot remove its own."""
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
