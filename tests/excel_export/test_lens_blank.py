"""Of the screen between the map and the line, at most so much is blank: from the file, at every step."""

import pytest

from tests.support.blank import Screen
from tests.support.lens import Places
from tests.support.live import Live

OF_THE_STORY, OF_ALL = 0.70, 0.80


@pytest.fixture(scope="module")
def opened(made_of, tmp_path_factory):
    path = made_of("slice-regression").path
    live = Live(path, tmp_path_factory.mktemp("blank"))
    return live, Screen(path, live, Places(path, live))


@pytest.mark.slow
@pytest.mark.parametrize(("story", "most"), [(1, OF_THE_STORY), (0, OF_ALL)])
def test_no_step_of_the_teaching_workbook_is_mostly_blank(story, most, opened):
    live, screen = opened
    live.type({"story": story, "step": 1})
    shares = {}
    for step in range(1, int(live.value("steps")) + 1):
        live.type({"step": step})
        shares[step] = round(screen.blank(), 3)
    assert not {step: share for step, share in shares.items() if share > most}
