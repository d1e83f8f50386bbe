"""What makes Excel offer to repair a file, checked with zipfile and lxml alone: none of the project's own code.

The validator of tests/excel_export/test_schema.py holds each part against its schema. These are the rules that no
schema holds: how parts, names, styles and formulas must fit together, and the limits that Excel puts on them. The rules
for what a formula says are in formula_rules.py.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from tests.support.formula_rules import LONGEST_LITERAL, formula_faults, units

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# ECMA-376 lets them stand in any order, Excel writes them in this one, and Microsoft's own schema holds files to it.
FONT_SETTINGS = ("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name",
                 "family", "charset", "scheme")  # fmt: skip
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
LONGEST_TEXT = 32_767
_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!,()\s]+))!\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?")
# A reference in A1 or in R1C1 style, in any of their forms.
_LIKE_A_CELL = re.compile(r"[a-z]{1,3}[0-9]+|[rzlf][0-9]*([cs][0-9]*)?|[cs][0-9]*", re.IGNORECASE)
_LEGAL_NAME = re.compile(r"[^\W\d\\]?[\w.\\]*|\\[\w.]*")
_RESERVED_NAMES = {"true", "false", "print_area", "print_titles", "criteria", "database", "extract",
                   "consolidate_area", "sheet_title", "auto_open", "auto_close"}  # fmt: skip


def faults(path: Path | str) -> list[str]:
    """Return every broken rule of a workbook in words; none for a sound one."""
    with zipfile.ZipFile(path) as package:
        try:
            return list(_faults(package))
        except etree.XMLSyntaxError as error:
            return [f"XML: {error}"]


def _faults(package: zipfile.ZipFile) -> Iterator[str]:
    parts = [info.filename for info in package.infolist()]
    yield from (f"{part}: twice in the zip" for part, count in Counter(map(str.lower, parts)).items() if count > 1)
    yield from (f"{info.filename}: dated {info.date_time}" for info in package.infolist()
                if info.date_time != (1980, 1, 1, 0, 0, 0))  # fmt: skip
    for part in parts:
        if part.endswith((".xml", ".rels")) and not part.startswith("xl/worksheets/sheet"):
            etree.fromstring(package.read(part))  # refuses control characters, also as &#1;
    yield from _content_types(package, set(parts))
    yield from _relations(package, set(parts))
    yield from _document_dates(package)
    sheets = _sheets(package)
    yield from _sheet_names([name for name, _ in sheets])
    known = {name.lower() for name, _ in sheets}
    yield from _defined_names(package, known)
    yield from _charts(package, known)
    styles = etree.fromstring(package.read("xl/styles.xml"))
    yield from _styles(styles)
    texts = _count(package, "xl/sharedStrings.xml", "si") if "xl/sharedStrings.xml" in parts else 0
    formats, rules = (len(styles.findall(f"{MAIN}{of}")) for of in ("cellXfs/" + MAIN + "xf", "dxfs/" + MAIN + "dxf"))
    for part in [part for _, part in sheets if part in parts]:
        yield from (f"{part}: {fault}" for fault in _sheet(package, part, formats, rules, texts, known))


def _content_types(package: zipfile.ZipFile, parts: set[str]) -> Iterator[str]:
    types = etree.fromstring(package.read("[Content_Types].xml"))
    defaults = {item.get("Extension").lower() for item in types if item.tag.endswith("}Default")}
    overrides = [item.get("PartName")[1:] for item in types if item.tag.endswith("}Override")]
    yield from (f"content type of {name}, which is not there" for name in overrides if name not in parts)
    yield from (f"two content types of {name}" for name, count in Counter(overrides).items() if count > 1)
    for part in parts - {"[Content_Types].xml"}:
        # A part that falls back on plain XML has no type of its own: Excel would ignore it.
        extension = part.rpartition(".")[2].lower()
        if part not in overrides and (extension not in defaults or extension == "xml"):
            yield f"{part}: no content type"


def _relations(package: zipfile.ZipFile, parts: set[str]) -> Iterator[str]:
    reached = {"[Content_Types].xml"}
    for part in sorted(parts):
        folder, name = posixpath.split(part)
        if not name.endswith(".rels"):
            continue
        source = posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))
        reached.add(part)
        if name != ".rels" and source not in parts:
            yield f"{part}: relations of a part that is not there"
        relations = etree.fromstring(package.read(part))
        ids = Counter(relation.get("Id") for relation in relations)
        yield from (f"{part}: {relation_id} twice" for relation_id, count in ids.items() if count > 1)
        for relation in relations:
            if relation.get("TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), relation.get("Target")))[1:]
            reached.add(target)
            if target not in parts:
                yield f"{part}: {relation.get('Id')} leads to {target}, which is not there"
        if name != ".rels" and source in parts:
            used = set(re.findall(rb'\br:(?:id|embed|link|pict)="([^"]*)"', package.read(source)))
            yield from (f"{source}: no relation {item.decode()}" for item in used if item.decode() not in ids)
    yield from (f"{part}: nothing leads there" for part in sorted(parts - reached))


def _document_dates(package: zipfile.ZipFile) -> Iterator[str]:
    for item in etree.fromstring(package.read("docProps/core.xml")):
        if item.tag.endswith(("}created", "}modified")) and item.text != "1980-01-01T00:00:00Z":
            yield f"docProps/core.xml: dated {item.text}"


def _sheets(package: zipfile.ZipFile) -> list[tuple[str, str]]:
    relations = etree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): posixpath.join("/xl", item.get("Target"))[1:] for item in relations}
    book = etree.fromstring(package.read("xl/workbook.xml"))
    return [(sheet.get("name"), targets[sheet.get(RELATION_ID)]) for sheet in book.iter(f"{MAIN}sheet")]


def _sheet_names(names: list[str]) -> Iterator[str]:
    yield from (f"sheet name {name!r}: twice" for name, n in Counter(map(str.lower, names)).items() if n > 1)
    for name in names:
        if not 0 < units(name) <= 31:
            yield f"sheet name {name!r}: {units(name)} characters"
        if re.search(r"[\[\]:*?/\\\x00-\x1f]", name) or name.startswith("'") or name.endswith("'"):
            yield f"sheet name {name!r}: illegal character"
        if name.lower() == "history":
            yield f"sheet name {name!r}: reserved"


def _defined_names(package: zipfile.ZipFile, sheets: set[str]) -> Iterator[str]:
    book = etree.fromstring(package.read("xl/workbook.xml"))
    names = list(book.iter(f"{MAIN}definedName"))
    counts = Counter((item.get("localSheetId"), item.get("name").lower()) for item in names)
    yield from (f"name {name}: twice" for (_, name), count in counts.items() if count > 1)
    for item in names:
        name = item.get("name")
        if not name.startswith("_xlnm."):
            if not _LEGAL_NAME.fullmatch(name) or not name or len(name) > 255:
                yield f"name {name!r}: illegal"
            if _LIKE_A_CELL.fullmatch(name) or name.lower() in _RESERVED_NAMES:
                yield f"name {name!r}: means something else"
        if item.get("localSheetId") and int(item.get("localSheetId")) >= len(sheets):
            yield f"name {name!r}: on a sheet that is not there"
        yield from formula_faults(f"name {name!r}", item.text or "", sheets)
        target = _REFERENCE.fullmatch(item.text or "")
        if not target:
            yield f"name {name!r}: stands for {item.text!r}"
        elif not all(_inside(column, row) for column, row in ((target[3], target[4]), (target[5], target[6])) if row):
            yield f"name {name!r}: stands for a cell beyond the sheet"


def _charts(package: zipfile.ZipFile, sheets: set[str]) -> Iterator[str]:
    for part in package.namelist():
        if part.startswith("xl/charts/") and part.endswith(".xml"):
            for item in etree.fromstring(package.read(part)).iter(f"{CHART}f"):
                yield from formula_faults(part, item.text or "", sheets)


def _inside(letters: str, row: str) -> bool:
    return 1 <= int(row) <= LAST_ROW and _column(letters) <= LAST_COLUMN


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _styles(styles: etree._Element) -> Iterator[str]:
    for font in styles.iter(f"{MAIN}font"):
        settings = [etree.QName(setting).localname for setting in font]
        if settings != [setting for setting in FONT_SETTINGS if setting in settings]:
            yield f"styles: a font's settings in the order {', '.join(settings)}"
    counts = {of: len(styles.find(f"{MAIN}{of}")) for of in ("fonts", "fills", "borders", "cellStyleXfs")}
    own: dict[str, str] = {}
    for item in styles.iter(f"{MAIN}numFmt"):
        number, code = item.get("numFmtId"), item.get("formatCode")
        if own.setdefault(number, code) != code:
            yield f"styles: number format {number} is {own[number]!r} and {code!r}"
    for kind in ("cellXfs", "cellStyleXfs"):
        for k, item in enumerate(styles.find(f"{MAIN}{kind}")):
            for attribute, of in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders"),
                                  ("xfId", "cellStyleXfs")):  # fmt: skip
                if int(item.get(attribute, 0)) >= counts[of]:
                    yield f"styles: {kind} {k}: no {attribute} {item.get(attribute)}"
            number = item.get("numFmtId", "0")
            if int(number) >= 164 and number not in own:
                yield f"styles: {kind} {k}: no number format {number}"


def _count(package: zipfile.ZipFile, part: str, tag: str) -> int:
    return sum(1 for _ in etree.fromstring(package.read(part)).iter(f"{MAIN}{tag}"))


def _sheet(
    package: zipfile.ZipFile, part: str, formats: int, rules: int, texts: int, sheets: set[str]
) -> Iterator[str]:
    """Check one sheet, which may be huge: row by row, nothing kept."""
    row_before, merged = 0, []
    with package.open(part) as file:
        for _, item in etree.iterparse(file, tag=[f"{MAIN}{tag}" for tag in _CHECKED], huge_tree=True):
            tag = etree.QName(item).localname
            if "$" in item.get("sqref", ""):
                yield f"{tag}: the place {item.get('sqref')} has a $"
            if tag == "row":
                row = int(item.get("r"))
                if not row_before < row <= LAST_ROW or float(item.get("ht", 0)) > 409:
                    yield f"row {row}: out of order, beyond the sheet or too high"
                row_before = row
                yield from _row(item, row, formats, texts, sheets)
            elif tag == "mergeCell":
                merged.append(item.get("ref"))
            elif tag == "cfRule":
                if item.get("dxfId") and int(item.get("dxfId")) >= rules:
                    yield f"conditional format: no dxf {item.get('dxfId')}"
                formulas = [formula.text or "" for formula in item.iter(f"{MAIN}formula")]
                formulas += [end.get("val", "") for end in item.iter(f"{MAIN}cfvo") if end.get("type") == "formula"]
                for formula in formulas:
                    yield from formula_faults("conditional format", formula, sheets)
            elif tag == "hyperlink":
                yield from formula_faults(f"link in {item.get('ref')}", item.get("location", ""), sheets)
            elif tag == "dataValidation":
                yield from _validation(item, sheets)
            elif tag == "col" and (float(item.get("width", 0)) > 255 or int(item.get("max")) > LAST_COLUMN):
                yield f"column {item.get('min')}: too wide or beyond the sheet"
            if tag != "cfRule":
                item.clear()
                while item.getprevious() is not None and tag == "row":
                    del item.getparent()[0]
    yield from _overlaps(merged)


_CHECKED = ("row", "mergeCell", "cfRule", "conditionalFormatting", "dataValidation", "col", "hyperlink")


def _row(row: etree._Element, number: int, formats: int, texts: int, sheets: set[str]) -> Iterator[str]:
    before = 0
    for cell in row:
        place = cell.get("r")
        letters = place.rstrip("0123456789")
        column = _column(letters)
        if place[len(letters) :] != str(number) or not before < column <= LAST_COLUMN:
            yield f"{place}: out of order or beyond the sheet"
        before = column
        if int(cell.get("s", 0)) >= formats:
            yield f"{place}: no style {cell.get('s')}"
        for item in cell:
            if item.tag == f"{MAIN}f":
                yield from formula_faults(place, item.text or "", sheets)
            elif item.tag == f"{MAIN}v":
                if cell.get("t") == "s" and int(item.text or -1) not in range(texts):
                    yield f"{place}: no shared string {item.text}"
                if (
                    cell.get("t", "n") == "n"
                    and item.text
                    and not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", item.text)
                ):
                    yield f"{place}: {item.text!r} is no number"
            if units("".join(item.itertext())) > LONGEST_TEXT:
                yield f"{place}: text of {units(''.join(item.itertext()))} characters"


def _validation(item: etree._Element, sheets: set[str]) -> Iterator[str]:
    place = f"validation of {item.get('sqref')}"
    for formula in item:
        text = formula.text or ""
        if text.startswith('"') and units(text) > LONGEST_LITERAL + 2:
            yield f"{place}: list of {units(text) - 2} characters"
        else:
            yield from formula_faults(place, text, sheets)
    for attribute, longest in (("promptTitle", 32), ("errorTitle", 32), ("prompt", 255), ("error", 255)):
        if units(item.get(attribute, "")) > longest:
            yield f"{place}: {attribute} of {units(item.get(attribute))} characters"


def _overlaps(areas: Iterable[str]) -> Iterator[str]:
    boxes = []
    for area in areas:
        (left, top), (right, bottom) = (
            (_column(letters), int(row)) for letters, row in re.findall(r"([A-Z]+)(\d+)", area)
        )
        for other, (left2, top2, right2, bottom2) in boxes:
            if left <= right2 and left2 <= right and top <= bottom2 and top2 <= bottom:
                yield f"merged {area} and {other} overlap"
        boxes.append((area, (left, top, right, bottom)))
