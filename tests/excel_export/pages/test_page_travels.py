"""What was done in one browser is there in the other."""

import pytest

from tests.excel_export.pages.test_page_with_hands import do_much, path  # noqa: F401
from tests.support.hands import hands


@pytest.mark.slow
def test_a_link_of_one_browser_is_opened_in_the_other(path):  # noqa: F811
    with hands("chromium") as one, hands("firefox") as other:
        one.goto(path)
        do_much(one)
        other.goto(path, one.run("hashOf()"))
        assert other.text("#loss") == one.text("#loss")
        assert other.numbers("loss") == pytest.approx(one.numbers("loss"), rel=1e-12)
