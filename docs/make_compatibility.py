"""Measure what of a workbook is left after a program saved it again, and write docs/compatibility.md.

python docs/make_compatibility.py               measures LibreOffice and openpyxl, on the teaching workbook
python docs/make_compatibility.py FILE.xlsx COPY.xlsx …   prints the same of copies that any program made
"""

import argparse
import importlib.metadata
import posixpath
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lxml import etree
from openpyxl import load_workbook
from openpyxl.formula.translate import Translator
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.cell import rows_from_range

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "compatibility.md"
WORKBOOK = ROOT / "workbooks" / "slice-regression.xlsx"
_NUMBER = re.compile(r"(?<![A-Za-z$_\d.])\d+(?:\.\d+(?:E[-+]?\d+)?|E[-+]?\d+)")
_SINGLE = re.compile(r"(\$?[A-Z]+\$?\d+):\1\b")
Things = dict[str, set[tuple]]
ROUTES = ("LibreOffice, as .xlsx", "LibreOffice, as .ods and back", "openpyxl, load and save")


def things(path: Path) -> Things:
    """Return all that a program could lose, each thing by where it is and what it says."""
    with zipfile.ZipFile(path) as package:
        found: Things = {name: set() for name in NAMES}
        book = _xml(package, "xl/workbook.xml")
        targets = _targets(package, "xl/workbook.xml")
        sheets = [(item.get("name"), targets[_id(item)]) for item in book.iterfind("{*}sheets/{*}sheet")]
        for item in book.iterfind("{*}sheets/{*}sheet"):
            if item.get("state") == "hidden":
                found["hidden sheets"].add((item.get("name"),))
        for item in book.iterfind("{*}definedNames/{*}definedName"):
            if item.get("localSheetId"):
                sheet, target = sheets[int(item.get("localSheetId"))][0], item.text.rpartition("!")[2]
                found["print areas"].add((sheet, target))
            else:
                found["defined names"].add((item.get("name"), item.text.replace("'", "")))
        formats = _formats(_xml(package, "xl/styles.xml"))
        for sheet, part in sheets:
            _look(package, sheet, part, formats, found)
        title = _xml(package, "docProps/core.xml").findtext("{*}title")
        found["title of the document"] |= {(title,)} if title else set()
        return found


NAMES = (
    "sheets", "hidden sheets", "formulas", "stored values", "defined names", "frozen panes", "column widths",
    "hidden columns", "row heights", "merged cells", "number formats of cells", "colours of cells",
    "bold type and font sizes", "conditional formats", "data validations", "links", "charts",
    "curves in charts", "descriptions of charts", "pictures, with their descriptions",
    "tab colours", "zoom", "hidden grid lines", "print areas",
    "paper and orientation", "fit to the page", "title of the document",
)  # fmt: skip
A_PIXEL = {"column widths": 1 / 7, "row heights": 0.75}
"""In the unit of each: a program that counts in pixels rounds a size to the next one."""


TRUE, FALSE = ("1", "true"), ("0", "false")
Found = Iterator[tuple[str, tuple]]
"""Kinds of things, and each thing without the name of its sheet."""


def _of_view(view: etree._Element) -> Found:
    yield "zoom", (view.get("zoomScale", "100"),)
    if view.get("showGridLines") in FALSE:
        yield "hidden grid lines", ()
    for pane in view.iterfind("{*}pane"):
        if pane.get("state") == "frozen":
            yield "frozen panes", (pane.get("topLeftCell"),)


def _of_fit(fit: etree._Element) -> Found:
    if fit.get("fitToPage") in TRUE:
        page = fit.getparent().getparent().find("{*}pageSetup")
        yield "fit to the page", (page.get("fitToWidth", "1"), page.get("fitToHeight", "1"))


def _of_columns(column: etree._Element) -> Found:
    for number in range(int(column.get("min")), min(int(column.get("max")), 1000) + 1):
        if column.get("hidden") in TRUE:
            yield "hidden columns", (number,)
        elif column.get("customWidth") in TRUE:
            yield "column widths", (number, float(column.get("width")))


def _of_row(row: etree._Element) -> Found:
    if row.get("customHeight") in TRUE:
        yield "row heights", (row.get("r"), float(row.get("ht")))


def _of_formats(area: etree._Element) -> Found:
    for rule in area.iterfind("{*}cfRule"):
        formulas = tuple(_same(formula.text or "") for formula in rule.iterfind("{*}formula"))
        for one in area.get("sqref").split():
            yield "conditional formats", (one, rule.get("type"), formulas)


def _of_validation(validation: etree._Element) -> Found:
    first = _same(validation.findtext("{*}formula1") or "")
    for area in validation.get("sqref").split():
        for row in rows_from_range(area):
            for place in row:
                yield "data validations", (place, validation.get("type"), first)


