"""The colours of the Lens's boxes, choices, lines and numbers, at each step: from the file."""

import pytest
from openpyxl.utils.cell import coordinate_to_tuple

from excel_export.sheets.lens import choices
from excel_export.sheets.lens.arrangements import LOSSES, PRODUCTS
from excel_export.sheets.lens.lens_layout import HEADS, LANES, LAST, LINE, MAIN, MAP, NAME, NUMBER, NUMBERS, slot
from excel_export.views.groups import COLUMNS, ROWS
from excel_export.views.slots import COUNT as SLOTS
from excel_export.workbook import styles
from tests.excel_export.test_lens import Net, inputs_of_net
from tests.support.cells import cell
from tests.support.conditional_formats import ConditionalFormats
from tests.support.lens import Shown
from tests.support.lens_truth import Opened
from tests.support.long_proofs import only_quick
from tests.support.sheets import load_sheet

SUMS = (NAME, cell(LINE, MAIN))
HEADINGS = [(NAME, cell(HEADS, slot(k))) for k in range(SLOTS)]
LARGE = [(k, [[(NAME, cell(NUMBERS + i, slot(k) + j * NUMBER)) for j in range(COLUMNS)] for i in range(ROWS)])
         for k in range(SLOTS)]  # fmt: skip
FORWARD_ARROWS, BACKWARD_ARROWS = set("→↘↗⇢"), set("←↖↙⇠")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    book = Opened(Net(), inputs_of_net(), tmp_path_factory.mktemp("formats"))
    live, places = book.live, book.places
    live.type({"story": 0})
    chosen = [places.part_cell, places.tensor_cell, *places.index_cells, places.group_cell]
    numbers = [place for _, rows in LARGE for row in rows for place in row]
    sheet = load_sheet(book.path, NAME)
    formats = ConditionalFormats(sheet, live, [*boxes(sheet), SUMS, *HEADINGS, *chosen, *numbers])
    return live, places, formats, boxes(sheet)


def boxes(sheet):
    """The boxes of the map, which are written in bold; between them are the arrows."""
    areas = [area for area in sheet.merged_cells.ranges if MAP <= area.min_row < MAP + LANES and area.min_col >= MAIN]
    firsts = [sheet.cell(area.min_row, area.min_col) for area in areas]
    return [(NAME, first.coordinate) for first in firsts if first.font.bold]


@pytest.fixture(params=only_quick([3, 20], 20))
def some_steps(request, opened):
    """A third of the steps, or a twentieth, and the last one, each with what the Lens shows and how."""
    return at_some_steps(opened, request.param)


def at_some_steps(opened, every):
    live, places, formats, _ = opened
    last = int(live.value("steps"))
    for step in {*range(1, last, every), last}:
        live.type({"step": step})
        yield Shown(live, places), formats


def test_one_box_is_lit_and_the_others_say_what_is_done(opened, some_steps):
    live, *_, boxes = opened
    seen = set()
    for _, formats in some_steps:
        fills = [formats.fill(place) or formats.ink(place) for place in boxes]
        assert all(live.value(place) for place in boxes)
        assert fills.count(styles.HIGHLIGHT) <= 1
        assert set(fills) <= {styles.HIGHLIGHT, styles.FORWARD_PALE, styles.BACKWARD_PALE, styles.IDLE}
        seen |= set(fills)
    assert seen == {styles.HIGHLIGHT, styles.FORWARD_PALE, styles.BACKWARD_PALE, styles.IDLE}


def test_arrows_point_the_way_that_is_gone(opened, some_steps):
    live, *_ = opened
    seen = set()
    for shown, _ in some_steps:
        texts = {live.value((NAME, cell(row, col))) for row in range(MAP, MAP + LANES) for col in range(MAIN, LAST)}
        arrows = texts & (FORWARD_ARROWS | BACKWARD_ARROWS)
        step, backward = shown.field("step"), shown.field("is on the way back")
        assert arrows <= (BACKWARD_ARROWS if backward else FORWARD_ARROWS), step
        seen |= arrows
    assert seen & FORWARD_ARROWS
    assert seen & BACKWARD_ARROWS


