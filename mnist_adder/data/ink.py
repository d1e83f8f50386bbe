"""Ink on paper: the difference of each pixel of a picture from the paper around it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from mnist_adder.data.ruled_lines import without_lines

BLACK = 16.0  # is added to grey values: below it there is more noise than light
COARSE = 160  # pixels along the longer side, on which the paper is looked for
WIDEST = 0.3  # what is wider than this share of the picture is paper, table or shadow


@dataclass(frozen=True)
class Ink:
    """The ink of a picture, dark or light, as `find_ink` returns it for a picture of H rows and W columns.

    All values are natural logarithms: a shadow takes the same share of light from ink and paper, and so changes
    nothing.

    Attributes:
        lightness: the log of the grey values, with the opposite sign for light ink, so that ink is low; float32 (H, W).
        strength: the difference of each pixel from the paper around it, above 0 for ink, float32 (H, W).
        smooth: `strength` with less noise, (H, W).
        noise: the standard deviation of `smooth` on bare paper, 0.01.
        peak: the strength of the strongest ink, its quantile 0.9995: 1.2.
        is_light: True if the ink is lighter than the paper.
    """

    lightness: np.ndarray
    strength: np.ndarray
    smooth: np.ndarray
    noise: float
    peak: float
    is_light: bool

    def cover(self, strength: np.ndarray) -> np.ndarray:
        """Return each pixel's amount of ink, (H, W), 0 for paper: 1 − exp(−strength), for light ink exp(strength) − 1.

        So log 4 gives 0.75, for light ink 3.0. Nothing is cut off: a strength below 0 gives an amount below 0.
        """
        return np.expm1(strength) if self.is_light else -np.expm1(-strength)


def find_ink(grey: np.ndarray) -> tuple[Ink, Ink]:
    """Return (dark ink on lighter paper, light ink on a darker ground) of a picture, grey values 0 to 255, (H, W)."""
    lightness = np.log(grey.astype(np.float32) + BLACK)
    paper = _paper(lightness)
    dark = without_lines(paper - lightness)
    lightness = paper - dark
    return _ink(lightness, dark, False), _ink(-lightness, _paper(-lightness) + lightness, True)


def _ink(lightness: np.ndarray, strength: np.ndarray, is_light: bool) -> Ink:
    smooth = ndimage.gaussian_filter(strength, 1 + min(strength.shape) / 600, truncate=3)
    some = smooth[::2, ::2]
    return Ink(lightness, strength, smooth, spread(some), float(np.quantile(some, 0.9995)), is_light)


def spread(values: np.ndarray) -> float:
    """Return the standard deviation of most values, estimated by their median; outliers do not change it.

    Example:
        >>> round(spread(np.asarray([1.0, 2.0, 3.0, 4.0, 1000.0])), 4)
        1.4826
    """
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def _paper(lightness: np.ndarray) -> np.ndarray:
    height, width = lightness.shape
    shrink = max(1.0, max(height, width) / COARSE)
    small = resized(lightness, max(1, round(height / shrink)), max(1, round(width / shrink)))
    side = max(3, round(WIDEST * float(np.sqrt(small.size))))
    # Beyond the edge of the picture, a table goes on.
    wide = ndimage.grey_closing(np.pad(small, side, mode="edge"), size=side)[side:-side, side:-side]
    # At the edge of a table, no table must be taken for paper.
    sure = ndimage.gaussian_filter(ndimage.grey_erosion(wide, size=3), 0.7, mode="nearest")
    return resized(sure, height, width, Image.Resampling.BILINEAR)


def resized(values: np.ndarray, height: int, width: int, how: Image.Resampling = Image.Resampling.BOX) -> np.ndarray:
    """Return an array (H, W) resized to float32 (height, width); `how` is Pillow's filter, BOX for means of pixels.

    Example:
        >>> resized(np.asarray([[1, 3], [5, 7]]), 1, 2).tolist()
        [[3.0, 5.0]]
    """
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((width, height), how))
