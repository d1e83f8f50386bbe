"""Take the pictures of README, of the pages in docs/ and of the examples, in a LibreOffice window on no real screen.

Those of pages are taken in Chromium, without a window.

python docs/make_pictures.py                   all of them, in some two minutes
python docs/make_pictures.py lens examples     some of them

A picture shows the cells of a window of 1366×768 pixels, without menus. What that takes stands in
tests/support/window.py.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.arranged import arranged  # noqa: E402

from excel_export.optim import RULES  # noqa: E402
from mnist_adder.data.bundled import bundled_digits  # noqa: E402
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint  # noqa: E402
from mnist_adder.workbook.teaching_page import write_page  # noqa: E402
from tests.support.chromium import LAPTOP, PHONE, Opened, chromium  # noqa: E402
from tests.support.hands import PAINTED, SEVEN, Hands  # noqa: E402
from tests.support.window import Window  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WORKBOOK = ROOT / "workbooks" / "slice-regression.xlsx"
SIZE, COLORS, GAP = (1366, 768), 256, 12
FORMULA_LINE = 78
"""Where LibreOffice's line with the formula of the chosen cell begins, in pixels from the top of the window."""
SHOW_ME = "Network!B4"

LENS: dict[str, dict[str, object]] = {
    "lens-convolution": {"step": 2},
    "lens-max-pool": {"step": 4},
    "lens-softmax": {"step": 6},
    "lens-arg-max": {"step": 12},
    "lens-backward": {"story": 0, "step": 36},
    "lens-weight": {"step": 13},
    "lens-update": {"step": 15},
}
"""What the Lens is set to, by the name of the picture."""
PAGES = {
    "page-convolution": (LAPTOP, "#step=7", []),
    "page-weight": (LAPTOP, "#step=41&at=2,1,1,1&view=weight", []),
    "page-way": (LAPTOP, "#step=7&pin=conv1.weight[0,0,1,1]&way=", []),
    "page-training": (LAPTOP, "#step=20", ["#thirty", "#reset", "momentum", "#thirty"]),
    "page-phone": (PHONE, "#step=33", []),
}
"""The screen and the state of a page, and what is clicked there, by the name of the picture."""
MINUTES = {"page-minute": (LAPTOP, 3), "page-minute-phone": ((360, 740), 5)}
"""The screen of a stranger's first minute, and how many pictures stand in a row, by the name of the picture."""
EXAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "one_neuron": ("Network", {"step": 9}),
    "xor": ("Network", {"step": 11}),
    "small_cnn": ("Lens", {"step": 15, "result": 2}),
    "oscillation": ("Lens", {"step": 10, "at": "1,0"}),
    "letters": ("Through time", {}),
    "attention": ("Lens", {"step": 9, "at": "2,0"}),
    "transformer_encoder": ("Lens", {"step": 10, "at": "0,2,1"}),
    "tiny_gpt": ("Writing", {}),
}
"""The sheet to show of each example, and its settings."""
LESSONS: dict[str, tuple[str, dict[str, object]]] = {
    "01-one-neuron": ("Chain rule", {}),
    "02-two-layers": ("Lesson", {}),
    "03-softmax": ("Derivation", {}),
    "04-convolution": ("Lens", {"step": 2}),
    "05-relu-and-max-pool": ("Network", {}),
    "06-batch": ("Training", {}),
    "07-learning-rules": ("Valley", {}),
    "08-recurrence": ("Through time", {}),
    "09-attention": ("Lens", {"step": 9, "at": "2,0"}),
}
"""The sheet to show of each lesson, and its settings."""


def lens() -> Iterator[Path]:
    """Take the Lens at some steps."""
    with Window(WORKBOOK, SIZE) as window:
        for name, settings in LENS.items():
            yield take(window, name, "Lens", settings)


def sheets() -> Iterator[Path]:
    """Take each sheet that has a tab, but for the Lens."""
    with Window(WORKBOOK, SIZE) as window:
        for sheet in window.sheets():
            if sheet not in ("Lens", "Network"):
                yield take(window, f"sheet-{sheet.replace(' ', '-')}", sheet, {})
        yield network(window)


