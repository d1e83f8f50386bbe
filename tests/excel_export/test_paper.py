"""The teaching workbook on paper: few pages that one would hand out, each with a number."""

import re
import shutil
import subprocess

import pytest

from tests.support.libreoffice import save_as, soffice

MOST_PAGES, MOST_BYTES = 10, 3_000_000
ONE_PAGE = ("Start", "Explain", "Nudge", "Two heads", "Training")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (soffice() and shutil.which("pdftotext")), reason="without LibreOffice and pdftotext"),
]


@pytest.fixture(scope="module")
def pages(made_of, tmp_path_factory):
    """The texts of the pages, by the name of the sheet that stands below each."""
    work = tmp_path_factory.mktemp("paper")
    (pdf,) = save_as("pdf", [made_of("slice-regression").path], work)
    assert pdf.stat().st_size <= MOST_BYTES
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True).stdout.decode()
    texts = text.removesuffix("\f").split("\f")
    found = {}
    for number, page in enumerate(texts, start=1):
        name, shown, count = re.search(r"(\S.*?)\s+(\d+) ?/ ?(\d+)\s*$", page).groups()
        assert (int(shown), int(count)) == (number, len(texts))
        found.setdefault(name, []).append(page)
    return found


def test_there_are_few_pages_and_none_of_a_hidden_sheet(pages):
    steps = {name: len(own) for name, own in pages.items() if name[0].isdigit()}
    assert steps == dict.fromkeys(steps, 1), "each sheet of the story is a page"
    assert sum(len(own) for name, own in pages.items() if name not in steps) <= MOST_PAGES
    assert {*pages} - {*steps} <= {*ONE_PAGE, "Digits", "Network"}


def test_what_one_would_hand_out_is_one_page_each(pages):
    assert {name: len(pages[name]) for name in ONE_PAGE} == dict.fromkeys(ONE_PAGE, 1)
