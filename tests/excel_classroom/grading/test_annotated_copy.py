"""Annotated copies: written anew, so that nothing in them is followed, fetched or run."""

import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openxml_audit import OpenXmlValidator

from excel_classroom.grading.grading_process import ask
from excel_classroom.grading.marked_pages import notes_of
from excel_classroom.practice.rubric import read_rubric
from excel_classroom.results.annotated_copy import PARTS, write_copy
from tests.support.altered import part_of, rewritten
from tests.support.engines import require_engine
from tests.support.libreoffice import save_as
from tests.support.long_proofs import only_quick

LINK = re.compile(rb"https?://(?!schemas\.|purl\.org|www\.w3\.org)|file:|\\\\\\\\", re.I)
TRICKS = {
    "a sheet with a quotation mark": "='a\"b'!A1&WEBSERVICE(\"http://127.0.0.1/x\")&'a\"b'!A1",
    "a defined name": "=fetch",
    "DDE": "=cmd|' /c calc'!A0",
    "IMAGE": '=_xlfn.IMAGE("http://127.0.0.1/x.png")',
    "another file": "='file:///tmp/[x.xlsx]Sheet1'!A1",
    "a link": '=HYPERLINK("http://127.0.0.1/","click")',
    "plain": '=WEBSERVICE("http://127.0.0.1/x")',
}


def copied(handed_out, path, target):
    """Grade a file and write its annotated copy."""
    papers, found = handed_out.papers, handed_out.marked(path)
    job = papers.paper(handed_out.student).job(read_rubric(None), copy=True)
    content = ask("grade", path, **job)["copy"]
    notes = notes_of(content, papers.canvases, found.marks)
    write_copy(target, content, notes, "excel-export grade", papers.canvases)
    return found


def sheet_in(path, part):
    with zipfile.ZipFile(path) as package:
        return package.read(part)


def is_harmless(path):
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            assert PARTS.fullmatch(name), name
            data = re.sub(rb"<is>.*?</is>", b"", package.read(name))  # a text
            assert b"External" not in data, name
            if not name.startswith(("xl/sharedStrings", "xl/comments/")):  # there, texts stand as texts
                assert not LINK.search(data), name
            if name.startswith("xl/worksheets/"):
                assert not re.search(rb"<(?:\w+:)?f[ />]", data), name
                assert b"hyperlink" not in data
            assert b"<definedName " not in data, name


def test_the_students_values_and_formulas_are_there_with_a_note_at_each_blank(handed_out, tmp_path):
    key = handed_out.key
    answers, own = {0: 17.25, 1: "0,5", 2: None}, ["=1+1", "a text", 5]
    into = handed_out.filled(tmp_path, answers, lambda book: book.create_sheet("My notes").append(own))
    found = copied(handed_out, into, tmp_path / "copy.xlsx")
    is_harmless(tmp_path / "copy.xlsx")
    book = openpyxl.load_workbook(tmp_path / "copy.xlsx")
    assert {"Practice", "Network", "My notes"} <= {*book.sheetnames}
    assert not {"Marks", "Answers", "Tensors"} & {*book.sheetnames}
    for k, (blank, mark) in enumerate(zip(key.blanks, found.marks, strict=True), 1):
        cell = book[blank.sheet][blank.cell]
        assert cell.comment.text.startswith(f"Blank {k}: {mark.state}")
        assert cell.border.left.style == "thick"
        shown = {1: 17.25, 2: "0,5", 3: None}.get(k, mark.answer.number)
        assert cell.value == (pytest.approx(shown) if isinstance(shown, float) else shown)
    assert f"Your formula: ={key.blanks[3].formula}" in book[key.blanks[3].sheet][key.blanks[3].cell].comment.text
    assert [cell.value for cell in book["My notes"][1]][1:] == ["a text", 5]
    assert book["My notes"]["A1"].comment.text == "=1+1"
    errors = OpenXmlValidator(max_errors=0).validate(tmp_path / "copy.xlsx").errors
    # openpyxl writes what a font has in another order than the schema: Excel forgives that.
    fonts = re.compile("Unexpected element '(?:b|i|color|sz|name|family|scheme)' found")
    found = [error.description for error in errors if error.severity.name == "ERROR"]
    assert not [error for error in found if not fonts.fullmatch(error)]


def test_the_same_file_gives_the_same_copy(handed_out, tmp_path):
    into, copies = handed_out.filled(tmp_path), set()
    for name in ("one.xlsx", "two.xlsx"):
        copied(handed_out, into, tmp_path / name)
        copies.add((tmp_path / name).read_bytes())
    assert len(copies) == 1


