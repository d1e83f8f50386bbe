"""The sheets of the story, from the file: formulas that a person reads, links at one place, a size, a printed page."""

import re
import statistics
import zipfile
from functools import cache

import pytest

from tests.support.engines import sheet_parts
from tests.support.story_sheets import (
    STEP,
    defined_names,
    functions_in,
    hidden_sheets,
    is_one_index,
    is_reference,
    names_in,
    own_areas,
    references_in,
    sheets_in,
    story_of,
)
from tests.support.story_sheets import (
    cell as cell_at,
)
from tests.support.story_workbooks import ALL, EACH, TEACHING

MOST_SHEETS, WIDEST, HIGHEST = 16, 1240, 440
MEDIAN, LONGEST, LONGEST_INDEX = 30, 120, 60
"""Characters of the formulas of numbers."""
ILLEGAL = re.compile(r"[\[\]:*?/\\]|^'|'$")
MACHINERY = {
    "OFFSET", "INDIRECT", "CHOOSE", "SUMIF", "SUMIFS", "MATCH", "VLOOKUP", "HLOOKUP", "LOOKUP", "ADDRESS", "ROW",
    "ROWS", "COLUMN", "COLUMNS", "MOD", "QUOTIENT", "IFERROR", "ISERROR", "N",
}  # fmt: skip
"""Functions that look something up, or work out where it is."""
ARG_MAX = re.compile(r"MATCH\((MAX|MIN)\(([^()]*)\),\2,0\)-1")
"""That is what arg-max is, in words of a spreadsheet."""
REDUCED = re.compile(r"(?:MAX|MIN|SUM|AVERAGE)\('(?:[^']|'')+'!\$?[A-Z]{1,3}\$?[0-9]+:\$?[A-Z]{1,3}\$?[0-9]+\)")
"""The largest of some of the network's numbers, for example: the score of the digit that is read."""
CONSTANT = re.compile(r"-?[0-9.]+(?:E[+-]?[0-9]+)?(?:/[0-9.]+)?")
MOST_NUMBERS, MOST_ON_AN_ARROW = 2, 4
"""So many numbers of the network a slope is worked out from; and one on an arrow of the path, through ReLU and pool."""
PASSES = ("After", "Nudged", "Update", "Inputs in use")
"""How the hidden sheets begin that a story may read: other passes, and the inputs as the network reads them."""
FORWARD, BACKWARD, UPDATE = "FF0B5394", "FFB45F06", "FF38761D"


@pytest.fixture(scope="module")
def story(made_of):
    """The sheets of the story of a workbook, by its kind."""
    return cache(lambda kind: story_of(made_of(kind).path))


@pytest.mark.parametrize("kind", EACH)
def test_a_number_is_computed_by_a_formula_that_a_person_reads(kind, story):
    for sheet in story(kind):
        lengths = {cell: len(formula) for cell, formula in sheet.number_formulas.items()}
        assert lengths, sheet.name
        assert statistics.median(lengths.values()) <= MEDIAN, sheet.name
        assert {cell: sheet.formulas[cell] for cell, length in lengths.items() if length > LONGEST} == {}, sheet.name


@pytest.mark.parametrize("kind", EACH)
def test_an_operand_is_a_reference_or_one_index(kind, story):
    odd = {
        f"{sheet.name}!{cell}": formula
        for sheet in story(kind)
        for cell, formula in sheet.number_formulas.items()
        if not _is_plain(formula, MOST_ON_AN_ARROW if sheet.name.endswith("the path") else MOST_NUMBERS)
    }
    assert odd == {}


def _is_plain(formula: str, most: int) -> bool:
    """Whether it is an operand, arithmetic on cells of its own sheet, or a slope of a few of the network's numbers."""
    if "INDEX(" in formula:
        return len(formula) <= LONGEST_INDEX and is_one_index(formula.removeprefix("-"))
    if (
        any(own_areas(formula))
        or is_reference(formula)
        or CONSTANT.fullmatch(formula)
        or ARG_MAX.fullmatch(formula)
        or REDUCED.fullmatch(formula)
    ):
        return True
    numbers = references_in(formula)
    return (
        not any(":" in each for each in numbers)
        and len(numbers) <= most
        and len(formula) <= (LONGEST_INDEX if most == MOST_NUMBERS else LONGEST)
    )


