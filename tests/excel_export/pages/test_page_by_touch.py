"""A finger on a page."""

import numpy as np
import pytest

from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
from mnist_adder.workbook.teaching_page import write_page
from tests.support.chromium import PHONE, chromium


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("touch") / "digits.html"
    network, _ = load_checkpoint(find_checkpoint("slice-regression"))
    write_page(network, bundled_digits()[3], 5, path)
    return path


class Finger:
    """A finger on a phone."""

    def __init__(self, opened):
        self._page, self._touches = opened.page, opened.page.context.new_cdp_session(opened.page)

    def touch(self, kind, *points):
        given = [{"x": x, "y": y} for x, y in points]
        self._touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    def stroke(self):
        """Paint a level line, slowly enough that the page is drawn anew meanwhile."""
        field = self._page.locator("canvas.painted").bounding_box()
        left, down = field["x"] + 90, field["y"] + field["height"] / 2
        self.touch("touchStart", (left, down))
        for k in range(10):
            self.touch("touchMove", (left + 15 * k, down))
            self._page.wait_for_timeout(20)
        self.touch("touchEnd")
        self._page.wait_for_timeout(150)

    def tap(self, selector):
        box = self._page.locator(selector).bounding_box()
        self.touch("touchStart", (box["x"] + 9, box["y"] + 9))
        self.touch("touchEnd")
        self._page.wait_for_timeout(400)


@pytest.fixture
def phone(path):
    with chromium(PHONE, has_touch=True, is_mobile=True) as opened:
        yield opened.goto(path)
        assert not opened.said


def rows(opened):
    picture = opened.run("Array.from(ARRAYS[model.inputs.find(({ kind }) => kind === 'picture').array])")
    return np.flatnonzero(np.reshape(picture, (28, 28)).any(axis=1)).tolist()


def test_a_tap_soon_after_a_stroke_is_heard(phone):
    """Chromium took the stroke for a fling, and the tap for what ends it."""
    finger = Finger(phone)
    finger.stroke()
    assert rows(phone)
    finger.tap("button.clear")
    assert not rows(phone)


def test_the_field_stays_under_the_finger(phone):
    """The words above it changed with the first pixel; there were fewer, and the line went on three rows lower."""
    finger = Finger(phone)
    finger.tap("#centring")
    finger.stroke()
    assert rows(phone) == [13, 14]
    phone.page.locator("[data-truth]").first.tap()
    finger.stroke()
    assert rows(phone) == [13, 14]
