"""Which sheets have a tab, in which order, and how a reader learns of the others."""

import re
import zipfile

import pytest
from lxml import etree
from openpyxl import load_workbook

from excel_export import LearningRates, Training, export
from excel_export.formulas import quoted
from tests.support.engines import sheet_parts
from tests.support.tiny import Tiny, X

MOST, LONGEST_STORY = 8, 16
"""Of tabs beside those of the story, but for a network with a sheet for each layer; and of those of the story."""
SHIPPED = ("slice-regression", "slice-onehot", "full-regression")
# Of a link that stands still, and of a formula.
_LINK = re.compile(r"""(?:location="|#)'((?:[^']|'')+)'!""")
# Of a text that a formula looks up and leads to.
_PLACE = re.compile(r"#'((?:[^']|'')+)'!")


def with_own_examples(path):
    training = Training([(X,), (2 * X,)], steps=3)
    export(Tiny(), (X,), path, training=training, rates=LearningRates((0.1, 0.2), steps=3))
    return path


@pytest.fixture(
    scope="module",
    params=[*(pytest.param(kind, marks=pytest.mark.slow) for kind in SHIPPED), "own examples"],
)
def book(request, made_of, tmp_path_factory):
    if request.param == "own examples":
        return load_workbook(with_own_examples(tmp_path_factory.mktemp("tabs") / "book.xlsx"), read_only=True)
    return load_workbook(made_of(request.param).path, read_only=True)


def of_the_story(book):
    """They are numbered."""
    return [title for title in visible(book) if re.match(r"\d+ ", title)]


def visible(book):
    return [sheet.title for sheet in book if sheet.sheet_state == "visible"]


def hidden(book):
    return [sheet.title for sheet in book if sheet.sheet_state == "hidden"]


def texts(sheet):
    return [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


def test_there_are_few_tabs_and_the_hidden_sheets_stand_behind_them(book):
    if "Explain" in book.sheetnames:
        assert len(visible(book)) - len(of_the_story(book)) <= MOST
    assert 4 < len(of_the_story(book)) <= LONGEST_STORY
    assert visible(book)[1:][: len(of_the_story(book))] == of_the_story(book)
    assert [int(title.split()[0]) for title in of_the_story(book)] == [*range(1, len(of_the_story(book)) + 1)]
    assert book.sheetnames == visible(book) + hidden(book)


def test_start_is_the_first(book):
    assert visible(book)[0] == "Start"


def test_start_lists_the_tabs_in_their_order_and_names_every_hidden_sheet(book):
    said = texts(book["Start"])
    told = said.index("The story, step by step")
    assert told < said.index("Where to go")
    directory = said[told : said.index("Is it right?")]
    with zipfile.ZipFile(book._archive.filename) as package:
        start = etree.fromstring(package.read(sheet_parts(package)["Start"]))
    leads = {link.get("display"): link.get("location") for link in start.iter("{*}hyperlink")}
    links = [text for text in directory if text in leads]
    assert links == visible(book)[1:]
    assert [leads[text] for text in links] == [f"{quoted(text)}!A1" for text in links]
    (paragraph,) = [text for text in directory if text.startswith("Hidden sheets: ")]
    sheets = re.sub(r" \([^)]*\)", "", paragraph.removeprefix("Hidden sheets: ").split(". ")[0])
    assert sorted(re.split("[,;] ", sheets)) == sorted(hidden(book))
    assert "Unhide" in paragraph


@pytest.fixture(scope="module")
def links(book):
    """From which sheet to which there are links."""
    with zipfile.ZipFile(book._archive.filename) as package:
        found = {
            (sheet, target)
            for sheet, part in sheet_parts(package).items()
            for target in _LINK.findall(package.read(part).decode())
        }
    looked_up = {(sheet.title, target) for sheet in book for text in texts(sheet) for target in _PLACE.findall(text)}
    return found | looked_up


def test_no_link_leads_to_a_hidden_sheet(book, links):
    """A click on such a link does nothing in Excel."""
    assert ("Start", visible(book)[1]) in links
    assert not {(sheet, target) for sheet, target in links if target not in visible(book)}


def test_links_lead_to_each_sheet_and_back(book, links):
    seen = [(sheet, target) for sheet, target in links if sheet in visible(book) and sheet != target]
    assert {target for _, target in seen} == {*visible(book)}
    assert {sheet for sheet, target in seen if target == "Start"} == {*visible(book)} - {"Start"}
