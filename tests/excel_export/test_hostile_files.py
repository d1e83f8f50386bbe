"""Files that nobody vouches for: `read_tensors` returns, or refuses in one line, in bounded time and memory."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from excel_export import ExportError, export, read_tensors, verify
from excel_export.xlsx.read import MOST_ELEMENTS
from tests.support.tiny import Tiny, X

INDEX, NETWORK = "Tensors", "Network"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.xlsx"
    export(Tiny(), (X,), path)
    return path


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
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change, data = parts.get(name), old.read(name)
            data = data if change is None else change if isinstance(change, bytes) else change(data)
            if data is not None:
                new.writestr(name, data)
        for name, data in changes.get("more", {}).items():
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


def refused(path: Path, words: str | None = None) -> None:
    with pytest.raises(ExportError, match=words) as caught:
        read_tensors(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 400 + len(str(path))


def test_what_is_no_file(tmp_path):
    refused(tmp_path, "not a file")
    os.mkfifo(tmp_path / "pipe.xlsx")
    refused(tmp_path / "pipe.xlsx", "not a file")  # and doesn't wait for someone to write
    refused(Path("/dev/zero"), "not a file")
    with pytest.raises(ExportError, match="can be read"):
        read_tensors("nul\0.xlsx")
    refused(tmp_path / ("x" * 300), "cannot be read")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x05\x06" + bytes(18), b"a,b\n1,2\n", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096), b"PK\x03\x04" * 99,
     b"<?xml version='1.0'?><Workbook/>", b"\xff" * 70_000, b"PK\x05\x06" + b"\xff" * 18],
)  # fmt: skip
def test_what_is_no_workbook(content, tmp_path):
    path = tmp_path / "bad.xlsx"
    path.write_bytes(content)
    refused(path)
    if content.startswith(b"\xd0"):
        refused(path, "password")


def test_what_is_another_kind_of_zip(tiny, tmp_path):
    ods = tmp_path / "bad.ods"
    with zipfile.ZipFile(ods, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", "<x/>")
    refused(ods, "lacks the part")
    refused(altered(tiny, tmp_path / "nested.xlsx", index=tiny.read_bytes()))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # which zipfile unpacks without a bound
        with zipfile.ZipFile(tiny) as old, zipfile.ZipFile(tmp_path / "odd.xlsx", "w", method) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        refused(tmp_path / "odd.xlsx", "packed as no workbook is")


def test_a_part_with_a_password(tiny, tmp_path):
    data = bytearray(tiny.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            data[start + at] |= 1
    (tmp_path / "locked.xlsx").write_bytes(data)
    refused(tmp_path / "locked.xlsx", "password")


def test_truncated_anywhere(tiny, tmp_path):
    content, path = tiny.read_bytes(), tmp_path / "cut.xlsx"
    for kept in [*np.linspace(0, len(content) - 1, 60).astype(int), *range(len(content) - 24, len(content))]:
        path.write_bytes(content[:kept])
        refused(path)


def test_a_flipped_byte_is_refused_or_changes_no_number(tiny, tmp_path):
    content, path, known = tiny.read_bytes(), tmp_path / "flipped.xlsx", read_tensors(tiny)
    generator = np.random.default_rng(0)
    refusals = 0
    for at in generator.integers(0, len(content), 120):
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(generator.integers(8))
        path.write_bytes(flipped)
        try:
            found = read_tensors(path)
        except ExportError:
            refusals += 1
        else:
            for key, array in found.items():
                np.testing.assert_array_equal(array, known[key])
    assert 0 < refusals < 120


DTD = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9)
)
DOCUMENTS = {
    "laughs": DTD + "]><x>&j;</x>",
    "external": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "external subset": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
    "quiet": "<!DOCTYPE x><x/>",
}


@pytest.mark.parametrize("part", ["index", "network", "workbook", "rels", "root"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(tiny, tmp_path, part, encoding):
    for name, document in DOCUMENTS.items():
        path = altered(tiny, tmp_path / f"{name}.xlsx", **{part: document.encode(encoding)})
        refused(path, "document type")


DECLARED = "<?xml version='1.0' encoding='{}'?><a/>"
NO_XML = [
    b"", b"<a>", bytes(1000), b"<a x='1' x='2'/>", b"<a>\xed\xa0\x80</a>", b"<a>&nothing;</a>", b"<a>\x01</a>",
    *(DECLARED.format(encoding).encode() for encoding in ("nothing", "hex", "utf-7", "cp037")),
]  # fmt: skip


@pytest.mark.parametrize("document", NO_XML)
def test_parts_that_are_no_xml(tiny, tmp_path, document):
    for part in ("index", "network", "workbook", "rels", "root"):
        refused(altered(tiny, tmp_path / "bad.xlsx", **{part: document}))


def test_relations_that_lead_nowhere(tiny, tmp_path):
    index = part_of(tiny, INDEX)[3:]

    def look(**changes):
        refused(altered(tiny, tmp_path / "bad.xlsx", **changes))

    look(root=lambda data: None)
    look(rels=lambda data: None)
    look(workbook=lambda data: None)
    look(index=lambda data: None)
    look(network=lambda data: None)
    look(root=swap("xl/workbook.xml", "_rels/.rels"))  # its own relations
    look(root=swap("xl/workbook.xml", "../../../etc/passwd"))
    for target in ("../../../../etc/passwd", "/etc/passwd", "", "workbook.xml", "_rels/workbook.xml.rels", "\n", ".."):
        look(rels=swap(f'Target="/xl/{index}"', f'Target="{target}"'))
    look(rels=swap(f'Target="/xl/{index}"', f'Target="/xl/{index}" TargetMode="External"'))
    look(workbook=swap(f'name="{INDEX}"', 'name="other"'))


def test_other_ways_to_write_the_same_target(tiny, tmp_path):
    index, known = part_of(tiny, INDEX)[3:], read_tensors(tiny)
    for target in (index, f"../xl/{index}", f"./{index}", f"/xl/../xl/{index}", f"../../../xl/{index}"):
        path = altered(tiny, tmp_path / "good.xlsx", rels=swap(f'Target="/xl/{index}"', f'Target="{target}"'))
        assert read_tensors(path).keys() == known.keys()


def test_external_links_are_never_followed(tiny, tmp_path):
    link = '<Relationship Id="link" Type="x/externalLink" Target="externalLinks/externalLink1.xml"/></Relationships>'
    outside = '<Relationship Id="rId1" Type="x" Target="file:///dev/zero" TargetMode="External"/>'
    path = altered(
        tiny, tmp_path / "links.xlsx",
        rels=swap("</Relationships>", link),
        more={"xl/externalLinks/externalLink1.xml": "<externalLink/>",
              "xl/externalLinks/_rels/externalLink1.xml.rels": f"<Relationships>{outside}</Relationships>"},
    )  # fmt: skip
    assert verify(path, Tiny(), (X,)).ok


@pytest.mark.parametrize(
    "texts",
    [
        ("value", "(2, 3)", NETWORK, "XFD1048576"),
        ("value", "(2, 3)", NETWORK, "XFE1"),
        ("value", "(2, 3)", NETWORK, "A1048577"),
        ("value", "(2, 3)", NETWORK, "A0"),
        ("value", "(2, 3)", NETWORK, "=A1"),
        ("value", "(2, 3)", "nowhere", "B3"),
        ("value", "(2, 3)", "", "B3"),
        ("value", "(2, -3)", NETWORK, "B3"),
        ("value", "(2, 3.5)", NETWORK, "B3"),
        ("value", "(2, 3", NETWORK, "B3"),
        ("value", "(1000000, 1000000)", NETWORK, "B3"),
        ("value", "(99999999999, 0)", NETWORK, "B3"),
        ("value", "(1000, 10000)", NETWORK, "B3", "(1, 0)", "(0, 1)"),
        ("value", "(1000000, 1000000)", NETWORK, "B3", "(0, 0)", "(0, 0)"),
        ("value", "(" + ", ".join(["2"] * 60) + ")", NETWORK, "B3", "(" + ", ".join(["0"] * 60) + ")"),
        ("value", "(" + "9" * 5000 + ")", NETWORK, "B3", "(1)", "(1)"),
        ("value", "(2, 3)", NETWORK, "B3", "(1100000, 1)", "(0, 0)"),
        ("value", "(2, 3)", NETWORK, "B3", "(1)", "(1)"),
        ("value", "(2, 3)", NETWORK, "B3", "()", "()"),
        ("value", "٣", NETWORK, "B3"),
    ],
)
def test_an_index_that_lies(tiny, tmp_path, texts):
    refused(altered(tiny, tmp_path / "bad.xlsx", index=row(*texts)), "damaged|too many")


def test_an_index_that_lists_a_tensor_twice(tiny, tmp_path):
    refused(altered(tiny, tmp_path / "bad.xlsx", index=swap(">layer.bias<", ">layer.weight<")), "lists twice")


def test_an_index_that_overlaps_or_leaves_gaps_is_read_as_it_is(tiny, tmp_path):
    known = read_tensors(tiny)
    path = altered(tiny, tmp_path / "odd.xlsx", index=row("value", "(3, 2)", NETWORK, "A1", "(0, 0)", "(0, 0)"))
    assert np.isnan(read_tensors(path)["layer.weight"]).all()
    assert read_tensors(path)["loss"] == known["loss"]
    path = altered(tiny, tmp_path / "odd.xlsx", index=row("value", "(0, 3)", NETWORK, "B3"))
    assert read_tensors(path)["layer.weight"].shape == (0, 3)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "9" * 100_000, "x", "", "0x10", " 1"])
def test_a_number_that_is_none(tiny, tmp_path, number):
    def change(data: bytes) -> bytes:
        return re.sub(rb"<v>[^<]*</v>", b"<v>%b</v>" % number.encode(), data)

    found = read_tensors(altered(tiny, tmp_path / "odd.xlsx", network=change))
    assert all(np.isnan(array).all() or (array == 1).all() for array in found.values())


# What follows is only told apart from a plain damaged file by what it costs, so that is measured.


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
