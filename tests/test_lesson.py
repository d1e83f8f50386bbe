"""What the lesson and the tour say is so: the steps, the sheets, the texts and the numbers that they quote.

A page writes a step of the story as **2 · first conv →**, a sheet as *Lens*, and a text of a sheet in "quotation
marks". A code block shows lines of a sheet; behind the sheet's name stands what one sets there before, such as step=5
or picture=a_messy_4.
"""

import re
from pathlib import Path

import pytest
from excel_export.sheets.lens.lens_layout import CHOICE, HEAD, LAST, NAME
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from excel_export.sheets.names import LENS_STEP
from tests.support.arranged import arranged
from tests.support.live import Live
from tests.support.scripts import ROOT
from tests.support.window import Window, in_a_window

PAGES = [ROOT / "docs" / name for name in ("lesson.md", "tour.md")]
READ = {"Lens": f"A1:{get_column_letter(LAST)}{CHOICE}"}
"""How much of a sheet a page may quote, where it is not `READ_OF_OTHERS`."""
READ_OF_OTHERS = "A1:AK60"
TITLE = NAME, f"{get_column_letter(LENS_STEP.col + 28)}{HEAD}"
"""The cell that names the step."""


@pytest.fixture(scope="module")
def workbook(made_of) -> Path:
    return made_of("slice-regression").path


@pytest.fixture(scope="module")
def texts(workbook) -> dict[str, list[str]]:
    """The texts on each sheet that has a tab."""
    book = load_workbook(workbook, read_only=True, data_only=True)
    return {
        sheet.title: [plain(str(value)) for row in sheet.iter_rows(values_only=True) for value in row if value]
        for sheet in book
        if sheet.sheet_state == "visible"
    }


def plain(text: str) -> str:
    """Write every gap as one blank."""
    return " ".join(text.split())


def prose(page: Path) -> str:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return plain(re.sub(r"\]\([^)]*\)", "]", text))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_steps_and_sheets_are_called_as_in_the_workbook(page, texts, workbook, tmp_path):
    quoted = re.findall(r"\*\*(\d+) · ([^*]+)\*\*", prose(page))
    assert quoted
    live = Live(workbook, tmp_path)
    for number, name in set(quoted):
        live.type({"step": int(number)})
        assert plain(str(live.value(TITLE))).startswith(name)
    sheets = re.findall(r"(?<!\*)\*([A-Z][^*]*)\*(?!\*)", prose(page))
    assert sheets
    assert set(sheets) <= texts.keys()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_in_quotation_marks_stands_on_a_sheet(page, texts):
    everything = "\n".join(text for sheet in texts.values() for text in sheet)
    assert not [quoted for quoted in re.findall(r'"([^"]+)"', prose(page)) if quoted not in everything]


@in_a_window
def test_the_sheets_show_what_the_pages_quote(workbook):
    found = (re.findall(r"^```(.+?)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.S | re.M) for page in PAGES)
    blocks = [block for of_page in found for block in of_page]
    assert len(blocks) > 20
    with Window(workbook) as window:
        window.press("ctrl+shift+F9")  # computes everything anew
        for head, lines in blocks:
            sheet, settings = re.fullmatch(r"(.+?)((?: \w+=\S+)*)", head).groups()
            with arranged(window, sheet, dict(each.split("=") for each in settings.split())):
                shown = [plain(" ".join(line)) for line in window.lines(f"{sheet}!{READ.get(sheet, READ_OF_OTHERS)}")]
            for line in lines.splitlines():
                assert any(plain(line) in each for each in shown), f"{head}: {line}"
