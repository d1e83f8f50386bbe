"""What the tests of grading share: one exercise, handed out once, as practice and as an exam."""

import pytest

from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.key import Options
from tests.support.handed_in import HandedOut, hand_out
from tests.support.long_proofs import only_quick


@pytest.fixture(scope="session", params=only_quick(["practice", "exam"], "exam"))
def handed_out(request, tmp_path_factory):
    """What was handed out to Anna."""
    yield from an_exercise(tmp_path_factory, exam=request.param == "exam")


@pytest.fixture(scope="session")
def practised(tmp_path_factory):
    """The same as practice only: it has marks and answers on hidden sheets."""
    yield from an_exercise(tmp_path_factory, exam=False)


def an_exercise(tmp_path_factory, *, exam):
    folder = tmp_path_factory.mktemp("class") / "in"
    key = hand_out(folder, ["Anna"], options=Options(exam=exam))
    with papers_of(key) as papers:
        yield HandedOut(key, folder / "Anna.xlsx", papers)
