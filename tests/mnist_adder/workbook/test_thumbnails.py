"""The pictures that one may choose stand beside one another on Digits, each below its name."""

import io

import numpy as np
import pytest
from PIL import Image

from mnist_adder.data.bundled import bundled_digits
from tests.support.package_rules import faults
from tests.support.sheets import load_sheet


@pytest.mark.slow
def test_each_digit_is_to_be_seen_below_its_name(made_of):
    path = made_of("slice-regression alone").path
    sheet = load_sheet(path, "Digits")
    shown = {}
    for picture in sheet._images:
        at = picture.anchor._from
        pixels = np.asarray(Image.open(io.BytesIO(picture._data())).resize((28, 28), Image.Resampling.NEAREST))
        shown[sheet.cell(at.row, at.col + 1).value] = pixels
        right = picture.anchor.to
        assert (right.row - at.row, right.col - at.col) == (5, 1)
    names = [f"a {kind} {digit}" for digit in range(10) for kind in ("clear", "messy")]
    assert sorted(shown) == sorted(names)
    for name, digit in zip(names, bundled_digits(), strict=True):
        assert (shown[name] == 255 - digit.pixels).all(), name
    assert faults(path) == []