LOOKS: dict[str, Callable[[etree._Element], Found]] = {
    "{*}sheetViews/{*}sheetView": _of_view,
    "{*}sheetPr/{*}tabColor": lambda color: iter([("tab colours", (color.get("rgb"),))]),
    "{*}sheetPr/{*}pageSetUpPr": _of_fit,
    "{*}pageSetup": lambda page: iter([("paper and orientation", (page.get("orientation"), page.get("paperSize")))]),
    "{*}cols/{*}col": _of_columns,
    "{*}sheetData/{*}row": _of_row,
    "{*}mergeCells/{*}mergeCell": lambda merged: iter([("merged cells", (merged.get("ref"),))]),
    "{*}conditionalFormatting": _of_formats,
    "{*}dataValidations/{*}dataValidation": _of_validation,
    "{*}hyperlinks/{*}hyperlink": lambda link: iter(
        [("links", (link.get("ref").split(":")[0], _same(link.get("location") or "")))]
    ),
}
"""What is on a sheet, by the path of its element."""


def _look(package: zipfile.ZipFile, sheet: str, part: str, formats: list[tuple], found: Things) -> None:
    """Collect what is on one sheet."""
    root = _xml(package, part)
    shared: dict[str, Translator] = {}
    found["sheets"].add((sheet,))
    for path, look in LOOKS.items():
        for element in root.iterfind(path):
            for kind, thing in look(element):
                found[kind].add((sheet, *thing))
    for cell in root.iterfind("{*}sheetData/{*}row/*"):
        _look_at(sheet, cell, _formula(cell, shared), formats, found)
    for drawing in root.iterfind("{*}drawing"):
        _look_at_charts(package, sheet, _targets(package, part)[_id(drawing)], found)


def _formula(cell: etree._Element, shared: dict[str, Translator]) -> str | None:
    """Return a cell's formula, also where the file says only that it shares that of another cell."""
    formula = cell.find("{*}f")
    if formula is None:
        return None
    if formula.get("t") != "shared":
        return formula.text or ""
    if formula.text:
        shared[formula.get("si")] = Translator(f"={formula.text}", cell.get("r"))
    return shared[formula.get("si")].translate_formula(cell.get("r")).removeprefix("=")


def _look_at(sheet: str, cell: etree._Element, formula: str | None, formats: list[tuple], found: Things) -> None:
    place, value = (sheet, cell.get("r")), cell.findtext("{*}v")
    if formula is not None:
        found["formulas"].add((*place, _same(formula)))
        if value:
            found["stored values"].add(place)
        if formula.startswith("HYPERLINK("):
            found["links"].add((*place, _same(formula)))
    text = cell.find("{*}is")
    if formula is not None or value or (text is not None and "".join(text.itertext())):
        number, color, font = formats[int(cell.get("s", 0))]
        if number != "General":
            found["number formats of cells"].add((*place, number))
        if color:
            found["colours of cells"].add((*place, color))
        found["bold type and font sizes"].add((*place, *font))


def _same(formula: str) -> str:
    """Return a formula in one spelling: each program quotes names, spaces lists and writes numbers in its own way."""
    formula = _SINGLE.sub(r"\1", re.sub(r"['\s]", "", formula.removeprefix("=")))
    return _NUMBER.sub(lambda number: f"{float(number[0]):.12g}", formula)


def _look_at_charts(package: zipfile.ZipFile, sheet: str, part: str, found: Things) -> None:
    drawing = _xml(package, part)
    for target in sorted(target for target in _targets(package, part).values() if "/charts/" in target):
        chart = _xml(package, target)
        title = "".join(chart.find(".//{*}title").itertext()) if chart.find(".//{*}title") is not None else ""
        found["charts"].add((sheet, title.strip()))
        for curve in chart.iterfind(".//{*}ser"):
            drawn = curve.findtext("{*}val//{*}f") or curve.findtext("{*}yVal//{*}f")
            found["curves in charts"].add((sheet, title.strip(), drawn.replace("'", "")))
    for picture in drawing.iterfind(".//{*}pic//{*}cNvPr"):
        found["pictures, with their descriptions"].add((sheet, picture.get("descr")))
    for properties in drawing.iterfind(".//{*}graphicFrame//{*}cNvPr"):
        if properties.get("descr"):
            found["descriptions of charts"].add((sheet, properties.get("descr")))


