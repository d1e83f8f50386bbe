"""LibreOffice without its windows: save files as other kinds or in other languages.

It draws and measures with fonts of our own, so that a test sees the same on every machine: Carlito, which has the
widths of Calibri, from `tests/support/fonts/`, and DejaVu Sans, which comes with matplotlib, for what Carlito lacks.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

TIMEOUT = 600
_FONTS = Path(__file__).with_name("fonts")
_FONT_CONFIGURATION = """<?xml version="1.0"?>
<fontconfig>
  <dir>{folder}</dir>
  <cachedir>{folder}/cache</cachedir>
  <alias binding="same"><family>Calibri</family><prefer><family>Carlito</family></prefer></alias>
</fontconfig>"""
_FILTERS = {"xlsx": "xlsx:Calc MS Excel 2007 XML"}

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{}</oor:items>"""
_SETTING = """<item oor:path="{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>
"""
_LOCALES = (
    ("/org.openoffice.Setup/L10N", "ooSetupSystemLocale"),
    ("/org.openoffice.Setup/L10N", "ooLocale"),
    ("/org.openoffice.Office.Linguistic/General", "UILocale"),
)


def soffice() -> str | None:
    """Return the path of LibreOffice, None where it isn't installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def save_as(suffix: str, sources: Sequence[Path], folder: Path, locale: str = "") -> list[Path]:
    """Open files and save each in `folder` under its name, as xlsx, ods or csv.

    With a `locale` such as 'de', in that language: its decimal sign, and its words where they are installed.
    Raises RuntimeError when a file doesn't come out.
    """
    targets = [folder / f"{source.stem}.{suffix}" for source in sources]
    arguments = ["--convert-to", _FILTERS.get(suffix, suffix), "--outdir", str(folder), *map(str, sources)]
    said = run(arguments, folder, locale)
    for source, target in zip(sources, targets, strict=True):
        if not target.exists():
            raise RuntimeError(f"LibreOffice can't save {source}: {said}")
    return targets


def run(arguments: Sequence[str], folder: Path, locale: str = "") -> str:
    """Run LibreOffice with a new profile, which lies in `folder` meanwhile, and return what it says."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = settings(folder / "profile", [(*name, locale) for name in _LOCALES] if locale else [])
    command = [soffice() or "soffice", "--headless", "--norestore"]
    command += [f"-env:UserInstallation={profile.as_uri()}", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, env=environment()
    )
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
        return said.decode(errors="replace")
    finally:
        end(process)
        shutil.rmtree(profile, ignore_errors=True)


def type_in(jobs: Sequence[dict[str, object]], locale: str, folder: Path) -> None:
    """Type into workbooks as people do who have this language; see type_in_libreoffice.py for what a job is."""
    python = next((path for path in (sys.executable, "/usr/bin/python3") if _has_uno(path)), None)
    if python is None:
        pytest.skip("no Python here has uno (Debian: python3-uno)")
    script, pipe = Path(__file__).with_name("type_in_libreoffice.py"), f"types{os.getpid()}{locale}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        office = pool.submit(run, [f"--accept=pipe,name={pipe};urp"], folder, locale)
        subprocess.run([python, script, pipe, folder / "jobs.json"], check=True, timeout=TIMEOUT)
        office.result()


def _has_uno(python: str) -> bool:
    return (
        bool(shutil.which(python))
        and not subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode
    )


def environment() -> dict[str, str]:
    """The variables that LibreOffice is started with: it finds our fonts, and none of the machine's."""
    return {**os.environ, "FONTCONFIG_FILE": str(_font_configuration())}


@cache
def _font_configuration() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fonts"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with_matplotlib = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    for font in (*_FONTS.glob("*.ttf"), *with_matplotlib.glob("DejaVuSans*.ttf")):
        shutil.copy(font, folder)
    (folder / "fonts.conf").write_text(_FONT_CONFIGURATION.format(folder=folder), encoding="utf-8")
    return folder / "fonts.conf"


def settings(profile: Path, items: Sequence[tuple[str, str, str]]) -> Path:
    """Make a profile with settings, each a path, a name and a value; return its full path."""
    (profile / "user").mkdir(parents=True)
    text = _SETTINGS.format("".join(_SETTING.format(*item) for item in items))
    (profile / "user" / "registrymodifications.xcu").write_text(text, encoding="utf-8")
    return profile.resolve()


def end(process: subprocess.Popen) -> None:
    """End a process that leads a session, and all that it has started."""
    if process.poll() is None:  # soffice is a script: the program itself is its grandchild
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