def test_a_choice_is_not_to_be_seen_where_there_is_nothing_to_choose(opened, some_steps):
    live, places, *_ = opened
    labels = {
        places.part_cell: choices.PART_LABEL, places.tensor_cell: choices.TARGET_LABEL,
        **dict.fromkeys((*places.index_cells, places.group_cell), choices.LABEL),
    }  # fmt: skip
    used = set()
    for _, formats in some_steps:
        for place, width in labels.items():
            label = str(live.value(left_of(place, width)) or "")
            label = "" if label.startswith("no ") else label  # beside a button, which can't be hidden
            assert formats.fill(place) == ("" if label else styles.PAPER), (place, label)
            assert formats.ink(place) == ("" if label else styles.PAPER)
            assert formats.has_no_border(place) == (not label)
            used |= {place} if label else set()
    assert len(used) >= 4


def test_a_choice_that_cannot_be_made_is_marked(opened):
    live, places, formats, _ = opened
    live.type({"step": 4, places.index_cells[-1]: 1_000})
    assert formats.fill(places.index_cells[-1]) == styles.DIFFERS
    live.type({places.index_cells[-1]: "auto"})
    assert formats.fill(places.index_cells[-1]) == ""


def test_lines_and_headings_are_orange_in_the_backward_pass(opened, some_steps):
    seen = set()
    for shown, formats in some_steps:
        backward = shown.field("backward") == 1
        assert formats.ink(SUMS) == (styles.BACKWARD if backward else "")
        for number, place in enumerate(HEADINGS):
            what = f"slot {number + 1}"
            is_grad = shown.field(f"{what}: gradient") == 1 or shown.field(f"{what}: tensor below") > 0
            assert formats.ink(place) == (styles.BACKWARD if is_grad else "")
            seen.add((backward, is_grad))
    assert len(seen) == 4


def test_numbers_have_the_colour_of_their_sign_and_of_what_they_are(opened, some_steps):
    framed, boxed = set(), set()
    for shown, formats in some_steps:
        for number, rows in LARGE:
            what = f"slot {number + 1}"
            mode, is_boxed = shown.field(f"{what}: mode"), shown.field(f"{what}: boxed") == 1
            largest = shown.field(f"{what}: full colour of numbers")
            backward = shown.field("backward") == 1
            exact = shown.rectangle(f"{what}: numbers")
            for row, (line, values) in enumerate(zip(rows, exact, strict=True)):
                for place, value in zip(line, values, strict=True):
                    fill = formats.fill(place)
                    if is_boxed:
                        is_grad = row > 1 if backward else shown.field(f"{what}: gradient") == 1
                    else:
                        of_slot = {PRODUCTS: backward, LOSSES: False}
                        is_grad = of_slot.get(mode, shown.field(f"{what}: gradient") == 1)
                    shades = styles.GRADIENT_SHADES if is_grad else styles.VALUE_SHADES
                    if is_boxed and isinstance(value, float):
                        boxed.add(fill)
                        assert fill in {shade[0 if value >= 0 else 1] for shade in shades}, (place, value, fill)
                    elif not is_boxed and (not isinstance(value, float) or abs(value) < largest / 20):
                        assert fill in ("", styles.PAPER), (place, value, fill)
                    elif not is_boxed and abs(value) > largest / 12:
                        assert fill in {shade[0 if value > 0 else 1] for shade in shades}, (place, value, fill)
                    if formats.is_framed(place):
                        framed.add(number)
    assert len(framed) >= 2
    assert len(boxed) >= 2


def left_of(place, columns):
    """The cell that stands so many columns to the left."""
    row, col = coordinate_to_tuple(place[1])
    return place[0], cell(row, col - columns)
