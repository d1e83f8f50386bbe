"""Take the pictures of README, of the pages in docs/ and of the examples, in a LibreOffice window on no real screen.

Those of pages are taken in Chromium, without a window.

python docs/make_pictures.py                   all of them, in some two minutes
python docs/make_pictures.py story examples    some of them

A picture shows the cells of a window, without menus. What that takes stands in
tests/support/window.py.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from excel_export.optim import RULES  # noqa: E402
from mnist_adder.data.bundled import bundled_digits  # noqa: E402
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint  # noqa: E402
from mnist_adder.workbook.teaching_page import write_page  # noqa: E402
from tests.support.chromium import LAPTOP, PHONE, Opened, chromium  # noqa: E402
from tests.support.hands import PAINTED, SEVEN, Hands  # noqa: E402
from tests.support.window import Window  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WORKBOOK = ROOT / "workbooks" / "slice-regression.xlsx"
SIZE, COLORS, GAP = (1400, 768), 256, 12
WIDE = (1480, 768)
"""LibreOffice draws a sheet a little wider than Excel does, most of all one of the story."""
FORMULA_LINE = 78
"""Where LibreOffice's line with the formula of the chosen cell begins, in pixels from the top of the window."""
SHOWN, CHOSEN = "∂L/∂input1.weight", "Explain!I5"
"""What Network is shown at, and the link that leads there from Explain."""

STORY = {"story-convolution": "2 convolution", "story-weight": "14 a weight", "story-path": "15 the path"}
"""The sheets of the story to show, by the name of the picture."""
PAGES = {
    "page-convolution": (LAPTOP, "#step=7", []),
    "page-weight": (LAPTOP, "#step=41&at=2,1,1,1&view=weight", []),
    "page-way": (LAPTOP, "#step=7&pin=conv1.weight[0,0,1,1]&way=", []),
    "page-training": (LAPTOP, "#step=20", ["#thirty", "#reset", "momentum", "#thirty"]),
    "page-phone": (PHONE, "#step=33", []),
}
"""The screen and the state of a page, and what is clicked there, by the name of the picture."""
MINUTES = {"page-minute": (LAPTOP, 3), "page-minute-phone": ((360, 740), 6)}
"""The screen of a stranger's first minute, and how many pictures stand in a row, by the name of the picture."""
EXAMPLES = {
    "one_neuron": "the path",
    "xor": "a weight",
    "small_cnn": "a weight",
    "oscillation": "a weight",
    "letters": "Through time",
    "attention": "softmax",
    "transformer_encoder": "attention",
    "tiny_gpt": "Writing",
}
"""The sheet to show of each example; one of the story without its number."""
LESSONS = {
    "01-one-neuron": "Chain rule",
    "02-two-layers": "Lesson",
    "03-softmax": "Derivation",
    "04-convolution": "convolution",
    "05-relu-and-max-pool": "Network",
    "06-batch": "Training",
    "07-learning-rules": "Valley",
    "08-recurrence": "Through time",
    "09-attention": "softmax",
}
"""The sheet to show of each lesson; one of the story without its number."""


def story() -> Iterator[Path]:
    """Take some sheets of the story."""
    with window_of(WORKBOOK, WIDE) as window:
        for name, sheet in STORY.items():
            yield take(window, name, sheet)


def sheets() -> Iterator[Path]:
    """Take each sheet that has a tab, but for those of the story."""
    with window_of(WORKBOOK) as window:
        for sheet in window.sheets():
            if not sheet[0].isdigit() and sheet != "Network":
                yield take(window, f"sheet-{sheet.replace(' ', '-')}", sheet)
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
    """Go through the first minute: paint a 7; take a digit that is misread, teach it; follow a pixel there and back."""
    hand, page = Hands(opened), opened.page
    yield page.screenshot()
    hand.stroke(PAINTED, SEVEN)
    yield page.screenshot()
    hand.click("#take")
    yield page.screenshot()
    hand.click("#teach")
    hand.wait("document.getElementById('kept-back')")
    yield page.screenshot()
    hand.click("#follow")
    page.evaluate("scrollTo(0, 0)")
    yield page.screenshot()
    while hand.text("#tour-next").startswith("next"):
        hand.click("#tour-next")
    page.evaluate("scrollTo(0, 0)")
    yield page.screenshot()


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
        for name, sheet in EXAMPLES.items():
            workbook = Path(work) / f"{name}.xlsx"
            export_example(name, workbook)
            with window_of(workbook, WIDE) as window:
                yield take(window, f"example-{name}", sheet)


def lessons() -> Iterator[Path]:
    """Take a sheet of each lesson."""
    for name, sheet in LESSONS.items():
        with window_of(WORKBOOK.parent / "lessons" / f"{name}.xlsx", WIDE) as window:
            yield take(window, f"lesson-{name}", sheet)


def network(window: Window) -> Path:
    """Take the Network sheet at the gradient of a weight, with its formula."""
    window.set("explain_tensor", SHOWN)
    window.show("Explain")
    left, top, _, height = window.cell_on_screen(CHOSEN) or (0, 0, 0, 0)
    window.follow(left + height, top + height / 2)
    return save(sheet_of(window, FORMULA_LINE), "sheet-Network")


GROUPS: dict[str, Callable[[], Iterator[Path]]] = {
    "story": story,
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


@contextmanager
def window_of(path: Path, size: tuple[int, int] = SIZE) -> Iterator[Window]:
    """Open a workbook in a window that marks no word as misspelled."""
    with Window(path, size) as window:
        window.press("shift+F7")
        yield window


def take(window: Window, name: str, sheet: str) -> Path:
    """Write the picture of a sheet."""
    window.show(next(each for each in window.sheets() if sheet in (each, each.partition(" ")[2])))
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
