"""`differentiate`: a copy of a workbook, with a gradient sheet beside each sheet from which the loss is computed.

All other parts of the file remain byte for byte, but for the name of the program that saved it last.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from lxml import etree

from excel_export.shared.a1_notation import Place
from excel_export.shared.collection import collection_paused
from excel_export.shared.errors import ExportError
from excel_export.shared.files import write_atomically
from excel_export.shared.saved_by import APP, APPLICATION, PROGRAM
from excel_export.workbook.package import Package
from excel_export.workbook.sheet_xml import MAIN, RELATIONS
from excel_export.workbook.styles import BACKWARD_PALE, INK
from spreadsheet_autograd.differentiate.gradient_sheets import GradientSheet, gradient_sheets, refuse_left_out
from spreadsheet_autograd.differentiate.sheet_part import Formats, sheet_part
from spreadsheet_autograd.graph.defined_names import cells_of
from spreadsheet_autograd.graph.engine_values import engine_numbers, leave_out_what_differs
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.read_cells import read_contents

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


@collection_paused()
def differentiate(source: Path, loss: str, target: Path) -> int:
    """Write a copy of a workbook with derivatives on new sheets, at the cells' addresses; return how many derivatives.

    Args:
        source: the workbook, which remains as it is.
        loss: the cell that is differentiated, such as 'M7'.
        target: the path of the copy.

    Raises:
        ExportError: a file can't be read or written, the loss is no number, or a cell before it can't be computed.
    """
    if target.resolve() == source.resolve():
        raise ExportError(f"{target}: is the sheet itself; name another file with -o")
    contents = read_contents(source)
    graph = SpreadsheetGraph(contents)
    at = cells_of(contents, loss)[0]
    found = gradient_sheets(graph, at)
    workbook = _WithGradientSheets(source, found, graph)
    derivatives = {
        (sheet.name, *cell): text for sheet in found for cell, text in (sheet.formulas | sheet.helpers).items()
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gradients.xlsx"
        zeros = dict.fromkeys(derivatives, 0.0)  # the engine complains of formulas without a value
        path.write_bytes(workbook.written(at, zeros))
        values = engine_numbers(path, graph, derivatives)
    if leave_out_what_differs(graph, values or engine_numbers(source, graph)):
        refuse_left_out(graph, at)
    write_atomically(target, workbook.written(at, values))
    return sum(len(sheet.formulas) for sheet in found)


class _WithGradientSheets:
    """A workbook's file with gradient sheets: the parts that change, and the names of the new ones.

    Raises:
        ExportError: a part of the file can't be read.
    """

    def __init__(self, source: Path, sheets: Iterable[GradientSheet], graph: SpreadsheetGraph) -> None:
        self._source, self._graph = source, graph
        with Package(source) as package, zipfile.ZipFile(source) as old:
            workbook, parts = PurePosixPath(package.workbook), {*old.namelist()}
            relations = str(workbook.parent / "_rels" / f"{workbook.name}.rels")
            styles = package.related_by_type(package.workbook, "styles")
            if styles is None or not {styles, relations} <= parts:
                raise ExportError(f"{source}: has no styles; save it once with a spreadsheet program")
            folder = workbook.parent / "worksheets"
            free = (str(folder / f"mirror{k}.xml") for k in range(1, 10_000))
            names = (name for name in free if name not in parts)
            self._sheets = dict(zip(names, sheets, strict=False))
            ids = {sheet.sheet: f"rIdMirror{k}" for k, sheet in enumerate(self._sheets.values(), 1)}
            self._columns = {name: _columns(old.read(part)) for name, part in package.sheets.items() if name in ids}
            changed_styles, self._formats = _styles(old.read(styles))
            to_sheet = {"Type": f"{RELATIONS}/worksheet"}
            related = [
                {"Id": ids[sheet.sheet], **to_sheet, "Target": f"worksheets/{PurePosixPath(part).name}"}
                for part, sheet in self._sheets.items()
            ]
            types = [{"PartName": f"/{part}", "ContentType": _SHEET_TYPE} for part in self._sheets]
            listed = {sheet.sheet: (sheet.name, ids[sheet.sheet]) for sheet in self._sheets.values()}
            lists = "[Content_Types].xml"
            self._changed = {
                styles: changed_styles,
                relations: _with(old.read(relations), f"{{{_PACKAGE}/relationships}}Relationship", related),
                package.workbook: _listing(old.read(package.workbook), listed),
                lists: _with(old.read(lists), f"{{{_PACKAGE}/content-types}}Override", types),
            }
            if APP in parts:
                self._changed[APP] = APPLICATION.sub(PROGRAM.encode(), old.read(APP))

    def written(self, loss: Place, values: Mapping[Place, float]) -> bytes:
        written = io.BytesIO()
        with zipfile.ZipFile(self._source) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                data = self._changed.get(info.filename)
                new.writestr(info, old.read(info) if data is None else data, zipfile.ZIP_DEFLATED)
            for name, sheet in self._sheets.items():
                columns = self._columns[sheet.sheet]
                part = sheet_part(sheet, self._graph, columns, self._formats, loss, values)
                new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
        return written.getvalue()


def _xml(data: bytes) -> etree._Element:
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise ExportError(f"a part of the file can't be read: {error}") from None


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _with(data: bytes, tag: str, rows: Iterable[Mapping[str, str]]) -> bytes:
    root = _xml(data)
    for attributes in rows:
        etree.SubElement(root, tag, dict(attributes))
    return _bytes(root)


def _styles(data: bytes) -> tuple[bytes, Formats]:
    root = _xml(data)

    def add(name: str, text: str) -> int:
        parent = root.find(f"{{{MAIN}}}{name}")
        if parent is None:
            raise ExportError(f"the styles of the file have no {name}; save it once with a spreadsheet program")
        parent.append(etree.fromstring(text.replace(" ", f' xmlns="{MAIN}" ', 1)))
        parent.set("count", str(len(parent)))
        return len(parent) - 1

    def font(bold: str, size: int, color: str) -> int:
        return add("fonts", f'<font >{bold}<sz val="{size}"/><color rgb="FF{color}"/><name val="Calibri"/></font>')

    def cell_format(font: int, fill: int, filled: str = "") -> int:
        looks = f'fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyFont="1"{filled}'
        return add("cellXfs", f'<xf numFmtId="0" {looks}/>')

    colour = f'<fgColor rgb="FF{BACKWARD_PALE}"/>'
    fill = add("fills", f'<fill ><patternFill patternType="solid">{colour}</patternFill></fill>')
    title, label, gradient = font("<b/>", 11, INK), font("", 10, "808080"), font("", 10, INK)
    formats = Formats(cell_format(gradient, fill, ' applyFill="1"'), cell_format(label, 0), cell_format(title, 0))
    return _bytes(root), formats


def _columns(sheet: bytes) -> str:
    widths = []
    for match in re.finditer(rb"<(?:\w+:)?col\b([^>]*)>", sheet[:200_000]):
        found = dict(re.findall(r'(min|max|width|customWidth|hidden)="([^"]*)"', match[1].decode("utf-8", "replace")))
        if {"min", "max", "width"} <= found.keys():
            widths.append("<col " + " ".join(f'{key}="{value}"' for key, value in found.items()) + "/>")
    return f"<cols>{''.join(widths)}</cols>" if widths else ""


def _listing(data: bytes, new: Mapping[str, tuple[str, str]]) -> bytes:
    """Insert each new sheet, by its name and relation, behind its sheet, and correct the indices of sheets."""
    root = _xml(data)
    sheets = root.find(f"{{{MAIN}}}sheets")
    if sheets is None:
        raise ExportError("the workbook lists no sheets")
    before = [*sheets]
    last = max(int(sheet.get("sheetId", "1")) for sheet in before)
    own = {sheet.get("name"): sheet for sheet in before}
    for k, (sheet, (name, relation)) in enumerate(new.items(), 1):
        attributes = {"name": name, "sheetId": str(last + k), f"{{{RELATIONS}}}id": relation}
        own[sheet].addnext(etree.Element(f"{{{MAIN}}}sheet", attributes))
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
        names = root.find(f"{{{MAIN}}}definedNames")
        (sheets if names is None else names).addnext(settings)
    settings.set("fullCalcOnLoad", "1")
    return _bytes(root)
