"""The parts of an .xlsx file from a stranger, read within bounds.

A zip can declare, or hold, a thousand times its own size, and XML can hold as much again. So every part is read in
pieces, against one budget for the whole file; no piece is kept; and what a workbook never holds is an error: document
types and their entities, parts outside of the file, deep nesting, endless tags.
"""

from __future__ import annotations

import io
import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat

from excel_export.shared.errors import ExportError

FREE = 64 << 20
"""The bytes that every file may unpack to, so that small ones may be odd."""
MOST_TIMES = 50
"""The further bytes for each byte of the file; workbooks unpack to about six times their size."""
LARGEST_DIRECTORY = 2 << 20
"""The most bytes of a zip's directory, in which a part takes about a hundred."""
LARGEST_LIST = 8 << 20
"""The most bytes of the workbook part and of relations, far more than a workbook that a person can use has."""
PIECE = 1 << 16
"""The bytes that are read at once."""
LONGEST_TAG = 1 << 20
"""The most bytes of a tag."""
DEEPEST = 100
"""The most elements within each other."""
MOST_TAGS = 10_000
"""The most names of tags and attributes."""
# What zipfile, zlib and expat raise on damaged files: unknown encodings are a LookupError, passwords a RuntimeError.
DAMAGED = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, ValueError, LookupError, RuntimeError,
            NotImplementedError, OverflowError, struct.error)  # fmt: skip
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]


