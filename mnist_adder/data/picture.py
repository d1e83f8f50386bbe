"""Pictures of digits from image files, as images of MNIST."""

import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from excel_export.shared.errors import UserError
from excel_export.shared.reading import refuse_pipe
from mnist_adder.data.find_digit import LONGEST, NOTHING, FoundDigit, find_digit
from mnist_adder.data.mnist_like import SIDE

try:
    from pillow_heif import register_heif_opener
except ImportError:
    HEIC: tuple[str, ...] = ()
else:
    register_heif_opener()
    HEIC = ("HEIF",)
# Pillow reads more formats; for PostScript it would start another program, which runs the file.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", *HEIC)
# A photograph of 108 megapixels; JPEG is shrunk while it is read, and may have more.
MOST_PIXELS = 1 << 27
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def read_digit(path: Path) -> np.ndarray:
    """Return the digit in a picture, light on black, uint8 (28, 28), even if it may not be one digit.

    Raises:
        UserError: the file can't be read as a picture, is too large, or shows nothing.
    """
    pixels = read_picture(path).pixels
    if not pixels.any():
        raise UserError(f"{path} shows no digit: {NOTHING}")
    return pixels


def read_picture(path: Path) -> FoundDigit:
    """Return the digit in a picture, FoundDigit(pixels, ''): a drawing, a scan or a photograph, PNG, JPEG or the like.

    A picture with 28x28 pixels is only inverted, if its background is light. In any other the digit is looked for, and
    fitted as by `mnist_like`. If there is none, the pixels are 0, and `doubt` says so.

    Raises:
        UserError: the file can't be read as a picture, or is too large.
    """
    grey = _open_grey(path)
    if grey.shape != (SIDE, SIDE):
        return find_digit(grey)
    if np.ptp(grey) == 0:
        return FoundDigit(np.zeros((SIDE, SIDE), np.uint8), NOTHING)
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    if np.median(border) > (grey.min() + grey.max()) / 2:
        grey = 255 - grey
    return FoundDigit(np.rint(grey).astype(np.uint8))


def _open_grey(path: Path) -> np.ndarray:
    refuse_pipe(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about small faults of the file, and large pictures
            with Image.open(path, formats=FORMATS) as picture:
                picture.draft("L", (2 * LONGEST, 2 * LONGEST))
                if picture.width * picture.height > MOST_PIXELS:  # before its pixels fill the memory
                    raise Image.DecompressionBombError
                picture.load()
                upright = ImageOps.exif_transpose(_reduced(picture))
    except Image.DecompressionBombError:
        raise UserError(f"{path} is too large for a picture of a digit") from None
    except Image.UnidentifiedImageError:
        raise UserError(_unknown(path)) from None
    except OSError as error:
        raise UserError(f"{path} can't be read as a picture: {_one_line(error.strerror or error)}") from None
    except Exception as error:  # Pillow's decoders let all kinds through when a file is damaged
        raise UserError(f"{path} is a damaged picture: {_one_line(error)}") from None
    grey = _grey(upright)
    if not grey.size:
        raise UserError(f"{path} is a damaged picture: it has no pixels")
    if not np.isfinite(grey).all():
        raise UserError(f"{path} is a damaged picture: not every pixel has a brightness")
    return grey


def _unknown(path: Path) -> str:
    with path.open("rb") as file:
        is_heic = file.read(12)[4:] in [b"ftyp" + brand for brand in HEIC_BRANDS]
    if is_heic and not HEIC:
        return f"{path} is a HEIC picture; in the project's folder, run: pip install '.[heic]', or save it as JPEG"
    return f"{path} isn't a picture in a format this program can read"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]


def _reduced(picture: Image.Image) -> Image.Image:
    factor = max(picture.size) // (2 * LONGEST)
    if factor < 2:
        return picture
    if picture.mode in ("1", "P", "PA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    elif picture.mode.startswith("I"):
        picture = picture.convert("F")
    return picture.reduce(factor)


def _grey(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith(("I", "F")):
        # More than 8 bits a pixel, and no fixed white: the darkest becomes 0, the lightest 255.
        values = np.asarray(picture, dtype=np.float64)
        with np.errstate(invalid="ignore"):  # what isn't finite is refused later
            return (values - values.min()) * (255 / max(np.ptp(values), 1e-12)) if values.size else values
    if picture.has_transparency_data:
        values = np.asarray(picture.convert("LA"), dtype=np.float64)
        grey, opacity = values[..., 0], values[..., 1] / 255
        # Dark ink gets a white background and light ink a black one, so that both can be seen.
        drawn = (grey * opacity).sum() / max(opacity.sum(), 1e-12)
        paper = 255.0 if drawn < 128 else 0.0
        return grey * opacity + paper * (1 - opacity)
    return np.asarray(picture.convert("L"), dtype=np.float64)


def picture_files(named: Iterable[Path]) -> list[Path]:
    """Return the files to read: each path that is no folder, and every picture in each path that is one.

    For the paths a.png and d: [a.png, d/1.png, d/2.png]. Pictures of a folder are sorted by name; folders in it are
    left out. A path that is no folder is returned even if there is no such file.

    Raises:
        UserError: a folder has no picture.
    """
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            suffixes = {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
            inside = sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() in suffixes)
            if not inside:
                raise UserError(f"{path} has no picture in it: no file that ends in .png, .jpg, .bmp or the like")
            found += inside
        else:
            found.append(path)
    return found
