"""The Lens in a window, as a person sees it: each step is on one screen, and each changes what one reads."""

import time
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from excel_export.sheets.lens.choices import ANY_BOX, MOST_INDICES, choice_col
from excel_export.sheets.lens.lens_layout import CHOICE, HEAD, HEADS, LAST, LINE, MAIN, NAME, PICTURE, STORY
from excel_export.sheets.lens.lens_layout import WORDS as WORDS_ROW
from excel_export.sheets.lens.panel import NAMED
from excel_export.sheets.names import LENS_STEP
from tests.support.cells import cell
from tests.support.steps import step_numbers
from tests.support.window import IN_A_WINDOW, PATIENCE, Rectangle, Window


def corner(row: int, col: int) -> str:
    """A cell of the Lens."""
    return f"{NAME}!{cell(row, col)}"


pytestmark = IN_A_WINDOW
SIZES = [(1366, 768), (1920, 1080)]
SOME = ("the inputs", "first conv →", "ReLU of first conv →", "digit's loss →", "← digit's loss", "← first conv",
        "the updated parameters")  # fmt: skip
LAPTOP = 1240, 440
"""The pixels that Excel leaves for cells on a laptop of today, with the ribbon open."""
TITLE = corner(HEAD, LENS_STEP.col + 28)
WORDS = TITLE, corner(WORDS_ROW, LAST)
NUMBERS = corner(HEADS, MAIN), corner(LINE, LAST)
FIRST_CELL, LAST_CELL = corner(HEAD, 1), corner(CHOICE, LAST)
PAINTED = 1
"""How long to wait for the screen to be painted, in seconds."""


@pytest.fixture(scope="module")
def made(made_of) -> Path:
    return made_of("slice-regression alone").path


def between(window: Window, corners: tuple[str, str]) -> Rectangle:
    """The part of the screen from one cell to another, both of which must be in view."""
    first, last = (window.cell_on_screen(corner) for corner in corners)
    assert first is not None, f"{corners[0]} is not on the screen of {window.size}"
    assert last is not None, f"{corners[1]} is not on the screen of {window.size}"
    return first[0], first[1], last[0] + last[2], last[1] + last[3]


def look(window: Window, steps) -> None:
    """Go through the steps; each must change the words and the numbers, without scrolling."""
    window.show("Lens")
    left, top, right, bottom = between(window, (FIRST_CELL, LAST_CELL))
    assert right - left <= LAPTOP[0], "a laptop's screen is narrower"
    assert bottom - top <= LAPTOP[1], "a laptop's screen is lower"
    regions = {"words": between(window, WORDS), "numbers": between(window, NUMBERS)}
    before: dict[str, Image.Image] = {}
    window.set("story", 0)
    for step in steps:
        window.set("step", step)
        until = time.monotonic() + PATIENCE
        while True:
            picture = window.picture()
            now = {name: picture.crop(region) for name, region in regions.items()}
            unchanged = {name for name in before if not differ(before[name], now[name])}
            if not unchanged or time.monotonic() > until:
                break
        assert not unchanged, f"step {step} does not change the {' and the '.join(sorted(unchanged))}"
        before = now


def differ(one: Image.Image, other: Image.Image, *, in_more_than_lines: bool = False) -> bool:
    difference = ImageChops.difference(one, other)
    if in_more_than_lines:
        difference = difference.filter(ImageFilter.MinFilter(3))
    return difference.getbbox() is not None


@pytest.mark.parametrize("size", SIZES)
def test_some_steps_are_each_on_one_screen(made, size):
    with Window(made, size) as window:
        numbers = step_numbers(made)
        look(window, [numbers[name] for name in SOME])


def test_every_step_is_on_one_small_screen(made):
    with Window(made, min(SIZES)) as window:
        window.set("story", 0)
        look(window, range(1, int(window.value("steps")) + 1))


def test_a_click_does_the_same_as_typing(made):
    with Window(made) as window:
        window.show("Lens")
        window.set("story", 0)
        window.set("step", 5)
        region = between(window, (WORDS[0], NUMBERS[1]))
        typed = shown_at(window, 5).crop(region)
        window.set("step", 4)
        assert differ(typed, shown_at(window, 4).crop(region), in_more_than_lines=True)
        left, top, width, height = window.control_on_screen("Spinner 2")
        window.click(left + width * 0.75, top + height / 2)
        # A border that is painted twice is a little darker.
        assert not differ(typed, shown_at(window, 5).crop(region), in_more_than_lines=True)


def test_the_bar_below_the_map_goes_to_the_step_of_a_box(made):
    """In the story, too: it counts among all steps."""
    with Window(made) as window:
        window.show("Lens")
        bar = next(name for name in window.controls() if name.startswith("Scroll"))
        left, top, width, height = window.control_on_screen(bar)
        before = window.value("step_shown")
        window.click(left + width * 0.9, top + height / 2)
        until = time.monotonic() + PATIENCE
        while window.value("step_shown") == before and time.monotonic() < until:
            time.sleep(0.1)
        assert window.value("step") == window.value("step_shown") + ANY_BOX
        assert window.value("story") == 1


def shown_at(window: Window, step: int) -> Image.Image:
    """What is on the screen once the Lens has come to a step."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if window.value("step") == window.value("step_shown") == step:
            time.sleep(PAINTED)
            return window.picture()
    raise AssertionError(f"the Lens does not come to step {step}: {window.value('step')}")


def test_a_click_shows_the_next_picture(made):
    with Window(made) as window:
        window.set("picture", 4)
        window.show("Lens")
        left, top, _, height = window.cell_on_screen(corner(LINE, STORY + NAMED))
        buttons = [window.control_on_screen(name) for name in window.controls()]
        button = next(each for each in buttons if each and 0 < each[0] - left < 120 and abs(each[1] - top) < height / 2)
        window.click(button[0] + button[2] * 0.75, button[1] + button[3] / 2)
        until = time.monotonic() + PATIENCE
        while window.value("picture_number") != 5 and time.monotonic() < until:
            time.sleep(0.1)
        assert window.text(corner(LINE, STORY + NAMED)) == window.value("Digits!B10") == "a messy 1"


def test_a_frame_moves_whole(made):
    """LibreOffice paints only cells that have changed; the line between two squares lies in both.

    Not so that above the first squares, whose other half is the cell above: it may be painted with the next change.
    """
    with Window(made) as window:
        window.set("story", 0)
        window.set("step", 5)
        window.show("Lens")
        left, _, right, bottom = between(window, (WORDS[0], NUMBERS[1]))
        first_line = between(window, (corner(PICTURE, MAIN), corner(PICTURE, MAIN)))[1]
        region = left, first_line + 1, right, bottom
        before = shown_at(window, 5).crop(region)
        window.set(corner(CHOICE, choice_col(MOST_INDICES - 1)), 8)
        until = time.monotonic() + PATIENCE
        while window.value("lens_index_4") != 8 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(PAINTED)
        moved = window.picture().crop(region)
        window.show("Start")
        window.show("Lens")
        time.sleep(PAINTED)
        painted_anew = window.picture().crop(region)
        assert differ(before, moved, in_more_than_lines=True)
        # A border that is painted twice is a little darker.
        difference = ImageChops.difference(moved, painted_anew).convert("L")
        assert difference.getextrema()[1] < 100
