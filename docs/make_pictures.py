"""Take the pictures of README, of the examples and of the tour, with LibreOffice.

python docs/make_pictures.py                     all of them, in about ten minutes
python docs/make_pictures.py readme examples     some of them

A window is what a person sees, with the formula of one cell in the line above; it is taken on a screen that nobody
needs to have (Xvfb, ImageMagick). A page is a whole sheet, printed (pdftoppm).
"""

import argparse
import importlib.util
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WORKBOOK = ROOT / "workbooks" / "slice-regression.xlsx"

DPI = 300
WIDEST = 1800
COLORS, FEW_COLORS = 128, 16
TALLEST_ROW, LAST_COLUMN = 62, 66
HEADING = 5
"""Rows above a tensor that belong to it."""
# LibreOffice's menus and buttons, its sidebar and its status bar, in pixels.
ABOVE, RIGHT, BELOW = 78, 46, 22
LONGEST = 300
"""Seconds until a workbook without stored values is on the screen."""

# Without the greetings that would lie over the sheet.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product"><prop oor:name="ooSetupLastVersion" oor:op="fuse"><value>99.9</value></prop></item>
</oor:items>"""  # noqa: E501


@dataclass(frozen=True)
class Window:
    """How a workbook lies on the screen when its picture is taken."""

    name: str
    tensor: str
    """The key of the tensor whose first cell is chosen, so that its formula shows."""
    size: tuple[int, int]
    zoom: int
    right: int = 0
    down: int = 0
    """Which cell of the tensor instead, so many to the right and down."""
    step: int | None = None
    below: str | None = None
    """The key of the tensor that the sheet is scrolled down to."""
    sheet: str = "Network"


EXAMPLES = {
    "one_neuron": Window("example-one_neuron", "grad.neuron.weight", (1150, 1010), 75),
    "xor": Window("example-xor", "grad.hidden.weight", (1400, 1120), 70),
    "small_cnn": Window("example-small_cnn", "grad.conv.weight", (1280, 1380), 55, right=1, down=1),
    "attention": Window("example-attention", "softmax", (1280, 1660), 50, down=2),
}
README = (
    Window("readme-forward", "input1", (1640, 860), 50, right=4, down=5, step=5),
    Window("readme-backward", "grad.avg_pool2d", (1640, 860), 50, right=6, down=4, below="grad.avg_pool2d"),
)
STEPS = {10: "step-forward", 36: "step-argmax", 43: "step-backward"}


def readme() -> Iterator[Path]:
    """Take the two pictures on README."""
    for window in README:
        yield take_window(load_workbook(WORKBOOK), window)


def examples() -> Iterator[Path]:
    """Take a picture of what each file of examples/ writes."""
    with tempfile.TemporaryDirectory() as work:
        for name, window in EXAMPLES.items():
            workbook = Path(work) / f"{name}.xlsx"
            export_example(name, workbook)
            yield take_window(load_workbook(workbook), window)


def tour() -> Iterator[Path]:
    """Take a picture of each sheet of the teaching workbook, and of some steps."""
    yield from take_pages(load_workbook(WORKBOOK), WORKBOOK.stem)
    for step, name in STEPS.items():
        book = load_workbook(WORKBOOK)
        show_step(book, step)
        yield from take_pages(book, name, only="Network")


GROUPS: dict[str, Callable[[], Iterator[Path]]] = {"readme": readme, "examples": examples, "tour": tour}


def export_example(name: str, target: Path) -> None:
    """Write the workbook of examples/NAME.py."""
    import excel_export

    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    excel_export.export(*getattr(module, name)(), target)


def show_step(book: Workbook, step: int) -> None:
    """Let the Network sheet show the computation up to a step."""
    sheet, cell = book.defined_names["step_on_network"].attr_text.replace("$", "").split("!")
    book[sheet][cell] = book["Steps"].cell(5 + step, 3).value


def find(book: Workbook, key: str) -> tuple[int, int]:
    """Look up row and column of a tensor's first cell on the Tensors sheet."""
    for row in book["Tensors"].iter_rows(values_only=True):
        if key in row:
            first = book[row[row.index(key) + 3]][row[row.index(key) + 4]]
            return first.row, first.column
    raise KeyError(f"no tensor {key}")


