"""Make a picture of each sheet of a workbook, with LibreOffice and pdftoppm.

python docs/make_pictures.py workbooks/slice-regression.xlsx docs/images
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from PIL import Image, ImageChops

DPI = 300
WIDEST = 1800
TALLEST_ROW, LAST_COLUMN = 62, 66


def make_pictures(workbook: Path, folder: Path) -> list[Path]:
    """Write FOLDER/WORKBOOK-SHEET.png for each sheet: the Network as a whole, of the others the first rows."""
    folder.mkdir(parents=True, exist_ok=True)
    book = load_workbook(workbook)
    for sheet in book:
        if sheet.title != "Network":
            last = get_column_letter(min(sheet.max_column, LAST_COLUMN))
            sheet.print_area = f"A1:{last}{min(sheet.max_row, TALLEST_ROW)}"
        sheet.page_setup.fitToHeight = 1
    with tempfile.TemporaryDirectory() as name:
        book.save(Path(name) / "book.xlsx")
        profile = f"-env:UserInstallation={(Path(name) / 'profile').as_uri()}"
        run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", name, f"{name}/book.xlsx")
        run("pdftoppm", "-r", str(DPI), "-png", f"{name}/book.pdf", f"{name}/page")
        pages = sorted(Path(name).glob("page-*.png"))
        targets = [folder / f"{workbook.stem}-{title}.png" for title in book.sheetnames]
        for page, target in zip(pages, targets, strict=True):
            save(Image.open(page).convert("RGB"), target)
    return targets


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
    for path in make_pictures(Path(sys.argv[1]), Path(sys.argv[2])):
        print(path)
