"""Workbooks with a part changed, as somebody who means harm would change it."""

import io
import re
import zipfile
from pathlib import Path

INDEX, NETWORK = "Tensors", "Network"


def part_of(path: Path, sheet: str) -> str:
    with zipfile.ZipFile(path) as book:
        names = re.findall(r'<sheet [^>]*name="([^"]*)"', book.read("xl/workbook.xml").decode())
    return f"xl/worksheets/sheet{1 + names.index(sheet)}.xml"


def altered(source: Path, target: Path, **changes) -> Path:
    """Copy a workbook with parts replaced by bytes, changed by a function, or left out where it gives None.

    The parts are `index`, `network`, `workbook`, `rels` (the workbook's), `root` (the package's relations).
    """
    parts = {
        part_of(source, INDEX): changes.get("index"),
        part_of(source, NETWORK): changes.get("network"),
        "xl/workbook.xml": changes.get("workbook"),
        "xl/_rels/workbook.xml.rels": changes.get("rels"),
        "_rels/.rels": changes.get("root"),
    }

    def change(name: str, data: bytes) -> bytes | None:
        part = parts.get(name)
        return data if part is None else part if isinstance(part, bytes) else part(data)

    return rewritten(source, target, change, changes.get("more"))


def rewritten(source: Path, target: Path, change, more=None) -> Path:
    """Copy a zip with each part changed, or left out where it gives None, and with more parts; it may be its own copy.

    `change` is told the name of a part and its bytes.
    """
    source_bytes = io.BytesIO(source.read_bytes())
    with zipfile.ZipFile(source_bytes) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (data := change(name, old.read(name))) is not None:
                new.writestr(name, data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return target


def swap(old: str, new: str):
    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return change


def row(*texts: str):
    """The index with its row of layer.weight replaced: what, shape, sheet, first cell, row strides, column strides."""

    def change(data: bytes) -> bytes:
        cells = re.search(rb"<row [^>]*><c [^>]*><is><t[^>]*>layer.weight</t>.*?</row>", data)
        new = cells[0]
        for letter, text in zip("CDEFGH", texts, strict=False):
            pattern = rb'(<c r="%b\d+"[^>]*><is><t[^>]*>)[^<]*' % letter.encode()
            new, count = re.subn(pattern, lambda found, text=text: found[1] + text.encode(), new)
            assert count == 1
        return data.replace(cells[0], new)

    return change
