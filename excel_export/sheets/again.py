"""The After sheets: the forward pass again, with the parameters as they are after the step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from excel_export.canvas import Canvas
from excel_export.grid import Grid
from excel_export.operator import Band
from excel_export.place import Placement
from excel_export.sheets.network import network_sheet
from excel_export.styles import FORWARD

NAME = "After"
WHAT = "the forward pass again, after the step: is the loss smaller?"
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD AGAIN  →   the same inputs, with every parameter one step further",
    "parameters": "PARAMETERS AFTER THE STEP   as the convolutions read them; the step is on the Update sheet",
}


def again_sheets(placement: Placement, contents: Mapping[Grid, np.ndarray]) -> list[Canvas]:
    """Draw the second forward pass."""
    return [network_sheet(sheet, contents, "After one step", FORWARD, HEADINGS) for sheet in placement.sheets]