@pytest.mark.parametrize("kind", EACH)
def test_no_formula_looks_something_up(kind, story):
    for sheet in story(kind):
        for cell, formula in sheet.formulas.items():
            used = MACHINERY & set(functions_in(ARG_MAX.sub("1", formula)))
            assert not used, f"{sheet.name}!{cell}: {formula}"


@pytest.mark.parametrize("kind", EACH)
def test_nothing_is_hidden_between_operand_and_result(kind, story, made_of):
    path = made_of(kind).path
    hidden = {name for name in hidden_sheets(path) if not name.startswith(PASSES)}
    places = {name: sheets_in(text) for name, text in defined_names(path).items()}
    for sheet in story(kind):
        assert sheet.hidden == [], sheet.name
        for cell, formula in sheet.formulas.items():
            read = sheets_in(formula).union(*(places[name] for name in names_in(formula)))
            assert not read & hidden, f"{sheet.name}!{cell}: {formula}"


@pytest.mark.parametrize("kind", EACH)
def test_the_story_is_a_row_of_at_most_sixteen_sheets_behind_start(kind, story, made_of):
    with zipfile.ZipFile(made_of(kind).path) as package:
        names = [*sheet_parts(package)]
    sheets = story(kind)
    count = len(sheets)
    assert 3 <= count <= MOST_SHEETS
    first = names.index("Start") + 1
    assert names[first : first + count] == [sheet.name for sheet in sheets], (
        "one after another, and nothing between them"
    )
    assert [int(STEP.fullmatch(sheet.name)[1]) for sheet in sheets] == [*range(1, count + 1)]
    for name in (sheet.name for sheet in sheets):
        assert len(name) <= 31, name
        assert not ILLEGAL.search(name), name
    assert len({name.lower() for name in names}) == len(names)


@pytest.mark.parametrize("kind", EACH)
def test_the_tabs_colours_say_which_way_it_goes(kind, story):
    colours = [sheet.colour for sheet in story(kind)]
    forward, backward, update = dict.fromkeys(colours)
    assert colours == sorted(colours, key=[forward, backward, update].index)
    assert colours.count(update) == 1
    assert next(sheet.name.split()[1] for sheet in story(kind) if sheet.colour == backward) in (
        "back,",
        "dead",
        "back",
        "a",
    )


@pytest.mark.parametrize("kind", EACH)
def test_the_links_lead_to_the_neighbours_from_one_place(kind, story, made_of):
    sheets = story(kind)
    with zipfile.ZipFile(made_of(kind).path) as package:
        known = sheet_parts(package).keys()
    order = ["Start", *(sheet.name for sheet in sheets)]
    places = [[], [], []]
    for k, sheet in enumerate(sheets):
        wanted = [order[k], "Start", order[k + 2] if k + 2 < len(order) else None]
        links = [link for link in sheet.links if link.cells[1] == 1]
        assert [link.leads_to for link in links] == [name for name in wanted if name], sheet.name
        assert [link.text for link in links] == [f"← {order[k]}", "Start", f"{wanted[2]} →"][: len(links)]
        assert {link.leads_to for link in sheet.links} <= known, sheet.name
        for place, link in zip(places, links, strict=False):
            left, top, right, bottom = link.cells
            assert (top, bottom) == (1, 1), sheet.name
            assert left == right or link.cells in sheet.merged, (
                f"{sheet.name}: only a part of the link can be clicked on"
            )
            place.append(sheet.pixels(link.cells))
    for name, found in zip(("←", "Start", "→"), places, strict=True):
        lefts, tops, rights, bottoms = zip(*found, strict=True)
        assert max(lefts) + 20 <= min(rights), f"{name}: no place of 20 pixels is the link on all sheets: {found}"
        assert max(tops) + 12 <= min(bottoms)


