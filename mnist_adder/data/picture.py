"""Read a picture of a digit from any image file, and make it look like an image of MNIST."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from excel_export.shared.errors import UserError
from excel_export.shared.reading import refuse_pipe

SIDE = 28
BOX = 20  # MNIST's digits fit into a box of this side before they are centred
# Pillow reads more formats; for PostScript it would start another program, which runs the file.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
MOST_PIXELS = 1 << 24
FAINT = 0.2  # fainter ink, as a fraction of the darkest, is not part of the digit


def read_digit(path: Path) -> np.ndarray:
    """Read a picture of one digit.

    A picture with a light background is inverted. If it has 28x28 pixels, nothing else is changed. Otherwise the digit
    is cut out, scaled to fit into 20x20 pixels, and placed with its centre of mass in the middle.

    Args:
        path: an image file, in one of `FORMATS`.

    Returns:
        Grey values, light on black, uint8 (28, 28).

    Raises:
        UserError: the file can't be read as a picture, is too large, or shows nothing.
    """
    grey = _open_grey(path)
    if np.ptp(grey) == 0:
        raise UserError(f"{path} shows no digit: all of it has the same colour")
    if np.median(_border(grey)) > (grey.min() + grey.max()) / 2:
        grey = 255 - grey
    if grey.shape != (SIDE, SIDE):
        grey = _fit(grey)
    return np.rint(grey).astype(np.uint8)


def _open_grey(path: Path) -> np.ndarray:
    """Read the picture as grey values 0 to 255, float (H, W)."""
    refuse_pipe(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about small faults of the file
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:  # before its pixels fill the memory
                    raise Image.DecompressionBombError
                picture.load()
                grey = _grey(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UserError(f"{path} is too large for a picture of a digit") from None
    except Image.UnidentifiedImageError:
        raise UserError(f"{path} isn't a picture in a format this program can read") from None
    except OSError as error:
        raise UserError(f"{path} can't be read as a picture: {_one_line(error.strerror or error)}") from None
    except Exception as error:  # Pillow's decoders let all kinds through when a file is damaged
        raise UserError(f"{path} is a damaged picture: {_one_line(error)}") from None
    if not grey.size:
        raise UserError(f"{path} is a damaged picture: it has no pixels")
    return grey


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]


def _grey(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith(("I", "F")):
        # More than 8 bits a pixel, and no fixed white: the darkest becomes 0, the lightest 255.
        values = np.asarray(picture, dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError("not every pixel has a brightness")
        return (values - values.min()) * (255 / max(np.ptp(values), 1e-12))
    if picture.has_transparency_data:
        values = np.asarray(picture.convert("LA"), dtype=np.float64)
        grey, opacity = values[..., 0], values[..., 1] / 255
        # Dark ink gets a white background and light ink a black one, so that both can be seen.
        drawn = (grey * opacity).sum() / max(opacity.sum(), 1e-12)
        paper = 255.0 if drawn < 128 else 0.0
        return grey * opacity + paper * (1 - opacity)
    return np.asarray(picture.convert("L"), dtype=np.float64)


def _border(grey: np.ndarray) -> np.ndarray:
    """Give the outermost pixels, which are most likely background: (P,)."""
    return np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))


def _fit(grey: np.ndarray) -> np.ndarray:
    """Place the digit of a picture, light on dark, as MNIST does: (H, W) to (28, 28)."""
    background = np.median(_border(grey))
    ink = np.clip((grey - background) / max(grey.max() - background, 1e-12), 0, 1)
    ink[ink < FAINT] = 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    height, width = cut.shape
    scale = BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(Image.fromarray(cut.astype(np.float32)).resize(size, Image.Resampling.BOX))

    canvas = np.zeros((SIDE, SIDE))
    top, left = (_place(small, axis) for axis in (0, 1))
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas * (255 / canvas.max())


def _place(ink: np.ndarray, axis: int) -> int:
    """Find where the digit must start along an axis for its centre of mass to be in the middle of the image."""
    profile = ink.sum(axis=1 - axis)
    centre = (np.arange(len(profile)) * profile).sum() / profile.sum()
    return int(np.clip(round(SIDE / 2 - centre), 0, SIDE - len(profile)))
