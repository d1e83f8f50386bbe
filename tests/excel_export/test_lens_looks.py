"""The colours of the Lens's boxes, choices, lines and numbers, at each step: from the file."""

import pytest
from excel_export.sheets.lens.strip import ARROW, BOX, COUNT
from openpyxl.utils.cell import coordinate_to_tuple

from excel_export import export
from excel_export.sheets.lens import choices
from excel_export.sheets.lens.layout import HEADS, LANES, LINE, MAIN, NAME, NUMBER, NUMBERS, STRIP
from excel_export.views.groups import COLUMNS, ROWS
from excel_export.views.slots import COUNT as SLOTS
from excel_export.xlsx.styles import (
    BACKWARD,
    BACKWARD_PALE,
    FAINT,
    FORWARD_PALE,
    GRADIENT_SHADES,
    HIGHLIGHT,
    IDLE,
    PAPER,
    VALUE_SHADES,
)
from tests.excel_export.test_lens import Net, inputs_of_net
from tests.support.cells import cell
from tests.support.lens import Places, Shown, first_column
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.looks import Looks

BOXES = [(NAME, cell(STRIP + lane, MAIN + k * (BOX + ARROW))) for lane in range(LANES) for k in range(COUNT)]
LAST_OF_BOXES = [
    (NAME, cell(STRIP + lane, MAIN + k * (BOX + ARROW) + BOX - 1)) for lane in range(LANES) for k in range(COUNT)
]
SUMS = (NAME, cell(LINE, MAIN))
HEADINGS = [(NAME, cell(HEADS, first_column(k))) for k in range(SLOTS)]
LARGE = [(k, [[(NAME, cell(NUMBERS + i, first_column(k) + j * NUMBER)) for j in range(COLUMNS)] for i in range(ROWS)])
         for k in range(SLOTS)]  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looks")
    path = folder / "net.xlsx"
    export(Net(), inputs_of_net(), path)
    live = Live(path, folder)
    places = Places(path, live)
    chosen = [places.part_cell, places.tensor_cell, *places.index_cells, places.group_cell]
    numbers = [place for _, rows in LARGE for row in rows for place in row]
    return live, places, Looks(path, live, [*BOXES, *LAST_OF_BOXES, SUMS, *HEADINGS, *chosen, *numbers])


@pytest.fixture(params=only_quick([3, 7], 7))
def some_steps(request, opened):
    """A third of the steps, or a seventh, and the last one, each with what the Lens shows and how."""
    return at_some_steps(opened, request.param)


def at_some_steps(opened, every):
    live, places, looks = opened
    last = int(live.value("steps"))
    for step in {*range(1, last, every), last}:
        live.type({"step": step})
        yield Shown(live, places), looks


def test_one_box_is_lit_and_the_others_say_what_is_done(opened, some_steps):
    live, *_ = opened
    seen = set()
    for _, looks in some_steps:
        named = [place for place in BOXES if live.value(place)]
        fills = [looks.fill(place) or looks.ink(place) for place in named]
        assert fills.count(HIGHLIGHT) <= 1
        assert set(fills) <= {HIGHLIGHT, FORWARD_PALE, BACKWARD_PALE, IDLE}
        seen |= set(fills)
    assert seen == {HIGHLIGHT, FORWARD_PALE, BACKWARD_PALE, IDLE}


def test_where_there_is_no_box_nothing_is_drawn(opened, some_steps):
    live, *_ = opened
    seen = set()
    for _, looks in some_steps:
        for first, last in zip(BOXES, LAST_OF_BOXES, strict=True):
            seen.add(bool(live.value(first)))
            for place in (first, last):
                assert looks.has_no_border(place) == (not live.value(first)), place
    assert seen == {True, False}


def test_a_choice_is_grey_where_there_is_nothing_to_choose(opened, some_steps):
    live, places, _ = opened
    labels = {
        places.part_cell: choices.PART_LABEL, places.tensor_cell: choices.TARGET_LABEL,
        **dict.fromkeys((*places.index_cells, places.group_cell), choices.LABEL),
    }  # fmt: skip
    used = set()
    for _, looks in some_steps:
        for place, width in labels.items():
            label = live.value(left_of(place, width))
            assert looks.fill(place) == ("" if label else FAINT), (place, label)
            used |= {place} if label else set()
    assert len(used) >= 4


def test_a_choice_that_cannot_be_made_is_marked(opened):
    live, places, looks = opened
    live.type({"step": 4, places.index_cells[-1]: 1_000})
    assert looks.fill(places.index_cells[-1]) not in ("", FAINT)
    live.type({places.index_cells[-1]: "auto"})
    assert looks.fill(places.index_cells[-1]) == ""


def test_lines_and_headings_are_orange_in_the_backward_pass(opened, some_steps):
    seen = set()
    for shown, looks in some_steps:
        backward = shown.field("backward") == 1
        assert looks.ink(SUMS) == (BACKWARD if backward else "")
        for number, place in enumerate(HEADINGS):
            is_grad = shown.field(f"slot {number + 1}: gradient") == 1
            assert looks.ink(place) == (BACKWARD if is_grad else "")
            seen.add((backward, is_grad))
    assert len(seen) == 4


def test_numbers_have_the_colour_of_their_sign_and_of_what_they_are(opened, some_steps):
    live, *_ = opened
    framed = set()
    for shown, looks in some_steps:
        for number, rows in LARGE:
            is_grad = shown.field(f"slot {number + 1}: gradient") == 1
            shades = GRADIENT_SHADES if is_grad else VALUE_SHADES
            largest = shown.field(f"slot {number + 1}: full colour of numbers") / shown.field(
                f"slot {number + 1}: unit shown"
            )
            for place in (place for row in rows for place in row):
                value, fill = live.value(place), looks.fill(place)
                if not isinstance(value, float) or abs(value) < largest / 20:
                    assert fill in ("", PAPER), (place, value, fill)
                elif abs(value) > largest / 12:
                    assert fill in {shade[0 if value > 0 else 1] for shade in shades}, (place, value, fill)
                if looks.is_framed(place):
                    framed.add(number)
    assert len(framed) >= 2


def left_of(place, columns):
    """The cell that stands so many columns to the left."""
    row, col = coordinate_to_tuple(place[1])
    return place[0], cell(row, col - columns)