@pytest.mark.parametrize("kind", EACH)
def test_start_links_to_each_sheet(kind, story, made_of):
    with zipfile.ZipFile(made_of(kind).path) as package:
        start = package.read(sheet_parts(package)["Start"]).decode()
    leads_to = re.findall(r"""<hyperlink [^>]*location="'((?:[^']|'')+)'!""", start)
    assert {name for name in leads_to if STEP.fullmatch(name)} == {sheet.name for sheet in story(kind)}


@pytest.mark.parametrize("kind", EACH)
def test_a_sheet_ends_within_the_screen_and_prints_as_one_page(kind, story):
    for sheet in story(kind):
        across, down = sheet.edges
        assert max(across.values()) <= WIDEST, f"{sheet.name} is {max(across.values())} pixels wide"
        assert max(down.values()) <= HIGHEST, f"{sheet.name} is {max(down.values())} pixels high"
        page = sheet.xml.find("{*}pageSetup")
        assert (page.get("orientation"), page.get("fitToWidth"), page.get("fitToHeight")) == ("landscape", "1", "1")
        assert sheet.xml.find("{*}sheetPr/{*}pageSetUpPr").get("fitToPage") == "1"


@pytest.mark.parametrize("kind", EACH)
def test_no_control_and_no_macro_is_anywhere(kind, made_of):
    with zipfile.ZipFile(made_of(kind).path) as package:
        odd = [
            name
            for name in package.namelist()
            if re.search(r"vml|ctrlProp|vba|activeX|\.bin|embeddings|macro", name, re.IGNORECASE)
        ]
        types = package.read("[Content_Types].xml").decode()
        parts = [package.read(part) for part in sheet_parts(package).values()]
    assert odd == []
    assert not re.search("vml|macro|control", types, re.IGNORECASE)
    assert not any(re.search(rb"<(?:control|legacyDrawing|oleObject)[ >s]", part) for part in parts)


@pytest.mark.parametrize("kind", EACH)
def test_what_may_be_chosen_is_a_yellow_cell_that_begins_within_its_limits(kind, story):
    for sheet in story(kind):
        for cell, (least, most) in sheet.choices.items():
            assert least == 1 < most, f"{sheet.name}!{cell}"
            assert least <= sheet.stored[cell] <= most
            assert cell not in sheet.formulas


def test_all_examples_and_lessons_are_looked_at():
    from tests.support.lessons import LESSONS

    assert {f"lesson {name}" for name in LESSONS} <= set(ALL)
    assert TEACHING in ALL


@pytest.mark.parametrize("kind", EACH)
def test_the_line_with_the_path_names_other_sheets_only(kind, story):
    """Before: "… ← ∂L/∂(max pool) = 0.3238 (sheet 12)" on sheet 12."""
    lines = {
        sheet.name: formula
        for sheet in story(kind)
        for formula in sheet.formulas.values()
        if '&"]"' in formula and re.search(r"[→←]", formula)
    }
    assert lines
    named = {name: re.findall(r"\(sheet (\d+)\)", formula) for name, formula in lines.items()}
    assert [name for name, numbers in named.items() if name.split()[0] in numbers] == []


@pytest.mark.parametrize("kind", EACH)
def test_no_result_is_worked_out_from_the_number_that_it_is_held_against(kind, story):
    """Else its ✓ would say nothing. What stands in for a logarithm of 0 may be that number."""
    for sheet in story(kind):
        for check, result, own in sheet.checks:
            assert sheet.formulas[own] not in _read_behind(sheet, result), f"{sheet.name}!{check}"


def _read_behind(sheet, cell):
    """The cells of other sheets, one by one, that a cell is worked out from, by way of its own sheet."""
    found, seen, waiting = set(), set(), [cell]
    while waiting:
        at = waiting.pop()
        formula = re.sub(r"IFERROR\((.*),[^,()]*\)", r"\1", sheet.formulas.get(at, ""))
        if at in seen or not formula:
            continue
        seen.add(at)
        found |= {each for each in re.split(r"[-+*/(),]", formula) if is_reference(each)}
        for left, top, right, bottom in own_areas(formula):
            waiting += [cell_at(row, col) for row in range(top, bottom + 1) for col in range(left, right + 1)]
    return found
