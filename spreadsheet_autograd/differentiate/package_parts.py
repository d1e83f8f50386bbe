"""Put gradient sheets into a workbook, beside its own sheets; every other part of the file stays byte for byte."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from excel_export.shared.a1_notation import Place
from excel_export.shared.errors import ExportError
from excel_export.workbook.package import Package
from excel_export.workbook.sheet import MAIN
from excel_export.workbook.styles import BACKWARD_PALE, INK
from spreadsheet_autograd.differentiate.gradient_sheets import GradientSheet
from spreadsheet_autograd.differentiate.sheet_part import Formats, GradientPart
from spreadsheet_autograd.graph.graph import SpreadsheetGraph

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


class WorkbookWithGradients:
    """A workbook's file with its gradient sheets, which is written once without their values and once with them.

    `loss` is the cell that is differentiated, and `called` what the sheet calls it.

    Raises:
        ExportError: a part of the file can't be read.
    """

    def __init__(
        self, source: Path, found: Sequence[GradientSheet], graph: SpreadsheetGraph, loss: str, called: str
    ) -> None:
        self._source = source
        with Package(source) as package, zipfile.ZipFile(source) as old:
            parts = set(old.namelist())
            workbook = package.workbook
            relations = f"{Path(workbook).parent.as_posix()}/_rels/{Path(workbook).name}.rels".removeprefix("./")
            styles = package.related_by_type(workbook, "styles")
            if styles is None or styles not in parts or relations not in parts:
                raise ExportError(f"{source}: has no styles; save it once with a spreadsheet program")
            changed_styles, formats = _styles(old.read(styles))
            folder = Path(workbook).parent.as_posix()
            targets: list[tuple[GradientSheet, str, str]] = []
            self._sheets: dict[str, GradientPart] = {}
            for k, gradient_sheet in enumerate(found, 1):
                names = (f"mirror{n}.xml" for n in range(k, 10_000))
                name = next(name for name in names if f"{folder}/worksheets/{name}" not in parts)
                targets.append((gradient_sheet, f"worksheets/{name}", f"rIdMirror{k}"))
                columns = _columns(old.read(package.sheets[gradient_sheet.sheet]))
                sheet = GradientPart(gradient_sheet, formats, columns, _labels(graph, gradient_sheet), loss, called)
                self._sheets[f"{folder}/worksheets/{name}"] = sheet
            self._changed = {
                styles: changed_styles,
                relations: _related(old.read(relations), targets),
                workbook: _workbook(old.read(workbook), targets),
                "[Content_Types].xml": _types(old.read("[Content_Types].xml"), folder, targets),
            }

    def written(self, values: Mapping[Place, float], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
        """The file, whose gradient sheets show the values as far as they are known."""
        written = io.BytesIO()
        with zipfile.ZipFile(self._source) as old, zipfile.ZipFile(written, "w", compression) as new:
            for info in old.infolist():
                data = self._changed.get(info.filename)
                new.writestr(info, old.read(info) if data is None else data, compression)
            for name, sheet in self._sheets.items():
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), sheet.written(values), compression)
        return written.getvalue()


def _xml(data: bytes) -> etree._Element:
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise ExportError(f"a part of the file can't be read: {error}") from None


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _styles(data: bytes) -> tuple[bytes, Formats]:
    """Add the gradient sheets' formats, and return their numbers."""
    root = _xml(data)

    def part(name: str) -> etree._Element:
        found = root.find(f"{{{MAIN}}}{name}")
        if found is None:
            raise ExportError(f"the styles of the file have no {name}; save it once with a spreadsheet program")
        return found

    def add(name: str, text: str) -> int:
        parent = part(name)
        parent.append(etree.fromstring(text.replace(" ", f' xmlns="{MAIN}" ', 1)))
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
    formats = Formats(*[add("cellXfs", row) for row in rows])
    return _bytes(root), formats


def _columns(sheet: bytes) -> str:
    """The widths of a sheet's columns."""
    widths = []
    for match in re.finditer(rb"<(?:\w+:)?col\b([^>]*)>", sheet[:200_000]):
        found = dict(re.findall(r'(min|max|width|customWidth|hidden)="([^"]*)"', match[1].decode("utf-8", "replace")))
        if {"min", "max", "width"} <= found.keys():
            widths.append("<col " + " ".join(f'{key}="{value}"' for key, value in found.items()) + "/>")
    return f"<cols>{''.join(widths)}</cols>" if widths else ""


def _labels(graph: SpreadsheetGraph, gradient_sheet: GradientSheet) -> dict[tuple[int, int], str]:
    """The texts of the sheet, which stand on its gradient sheet, too."""
    return {
        at[1:]: content.value
        for at, content in graph.contents.cells.items()
        if at[0] == gradient_sheet.sheet and isinstance(content.value, str) and content.value and not content.formula
        and not content.is_error and at[1:] not in gradient_sheet.formulas
    }  # fmt: skip


def _related(data: bytes, targets: Sequence[tuple[GradientSheet, str, str]]) -> bytes:
    root = _xml(data)
    for _, part, key in targets:
        attributes = {"Id": key, "Type": f"{_RELATIONS}/worksheet", "Target": part}
        etree.SubElement(root, f"{{{_PACKAGE}}}Relationship", attributes)
    return _bytes(root)


def _types(data: bytes, folder: str, targets: Sequence[tuple[GradientSheet, str, str]]) -> bytes:
    root = _xml(data)
    for _, part, _ in targets:
        attributes = {"PartName": f"/{folder}/{part}", "ContentType": _SHEET_TYPE}
        etree.SubElement(root, f"{{{_TYPES}}}Override", attributes)
    return _bytes(root)


def _workbook(data: bytes, targets: Sequence[tuple[GradientSheet, str, str]]) -> bytes:
    """List each gradient sheet behind its sheet; what counts sheets counts anew."""
    root = _xml(data)
    sheets = root.find(f"{{{MAIN}}}sheets")
    if sheets is None:
        raise ExportError("the workbook lists no sheets")
    before = [*sheets]
    serial = max(int(sheet.get("sheetId", "1")) for sheet in before)
    for gradient_sheet, _, key in targets:
        serial += 1
        own = next(sheet for sheet in before if sheet.get("name") == gradient_sheet.sheet)
        new = etree.Element(
            f"{{{MAIN}}}sheet", {"name": gradient_sheet.name, "sheetId": str(serial), f"{{{_RELATIONS}}}id": key}
        )
        own.addnext(new)
    after = [*sheets]
    place = {str(k): str(after.index(sheet)) for k, sheet in enumerate(before)}
    for element, attribute in [
        *((name, "localSheetId") for name in root.iter(f"{{{MAIN}}}definedName")),
        *((view, which) for view in root.iter(f"{{{MAIN}}}workbookView") for which in ("activeTab", "firstSheet")),
    ]:
        if element.get(attribute) in place:
            element.set(attribute, place[element.get(attribute)])
    settings = root.find(f"{{{MAIN}}}calcPr")
    if settings is None:
        settings = etree.Element(f"{{{MAIN}}}calcPr")
        (root.find(f"{{{MAIN}}}definedNames") if root.find(f"{{{MAIN}}}definedNames") is not None else sheets).addnext(
            settings
        )
    settings.set("fullCalcOnLoad", "1")
    return _bytes(root)
