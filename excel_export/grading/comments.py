"""Notes at cells, in the parts of an .xlsx file: the texts, and the boxes that Excel draws them in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from excel_export.shared.cells import name_of

Parts = dict[str, bytes]
"""The parts of a file by their names."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_VML_HEAD = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t202" coordsize="21600,21600" '
    'o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/></v:shapetype></xml>'
)
# What follows legacyDrawing in a sheet, by the format's order.
_BEHIND = re.compile(
    r"<(?:legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst)\b|</worksheet>|<mc:Alternate"
)
AUTHOR = "grader"
WIDE, HIGH = 4, 7
"""The size of a box, in columns and rows."""


def add_comments(parts: Parts, sheet: str, notes: Sequence[tuple[tuple[int, int], str]]) -> None:
    """Add notes to a sheet; notes that a student has left there stay.

    Args:
        parts: the parts of the file, which are changed.
        sheet: the sheet's part.
        notes: the row and the column of each, and its text.

    Raises:
        KeyError: a part is missing.
        ValueError: a part is not written as programs write it.
    """
    comments = _related(parts, sheet, "comments") or _new(parts, sheet, "comments", "xml", (
        f'<comments xmlns="{_MAIN}"><authors></authors><commentList></commentList></comments>'
    ))  # fmt: skip
    drawing = _related(parts, sheet, "vmlDrawing")
    if not drawing:
        drawing = _new(parts, sheet, "vmlDrawing", "vml", _VML_HEAD)
        xml = parts[sheet].decode()
        behind = _BEHIND.search(xml)
        if not behind or "<legacyDrawing " in xml:
            raise ValueError(sheet)
        relation = f'<legacyDrawing xmlns:r="{_RELATIONS}" r:id="{_id("vmlDrawing")}"/>'
        parts[sheet] = (xml[: behind.start()] + relation + xml[behind.start() :]).encode()
    xml = re.sub(r"<authors\s*/>", "<authors></authors>", parts[comments].decode())
    author = len(re.findall(r"<author\b", xml.partition("</authors>")[0].replace("<authors", "")))
    cells = {name_of(*at) for at, _ in notes}
    xml = re.sub(
        r'<comment\b[^>]*\bref="([A-Z]+[0-9]+)".*?</comment>',
        lambda match: "" if match[1] in cells else match[0], xml, flags=re.DOTALL,
    )  # fmt: skip
    texts = "".join(
        f'<comment ref="{name_of(*at)}" authorId="{author}"><text><r><t xml:space="preserve">{_clean(text)}</t></r>'
        "</text></comment>"
        for at, text in notes
    )
    xml = _before(_before(xml, "</authors>", f"<author>{AUTHOR}</author>"), "</commentList>", texts)
    parts[comments] = xml.encode()
    boxes = "".join(_box(k, *at) for k, (at, _) in enumerate(notes, 9001))
    parts[drawing] = _before(parts[drawing].decode(), "</xml>", boxes).encode()


def _box(number: int, row: int, col: int) -> str:
    anchor = f"{col}, 15, {max(0, row - 2)}, 10, {col + WIDE}, 15, {max(0, row - 2) + HIGH}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;visibility:hidden" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" obscured="t"/>'
        '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
        "<x:SizeWithCells/>"
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row>"
        f"<x:Column>{col - 1}</x:Column></x:ClientData></v:shape>"
    )


def _related(parts: Parts, sheet: str, kind: str) -> str | None:
    """The part of a kind that a sheet refers to."""
    xml = parts.get(_relations_of(sheet), b"").decode()
    for relation in re.findall(r"<Relationship\b[^>]*>", xml):
        if re.search(rf'Type="[^"]*/{kind}"', relation):
            target = re.search(r'Target="([^"]*)"', relation)
            if target:
                path = posixpath.normpath(posixpath.join("/", posixpath.dirname(sheet), target[1])).lstrip("/")
                return path if path in parts else None
    return None


def _new(parts: Parts, sheet: str, kind: str, ending: str, content: str) -> str:
    """Add a part that a sheet refers to."""
    stem = posixpath.basename(sheet).removesuffix(".xml")
    name = f"xl/grader_{kind}_{stem}.{ending}"
    parts[name] = content.encode()
    relations = parts.get(_relations_of(sheet), f'<Relationships xmlns="{_PACKAGE}"></Relationships>'.encode()).decode()
    relations = re.sub(r"<Relationships\b([^>]*)/>", r"<Relationships\1></Relationships>", relations)
    target = posixpath.relpath(name, posixpath.dirname(sheet))
    relation = f'<Relationship Id="{_id(kind)}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
    parts[_relations_of(sheet)] = _before(relations, "</Relationships>", relation).encode()
    types = parts["[Content_Types].xml"].decode()
    if kind == "comments":
        kind_of = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
        types = _before(types, "</Types>", f'<Override PartName="/{name}" ContentType="{kind_of}"/>')
    elif not re.search(r'Extension="vml"', types, re.I):
        kind_of = "application/vnd.openxmlformats-officedocument.vmlDrawing"
        default = f'<Default Extension="vml" ContentType="{kind_of}"/>'
        types = re.sub(r"(<Types\b[^>]*>)", lambda match: match[0] + default, types, count=1)
    parts["[Content_Types].xml"] = types.encode()
    return name


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _id(kind: str) -> str:
    return f"grader_{kind}"


def _before(xml: str, end: str, more: str) -> str:
    at = xml.rfind(end)
    if at < 0:
        raise ValueError(end)
    return xml[:at] + more + xml[at:]


def _clean(text: str) -> str:
    return escape("".join(character if character.isprintable() or character == "\n" else " " for character in text))
