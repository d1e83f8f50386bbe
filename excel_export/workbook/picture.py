"""A picture that lies over some cells of a sheet."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from excel_export.formulas import Reference

ENLARGED = 4
"""How many dots of the file a pixel has on a side: programs blur what they enlarge themselves."""


@dataclass(frozen=True)
class Picture:
    """Grey values over some cells."""

    area: Reference
    """The cells it covers."""
    pixels: np.ndarray
    """uint8 (height, width): 0 is black, 255 white."""
    alt: str
    """What it shows, in words."""

    @property
    def png(self) -> bytes:
        """The picture as a file, not compressed: so it has the same bytes wherever it is written."""
        file = io.BytesIO()
        dots = self.pixels.repeat(ENLARGED, 0).repeat(ENLARGED, 1)
        Image.fromarray(dots).save(file, "PNG", compress_level=0)
        return file.getvalue()
