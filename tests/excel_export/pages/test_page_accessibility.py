"""What axe-core, which knows the rules of accessibility, finds in a page."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from excel_export.lessons.catalogue import lesson
from excel_export.lessons.lesson_page import write_lesson_page
from tests.excel_export.pages import test_page_with_hands
from tests.support.chromium import LAPTOP, PHONE, chromium
from tests.support.long_proofs import only_quick

reader = test_page_with_hands.path


@pytest.fixture(scope="module")
def browser():
    # axe is a script of its own, which the page's policy would not let in.
    with chromium(bypass_csp=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def lesson_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("axe") / "lesson.html"
    write_lesson_page(lesson("convolution"), path)
    return path


@pytest.fixture
def opened(browser, lesson_file):
    return browser.goto(lesson_file)


@pytest.mark.parametrize(
    ("size", "scheme"),
    only_quick([(LAPTOP, "light"), (LAPTOP, "dark"), (PHONE, "light"), (PHONE, "dark")], (PHONE, "dark")),
)
def test_axe_finds_nothing(size, scheme, opened):
    opened.page.set_viewport_size({"width": size[0], "height": size[1]})
    opened.page.emulate_media(color_scheme=scheme)
    for state in ("goTo(2)", "goTo(model.steps.length)", "openPlace('grad.conv.weight[0,0,0,0]'), render()"):
        opened.run(f"({state}, pin(model.keys['conv.weight'], 0))")
        if "goTo(2)" in state:
            opened.run("openWay(true)")
        found = Axe().run(opened.page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_first_minute(reader, scheme, browser):
    browser.page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    browser.page.emulate_media(color_scheme=scheme)
    browser.goto(reader)
    for click in ("", "#take", "#follow", "#share"):
        if click:
            browser.page.click(click)
        found = Axe().run(browser.page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], click
