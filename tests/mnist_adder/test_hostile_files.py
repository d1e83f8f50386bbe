"""Checkpoints, IDX files and pictures that nobody vouches for: refused by name, in one line, and never run."""

import gzip
import json
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from excel_export.shared.errors import UserError
from mnist_adder.data.idx import read_idx
from mnist_adder.data.picture import read_digit
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint

BUNDLED = bundled_checkpoint("slice", "regression")


def refused(read, path: Path, words: str | None = None) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500 + len(str(path))


READERS = pytest.mark.parametrize("read", [load_checkpoint, lambda path: read_idx(path, 3), read_digit])


@READERS
def test_pipes_devices_folders_and_nothing(read, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(read, tmp_path / "pipe", "a pipe or a device")  # and doesn't wait for someone to write
    refused(read, Path("/dev/zero"), "a pipe or a device")
    refused(read, tmp_path, "Is a directory")
    (tmp_path / "empty").touch()
    refused(read, tmp_path / "empty")
    refused(read, tmp_path / ("x" * 300), "too long")


class Payload:
    """What runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize(
    ("name", "words", "inside"),
    [
        ("net.safetensors", "isn't a whole safetensors file", "isn't a whole safetensors file"),
        ("net.pt", "isn't a whole file of PyTorch; save it", "holds more than tensors, or is damaged; save it with"),
    ],
)
def test_a_pickle_is_refused_and_never_run(tmp_path, name, words, inside):
    marker, path = tmp_path / "it ran", tmp_path / name
    path.write_bytes(pickle.dumps(Payload(marker)))
    refused(load_checkpoint, path, words)
    torch.save({"conv1.weight": Payload(marker)}, path)
    assert zipfile.is_zipfile(path)
    refused(load_checkpoint, path, inside)
    torch.save(Payload(marker), path, _use_new_zipfile_serialization=False)
    refused(load_checkpoint, path, inside)
    assert not marker.exists()
    with path.open("rb") as file:  # the payload is a live one
        torch.load(file, weights_only=False)
    assert marker.exists()


@pytest.fixture
def write(tmp_path):
    """Writes the bundled checkpoint with another header."""
    content = BUNDLED.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header, body = json.loads(content[8 : 8 + length]), content[8 + length :]
    path = tmp_path / "net.safetensors"

    def write(change=lambda header: None, body=body, length=None):
        changed = json.loads(json.dumps(header))
        raw = change(changed) or json.dumps(changed).encode()
        path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + body)
        return path

    return write


def test_headers_that_lie(write):
    load_checkpoint(write())

    def refuse(change=lambda header: None, words=None, **given):
        refused(load_checkpoint, write(change, **given), words)

    for length in (0, 1, 2**31, 2**32, 2**63, 2**64 - 1):
        refuse(length=length)
    refuse(body=b"")
    for offsets in ([0, 2**40], [-1, 4], [8, 4], [0], [0, 2**64], ["0", "4"], [0, 3]):
        refuse(lambda header, offsets=offsets: header["out2.bias"].update(data_offsets=offsets))
    for shape in ([2**32, 2**32], [2**63], [-1], [1.5], "4", [0], [1] * 5000):
        refuse(lambda header, shape=shape: header["out2.bias"].update(shape=shape))
    for dtype in ("F64", "F16", "BF16", "I32", "BOOL", "F8_E4M3", "F4", "C64", "object", 7):
        refuse(lambda header, dtype=dtype: header["out2.bias"].update(dtype=dtype))
    for raw in (
        b"[]",
        b"{",
        b"null",
        b'{"a":' * 100_000,
        b"\xff\xfe{}",
        b'{"__metadata__":{"mnist_adder":7}}',
        b" " * 999,
    ):
        refuse(lambda header, raw=raw: raw)


def described(**changes) -> str:
    good = {"format_version": 4, "preset": "slice", "head": "regression", "recipe": {}, "results": {}}
    return json.dumps({**good, **changes})


UNSAID = "doesn't say which network it holds"
LIES = [
    *(("", "null", "7", "{", "{}", "[1, 2]", "[" * 100_000, '{"a":' * 100_000, "1" * 100_000)),
    *((f'"{"x" * 100_000}"', described(recipe="ab"), described(recipe=7), described(results=3))),
]
OTHERS = {
    "\ud800": "isn't a whole safetensors file",
    described(format_version=3): "format version 3; this program reads 4",
    described(format_version=5): "format version 5; this program reads 4",
    described(format_version="a\nb" * 9999): "format version 'a",
    described(format_version=[[[[1]]]] * 999): "format version",
    described(preset="huge"): "preset 'huge', head 'regression'",
    described(preset="a\nb" * 9999): "preset 'a",
    described(preset=[]): r"preset \[\]",
    described(preset={}): "preset {}",
    described(head="x\u2028" * 99): "head 'x",
    described(head=["onehot"]): r"head \['onehot'\]",
}


@pytest.mark.parametrize(("description", "words"), [*((lie, UNSAID) for lie in LIES), *OTHERS.items()])
def test_descriptions_that_lie(write, description, words):
    refused(load_checkpoint, write(lambda header: header["__metadata__"].update(mnist_adder=description)), words)


def test_parts_of_a_checkpoint_and_what_is_none(tmp_path):
    path, content = tmp_path / "net.safetensors", BUNDLED.read_bytes()
    for wrong in (*(content[:kept] for kept in (0, 4, 100, 2000, -1)), b"PK\x03\x04", b"x" * 5000, b"\xff" * 16):
        path.write_bytes(wrong)
        refused(load_checkpoint, path, "isn't a whole safetensors file")


def test_names_of_tensors_in_messages(tmp_path):
    good, path = safetensors.torch.load_file(BUNDLED), tmp_path / "net.safetensors"
    metadata = {"mnist_adder": described()}
    for name in ("a\nb", "x" * 10_000, "\x1b[31m", "\u202e", "\u2028", ""):
        safetensors.torch.save_file({**good, name: torch.zeros(1)}, path, metadata)
        refused(load_checkpoint, path, "which its network doesn't have")
    safetensors.torch.save_file({**good, "out2.bias": torch.zeros([1] * 999 + [2])}, path, metadata)
    refused(load_checkpoint, path, "out2.bias is 1x1x")
    for number in (torch.nan, torch.inf, -torch.inf):
        safetensors.torch.save_file({**good, "out2.bias": torch.full_like(good["out2.bias"], number)}, path, metadata)
        refused(load_checkpoint, path, "aren't finite")


def test_a_checkpoint_too_large_to_be_one_is_not_read(tmp_path):
    path = tmp_path / "net.safetensors"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    refused(load_checkpoint, path, "far more than any network")


def test_an_idx_file_has_its_values_in_the_shape_of_its_header(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 3, 4) + bytes(range(24)))
    assert np.array_equal(read_idx(path, 3), np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    with pytest.raises(UserError, match="missing can't be read: No such file"):
        read_idx(tmp_path / "missing", 3)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ([0, 0, 8, 3, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF], "promises"),
        ([0, 0, 8, 3, 0xFFFFFFFF, 28, 28], "promises"),
        ([0, 0, 8, 3, 0x80000000, 2, 0x40000000], "promises"),
        ([0, 0, 8, 3, 1, 28], "within its header"),
        ([0, 0, 8, 3], "within its header"),
        ([0, 0, 9, 3, 1, 1, 1], "isn't an IDX file"),
        ([0, 0, 8, 4, 1, 1, 1], "isn't an IDX file"),
        ([1, 0, 8, 3, 1, 1, 1], "isn't an IDX file"),
    ],
)
def test_idx_headers_that_lie(tmp_path, header, words):
    path = tmp_path / "images"
    path.write_bytes(bytes(header[:4]) + b"".join(struct.pack(">I", length) for length in header[4:]))
    refused(lambda path: read_idx(path, 3), path, words)


def test_idx_files_of_no_or_too_many_bytes(tmp_path):
    path = tmp_path / "images"
    for shape, words in (((0, 28, 28), None), ((0, 2**32 - 1, 2**32 - 1), "more than can be")):
        path.write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", *shape))
        if words:
            refused(lambda path: read_idx(path, 3), path, words)
        else:
            assert read_idx(path, 3).shape == shape
    content = bytes([0, 0, 8, 1]) + struct.pack(">I", 4) + b"1234"
    for wrong in (gzip.compress(content), content + b"5", content[:-1]):
        path.write_bytes(wrong)
        refused(lambda path: read_idx(path, 1), path)
    with path.open("wb") as file:
        file.write(content)
        file.truncate(1 << 40)
    refused(lambda path: read_idx(path, 1), path, "promises 12")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *more: bytes, depth: int = 8, colours: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_pictures_that_would_fill_the_memory(tmp_path):
    path = tmp_path / "digit.png"
    for width, height in ((2**31 - 1, 2**31 - 1), (100_000, 100_000), (12_000, 12_000), (2**31 - 1, 1)):
        path.write_bytes(png(width, height, zlib.compress(bytes(1000))))
        refused(read_digit, path, "too large")
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))
    path.write_bytes(png(20, 20, zlib.compress(bytes(420)), text))
    refused(read_digit, path)


def test_damaged_pictures(tmp_path):
    path = tmp_path / "digit"
    for width, height, data in (
        (0, 0, b""),
        (0, 20, b""),
        (20, 20, b""),
        (20, 20, b"xx"),
        (20, 20, zlib.compress(b"9" * 9)),
    ):
        path.write_bytes(png(width, height, data))
        refused(read_digit, path)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        Image.effect_noise((40, 40), 90).save(path, kind)
        content = path.read_bytes()
        for kept in np.linspace(0, 0.9 * len(content), 12).astype(int):
            path.write_bytes(content[:kept])
            refused(read_digit, path)


def test_brightness_that_is_no_number(tmp_path):
    path = tmp_path / "digit.tif"
    for number in (np.nan, np.inf):
        picture = np.zeros((30, 30), np.float32)
        picture[10, 10] = number
        Image.fromarray(picture).save(path)
        refused(read_digit, path, "brightness")


def test_postscript_is_never_run(tmp_path, monkeypatch):
    ghostscript, called = tmp_path / "gs", tmp_path / "called"
    ghostscript.write_text(f"#!/bin/sh\ntouch {called}\n")
    ghostscript.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    path = tmp_path / "digit.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\nshowpage\n%%EOF\n")
    with Image.open(path) as picture:  # Pillow itself would take it
        assert picture.format == "EPS"
    refused(read_digit, path, "isn't a picture")
    assert not called.exists()


@pytest.mark.parametrize(("paper", "ink"), [(100, 20), (200, 255), (130, 0), (120, 255)])
@pytest.mark.parametrize("side", [28, 60])
def test_any_paper_and_any_ink(tmp_path, paper, ink, side):
    """Ink may be darker or lighter than a paper of any grey."""
    picture = np.full((side, side), paper, np.uint8)
    picture[8:20, 12:16] = ink
    Image.fromarray(picture).save(tmp_path / "digit.png")
    found = read_digit(tmp_path / "digit.png")
    assert found[14, 14] > found[0, 0]