@pytest.mark.parametrize("trick", only_quick(TRICKS, "plain", "a defined name"))
def test_no_trick_in_a_formula_gets_into_a_copy(handed_out, trick, tmp_path):
    def prepared(book):
        book.create_sheet('a"b')["A1"] = TRICKS[trick]
        book["Network"]["BZ9"] = TRICKS[trick]
        book.defined_names["fetch"] = DefinedName("fetch", attr_text='WEBSERVICE("http://127.0.0.1/n")')
        book["Network"]["A3"].comment = Comment("=WEBSERVICE(1)", "me")
        book["Network"]["BZ10"].hyperlink = "http://127.0.0.1/h"
        book["Network"]["BZ11"] = TRICKS[trick]
        book["Network"]["BZ11"].data_type = "s"  # a text

    found = copied(handed_out, handed_out.filled(tmp_path, {0: TRICKS[trick]}, prepared), tmp_path / "copy.xlsx")
    is_harmless(tmp_path / "copy.xlsx")
    if trick not in ("a link", "another file"):
        assert any("is not evaluated" in doubt for doubt in found.marks[0].doubts)
    assert not found.marks[0].is_good


XML_TRICKS = {
    "CDATA": lambda sheet, cell: re.sub(
        rf'(<c r="{cell}"[^>]*>)<f>[^<]*</f>',
        lambda match: f'{match[1]}<f><![CDATA[WEBSERVICE("http://127.0.0.1/c")]]></f>', sheet,
    ),
    "a prefix": lambda sheet, cell: re.sub(
        rf'<c r="{cell}"([^>]*)><f>[^<]*</f>',
        lambda match: (
            f'<c r="{cell}"{match[1]}><x:f xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            'WEBSERVICE("http://127.0.0.1/p")</x:f>'
        ), sheet,
    ),
    "a comment": lambda sheet, cell: re.sub(
        rf'(<c r="{cell}"[^>]*>)<f>[^<]*</f>',
        lambda match: f'{match[1]}<f>WEB<!-- x -->SERVICE("http://127.0.0.1/k")</f>', sheet,
    ),
}  # fmt: skip
PARTS_OF_OTHERS = {
    "xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<x/>", "xl/embeddings/o.bin": b"x",
    "xl/media/image1.png": b"x", "xl/webextensions/webextension1.xml": b"<x/>", "customUI/customUI.xml": b"<x/>",
    "xl/drawings/_rels/drawing1.xml.rels": (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
        b'Target="http://127.0.0.1/linked.png" TargetMode="External"/></Relationships>'
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "trick",
    only_quick([*XML_TRICKS, *PARTS_OF_OTHERS], "a prefix", "xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml"),
)
def test_no_trick_in_the_xml_gets_into_a_copy(handed_out, trick, tmp_path):
    blank, into = handed_out.blanks[0], handed_out.filled(tmp_path)
    part, before = part_of(into, blank.sheet), into.read_bytes()

    def changed(name, data):
        is_there = name == part and trick in XML_TRICKS
        return XML_TRICKS[trick](data.decode(), blank.cell).encode() if is_there else data

    more = {trick: PARTS_OF_OTHERS[trick]} if trick in PARTS_OF_OTHERS else {}
    rewritten(into, into, changed, more)
    assert sheet_in(into, part) != sheet_in(io.BytesIO(before), part) or more
    found = copied(handed_out, into, tmp_path / "copy.xlsx")
    is_harmless(tmp_path / "copy.xlsx")
    if trick in XML_TRICKS:
        assert any("WEBSERVICE" in doubt for doubt in found.marks[0].doubts)


@pytest.mark.slow
def test_a_converter_that_would_follow_a_link_finds_none(handed_out, tmp_path):
    """A copy that headless LibreOffice converts asks nobody for anything."""
    import http.server
    import threading

    require_engine("libreoffice")
    asked = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"1")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    into = handed_out.filled(tmp_path, {0: f'=WEBSERVICE("http://127.0.0.1:{server.server_port}/x")'})
    copied(handed_out, into, tmp_path / "copy.xlsx")
    save_as("xlsx", [tmp_path / "copy.xlsx"], tmp_path / "saved")
    assert asked == []
    server.shutdown()


def test_a_file_that_is_too_large_gets_no_copy(handed_out, tmp_path):
    def grow(book):
        sheet = book.create_sheet("Much")
        for _ in range(501):
            sheet.append([1] * 101)

    into = handed_out.filled(tmp_path, how=grow)
    job = handed_out.papers.paper(handed_out.student).job(read_rubric(None), copy=True)
    assert ask("grade", into, **job)["copy"] is None
