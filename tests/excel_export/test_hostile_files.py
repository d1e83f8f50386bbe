"""Files that nobody vouches for: `read_tensors` returns, or refuses in one line, in bounded time and memory."""

import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from excel_export import ExportError, export, read_tensors, verify
from tests.support.altered import INDEX, NETWORK, altered, part_of, row, swap
from tests.support.tiny import Tiny, X


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "tiny.xlsx"
    export(Tiny(), (X,), path)
    return path


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
