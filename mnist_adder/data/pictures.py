"""Which picture files are meant by the files and folders that a person names."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from excel_export.shared.errors import UserError
from mnist_adder.data.picture import FORMATS


def picture_files(named: Iterable[Path]) -> list[Path]:
    """List picture files.

    Args:
        named: files, taken as they are, and folders, of which every picture is taken, by name, without their folders.

    Raises:
        UserError: a folder has no picture.
    """
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() in _suffixes())
            if not inside:
                raise UserError(f"{path} has no picture in it: no file that ends in .png, .jpg, .bmp or the like")
            found += inside
        else:
            found.append(path)
    return found


def _suffixes() -> set[str]:
    return {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
