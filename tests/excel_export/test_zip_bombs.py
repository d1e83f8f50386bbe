"""Small files that unpack to large ones: only what they cost tells them from damaged files, so that is measured."""

import json
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from excel_export import export
from excel_export.workbook.read import MOST_ELEMENTS
from tests.support.altered import INDEX, NETWORK, altered, part_of, row
from tests.support.tiny import Tiny, X


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.xlsx"
    export(Tiny(), (X,), path)
    return path


def packed(path: Path, target: Path, payload: bytes, declared: int) -> Path:
    """Copy a workbook with the index replaced by deflated bytes that are said to unpack to a number of bytes."""
    index = part_of(path, INDEX)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, payload if name == index else old.read(name))
    data = bytearray(target.read_bytes())
    name = index.encode()
    local = data.index(name) - 30
    central = data.rindex(name) - 46
    for at, method, size in ((local, 8, 22), (central, 10, 24)):
        struct.pack_into("<H", data, at + method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", data, at + size, declared)
    target.write_bytes(data)
    return target


def repeated(block: bytes, times: int, first: bytes = b"") -> bytes:
    """Deflate a block many times over without ever holding it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(first) + packer.flush(zlib.Z_FULL_FLUSH)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + once * times + packer.flush()


def bombs(tiny: Path, folder: Path) -> dict[str, Path]:
    ten_gigabytes = repeated(bytes(1 << 20), 10_000, b"<a>")
    spaces = repeated(b" " * (1 << 20), 10_000, b"<a>")
    sheet, cell = b"<worksheet><sheetData>", b'<c r="B%d" t="str"><v>%b</v></c>'
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    def before_the_end(rows: bytes):
        return lambda data: data.replace(b"</sheetData>", rows + b"</sheetData>")

    changes = {
        "nested": {"index": b"<a>" * 10_000_000},
        "an endless tag": {"index": b"<a " + b" " * 50_000_000},
        "an endless comment": {"index": b"<a><!--" + b" " * 50_000_000},
        "thousands of tags": {"index": b"<a>" + b"".join(b"<a%d/>" % k for k in range(3_000_000))},
        "a long text": {"index": sheet + cell % (5, b"x" * 50_000_000)},
        "many rows of index": {"index": sheet + b"".join(cell % (k, b"x") for k in range(5, 999_999))},
        "long rows of index": {"index": sheet + b"".join(cell % (k, b"x" * 9999) for k in range(5, 5000))},
        "as many numbers as allowed": {"index": row("value", f"({MOST_ELEMENTS - 100})", NETWORK, "A1", "(0)", "(0)")},
        "one cell in the last corner": {"network": before_the_end(corner)},
        "empty rows": {"network": before_the_end(b'<row r="9"/>' * 2_000_000)},
        "many sheets": {"workbook": b"<a>" + b"".join(b'<sheet name="%d" id="1"/>' % k for k in range(1_000_000))},
    }
    made = {
        "10 GB, declared": packed(tiny, folder / "1.xlsx", ten_gigabytes, 0xFFFF_FFF0),
        "10 GB, declared as 100 bytes": packed(tiny, folder / "2.xlsx", ten_gigabytes, 100),
        "10 GB of spaces, declared as 60 MB": packed(tiny, folder / "3.xlsx", spaces, 60_000_000),
        **{name: altered(tiny, folder / f"{name}.xlsx", **parts) for name, parts in changes.items()},
    }
    with zipfile.ZipFile(folder / "parts.xlsx", "w") as book:
        for k in range(40_000):
            book.writestr(zipfile.ZipInfo(f"xl/worksheets/sheet{k}.xml"), b"")
    return {**made, "thousands of parts": folder / "parts.xlsx"}


CHILD = """
import json, sys, time
from pathlib import Path
from excel_export import ExportError, read_tensors
def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
try:
    read_tensors("none.xlsx")
except ExportError:
    pass
base, found = peak(), {}
for name, path in json.load(sys.stdin).items():
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    start = time.process_time()
    try:
        said = len(read_tensors(path))
    except ExportError as error:
        said = str(error)
    found[name] = said, time.process_time() - start, peak() - base
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def cost(tiny, tmp_path_factory):
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux tells a process its peak")
    folder = tmp_path_factory.mktemp("bombs")
    files = {name: str(path) for name, path in bombs(tiny, folder).items()}
    run = subprocess.run([sys.executable, "-c", CHILD], input=json.dumps(files), capture_output=True, text=True)
    shutil.rmtree(folder)
    assert run.returncode == 0, run.stderr
    print(run.stdout)
    return json.loads(run.stdout)


@pytest.mark.slow
def test_bombs_cost_little_time_and_memory(cost):
    read = {name for name, (said, _, _) in cost.items() if isinstance(said, int)}
    assert read == {"as many numbers as allowed", "one cell in the last corner", "empty rows"}
    for name, (said, seconds, megabytes) in cost.items():
        assert seconds < 10, name
        assert megabytes < 350, name
        assert isinstance(said, int) or len(said.splitlines()) == 1, name
