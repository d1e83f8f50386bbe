"""Notes at cells, in the parts of an .xlsx file: the texts, and the boxes that Excel draws them in."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from lxml import etree

from excel_export.grading.trees import MAIN, RELATIONS, child, main, parsed, written
from excel_export.shared.cells import name_of

Parts = dict[str, bytes]
"""The parts of a file by their names."""
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_VML_HEAD = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t202" coordsize="21600,21600" '
    'o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/></v:shapetype></xml>'
)
# What follows legacyDrawing in a sheet, by the format's order.
_BEHIND = {
    "legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
}  # fmt: skip
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
    comments = _related(parts, sheet, "comments")
    if not comments:
        empty = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'
        comments = _new(parts, sheet, "comments", "xml", empty)
    drawing = _related(parts, sheet, "vmlDrawing")
    if not drawing:
        drawing = _new(parts, sheet, "vmlDrawing", "vml", _VML_HEAD)
        root = parsed(parts[sheet])
        if root.find(main("legacyDrawing")) is not None:
            raise ValueError(sheet)
        behind = next((k for k, item in enumerate(root) if etree.QName(item).localname in _BEHIND), len(root))
        root.insert(behind, etree.Element(main("legacyDrawing"), {f"{{{RELATIONS}}}id": _id("vmlDrawing")}))
        parts[sheet] = written(root)
    root = parsed(parts[comments])
    authors, listed = child(root, "authors"), child(root, "commentList")
    etree.SubElement(authors, main("author")).text = AUTHOR
    cells = {name_of(*at): text for at, text in notes}
    for comment in [comment for comment in listed if comment.get("ref") in cells]:
        listed.remove(comment)
    for cell, text in cells.items():
        comment = etree.SubElement(listed, main("comment"), ref=cell, authorId=str(len(authors) - 1))
        run = etree.SubElement(etree.SubElement(comment, main("text")), main("r"))
        etree.SubElement(run, main("t"), {_SPACE: "preserve"}).text = _clean(text)
    parts[comments] = written(root)
    # A drawing need not be sound XML, so it is not taken apart.
    boxes = "".join(_box(k, *at) for k, (at, _) in enumerate(notes, 9001))
    parts[drawing] = _before_end(parts[drawing].decode(), boxes).encode()


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
    for relation in parsed(parts[_relations_of(sheet)]) if _relations_of(sheet) in parts else ():
        if relation.get("Type", "").endswith(f"/{kind}"):
            path = posixpath.join("/", posixpath.dirname(sheet), relation.get("Target", ""))
            path = posixpath.normpath(path).lstrip("/")
            return path if path in parts else None
    return None


def _new(parts: Parts, sheet: str, kind: str, ending: str, content: str) -> str:
    """Add a part that a sheet refers to."""
    stem = posixpath.basename(sheet).removesuffix(".xml")
    name = f"xl/grader_{kind}_{stem}.{ending}"
    parts[name] = content.encode()
    relations = parsed(parts.get(_relations_of(sheet), f'<Relationships xmlns="{_PACKAGE}/relationships"/>'.encode()))
    target = posixpath.relpath(name, posixpath.dirname(sheet))
    attributes = {"Id": _id(kind), "Type": f"{RELATIONS}/{kind}", "Target": target}
    etree.SubElement(relations, f"{{{_PACKAGE}/relationships}}Relationship", attributes)
    parts[_relations_of(sheet)] = written(relations)
    types = parsed(parts["[Content_Types].xml"])
    if kind == "comments":
        attributes = {"PartName": f"/{name}", "ContentType": f"{_OFFICE}.spreadsheetml.comments+xml"}
        etree.SubElement(types, f"{{{_PACKAGE}/content-types}}Override", attributes)
    elif not any(item.get("Extension", "").lower() == "vml" for item in types):
        attributes = {"Extension": "vml", "ContentType": f"{_OFFICE}.vmlDrawing"}
        types.insert(0, etree.Element(f"{{{_PACKAGE}/content-types}}Default", attributes))
    parts["[Content_Types].xml"] = written(types)
    return name


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _id(kind: str) -> str:
    return f"grader_{kind}"


def _before_end(drawing: str, more: str) -> str:
    at = drawing.rfind("</xml>")
    if at < 0:
        raise ValueError("a drawing without an end")
    return drawing[:at] + more + drawing[at:]


def _clean(text: str) -> str:
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)
