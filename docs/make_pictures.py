"""Make a picture of each sheet of a workbook, with LibreOffice and pdftoppm.

python docs/make_pictures.py workbooks/slice-regression.xlsx docs/images
python docs/make_pictures.py workbooks/slice-regression.xlsx docs/images --step 30 --name step-backward --only Network
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from PIL import Image, ImageChops

DPI = 300
WIDEST = 1800
TALLEST_ROW, LAST_COLUMN = 62, 66


def make_pictures(workbook: Path, folder: Path, step: int | None, name: str, only: str | None) -> list[Path]:
    """Write FOLDER/NAME-SHEET.png for each sheet: the Network as a whole, of the others the first rows."""
    folder.mkdir(parents=True, exist_ok=True)
    book = load_workbook(workbook)
    if step:
        sheet, cell = book.defined_names["step_on_network"].attr_text.replace("$", "").split("!")
        book[sheet][cell] = book["Steps"].cell(5 + step, 3).value
    for sheet in book:
        if sheet.title != "Network":
            last = get_column_letter(min(sheet.max_column, LAST_COLUMN))
            sheet.print_area = f"A1:{last}{min(sheet.max_row, TALLEST_ROW)}"
        sheet.page_setup.fitToHeight = 1
    with tempfile.TemporaryDirectory() as work:
        book.save(Path(work) / "book.xlsx")
        profile = f"-env:UserInstallation={(Path(work) / 'profile').as_uri()}"
        run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", work, f"{work}/book.xlsx")
        run("pdftoppm", "-r", str(DPI), "-png", f"{work}/book.pdf", f"{work}/page")
        pages = sorted(Path(work).glob("page-*.png"))
        made = []
        for page, title in zip(pages, book.sheetnames, strict=True):
            if only in (None, title):
                made.append(folder / f"{name}-{title.replace(' ', '-')}.png")
                save(Image.open(page).convert("RGB"), made[-1])
    return made


def save(picture: Image.Image, target: Path) -> None:
    """Write the picture without its margin, at a size for a web page."""
    picture = crop(picture)
    if picture.width > WIDEST:
        height = picture.height * WIDEST // picture.width
        picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
    picture.quantize(128).save(target, optimize=True)


def crop(picture: Image.Image) -> Image.Image:
    """Cut off the white margin."""
    box = ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).getbbox()
    return picture.crop(box) if box else picture


def run(*command: str) -> None:
    """Run a program quietly."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", type=int, help="show the Network sheet at this step")
    parser.add_argument("--name", help="how the files' names begin; the workbook's name if not given")
    parser.add_argument("--only", help="make the picture of this sheet alone")
    given = parser.parse_args()
    for path in make_pictures(given.workbook, given.folder, given.step, given.name or given.workbook.stem, given.only):
        print(path)