def take_window(book: Workbook, window: Window) -> Path:
    """Write the picture of a window with one cell chosen."""
    if window.step:
        show_step(book, window.step)
    book.active = book.sheetnames.index(window.sheet)
    for sheet in book:
        sheet.sheet_view.tabSelected = sheet.title == window.sheet
    view = book[window.sheet].sheet_view
    view.zoomScale = window.zoom
    row, column = find(book, window.tensor)
    for selection in view.selection:
        selection.activeCell = selection.sqref = f"{get_column_letter(column + window.right)}{row + window.down}"
    if window.below:
        row, column = find(book, window.below)
        view.pane.topLeftCell = f"A{row - HEADING}"
    target = IMAGES / f"{window.name}.png"
    with tempfile.TemporaryDirectory() as work:
        book.save(Path(work) / "book.xlsx")
        with screen(window.size) as display, libreoffice_window(Path(work) / "book.xlsx", display):
            save(wait_for_picture(display, Path(work) / "screen.png"), target)
    return target


@contextmanager
def screen(size: tuple[int, int]) -> Iterator[str]:
    """Have a screen of a size in pixels, and its name."""
    width, height = size
    reader, writer = os.pipe()
    command = ["Xvfb", "-noreset", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with open(reader) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def libreoffice_window(file: Path, display: str) -> Iterator[None]:
    """Have a workbook open on a screen."""
    profile = file.parent / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
    office = subprocess.Popen(
        ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--norestore", "--nologo", str(file)],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(office.pid, signal.SIGKILL)  # soffice is a script: the program itself is its grandchild
        office.wait()


def wait_for_picture(display: str, file: Path) -> Image.Image:
    """Give the picture of the sheet once it is on the screen and has not changed for five seconds."""
    ends = time.monotonic() + LONGEST
    before, since = None, time.monotonic()
    while time.monotonic() < ends:
        time.sleep(1)
        run("import", "-display", display, "-window", "root", str(file))
        whole = Image.open(file).convert("RGB")
        now = whole.crop((0, ABOVE, whole.width - RIGHT, whole.height - BELOW))
        still = before is not None and ImageChops.difference(now, before).getbbox() is None
        if not still or now.getcolors(FEW_COLORS):
            before, since = now, time.monotonic()
        elif time.monotonic() - since > 5:
            return now
    raise TimeoutError(f"LibreOffice showed nothing in {LONGEST} s")


def take_pages(book: Workbook, name: str, only: str | None = None) -> Iterator[Path]:
    """Write NAME-SHEET.png for each sheet: the Network as a whole, of the others the first rows."""
    for sheet in book:
        sheet.sheet_state = sheet.SHEETSTATE_VISIBLE
        whole = sheet.title == "Network"
        last = get_column_letter(sheet.max_column if whole else min(sheet.max_column, LAST_COLUMN))
        sheet.print_area = f"A1:{last}{sheet.max_row if whole else min(sheet.max_row, TALLEST_ROW)}"
        sheet.page_setup.fitToHeight = 1
    with tempfile.TemporaryDirectory() as work:
        book.save(Path(work) / "book.xlsx")
        profile = f"-env:UserInstallation={(Path(work) / 'profile').as_uri()}"
        run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", work, f"{work}/book.xlsx")
        run("pdftoppm", "-r", str(DPI), "-png", f"{work}/book.pdf", f"{work}/page")
        pages = sorted(Path(work).glob("page-*.png"))
        for page, title in zip(pages, book.sheetnames, strict=True):
            if only in (None, title):
                target = IMAGES / f"{name}-{title.replace(' ', '-')}.png"
                save(crop(Image.open(page).convert("RGB")), target)
                yield target


def save(picture: Image.Image, target: Path) -> None:
    """Write a picture at a size for a web page."""
    if picture.width > WIDEST:
        height = picture.height * WIDEST // picture.width
        picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
    picture.quantize(COLORS).save(target, optimize=True)


def crop(picture: Image.Image) -> Image.Image:
    """Cut off the white margin."""
    box = ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).getbbox()
    return picture.crop(box) if box else picture


def run(*command: str) -> None:
    """Run a program quietly."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help=", ".join(GROUPS))
    for group in parser.parse_args().groups or GROUPS:
        for path in GROUPS[group]():
            print(path)
