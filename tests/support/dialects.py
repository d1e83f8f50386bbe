"""A workbook as different programs save it: openpyxl's file, saved again by each of them, or written as it writes."""

from __future__ import annotations

import itertools
import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import ironcalc

from tests.support.altered import rewritten
from tests.support.libreoffice import save_as

_EMPTY = re.compile(rb' t="n"(?:/>|></c>)')
MACRO_ENABLED = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"


def in_libreoffice(locale: str) -> Callable[[Sequence[Path], Path], None]:
    """Opened and saved by LibreOffice in a language, with its decimal sign."""
    return lambda sources, folder: save_as("xlsx", sources, folder, locale)


def as_ods(sources: Sequence[Path], folder: Path) -> None:
    """Saved as .ods by LibreOffice."""
    save_as("ods", sources, folder, "")


def in_gnumeric(sources: Sequence[Path], folder: Path) -> None:
    """Opened and saved by Gnumeric."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        subprocess.run(["ssconvert", source, folder / source.name], check=True, capture_output=True)


def as_google(sources: Sequence[Path], folder: Path) -> None:
    """As Google Sheets downloads it, as far as that can be imitated.

    Values are stored, formulas are shared ones, the names of sheets stand in quotation marks, and nothing says who
    saved it, or when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        computed = folder / f"computed {source.name}"
        rewritten(source, computed, lambda name, data: _EMPTY.sub(b"/>", data))
        model = ironcalc.load_from_xlsx(str(computed), "en", "UTC", "en")
        model.evaluate()
        computed.unlink()
        model.save_to_xlsx(str(computed))
        serial = itertools.count()

        def changed(name: str, data: bytes, serial: itertools.count[int] = serial) -> bytes | None:
            if name.startswith("docProps/"):
                return None
            if name == "[Content_Types].xml":
                return re.sub(rb'<Override [^>]*PartName="/docProps/[^>]*/>', b"", data)
            if name == "_rels/.rels":
                return re.sub(rb"<Relationship [^>]*docProps/[^>]*/>", b"", data)
            if name.startswith("xl/worksheets/sheet"):
                return _SHARED.sub(lambda match: _shared(match, next(serial)), data)
            return data

        rewritten(computed, folder / source.name, changed)
        computed.unlink()


_SHARED = re.compile(rb'(<c r="([A-Z]+\d+)"[^>]*>)<f>([^<]*)</f>')
_SHEET = re.compile(rb"(?<![\w'.&;])([A-Za-z]\w*)!")


def _shared(match: re.Match[bytes], serial: int) -> bytes:
    formula = _SHEET.sub(rb"'\1'!", match[3])
    return match[1] + b'<f t="shared" ref="%s" si="%d">%s</f>' % (match[2], serial, formula)


def with_macros(sources: Sequence[Path], folder: Path) -> None:
    """Saved as .xlsm, with macros in it."""
    folder.mkdir(parents=True, exist_ok=True)
    relation = b'<Relationship Id="m" Target="vbaProject.bin" Type="http://x/vbaProject"/></Relationships>'

    def changed(name: str, data: bytes) -> bytes:
        if name == "[Content_Types].xml":
            return re.sub(rb"application/vnd\.openxmlformats[\w.-]*\.sheet\.main\+xml", MACRO_ENABLED, data)
        return data.replace(b"</Relationships>", relation) if name == "xl/_rels/workbook.xml.rels" else data

    for source in sources:
        target = folder / f"{source.stem}.xlsm"
        rewritten(source, target, changed, {"xl/vbaProject.bin": b"macros"})


def in_one_zip(name: str) -> Callable[[Sequence[Path], Path], None]:
    """All of them in one zip; `name` says where each stands in it, by '{stem}'."""

    def zipped(sources: Sequence[Path], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / f"{folder.name}.zip", "w", zipfile.ZIP_DEFLATED) as package:
            for source in sources:
                package.write(source, name.format(stem=source.stem))

    return zipped


DIALECTS: Mapping[str, Callable[[Sequence[Path], Path], None]] = {
    "LibreOffice": in_libreoffice("en-US"),
    "German LibreOffice": in_libreoffice("de"),
    "Gnumeric": in_gnumeric,
    "Google Sheets": as_google,
    ".xlsm": with_macros,
    ".ods": as_ods,
    "Moodle": in_one_zip("{stem}_assignsubmission_file_/week3.xlsx"),
    "Canvas": in_one_zip("{stem}_5001_week3.xlsx"),
}