class Package:
    """An open .xlsx file, a zip of parts, for a `with` block: `parse` and `whole` read a part, `related` finds others.

    `workbook` is the path of the main part, 'xl/workbook.xml', and `sheets` has the path of each sheet's part by the
    sheet's name: {'Sheet1': 'xl/worksheets/sheet1.xml'}.

    Raises:
        ExportError: from any method: the file is missing, is no workbook, is damaged, or unpacks to more than 64 MiB
            plus 50 times its size.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._readable():
            # What is no file, a pipe for one, might never end.
            if not stat.S_ISREG(path.stat().st_mode):
                raise ExportError(f"{path}: not a file")
            self._file = BoundedFile(io.FileIO(path))
        try:
            with self._readable():
                if self._file.read(len(_OLE)) == _OLE:
                    raise ExportError(f"{path}: has a password or an old format: save it as .xlsx, without a password")
                self._budget = FREE + MOST_TIMES * path.stat().st_size
                self._zip = zipfile.ZipFile(self._file)
            self.workbook = self.related_by_type("", "officeDocument") or "xl/workbook.xml"
            self.sheets = self._sheets()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def parse(self, part: str, start: Start, end: End, text: End) -> None:
        """Parse a part's XML: for <v>0.5</v> in it, call start('v', {}), text('0.5') and end('v').

        Names come without their namespace's prefix. A long text comes in pieces.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        depth = 0

        def open_element(name: str, attributes: Mapping[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > DEEPEST:
                raise self.damaged("its XML is nested too deeply")
            start(_local(name) if ":" in name else name, attributes)  # most have no prefix

        def close_element(name: str) -> None:
            nonlocal depth
            depth -= 1
            end(_local(name) if ":" in name else name)

        def refuse(*_: object) -> None:
            raise self.damaged("its XML declares a document type, which a workbook never does")

        parser.StartElementHandler, parser.EndElementHandler = open_element, close_element
        parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse
        fed = 0
        with self._readable():
            for piece in self._pieces(part):
                parser.Parse(piece)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > LONGEST_TAG:  # the parser would read it again with every piece
                    raise self.damaged("its XML has a tag without an end")
                if len(parser.intern) > MOST_TAGS:  # the parser keeps every name
                    raise self.damaged("its XML has thousands of kinds of tags")
            parser.Parse(b"", True)

    def whole(self, part: str) -> Iterator[bytes]:
        """Yield the bytes of a part, 'xl/workbook.xml', piece by piece, as long as they are XML.

        Raises:
            ExportError: the part is no XML, or cannot be read.
        """
        parser = expat.ParserCreate()
        with self._readable():
            for piece in self._pieces(part):
                parser.Parse(piece)
                yield piece
            parser.Parse(b"", True)

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part, 'xl/workbook.xml', refers to, or the whole package for '': {id: (type, path)}.

        {'rId1': ('http://…/relationships/worksheet', 'xl/worksheets/sheet1.xml')}. What lies outside of the file is
        left out.

        Raises:
            ExportError: the part has no list of relations, or it cannot be read.
        """
        folder, name = posixpath.split(part)
        relations = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
                relations[attributes.get("Id", "")] = attributes.get("Type", ""), target.lstrip("/")

        self._parse_list(posixpath.join(folder, "_rels", f"{name}.rels"), start)
        return relations

    def related_by_type(self, part: str, kind: str) -> str | None:
        """Return the path of the first part of a kind to which a part, '' for the whole package, refers; else None.

        ('xl/workbook.xml', 'sharedStrings') gives 'xl/sharedStrings.xml'; the type of this relation ends in the kind.
        """
        return next((target for type_, target in self.related(part).values() if type_.endswith(f"/{kind}")), None)

    def _sheets(self) -> dict[str, str]:
        relations = self.related(self.workbook)
        sheets = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if tag == "sheet":
                ids = [item for name, item in attributes.items() if _local(name) == "id"]
                sheets[attributes.get("name", "")] = relations.get(ids[0], ("", ""))[1] if ids else ""

        self._parse_list(self.workbook, start)
        return sheets

    def _parse_list(self, part: str, start: Start) -> None:
        if self._entry(part).file_size > LARGEST_LIST:
            raise self.damaged(f"its part {part[:100]!r} is too large")
        self.parse(part, start, _ignore, _ignore)

    def _entry(self, part: str) -> zipfile.ZipInfo:
        try:
            return self._zip.getinfo(part)
        except KeyError:
            raise self.damaged(f"it lacks the part {part[:100]!r}") from None

    def _pieces(self, part: str) -> Iterator[bytes]:
        entry = self._entry(part)
        if entry.flag_bits & 1:
            raise ExportError(f"{self._path}: has a password: save it without one")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.damaged("it is packed as no workbook is")
        # zipfile gives no more than the entry declares.
        self._budget -= entry.file_size
        if self._budget < 0:
            raise self.damaged(f"it would unpack to more than {MOST_TIMES} times its size")
        with self._zip.open(entry) as file:
            while piece := file.read(PIECE):
                yield piece

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn every error of the standard library about a damaged file into an ExportError of one line."""
        try:
            yield
        except FileNotFoundError:
            raise ExportError(f"{self._path}: no such file") from None
        except OSError as error:
            raise ExportError(f"{self._path}: cannot be read ({error.strerror or error})") from error
        except zipfile.BadZipFile as error:
            raise self.damaged("it is no .xlsx file, whatever its name says, or a damaged one") from error
        except DAMAGED as error:
            raise self.damaged(type(error).__name__) from error

    def damaged(self, reason: str) -> ExportError:
        """Return the error, to be raised, for a damaged file: '…: not a workbook that can be read: ' and the reason."""
        return ExportError(f"{self._path}: not a workbook that can be read: {reason}")


class BoundedFile(io.BufferedReader):
    """A file of which one read gives 2 MiB at most, the size of the largest directory of a zip that is accepted."""

    def read(self, size: int | None = -1) -> bytes:
        """Return `size` bytes, fewer at the end of the file, or all up to the end for None or −1.

        Raises:
            zipfile.BadZipFile: that would be more than 2 MiB.
        """
        wanted = LARGEST_DIRECTORY + 1 if size is None or size < 0 else size
        if wanted > LARGEST_DIRECTORY + 1:
            raise zipfile.BadZipFile("too many parts")
        data = super().read(wanted)
        if len(data) > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("too many parts")
        return data


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _ignore(*_: object) -> None:
    pass
