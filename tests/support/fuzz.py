"""What a reader may do with any bytes: return, or raise its one documented error with a message of one line.

`test_fuzz_readers.py` tries it for a minute, `hunt.py` for as long as you like.
"""

import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from excel_export import ExportError
from excel_export.report import compare
from excel_export.shared.errors import UserError
from excel_export.workbook.read import read_all, read_tensors
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.data.idx import read_idx
from mnist_adder.data.picture import read_digit
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint

REGRESSIONS = Path(__file__).parents[1] / "regressions"
SECONDS = 10  # of computing, for any input of a megabyte: thousands of times what a fast one takes
EXPECTED = {"loss": np.zeros(()), "w": np.ones((2, 2))}
FOLDER = tempfile.TemporaryDirectory(prefix="fuzz")


def _read_workbook(path: Path) -> None:
    read_all(path)
    str(compare(path, read_tensors(path), EXPECTED))


READERS: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
    "workbook": (_read_workbook, ExportError),
    "checkpoint": (load_checkpoint, UserError),
    "images": (lambda path: read_idx(path, 3), UserError),
    "labels": (lambda path: read_idx(path, 1), UserError),
    "picture": (read_digit, UserError),
}


def try_bytes(target: str, content: bytes) -> bool:
    """Read the bytes as a file, and say whether they were accepted.

    Raises AssertionError when the refusal isn't one short line or took long, and whatever else the reader raised.
    """
    read, documented = READERS[target]
    path = Path(FOLDER.name) / target
    path.write_bytes(content)
    start, message = time.process_time(), None
    try:
        read(path)
    except documented as error:
        message = str(error)
    assert time.process_time() - start < SECONDS
    assert message is None or (len(message.splitlines()) == 1 and len(message) < 600), message
    return message is None


def zipped(parts: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return file.getvalue()


# The smallest workbook that has all that the reader looks at: inline and shared texts, a formula, a truth value.
_TEXTS = {
    "_rels/.rels": """
        <a><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></a>""",
    "xl/workbook.xml": """
        <a xmlns:r="x"><sheet name="Tensors" r:id="r1"/><sheet name="N" r:id="r2"/></a>""",
    "xl/_rels/workbook.xml.rels": """
        <a><Relationship Id="r1" Type="http://x/worksheet" Target="/xl/index.xml"/>
        <Relationship Id="r2" Type="http://x/worksheet" Target="net.xml"/>
        <Relationship Id="r3" Type="http://x/sharedStrings" Target="texts.xml"/></a>""",
    "xl/index.xml": """
        <a><row r="5"><c r="B5" t="s"><v>1</v></c><c r="C5" t="s"><v>0</v></c>
        <c r="D5" t="inlineStr"><is><t>(2, 2)</t></is></c><c r="E5" t="str"><v>N</v></c><c t="str"><v>B3</v></c>
        <c t="str"><v>(1, 0)</v></c><c t="str"><v>(0, 1)</v></c></row>
        <row r="6"><c r="B6" t="s"><v>2</v></c><c t="s"><v>0</v></c><c t="str"><v>()</v></c><c t="str"><v>N</v></c>
        <c t="str"><v>D9</v></c><c t="str"><v>()</v></c><c t="str"><v>()</v></c></row></a>""",
    "xl/texts.xml": """
        <a><si><t>value</t></si><si><r><t>w</t></r><rPh><t>x</t></rPh></si><si><t>l_x006F_ss</t></si></a>""",
    "xl/net.xml": """
        <a><row r="3"><c r="B3"><v>1</v></c><c r="C3" t="b"><v>1</v></c></row>
        <row r="4"><c r="B4"><f>A1</f><v>1.0</v></c><c r="C4"><v>-1e-5</v></c></row>
        <row r="9"><c r="D9" t="n"><v>0</v></c></row></a>""",
}
WORKBOOK = {name: text.strip().encode() for name, text in _TEXTS.items()}


def _pictures() -> list[bytes]:
    picture, made = ImageOps.invert(Image.fromarray(bundled_digits()[0].pixels)), []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        file = BytesIO()
        picture.save(file, kind)
        made.append(file.getvalue())
    file = BytesIO()
    Image.merge("LA", (picture, Image.new("L", picture.size, 255))).save(
        file, "PNG", exif=bytes.fromhex("4d4d002a00000008000101120003000000010006")
    )
    return [*made, file.getvalue()]


SEEDS: dict[str, list[bytes]] = {
    "workbook": [zipped(WORKBOOK)],
    "checkpoint": [bundled_checkpoint("slice", "regression").read_bytes()],
    "images": [bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 3, 4) + bytes(24)],
    "labels": [bytes([0, 0, 8, 1]) + struct.pack(">I", 5) + bytes(5)],
    "picture": _pictures(),
}


def with_header(header: bytes, body: bytes) -> bytes:
    """A safetensors file whose length says the truth, so that a changed header is looked at."""
    return struct.pack("<Q", len(header)) + header + body


def split_checkpoint(content: bytes) -> tuple[bytes, bytes]:
    length = struct.unpack("<Q", content[:8])[0]
    return content[8 : 8 + length], content[8 + length :]


def with_checksums(png: bytes) -> bytes:
    """The PNG with each chunk's checksum made right, so that a changed chunk is looked at."""
    out, at = bytearray(png[:8]), 8
    while at + 12 <= len(png):
        length = struct.unpack(">I", png[at : at + 4])[0]
        inside = png[at + 4 : at + 8 + length]
        out += png[at : at + 4] + inside + struct.pack(">I", zlib.crc32(inside))
        at += 12 + length
    return bytes(out)
