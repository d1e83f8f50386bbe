"""Put mirrors into a workbook: new sheets beside the old ones; every other part of the file stays byte for byte."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import letters_of, name_of
from excel_export.shared.errors import ExportError
from excel_export.spreadsheets.graph import SpreadsheetGraph
from excel_export.spreadsheets.mirrors import Mirror
from excel_export.xlsx.package import Package
from excel_export.xlsx.styles import BACKWARD_PALE, INK

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
GRADIENT, LABEL, TITLE = 0, 1, 2
MOST_NOTES = 2_000
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


Values = Mapping[Place, float]


def with_mirrors(
    source: Path, found: Sequence[Mirror], graph: SpreadsheetGraph, loss: str, called: str, values: Values
) -> bytes:
    """The workbook's file with its mirrors, whose cells show the values as far as they are known.

    Raises:
        ExportError: a part of it can't be read.
    """
    with Package(source) as package, zipfile.ZipFile(source) as old:
        parts = {info.filename: info for info in old.infolist()}
        workbook = package.workbook
        relations = f"{Path(workbook).parent.as_posix()}/_rels/{Path(workbook).name}.rels".removeprefix("./")
        styles = package.related_by_type(workbook, "styles")
        if styles is None or styles not in parts or relations not in parts:
            raise ExportError(f"{source}: has no styles; save it once with a spreadsheet program")
        changed: dict[str, bytes] = {}
        changed[styles], formats = _styles(old.read(styles))
        folder = Path(workbook).parent.as_posix()
        targets: list[tuple[Mirror, str, str]] = []
        for k, mirror in enumerate(found, 1):
            name = next(f"mirror{n}.xml" for n in range(k, 10_000) if f"{folder}/worksheets/mirror{n}.xml" not in parts)
            targets.append((mirror, f"worksheets/{name}", f"rIdMirror{k}"))
            columns = _columns(old.read(package.sheets[mirror.sheet]))
            labels = _labels(graph, mirror)
            changed[f"{folder}/worksheets/{name}"] = _sheet(mirror, formats, columns, labels, loss, called, values)
        changed[relations] = _related(old.read(relations), targets)
        changed[workbook] = _workbook(old.read(workbook), targets)
        changed["[Content_Types].xml"] = _types(old.read("[Content_Types].xml"), folder, targets)
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
            for name, info in parts.items():
                new.writestr(info, changed.pop(name) if name in changed else old.read(name), zipfile.ZIP_DEFLATED)
            for name, data in changed.items():
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _xml(data: bytes) -> etree._Element:
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise ExportError(f"a part of the file can't be read: {error}") from None


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _styles(data: bytes) -> tuple[bytes, list[int]]:
    """Add the mirrors' formats, and return their numbers."""
    root = _xml(data)

    def part(name: str) -> etree._Element:
        found = root.find(f"{{{_MAIN}}}{name}")
        if found is None:
            raise ExportError(f"the styles of the file have no {name}; save it once with a spreadsheet program")
        return found

    def add(name: str, text: str) -> int:
        parent = part(name)
        parent.append(etree.fromstring(text.replace(" ", f' xmlns="{_MAIN}" ', 1)))
        parent.set("count", str(len(parent)))
        return len(parent) - 1

    fill = add(
        "fills", f'<fill ><patternFill patternType="solid"><fgColor rgb="FF{BACKWARD_PALE}"/></patternFill></fill>'
    )
    bold = add("fonts", f'<font ><b/><sz val="11"/><color rgb="FF{INK}"/><name val="Calibri"/></font>')
    grey = add("fonts", '<font ><sz val="10"/><color rgb="FF808080"/><name val="Calibri"/></font>')
    plain = add("fonts", f'<font ><sz val="10"/><color rgb="FF{INK}"/><name val="Calibri"/></font>')
    rows = [f'<xf numFmtId="0" fontId="{plain}" fillId="{fill}" borderId="0" xfId="0" applyFont="1" applyFill="1"/>',
            f'<xf numFmtId="0" fontId="{grey}" fillId="0" borderId="0" xfId="0" applyFont="1"/>',
            f'<xf numFmtId="0" fontId="{bold}" fillId="0" borderId="0" xfId="0" applyFont="1"/>']  # fmt: skip
    numbers = [add("cellXfs", row) for row in rows]
    return _bytes(root), numbers


def _columns(sheet: bytes) -> str:
    """The widths of a sheet's columns."""
    widths = []
    for match in re.finditer(rb"<(?:\w+:)?col\b([^>]*)>", sheet[:200_000]):
        found = dict(re.findall(r'(min|max|width|customWidth|hidden)="([^"]*)"', match[1].decode("utf-8", "replace")))
        if {"min", "max", "width"} <= found.keys():
            widths.append("<col " + " ".join(f'{key}="{value}"' for key, value in found.items()) + "/>")
    return f"<cols>{''.join(widths)}</cols>" if widths else ""


def _labels(graph: SpreadsheetGraph, mirror: Mirror) -> dict[tuple[int, int], str]:
    """The texts of the sheet, which stand on the mirror, too."""
    return {
        at[1:]: content.value
        for at, content in graph.contents.cells.items()
        if at[0] == mirror.sheet and isinstance(content.value, str) and content.value and not content.formula
        and not content.is_error and at[1:] not in mirror.formulas
    }  # fmt: skip


