"""What the lesson and the tour say is so: sheets, texts, cells, formulas and numbers; and how long the lesson takes.

A page writes a sheet as *2 convolution*, and a text of a sheet in "quotation marks". A table of the lesson says what
one does on a sheet, line by line, and what one sees then: a click on `AC6` shows its formula and its number in bold;
what is typed changes the cells that are named with a number in bold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.support.live import Live
from tests.support.scripts import ROOT
from tests.support.window import Window, in_a_window

LESSON, TOUR = PAGES = [ROOT / "docs" / name for name in ("lesson.md", "tour.md")]
TEXT = LESSON.read_text(encoding="utf-8")
STORY, AFTERWARDS = TEXT.split("\n## When you have time\n")
"""The fifteen minutes, and what may come behind them."""
TABLES = re.findall(r"^\| on \*(.+?)\* \| you see \|\n\|---\|---\|\n((?:\|.*\n)+)", STORY, re.MULTILINE)
SHEET = re.compile(r"(?<!\*)\*([A-Z\d][^*|]*)\*(?!\*)")
NUMBER = re.compile(r"(?<![\w.`])[-−]?\d+\.\d+(?![\w`])")
BEGIN = "Start!AH2"
"""The large link."""
BOLD = re.compile(r"\*\*([-−]?[\d.]+)\*\*")
WORDS_A_MINUTE, A_CLICK, TYPED, A_SHEET = 180, 5, 10, 3
"""How fast somebody reads whose first language is another, and how many seconds a click, a typed number and the way to
the next sheet take."""


@pytest.fixture(scope="module")
def workbook(made_of) -> Path:
    return made_of("slice-regression").path


@pytest.fixture(scope="module")
def values(workbook) -> dict[str, dict[str, object]]:
    """What stands in the cells of each sheet that has a tab."""
    return _cells(workbook, data_only=True)


@pytest.fixture(scope="module")
def formulas(workbook) -> dict[str, dict[str, object]]:
    return _cells(workbook, data_only=False)


def _cells(path: Path, *, data_only: bool) -> dict[str, dict[str, object]]:
    book = load_workbook(path, read_only=True, data_only=data_only)
    return {
        sheet.title: {
            cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None
        }
        for sheet in book
        if sheet.sheet_state == "visible" and sheet.title != "Network"
    } | {"Network": {}}


def plain(text: str) -> str:
    """Write every gap as one blank."""
    return " ".join(text.split())


def prose(page: Path) -> str:
    return plain(re.sub(r"\]\([^)]*\)|`[^`\n]*`", "", page.read_text(encoding="utf-8")))


def is_shown(number: str, value: object) -> bool:
    """Whether a cell shows a number, with as many decimals as a page gives it."""
    if not isinstance(value, int | float):
        return False
    decimals = len(number.partition(".")[2])
    return abs(float(number.replace("−", "-")) - value) <= 0.5000001 * 10**-decimals


def story_sheets(values) -> list[str]:
    return [sheet for sheet in values if re.match(r"\d+ ", sheet)]


@dataclass
class Act:
    """A line of a table of the lesson: a click, or something typed."""

    sheet: str
    line: str
    cell: str
    typed: float | str | None
    formula: str
    found: list[tuple[str, str, str]]
    """Sheets, cells, and the numbers that stand there then."""
    others: list[str]
    """Further numbers that the line names."""


def acts_of_the_lesson() -> Iterator[Act]:
    """All that one does, but for the first link."""
    last = ""
    for sheet, line in ((sheet, line) for sheet, table in TABLES for line in table.splitlines()):
        do, see = (part.strip() for part in line.strip("|").split(" | "))
        clicked, change = re.match(r"click `(\w+)`", do), re.match(r"type `?(.+?)`?(?: into `(\w+)`| again)", do)
        if clicked:
            formula = re.search(r"`(=[^`]+)`", see)
            found = [(sheet, clicked[1], number) for number in BOLD.findall(see)]
            others = NUMBER.findall(BOLD.sub("", see))
            yield Act(sheet, line, clicked[1], None, formula[1] if formula else "", found, others)
        elif change:
            last = change[2] or last
            value = float(change[1]) if re.fullmatch(r"[\d.]+", change[1]) else change[1]
            places = re.findall(r"`(?:([^`!]+)!)?(\w+)`[^`*]*\*\*([-−]?[\d.]+)\*\*", see)
            yield Act(
                sheet, line, last, value, "", [(where or sheet, cell, number) for where, cell, number in places], []
            )
        else:
            assert "link" in do, line


def test_beside_the_tables_one_types_into_a_number_and_sees_a_formula_follow(formulas):
    found = [*re.finditer(r"☆ Type \S+ into `(\w+)`: `(\w+)`", STORY)]
    assert found
    for typed in found:
        sheet = re.findall(r"^\| on \*(.+?)\*", STORY[: typed.start()], re.MULTILINE)[-1]
        assert isinstance(formulas[sheet].get(typed[1]), int | float), typed[0]
        assert str(formulas[sheet].get(typed[2])).startswith("="), typed[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sheets_are_called_as_in_the_workbook(page, values):
    named = set(SHEET.findall(prose(page)))
    assert named
    assert named <= values.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_in_quotation_marks_stands_on_a_sheet(page, values):
    texts = "\n".join(plain(text) for cells in values.values() for text in cells.values() if isinstance(text, str))
    assert not [quoted for quoted in re.findall(r'"([^"]+)"', prose(page)) if quoted not in texts]


def test_the_tour_shows_every_sheet(values):
    assert values.keys() <= set(SHEET.findall(prose(TOUR)))


def test_the_lesson_goes_through_the_story_in_order(values):
    named = re.findall(r"\*(\d+ [^*|]+)\*", STORY)
    assert list(dict.fromkeys(named)) == story_sheets(values)


def test_each_line_of_the_lesson_does_what_it_says(made_of, values, formulas, tmp_path):
    live = Live(made_of("slice-regression alone").path, tmp_path)  # no line of it is done on a sheet of the training
    typed: dict[tuple[str, str], object] = {}
    wrong = []
    acts = list(acts_of_the_lesson())
    assert len(acts) > 20
    for act in acts:
        place, cells = (act.sheet, act.cell), values[act.sheet]
        if act.typed is not None:
            live.type({place: act.typed})
            if cells[act.cell] == act.typed:
                typed.pop(place, None)
            else:
                typed[place] = act.typed
        else:
            stands = str(formulas[act.sheet].get(act.cell)).replace("'", "")
            if act.formula and act.formula != stands:
                wrong.append(f"{act.line}: the formula is {stands}")
            if not all(any(is_shown(each, value) for value in cells.values()) for each in act.others):
                wrong.append(f"{act.line}: the sheet has no such numbers")
        assert act.found, act.line
        shown = [(number, live.value((sheet, cell))) for sheet, cell, number in act.found]
        wrong += [f"{act.line}: it is {value}" for number, value in shown if not is_shown(number, value)]
    assert not wrong, "\n".join(wrong)
    assert not typed  # what was changed is as it was


@in_a_window
def test_the_lesson_is_done_in_a_window(workbook):
    with Window(workbook, (1366, 768)) as window:
        left, top, width, height = window.cell_on_screen(BEGIN)
        window.follow(left + width / 2, top + height / 2)
        for act in acts_of_the_lesson():
            if act.sheet == "Start":
                window.show("Start")
            elif window.shown() == "Start":
                window.show("10 dead end")
            for _ in range(2):  # a sheet without a table may lie between
                if window.shown() != act.sheet:
                    window.press("ctrl+Page_Down")
                    window.picture()
            assert window.shown() == act.sheet, act.line
            cell = f"{act.sheet}!{act.cell}"
            for _ in range(2):  # on a busy machine, LibreOffice may miss a click
                if window.cursor() != cell:
                    left, top, width, height = window.cell_on_screen(cell)
                    window.click(left + width / 2, top + height / 2)
                    window.picture()
            assert window.cursor() == cell, act.line
            if act.typed is not None:
                window.type(f"{act.typed:g}" if isinstance(act.typed, float) else act.typed)
            window.picture()
            for sheet, cell, number in act.found:
                assert is_shown(number, window.value(f"{sheet}!{cell}")), act.line


def test_the_numbers_between_the_tables_stand_on_the_sheets(values):
    for part in STORY.split("\n## ")[1:]:
        sheets = set(SHEET.findall(part)) & values.keys()
        numbers = NUMBER.findall(re.sub(r"(?m)^\|.*$|^☆.*$", "", part))
        shown = [value for sheet in sheets for value in values[sheet].values()]
        assert all(any(is_shown(number, value) for value in shown) for number in numbers), part


def test_the_lesson_takes_a_quarter_of_an_hour(values):
    minutes = [int(number) for number in re.findall(r"\((\d+) minutes?\)$", STORY, re.MULTILINE)]
    assert sum(minutes) == 15
    read = re.sub(r"(?ms)^☆.*?\n\n(\| on \*Start\*.*?\n\n)?", "", STORY)
    words = len(re.findall(r"[\w∂]+", read))
    for sheet in story_sheets(values):  # a heading that stands in each of ten rows is read once
        texts = " ".join(text for text in values[sheet].values() if isinstance(text, str))
        words += len(set(re.findall(r"[^\W\d]{2,}", texts)))
    clicks, changes = (len(re.findall(rf"^\| {act}", read, re.MULTILINE)) for act in ("click", "type"))
    seconds = 60 * words / WORDS_A_MINUTE + A_CLICK * clicks + TYPED * changes + A_SHEET * len(story_sheets(values))
    assert seconds <= 15 * 60, f"{seconds / 60:.1f} minutes"
