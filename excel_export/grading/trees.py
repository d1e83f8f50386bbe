"""Parts of a file of others as trees, which are changed in place and written back as they were."""

from __future__ import annotations

from typing import Any

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Element = Any
"""lxml gives its elements no type that mypy knows."""


def parsed(part: bytes) -> Element:
    """Return the root of a part. No entity is resolved, and nothing is fetched.

    Raises:
        ValueError: it is no XML, or declares a document type.
    """
    try:
        root = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return root


def written(root: Element) -> bytes:
    """Return the part whose root it is."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def main(tag: str) -> str:
    """A tag of a sheet, of the styles or of the notes."""
    return f"{{{MAIN}}}{tag}"


def child(root: Element, tag: str) -> Element:
    """The first child with a tag.

    Raises:
        KeyError: there is none.
    """
    found = root.find(main(tag))
    if found is None:
        raise KeyError(tag)
    return found