def pages() -> Iterator[Path]:
    """The page of the teaching network."""
    network, _ = load_checkpoint(find_checkpoint("slice-regression"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        write_page(network, bundled_digits()[7], 5, path)
        for name, (size, state, clicks) in PAGES.items():
            with chromium(size) as opened:
                shown = opened.goto(path, state).page
                for each in clicks:
                    shown.select_option("#rule", label=each) if each in RULES else shown.click(each)
                shown.mouse.move(0, 0)
                shown.screenshot(path=str(Path(folder) / "page.png"))
            yield save(Image.open(Path(folder) / "page.png"), name)


def minutes() -> Iterator[Path]:
    """Take each screen of a stranger's first minute, all as one picture."""
    network, _ = load_checkpoint(find_checkpoint("slice-regression"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        write_page(network, bundled_digits()[7], 5, path)
        for name, (size, in_a_row) in MINUTES.items():
            with chromium(size) as opened:
                opened.goto(path)
                screens = [Image.open(BytesIO(screen)) for screen in minute(opened)]
            yield save(side_by_side(screens, in_a_row), name)


def minute(opened: Opened) -> Iterator[bytes]:
    """Go through the first minute: paint a 7, say that it is read rightly, follow a pixel."""
    hand, page = Hands(opened), opened.page
    yield page.screenshot()
    hand.stroke(PAINTED, SEVEN)
    yield page.screenshot()
    hand.click("#right")
    yield page.screenshot()
    hand.click("#follow")
    while hand.text("#tour"):
        page.evaluate("scrollTo(0, 0)")
        yield page.screenshot()
        hand.click("#tour-next")


def side_by_side(screens: list[Image.Image], in_a_row: int) -> Image.Image:
    """Put pictures of one size into rows, at half their size, with a gap between."""
    width, height = (side // 2 for side in screens[0].size)
    rows = -(-len(screens) // in_a_row)
    sheet = Image.new("RGB", (in_a_row * (width + GAP) - GAP, rows * (height + GAP) - GAP), "white")
    for k, screen in enumerate(screens):
        place = (k % in_a_row * (width + GAP), k // in_a_row * (height + GAP))
        sheet.paste(screen.resize((width, height), Image.Resampling.LANCZOS), place)
    return sheet


def examples() -> Iterator[Path]:
    """Take a sheet of what each file of examples/ writes."""
    with tempfile.TemporaryDirectory() as work:
        for name, (sheet, settings) in EXAMPLES.items():
            workbook = Path(work) / f"{name}.xlsx"
            export_example(name, workbook)
            with Window(workbook, SIZE) as window:
                yield take(window, f"example-{name}", sheet, settings)


def lessons() -> Iterator[Path]:
    """Take a sheet of each lesson."""
    for name, (sheet, settings) in LESSONS.items():
        with Window(WORKBOOK.parent / "lessons" / f"{name}.xlsx", SIZE) as window:
            yield take(window, f"lesson-{name}", sheet, settings)


def network(window: Window) -> Path:
    """Take the Network sheet where a gradient has just become known, with the formula of one cell."""
    with arranged(window, "Network", {"step": 42}):
        left, top, _, height = window.cell_on_screen(SHOW_ME) or (0, 0, 0, 0)
        window.follow(left + height, top + height / 2)
        # From the range that the link leads to, to a single cell of it.
        window.press("Down")
        return save(sheet_of(window, FORMULA_LINE), "sheet-Network")


GROUPS: dict[str, Callable[[], Iterator[Path]]] = {
    "lens": lens,
    "pages": pages,
    "minutes": minutes,
    "sheets": sheets,
    "examples": examples,
    "lessons": lessons,
}


def export_example(name: str, target: Path) -> None:
    """Write the workbook of examples/NAME.py, as the file itself does."""
    subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), str(target)], check=True, stdout=subprocess.DEVNULL
    )


def take(window: Window, name: str, sheet: str, settings: dict[str, object]) -> Path:
    """Write the picture of a sheet with some settings."""
    with arranged(window, sheet, settings):
        return save(sheet_of(window), name)


def sheet_of(window: Window, begin: int | None = None) -> Image.Image:
    """Return what the window shows of its sheet, or all from a line on, without what is empty behind and below."""
    left, top, width, height = window.sheet_on_screen()
    corner = (left, top) if begin is None else (0, begin)
    picture = window.picture().crop((*corner, left + width, top + height))
    empty = Image.new(picture.mode, picture.size, picture.getpixel((picture.width - 1, picture.height - 1)))
    _, _, right, bottom = ImageChops.difference(picture, empty).getbbox() or (0, 0, *picture.size)
    return picture.crop((0, 0, right, bottom))


def save(picture: Image.Image, name: str) -> Path:
    """Write a picture with a palette, because a picture of a sheet has few colours."""
    target = IMAGES / f"{name}.png"
    picture.quantize(COLORS).save(target, optimize=True)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help=", ".join(GROUPS))
    for group in parser.parse_args().groups or GROUPS:
        for path in GROUPS[group]():
            print(path)
