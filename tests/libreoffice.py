"""LibreOffice without its windows: save files as other kinds, in other languages, after a macro worked on them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

TIMEOUT = 300
_FILTERS = {"xlsx": "xlsx:Calc MS Excel 2007 XML"}

_SETTINGS = """<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{0}</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooLocale" oor:op="fuse"><value>{0}</value></prop></item>
<item oor:path="/org.openoffice.Office.Linguistic/General"><prop oor:name="UILocale" oor:op="fuse"><value>{0}</value></prop></item>
</oor:items>"""  # noqa: E501
# A macro of the user's own, as LibreOffice keeps it: a list of libraries, a list of modules, a module.
_MACRO = {
    "script.xlc": """<library:libraries xmlns:library="http://openoffice.org/2000/library"
 xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" library:link="false"
 xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple"/></library:libraries>""",
    "Standard/script.xlb": """<library:library xmlns:library="http://openoffice.org/2000/library"
 library:name="Standard" library:readonly="false" library:passwordprotected="false"><library:element
 library:name="Module1"/></library:library>""",
    "Standard/Module1.xba": """<script:module xmlns:script="http://openoffice.org/2000/script"
 script:name="Module1" script:language="StarBasic">{macro}</script:module>""",
}


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


def run(arguments: Sequence[str], folder: Path, locale: str = "", macro: str = "") -> str:
    """Run LibreOffice with a new profile, which lies in `folder` meanwhile, and return what it says.

    `macro` is the text of a module that arguments such as `macro:///Standard.Module1.Main()` call.
    """
    folder.mkdir(parents=True, exist_ok=True)
    profile = folder / "profile"
    if locale:
        _write(profile / "user" / "registrymodifications.xcu", _SETTINGS.format(locale))
    if macro:
        for name, text in _MACRO.items():
            _write(profile / "user" / "basic" / name, text.format(macro=escape(macro)))
    command = [soffice() or "soffice", "--headless", "--norestore"]
    command += [f"-env:UserInstallation={profile.resolve().as_uri()}", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
        return said.decode(errors="replace")
    finally:
        if process.poll() is None:  # soffice is a script: the program itself is its grandchild
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', encoding="utf-8")