def _formats(styles: etree._Element) -> list[tuple]:
    """Return for each style its number format, its colour, and whether it is bold and how large."""
    own = {int(item.get("numFmtId")): item.get("formatCode") for item in styles.iterfind("{*}numFmts/{*}numFmt")}
    fills = [fill.find("{*}patternFill/{*}fgColor") for fill in styles.iterfind("{*}fills/{*}fill")]
    fonts = []
    for font in styles.iterfind("{*}fonts/{*}font"):
        bold, size = font.find("{*}b"), font.find("{*}sz")
        is_bold = bold is not None and bold.get("val", "1") in ("1", "true")
        fonts.append((is_bold, float(size.get("val")) if size is not None else None))
    formats = []
    for item in styles.iterfind("{*}cellXfs/{*}xf"):
        number = int(item.get("numFmtId", 0))
        code = own.get(number) or BUILTIN_FORMATS.get(number, "General")
        fill = fills[int(item.get("fillId", 0))]
        color = fill.get("rgb", "")[-6:] if fill is not None else ""
        formats.append((re.sub(r'[\\"]', "", code), color, fonts[int(item.get("fontId", 0))]))
    return formats


def _xml(package: zipfile.ZipFile, part: str) -> etree._Element:
    return etree.fromstring(package.read(part), etree.XMLParser(huge_tree=True))


def _targets(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    part = f"{folder}/_rels/{name}.rels"
    relations = _xml(package, part) if part in package.namelist() else ()
    return {
        item.get("Id"): posixpath.normpath(posixpath.join("/", folder, item.get("Target")))[1:] for item in relations
    }


def _id(item: etree._Element) -> str:
    return next(value for name, value in item.attrib.items() if name.endswith("}id"))


def kept(before: Things, after: Things) -> dict[str, tuple[int, int]]:
    """Return for each kind of thing how many are still there as they were, and how many there had been."""
    return {name: (_count_kept(name, before[name], after[name]), len(before[name])) for name in NAMES}


def _count_kept(name: str, before: set[tuple], after: set[tuple]) -> int:
    if name not in A_PIXEL:
        return len(before & after)
    sizes = {(sheet, line): size for sheet, line, size in after}
    return sum(abs(sizes.get((sheet, line), -1) - size) < A_PIXEL[name] for sheet, line, size in before)


def openpyxl_saves(source: Path, target: Path) -> None:
    """Load a workbook with openpyxl and save it."""
    load_workbook(source).save(target)


def table(columns: dict[str, dict[str, tuple[int, int]]]) -> str:
    """Return what each program keeps as a table in Markdown; what all of them keep is in its last row."""
    first = next(iter(columns.values()))
    lines = [f"| | in the workbook | {' | '.join(columns)} |", "|---|---|" + "---|" * len(columns)]
    kept_by_all = []
    for name in NAMES:
        cells = [_cell(*column[name]) for column in columns.values()]
        if set(cells) == {"all"}:
            kept_by_all.append(f"{name} ({first[name][1]:,})")
        else:
            lines.append(f"| {name} | {first[name][1]:,} | {' | '.join(cells)} |")
    lines.append(f"| {'; '.join(kept_by_all)} | |{' all |' * len(columns)}")
    return "\n".join(lines)


def _cell(left: int, before: int) -> str:
    if left == before:
        return "all"
    return "**none**" if not left else f"**{left:,}**"


def versions() -> str:
    """Name the programs that measured."""
    sys.path.insert(0, str(ROOT))
    from tests.support.libreoffice import soffice

    said = subprocess.run([soffice() or "soffice", "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"LibreOffice ([\d.]+)", said)
    return f"LibreOffice {number[1] if number else '?'} and openpyxl {importlib.metadata.version('openpyxl')}"


def measure(source: Path, folder: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Let each program save a copy in `folder`, and return what each keeps."""
    sys.path.insert(0, str(ROOT))
    from tests.support.libreoffice import save_as

    [xlsx] = save_as("xlsx", [source], folder / "xlsx")
    [back] = save_as("xlsx", save_as("ods", [source], folder / "ods"), folder / "back")
    openpyxl_saves(source, folder / "openpyxl.xlsx")
    before = things(source)
    copies = (xlsx, back, folder / "openpyxl.xlsx")
    return {route: kept(before, things(copy)) for route, copy in zip(ROUTES, copies, strict=True)}


def main(files: Sequence[Path]) -> None:
    """Print what copies keep of the first file; without files, measure and write the page."""
    if files:
        before = things(files[0])
        print(table({str(copy): kept(before, things(copy)) for copy in files[1:]}))
        return
    with tempfile.TemporaryDirectory() as folder:
        measured = table(measure(WORKBOOK, Path(folder)))
    text = PAGE.read_text(encoding="utf-8")
    text = re.sub(r"(?s)\| \| in the workbook.*?\n\n", lambda _: f"{measured}\n\n", text)
    text = re.sub(r"LibreOffice \d[\d.]*\d and openpyxl \d[\d.]*\d", versions(), text)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", help="a workbook, and copies that programs saved")
    given = parser.parse_args().files
    for file in given:
        if not zipfile.is_zipfile(file):
            parser.error(f"{file} is no .xlsx workbook, or isn't there")
    main(given)
