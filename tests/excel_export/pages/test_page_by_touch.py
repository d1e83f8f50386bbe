"""A finger on a page."""

from excel_export.lessons.catalogue import lesson
from excel_export.lessons.lesson_page import write_lesson_page
from tests.support.chromium import PHONE, chromium


def test_a_tap_soon_after_a_stroke_is_heard(tmp_path):
    """Chromium took the stroke for a fling, and the tap for what ends it."""
    path = tmp_path / "convolution.html"
    write_lesson_page(lesson("convolution"), path)
    with chromium(PHONE, has_touch=True, is_mobile=True) as opened:
        opened.goto(path)
        touches = opened.page.context.new_cdp_session(opened.page)

        def touch(kind, *points):
            given = [{"x": x, "y": y} for x, y in points]
            touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

        field = opened.page.locator("canvas.painted").bounding_box()
        touch("touchStart", (field["x"] + 10, field["y"] + 30))
        for k in range(9):
            touch("touchMove", (field["x"] + 10 + 8 * k, field["y"] + 30))
        touch("touchEnd")
        opened.page.wait_for_timeout(150)
        assert opened.tensor("picture", (-1,)).any()
        button = opened.page.locator("button.clear").bounding_box()
        touch("touchStart", (button["x"] + 9, button["y"] + 9))
        touch("touchEnd")
        opened.page.wait_for_timeout(400)
        assert not opened.tensor("picture", (-1,)).any()
        assert not opened.said