def _sheet(
    mirror: Mirror,
    formats: Sequence[int],
    columns: str,
    labels: Mapping[tuple[int, int], str],
    loss: str,
    called: str,
    values: Values,
) -> bytes:
    texts = {at: (text, formats[LABEL]) for at, text in labels.items()}
    title_col = 1 + max((col for row, col in [*mirror.formulas, *labels] if row == 1), default=0)
    what = f"the derivative of {called} ({loss}) by the same cell of {mirror.sheet}"
    title = f"Autograd for Excel: in each cell stands {what}"
    texts[1, title_col] = (title, formats[TITLE])
    if mirror.helpers:
        row, col = next(iter(mirror.helpers))
        texts.setdefault((row - 1, col), ("parts of long sums", formats[LABEL]))
    rows: dict[int, dict[int, str]] = {}
    for (row, col), (text, style) in texts.items():
        inside = f'<is><t xml:space="preserve">{_text(text)}</t></is>'
        rows.setdefault(row, {})[col] = f'<c r="{name_of(row, col)}" s="{style}" t="inlineStr">{inside}</c>'
    for (row, col), formula in [*mirror.helpers.items(), *mirror.formulas.items()]:
        value = values.get((mirror.name, row, col))
        shown = "" if value is None else f"<v>{value!r}</v>"
        cell = f'<c r="{name_of(row, col)}" s="{formats[GRADIENT]}"><f>{_text(formula)}</f>{shown}</c>'
        rows.setdefault(row, {})[col] = cell
    lines = [
        f'<row r="{row}">' + "".join(cells[col] for col in sorted(cells)) + "</row>"
        for row, cells in sorted(rows.items())
    ]
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}"><sheetPr><tabColor '
        f'rgb="FF{BACKWARD_PALE}"/></sheetPr>{columns}<sheetData>{"".join(lines)}</sheetData>{_notes(mirror, called)}'
        "</worksheet>"
    ).encode()


def _text(text: str) -> str:
    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text))


def _notes(mirror: Mirror, called: str) -> str:
    """What shows when a cell is selected: the chain rule in words."""
    groups: dict[int, list[str]] = {}
    for (row, col), count in mirror.senders.items():
        groups.setdefault(count, []).append(f"{letters_of(col)}{row}")
    notes = []
    for count, cells in groups.items():
        if count == 0:
            words = f"The derivative of {called[:40]} by itself is 1."
        elif count == 1:
            rule = "the derivative by its cell, times its slope by this one."
            words = f"One formula reads this cell of {mirror.sheet}: {rule}"
        else:
            rule = "for each, the derivative by its cell, times its slope by this one; all of it is added up."
            words = f"{count} formulas read this cell of {mirror.sheet}: {rule}"
        for k in range(0, len(cells), 500):
            notes.append(
                f'<dataValidation allowBlank="1" showInputMessage="1" promptTitle="Chain rule" '
                f'prompt={quoteattr(words)} sqref="{" ".join(cells[k : k + 500])}"/>'
            )
    notes = notes[:MOST_NOTES]
    return f'<dataValidations count="{len(notes)}">{"".join(notes)}</dataValidations>' if notes else ""


def _related(data: bytes, targets: Sequence[tuple[Mirror, str, str]]) -> bytes:
    root = _xml(data)
    for _, part, key in targets:
        attributes = {"Id": key, "Type": f"{_RELATIONS}/worksheet", "Target": part}
        etree.SubElement(root, f"{{{_PACKAGE}}}Relationship", attributes)
    return _bytes(root)


def _types(data: bytes, folder: str, targets: Sequence[tuple[Mirror, str, str]]) -> bytes:
    root = _xml(data)
    for _, part, _ in targets:
        attributes = {"PartName": f"/{folder}/{part}", "ContentType": _SHEET_TYPE}
        etree.SubElement(root, f"{{{_TYPES}}}Override", attributes)
    return _bytes(root)


def _workbook(data: bytes, targets: Sequence[tuple[Mirror, str, str]]) -> bytes:
    """List each mirror behind its sheet; what counts sheets counts anew."""
    root = _xml(data)
    sheets = root.find(f"{{{_MAIN}}}sheets")
    if sheets is None:
        raise ExportError("the workbook lists no sheets")
    before = [*sheets]
    serial = max(int(sheet.get("sheetId", "1")) for sheet in before)
    for mirror, _, key in targets:
        serial += 1
        own = next(sheet for sheet in before if sheet.get("name") == mirror.sheet)
        new = etree.Element(
            f"{{{_MAIN}}}sheet", {"name": mirror.name, "sheetId": str(serial), f"{{{_RELATIONS}}}id": key}
        )
        own.addnext(new)
    after = [*sheets]
    place = {str(k): str(after.index(sheet)) for k, sheet in enumerate(before)}
    for element, attribute in [
        *((name, "localSheetId") for name in root.iter(f"{{{_MAIN}}}definedName")),
        *((view, which) for view in root.iter(f"{{{_MAIN}}}workbookView") for which in ("activeTab", "firstSheet")),
    ]:
        if element.get(attribute) in place:
            element.set(attribute, place[element.get(attribute)])
    settings = root.find(f"{{{_MAIN}}}calcPr")
    if settings is None:
        settings = etree.Element(f"{{{_MAIN}}}calcPr")
        (
            root.find(f"{{{_MAIN}}}definedNames") if root.find(f"{{{_MAIN}}}definedNames") is not None else sheets
        ).addnext(settings)
    settings.set("fullCalcOnLoad", "1")
    return _bytes(root)
